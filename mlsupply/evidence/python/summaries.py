"""What one module of a package gives to another: constants, results of functions, functions that pass on what they get.

A module is looked at alone first. What it takes from its neighbours is labelled `from:` and the dotted name. Where such a
label reaches a sink (`exec`, a command, a request), the name is noted as wanted. `mlsupply.evidence.linking` then looks a
second time at those few modules, with what their neighbours were found to give.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import OWN, PASSED, PRECIOUS, Gift, Take
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.values.taint import has, kinds_in
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.machine import Machine

_FIXED = re.compile(r"(?:https?|wss?|ftp)://[\w.-]{4}")
_TELLING = re.compile(r"curl|wget|https?://|powershell|\b(?:ba)?sh\b|base64|\bimport |exec|/tmp/|[\w+/=]{40}")
MAX_TEXT = 1 << 16  # characters of a constant that is handed on
_MAX_GIFTS = 200  # a module
# What is worth carrying from one module to another.
CARRIED = know.SECRETS | {"work-files", "host-identity", "received", "request", "encoded"}


def label(machine: Machine, ref: str) -> Taint:
    """The label `from:NAME` for a name imported from the same package; the empty set for any other name."""
    top = ref.partition(".")[0]
    own = machine.dotted.partition(".")[0]
    inside = "." in machine.dotted or machine.package
    if (top != own) if inside else ("." not in ref or top in sys.stdlib_module_names):
        return frozenset()
    return frozenset((f"from:{ref}",))


def narrowed(taint: Taint, owner: str, ref: str) -> Taint:
    """The labels of the attribute `ref` of `owner`: `from:` its owner becomes `from:` the attribute."""
    label = "from:" + (owner.replace("()", "") if "()" in owner else owner)
    if label not in taint:
        return taint
    return (taint - {label}) | {"from:" + ref.replace("()", "")}


def wanted(machine: Machine, taint: Taint) -> None:
    """Notes that what comes from these neighbours has reached a sink."""
    machine.wants.update(_names(taint))


@lru_cache(maxsize=4_096)
def _names(taint: Taint) -> frozenset[str]:
    return frozenset(one[5:].replace("()", "") for one in taint if one.startswith("from:"))


def passed_on(machine: Machine, taint: Taint, take: Take) -> None:
    """Notes that a parameter of the function that is followed has reached a sink. take: the sink."""
    if machine.root and machine.root != "__main__" and "parameter" in kinds_in(taint):
        machine.takes.setdefault(machine.root, [])
        if take not in machine.takes[machine.root] and len(machine.takes) < _MAX_GIFTS:
            machine.takes[machine.root].append(take)


def gift(value: Value) -> Gift | None:
    """What other modules get to know of a value; None where nothing in it is worth following."""
    text = text_of(value) if isinstance(value.const, str | bytes) else ""
    labels = tuple(sorted(one for one in value.taint if one.partition(":")[0] in CARRIED))
    texts = _texts(value.const)
    if len(text) > MAX_TEXT or not (labels or _TELLING.search(text) or any(places.file_kind(one) for one in (text, *texts))):
        return None
    return Gift(text, labels[:20], value.layers, texts)


def _texts(const: object) -> tuple[str, ...]:
    if not isinstance(const, list | tuple) or not 0 < len(const) <= 100:
        return ()
    return tuple(const) if all(isinstance(one, str) and len(one) < 400 for one in const) else ()


def returned(machine: Machine, name: str, value: Value) -> None:
    """Notes what a function returns, where that is worth following."""
    if len(machine.gives) < _MAX_GIFTS and (found := gift(value)) is not None:
        machine.gives[name] = found


def constants(machine: Machine) -> None:
    """Notes the texts of the module level that are worth following."""
    for name, value in machine.module.names.items():
        if name.startswith("__") or len(machine.gives) >= _MAX_GIFTS or value.closure is not None or value.ref:
            continue
        if (found := gift(value)) is not None:
            machine.gives.setdefault(name, found)


def given(machine: Machine, ref: str) -> Value | None:
    """What a dotted name of a neighbour is known to stand for; None where nothing is known."""
    found = machine.neighbours.gifts.get(ref.replace("()", "")) if machine.neighbours.gifts else None
    if found is None:
        return None
    for one in found.labels:
        machine.origins.setdefault(one, f"in {ref}")
    return Value(found.ref, found.text or list(found.texts) or NOTHING, frozenset(found.labels), HOLE, found.layers)


def called(machine: Analyser, call: Call) -> Value | None:
    """A call of a function of a neighbour: what it is known to do with the arguments is done here. Returns what it gives,
    None where that is not known."""
    function = call.function.taint
    if function and "from" in kinds_in(function):
        _handed(machine, call, taint_of(*call.all))
    if not machine.neighbours.takes and not machine.neighbours.gifts:
        return None
    name = call.ref.replace("()", "")
    if name in machine.neighbours.takes:
        taint = taint_of(*call.all)
        for take in machine.neighbours.takes[name]:
            _taken(machine, call, take, taint)
    made = given(machine, call.ref)
    if made is not None and "received" in kinds_in(made.taint):
        # Where it asks is often for the caller to say: then it counts if what the caller says is written there.
        fixed = all(value.known for value in call.all) or any(_FIXED.match(text_of(value)) for value in call.all)
        made.taint = frozenset(one for one in made.taint if fixed or not one.startswith("received:"))
    return made


_COMMAND = re.compile(know.FETCHES_OR_DECODES)


def _is_command(value: Value) -> bool:
    """Is it a text written here that tells a shell, perhaps, to fetch or decode something?"""
    return isinstance(value.const, str) and len(value.const) <= MAX_TEXT and _COMMAND.search(value.const) is not None


def _handed(machine: Analyser, call: Call, taint: Taint) -> None:
    """What is handed to a neighbour is noted, each label once."""
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
    machine.hands.setdefault(call.ref.replace("()", ""), set()).update([*marks, *_names(new)])


def _taken(machine: Analyser, call: Call, take: Take, taint: Taint) -> None:
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
    elif has(taint, "received", "request", "encoded") or take.layers:
        if take.behaviour == "executes":
            execution.executed(machine, through, Value("", NOTHING, taint, HOLE, take.layers))
        else:  # of a list, the program: what else is in it tells the program on what to work
            head = first.copy()
            head.layers = (*head.layers, *take.layers)
            spawning.flows(machine, CommandLine(through, head, parts_of(head), text_of(head), machine.silent > 0))
