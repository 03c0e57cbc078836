"""Joins: one value for several possible ones, after a branch, from a container, or from several `return`s."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from mlsupply.evidence.python import places
from mlsupply.evidence.python.syntax.relevance import matters
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import (
    HOLE,
    NOTHING,
    Taint,
    Value,
    constant,
    layers_of,
    taint_of,
    text_of,
    unknown,
)

_MAX_EITHER = 64  # callables and objects that a value keeps as alternatives
_MANY = 50  # values that are merged at once
_MOST_ASKED = 4_096  # items of a constant that are asked for their paths
_IN_PATHS = re.compile(r"[./\\~]")
# An address of a wallet in a text: with digits and letters, as no word and no row of stars has.
ADDRESS = re.compile(r"(?<![\w-])(?=[a-zA-Z:]{0,20}\d)(?=\d{0,20}[a-zA-Z])[a-zA-Z\d:]{25,120}(?![\w-])")
_DIGEST = re.compile(r"[0-9a-f]+|[0-9A-F]+")
EXCHANGED: Taint = frozenset(
    ("exchanged:an address",)
)  # the label of a text that may be such an address, or the clipboard's
_ROOTS = frozenset({"~", "/", "/home", "/root", "/Users"})
_EMPTY = (None, "", 0, False, b"")


def merged(values: list[Value]) -> Value:
    """The join of one or more values: a copy of the most informative one, with the taint of all. Where several of them can
    run, send or load something, `either` lists those."""
    best = _best(values)
    result = best.copy()
    result.taint = _origins(values)
    if result.taint and has(result.taint, "clipboard") and any(_is_wallet(text_of(one)) for one in values):
        result.taint |= EXCHANGED
    if not best.known:
        result.layers = layers_of(best, *values)  # another of them may have been decoded
    if best.text == HOLE and len(values) > 1 and not best.known and not _acts(best.ref):
        # `given or "https://…"`: what is known by default; an object is no host, so that of the others is meant
        is_told = _is_address if best.instance is None else _is_place
        result.text = next(filter(is_told, map(text_of, values)), HOLE)
    result.hidden = any(value.hidden for value in values)
    if len(values) == 1 and hasattr(best, "unset"):
        result.unset = best.unset
    if (best.closure or best.instance or best.ref) and len(values) > 1:
        result.either = _alternatives(values)
    return result


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


_HOST = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,8}(?::\d{1,5})?$")


def _is_place(text: str) -> bool:
    return _is_address(text) or _HOST.match(text) is not None


def has_own_address(value: Value) -> bool:
    """Whether this is the object of a client with an address and headers of its own (entries `base` and `headers`)."""
    return value.keys is not None and "base" in value.keys and "headers" in value.keys


def callees(function: Value, receiver: Value | None) -> list[tuple[Value, Value | None]]:
    """The alternatives of a call, (function, receiver): the callables that the function may be, or the clients whose method
    it may be; [] where there is only one."""
    if function.either is not None:
        return [(one, receiver) for one in function.either]
    several = receiver.either if receiver is not None else None
    return [(function, one) for one in several or () if has_own_address(one) and function.ref.startswith(one.ref + ".")]


def _origins(values: list[Value]) -> Taint:
    """The taint of all values and of what they hold. Of clients only their own counts, not that of their headers: these go
    nowhere but to the address of that client."""
    clients = [value for value in values if has_own_address(value)]
    return taint_of(*(value for value in values if not has_own_address(value))).union(*(value.taint for value in clients))


def merged_parts(value: Value, other: Value) -> Value:
    """`merged([value, other])`, but where nothing is known of them except entries (`keys`), these are merged one by one, so
    that one entry does not taint the others."""
    result = merged([value, other])
    if any(one.known or one.items or one.ref or one.closure or one.instance for one in (value, other)):
        return result
    parts = dict(other.keys or {})
    for name, part in list((value.keys or {}).items())[:_MANY]:
        before = parts.get(name, part)
        parts[name] = part if before is part else merged([part, before])
    result.keys, result.taint = parts, value.taint | other.taint
    return result


def _best(values: list[Value]) -> Value:
    """The most informative value: the first callable or object, else a dotted name, a constant, a partly known text, a
    container of objects or callables; before a constant, a container of paths to whole homes, and before a list of
    constants, one that holds a function of a library that can run or send."""
    named = known = text = container = roots = None
    for value in values:
        if value.closure is not None or value.instance is not None:
            return value
        if value.ref and not value.ref.startswith("os.environ") and (named is None or _tells_more(value, named)):
            named = value
        if value.const is not NOTHING and value.const not in _EMPTY and (known is None or _is_worse(value, known)):
            known = value
        if text is None and value.text != HOLE:
            text = value
        if container is None and (value.items or value.keys) and _holds_acting(value):
            container = value
        if roots is None and any(one.text in _ROOTS for one in (value.items or ())[:_MANY]):
            roots = value
    if known is not None and isinstance(known.const, list | tuple) and named is roots is None:
        return next((value for value in values if any(_acts(one.ref) for one in (value.items or ())[:_MANY])), known)
    return named or roots or known or text or container or values[0]


def _is_worse(value: Value, other: Value) -> bool:
    """Whether it is the path of a file with secrets, or an address, and the other, which is another text, is not."""
    one, before = value.const, other.const
    if not isinstance(one, str) or not isinstance(before, str) or one == before:
        return False
    if places.file_kind(one):
        return not places.file_kind(before)
    return _is_wallet(one) and not _is_wallet(before) and not places.file_kind(before)


def _is_wallet(text: str) -> bool:
    """Is the whole text an address, and no digest?"""
    return 25 <= len(text) <= 120 and ADDRESS.fullmatch(text) is not None and _DIGEST.fullmatch(text) is None


def _holds_acting(value: Value) -> bool:
    """Whether one of the first entries of a container is an object or a callable."""
    entries = itertools.islice(itertools.chain(value.items or (), (value.keys or {}).values()), _MANY)
    return any(one.instance is not None or one.closure is not None for one in entries)


def _tells_more(value: Value, other: Value) -> bool:
    """Whether its name can run, send or load something and the other's cannot."""
    return not _acts(other.ref) and _acts(value.ref)


