"""Summaries, by which taint is followed across the modules of a package: what names stand for, what functions return, and
which functions pass an argument to a sink.

A module is analysed alone first. What it imports from its neighbours gets the taint label `from:` and the dotted name. Where
such a label reaches a sink (`exec`, a command, a request), the name is noted as wanted. `mlsupply.evidence.linking` then has
those few modules analysed again, with the summaries of their neighbours (`module_facts.Neighbours`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import OWN, PASSED, PRECIOUS, Gift, Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places, standard
from mlsupply.evidence.python.values.taint import has, kinds_in
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.machine import Machine

_FIXED_ADDRESS = re.compile(r"(?:https?|wss?|ftp)://[\w.-]{4}")
# Constant texts that are worth following into other modules.
_WORTH_FOLLOWING = re.compile(r"curl|wget|https?://|powershell|\b(?:ba)?sh\b|base64|\bimport |exec|/tmp/|[\w+/=]{40}")
MAX_TEXT = 1 << 16  # characters of a constant in a summary
_MAX_GIFTS = 200  # entries of each kind in the summary of a module
_MAX_TAKES = 500  # sinks that parameters of one function reach, in its summary
# Kinds of taint that are worth following into other functions and modules.
CARRIED = know.SECRETS | {"work-files", "host-identity", "received", "request", "encoded"}


def neighbour_label(machine: Machine, ref: str) -> Taint:
    """The label `from:REF` for a dotted name of the same package, as a set; the empty set for any other. Beside a module
    that is in no package, as setup.py, lie others that are in none: all but the standard library may be there."""
    top = ref.partition(".")[0]
    own = machine.dotted.partition(".")[0]
    inside = "." in machine.dotted or machine.package
    if (top != own) if inside else top in standard.MODULES:
        return frozenset()
    return frozenset((f"from:{ref}",))


def attribute_taint(taint: Taint, owner: str, ref: str) -> Taint:
    """The taint of an attribute of a neighbour: the label `from:OWNER` becomes `from:REF`. owner, ref: dotted names of the
    object and of its attribute."""
    of_owner = "from:" + (owner.replace("()", "") if "()" in owner else owner)
    if of_owner not in taint:
        return taint
    return (taint - {of_owner}) | {"from:" + ref.replace("()", "")}


def note_wanted(machine: Machine, taint: Taint) -> None:
    """Notes the neighbours in the taint of what has reached a sink."""
    machine.wants.update(_neighbours_in(taint))


@lru_cache(maxsize=4_096)
def _neighbours_in(taint: Taint) -> frozenset[str]:
    """The dotted names in the `from:` labels."""
    return frozenset(one[5:].replace("()", "") for one in taint if one.startswith("from:"))


def note_take(machine: Machine, taint: Taint, take: Take) -> None:
    """Notes in the summary of the current root that a parameter of it has reached a sink, if the taint is that of one."""
    if machine.root and machine.root != "__main__" and "parameter" in kinds_in(taint):
        takes = machine.takes.setdefault(machine.root, [])
        if len(takes) >= _MAX_TAKES:
            machine.facts_dropped = True
        elif take not in takes and len(machine.takes) < _MAX_GIFTS:
            takes.append(take)


def gift_of(value: Value) -> Gift | None:
    """The summary of a value for other modules; None where nothing in it is worth following."""
    text = text_of(value) if isinstance(value.const, str | bytes) else ""
    by_name = {"variable", "parameter"} <= kinds_in(value.taint)  # a variable that the caller names, perhaps
    carried = (one for one in value.taint if one.partition(":")[0] in CARRIED)
    labels = tuple(sorted(map(_of_lookup, carried) if by_name else carried))
    texts = _texts(value.const)
    if len(text) > MAX_TEXT:
        return None
    if not labels and not _WORTH_FOLLOWING.search(text) and not any(places.file_kind(one) for one in (text, *texts)):
        return None
    return Gift(text, labels[:20], value.layers, texts)


def _of_lookup(label: str) -> str:
    """The label of what a function gives that looks settings up by name: a token that says which run of continuous
    integration this is comes only where the name asks for it, and counts as no more than what it says."""
    kind, _, detail = label.partition(":")
    return f"host-identity:{detail}" if kind == "cloud-metadata" and places.ASKED_BY_A_RUN.match(detail) else label


def _texts(const: object) -> tuple[str, ...]:
    """The items of a list of up to 100 short texts; () for any other constant."""
    if not isinstance(const, list | tuple) or not 0 < len(const) <= 100:
        return ()
    return tuple(const) if all(isinstance(one, str) and len(one) < 400 for one in const) else ()


def note_returned(machine: Machine, name: str, value: Value) -> None:
    """Notes in the summary what a function returns, if that is worth following."""
    if len(machine.gives) < _MAX_GIFTS and (found := gift_of(value)) is not None:
        machine.gives[name] = found


def note_constants(machine: Machine) -> None:
    """Notes in the summary the values of the module level that are worth following."""
    for name, value in machine.module.names.items():
        if name.startswith("__") or len(machine.gives) >= _MAX_GIFTS or value.closure is not None or value.ref:
            continue
        if (found := gift_of(value)) is not None:
            machine.gives.setdefault(name, found)


def value_of(machine: Machine, ref: str) -> Value | None:
    """The value of a dotted name of a neighbour by its summary; None where that says nothing."""
    found = machine.neighbours.gifts.get(ref.replace("()", "")) if machine.neighbours.gifts else None
    if found is None:
        return None
    for one in found.labels:
        machine.origins.setdefault(one, f"in {ref}")
    return Value(found.ref, found.text or list(found.texts) or NOTHING, frozenset(found.labels), HOLE, found.layers)


def apply_summary(machine: Analyser, call: Call) -> Value | None:
    """A call of a function of a neighbour: applies to the arguments what its summary says it does with them. Returns its
    result by the summary; None where that says nothing."""
    function = call.function.taint
    if function and "from" in kinds_in(function):
        _note_handed(machine, call, taint_of(*call.all))
    if not machine.neighbours.takes and not machine.neighbours.gifts:
        return None
    name = call.ref.replace("()", "")
    if name in machine.neighbours.takes:
        taint = taint_of(*call.all)
        for take in machine.neighbours.takes[name]:
            _apply_take(machine, call, take, taint)
    made = value_of(machine, call.ref)
    if made is not None and "received" in kinds_in(made.taint):
        # What it receives depends on the address it is given: it counts as received only if that is written in the code.
        fixed = all(value.known for value in call.all) or any(_FIXED_ADDRESS.match(text_of(value)) for value in call.all)
        made.taint = frozenset(one for one in made.taint if fixed or not one.startswith("received:"))
    return made


_COMMAND = re.compile(know.FETCHES_OR_DECODES)


def _is_command(value: Value) -> bool:
    """Whether this is a constant text that may tell a shell to fetch or decode something."""
    return isinstance(value.const, str) and len(value.const) <= MAX_TEXT and _COMMAND.search(value.const) is not None


def _note_handed(machine: Analyser, call: Call, taint: Taint) -> None:
    """Notes in the summary what a function of a neighbour is passed, each label once."""
    if any(map(_is_command, call.args)):
        machine.hands.setdefault(call.ref.replace("()", ""), set()).add(OWN)
    before = machine.handed.setdefault(call.ref, set())
    if taint <= before:
        return
    new = taint - before
    before |= new
    kinds = kinds_in(new)
    among = ((OWN, CARRIED), (PRECIOUS, know.SECRETS), (PASSED, {"parameter"}))
    marks = [mark for mark, which in among if not kinds.isdisjoint(which)]
    machine.hands.setdefault(call.ref.replace("()", ""), set()).update([*marks, *_neighbours_in(new)])


def _apply_take(machine: Analyser, call: Call, take: Take, taint: Taint) -> None:
    """Does with the arguments of the call what the function it calls does. taint: of all arguments."""
    from mlsupply.evidence.python.commands import spawning
    from mlsupply.evidence.python.commands.command_line import CommandLine, parts_of
    from mlsupply.evidence.python.libraries import execution
    from mlsupply.evidence.python.network import lookups, sending

    through = call._replace(ref=take.sink)
    first = call.args[0] if call.args else Value("", NOTHING, taint)
    if take.behaviour == "sends":
        sending.note(machine, through, take.position, taint, take.address, take.destination)
    elif take.behaviour == "looks-up":
        for name in call.all if take.address == HOLE else [Value(taint=taint, text=take.address)]:
            lookups.looked_up(machine, through._replace(args=[name], keywords={}))
    elif take.behaviour == "runs-command" and _is_command(first):
        spawning.command(machine, through)
    elif not has(taint, "received", "request", "encoded") and not take.layers:
        return
    elif take.behaviour == "executes":
        execution.executed(machine, through, Value("", NOTHING, taint, HOLE, take.layers))
    else:  # of an argument list only the program counts: the rest is data for it
        head = first.copy()
        head.layers = (*head.layers, *take.layers)
        spawning.flows(machine, CommandLine(through, head, parts_of(head), text_of(head), machine.silent > 0))
