"""Regular expressions (`re`): what they find in texts that are known, as text that is put together by them can hide code.

A pattern is the package's own and could take for ever, so only those are run that cannot: without repeated groups and
references, on texts as short as the repetitions in them ask for."""

from __future__ import annotations

import re
from itertools import count, takewhile
from typing import TYPE_CHECKING

from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.syntax import quietly
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.entry_names import name_of
from mlsupply.evidence.python.values.value import HOLE, MAX_TEXT, NOTHING, Value, constant, layers_of, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_MATCH = "re.Match()"
_CALLED = expression(
    r"^(?:re|regex)\.(?P<compiled>compile\(\)\.)?(?P<name>subn?|split|find(?:all|iter)|match|search|fullmatch)$"
)
# A character, class of characters or boundary with the repetition behind it; the start and end of a group; `|`.
_PART = expression(
    r"(?:\\x[0-9a-fA-F]{2}|\\[^\W\d_]|\\[^\w\s]|\[\^?\]?(?:\\.|[^\\\]\[])+\]|[^\\()\[\]{}*+?|])"
    r"(?:(?P<endless>[*+]|\{\d{0,3},\})|(?P<maybe>\?)|\{(?:\d{0,3},)?(?P<most>\d{1,3})\})?\??"
    r"|\((?:\?:|\?P<\w{1,40}>|(?!\?))|\)(?![*+?{])|(?P<choice>\|)"
)
_FLAGS = expression(r"\(\?[aims]{1,4}\)")
_LONGEST = 300  # characters of a pattern
_EFFORT = 2_000_000  # characters looked at
_EFFORT_OF_STEP = 200  # the same, that count as a step of the interpreter
_MOST = 2_000  # matches
_MOST_CALLED = 200  # matches that a function is called for


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a function or method of `re`, or of a method of what it found, for a text that is known and a pattern
    that can be run; None for any other call."""
    if call.ref.startswith(_MATCH) and call.receiver is not None:
        return _of_match(call, call.receiver)
    called = _CALLED.match(call.ref)
    if called is None:
        return None
    source = call.receiver if called["compiled"] else call.arg(0, "pattern")
    if source is None:
        return None
    args = call.args if called["compiled"] else call.args[1:]
    substitutes = called["name"] in {"sub", "subn"}
    if len(args) != (2 if substitutes else 1) or call.keywords or args[-1].instance is not None:
        return None
    pattern = _runnable(machine, text_of(source), args[-1].const)
    if pattern is None:
        return None
    if substitutes:
        made = _substituted(machine, call, pattern, *args)
        return folding.listed([made, Value()]) if made is not None and called["name"] == "subn" else made
    return _found(called["name"], pattern, args[-1])


def _runnable(machine: Analyser, pattern: str, text: object) -> re.Pattern[str] | None:
    """The compiled pattern, where it takes a bounded time on this text; else None."""
    if not isinstance(text, str) or HOLE in pattern or len(pattern) > _LONGEST:
        return None
    flags = _FLAGS.match(pattern)
    effort, place, last = len(text) + 1, flags.end() if flags else 0, 1
    while place < len(pattern):
        part = _PART.match(pattern, place)
        if part is None:
            return None
        effort *= last  # a repetition takes time where something behind it does not fit
        last = len(text) + 1 if part["endless"] else 2 if part["maybe"] or part["choice"] else int(part["most"] or 1)
        place = part.end()
    if effort > _EFFORT:
        return None
    machine.tick(effort // _EFFORT_OF_STEP)
    try:
        return quietly.pattern_of(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


def _found(name: str, pattern: re.Pattern[str], text: Value) -> Value | None:
    """The result of one of the functions that only look."""
    if name == "split":
        return constant(pattern.split(text.const, _MOST), text.layers, text.taint)
    if name in {"match", "search", "fullmatch"}:
        found = getattr(pattern, name)(text.const)
        return constant(None, (), text.taint) if found is None else _match(found, text)
    matches = [one for one, _ in zip(pattern.finditer(text.const), range(_MOST), strict=False)]
    if name == "finditer":
        return folding.listed([_match(one, text) for one in matches])
    whole = [one[0] if not pattern.groups else one[1] or "" if pattern.groups == 1 else one.groups("") for one in matches]
    return constant(whole, text.layers, text.taint)


def _substituted(machine: Analyser, call: Call, pattern: re.Pattern[str], new: Value, text: Value) -> Value | None:
    """`pattern.sub(new, text)`; what a function puts in is HOLE where it is not known."""
    if isinstance(new.const, str):
        if len(text.const) * (len(new.const) + 1) > MAX_TEXT:
            return None
        try:
            return constant(pattern.sub(new.const, text.const), (*layers_of(new, text), "replace"), taint_of(new, text))
        except (re.error, IndexError):
            return None
    parts: list[Value] = []
    end = 0
    for turn, one in enumerate(pattern.finditer(text.const)):
        if turn == _MOST_CALLED:
            return None
        put = machine.call(new, [_match(one, text)], {}, call.node)
        parts += [constant(text.const[end : one.start()], text.layers, text.taint), put]
        end = one.end()
    parts.append(constant(text.const[end:], text.layers, text.taint))
    whole = "".join(map(text_of, parts))[:MAX_TEXT]
    layers, taint = layers_of(text, *parts), taint_of(text, *parts)
    if HOLE in whole:  # a template that is filled in
        return Value("", NOTHING, taint, whole, layers)
    return constant(whole, (*layers, "replace"), taint)


def _match(found: re.Match[str], text: Value) -> Value:
    """The value of a match. Its groups are entries."""
    made = Value(_MATCH, NOTHING, text.taint)
    groups: list[tuple[int | str, str | None]] = [*enumerate((found[0], *found.groups())), *found.groupdict().items()]
    made.keys = {_name(name): constant(one, text.layers, text.taint) for name, one in groups}
    return made


def _of_match(call: Call, match: Value) -> Value | None:
    """A method of a match of which the groups are known."""
    name = call.ref.rpartition(".")[2]
    groups = match.keys or {}
    if name in {"group", "__getitem__"}:
        found = [groups.get(_name(one.const), Value(taint=match.taint)) for one in call.args or [constant(0)]]
        return found[0] if len(found) == 1 else folding.listed(found)
    if name == "groups":
        numbers = takewhile(lambda number: _name(number) in groups, count(1))
        return folding.listed([groups[_name(number)] for number in numbers])
    return None


def _name(group: object) -> str:
    return name_of(constant(group)) or HOLE