_HARMLESS_BUILTIN = re.compile(
    r"builtins\.(?!(?:exec|eval|compile|__(?:lazy_)?import__|open|getattr|globals|vars|locals)\b)"
)


@lru_cache(maxsize=8_192)
def _acts(ref: str) -> bool:
    """Whether this dotted name can run, send or load something."""
    return matters(ref) and not _HARMLESS_BUILTIN.match(ref)


def _alternatives(values: list[Value]) -> list[Value] | None:
    """The distinct callables, objects and acting names among the values, at most _MAX_EITHER; None where there is at most
    one."""
    found: dict[object, Value] = {}
    for value in values:
        for one in value.either or (value,):
            if one.closure is not None or one.instance is not None or (one.ref and _acts(one.ref)):
                where = one.text if has_own_address(one) else ""
                found.setdefault((one.closure, one.instance, one.ref, where), one)
    several = sorted(found.values(), key=lambda one: not one.ref) if len(found) > _MAX_EITHER else list(found.values())
    return several[:_MAX_EITHER] if len(several) > 1 else None


def merged_many(values: list[Value]) -> Value:
    """`merged` at bounded cost: of more than _MANY values, those of which something is known are merged first."""
    if len(values) <= _MANY:
        return merged(values)
    known = [
        value
        for value in values
        if value.closure or value.instance or value.ref or value.taint or value.either or _is_wallet(text_of(value))
    ]
    made = merged([*known, *values][:_MANY])
    made.taint = made.taint | _origins(known)
    return made


def are_found(value: Value) -> bool:
    """Whether this is a list of files that were looked for, in which one stands for all."""
    several = value.items or []
    return len(several) == 1 and several[0].ref == "pathlib.Path()" and several[0].text.endswith((HOLE, "*"))


def one_of(value: Value) -> Value | None:
    """What stands at a place of the value that is not known: the join of what it holds; None where that is not known."""
    if value.items:
        made = merged_many(value.items)
        made.taint = made.taint | value.taint
        return made
    const = value.const
    if isinstance(const, dict):
        const = list(const.values())
    return _join_of_constants(const, value) if isinstance(const, list | tuple) and const else None


def _join_of_constants(found: Sequence[Any], value: Value) -> Value:
    """The join of the items of a constant. Beyond the first _MANY only one is sought that names a file with secrets, or is
    an address."""
    beyond = itertools.islice(found, _MANY, _MOST_ASKED)
    secret = next((one for one in beyond if isinstance(one, str) and _stands_out(one)), None)
    kept = [*found[:_MANY], *([] if secret is None else [secret])]
    return merged([constant(one, value.layers, value.taint) for one in kept])


def _stands_out(text: str) -> bool:
    return bool(_IN_PATHS.search(text) and places.file_kind(text)) or _is_wallet(text)


def iterated(value: Value) -> Value:
    """What the target of a loop over the value is bound to: the join of its items, or an unknown with its taint."""
    items = value.items
    if items:
        return merged_many(items)
    if value.known:
        if isinstance(value.const, list | tuple) and value.const:
            return _join_of_constants(value.const, value)
        found = folding.items_of(value)
        return merged(found[:_MANY]) if found else unknown(value)
    one = value.ref if value.ref == "pathlib.Path()" else value.ref + "[]" if value.ref else ""  # what a folder is asked for
    return Value(one, NOTHING, value.taint, value.text, value.layers)
