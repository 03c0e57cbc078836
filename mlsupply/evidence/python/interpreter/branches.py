"""What names hold after a branch, loop or block that may have been skipped or left early."""

from __future__ import annotations

from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.merging import has_own_address, merged
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import HOLE, Value, command_text, taint_of

# Kinds of labels that mean little by themselves.
_PLAIN = frozenset({"parameter", "variable", "from", "secret-variable", "package-file"})
_LONG = 2_000  # characters of a text that are weighed


def keep_sensitive(names: dict[str, Value], before: dict[str, Value]) -> None:
    """Gives back to the names what was worth following in what they were bound to before: labels, and the constant that does
    more. names: as the body that may have been skipped leaves them; the rest of what it bound stays."""
    for name, value in before.items():
        now = names.get(name)
        if now is value or now is None:
            continue
        if value.known and now.known and not _grown(value.const, now.const) and _does_more(value, now):
            names[name] = merged([value, now])
        elif not kinds_in(taint_of(value)) <= _PLAIN:
            names[name] = _with_labels(now, value)


def joined(values: list[Value]) -> Value:
    """`merged` of what a name holds after several branches, of whose constants the one that does most is kept."""
    if sum(value.known for value in values) > 1:
        values = sorted(values, key=_weight, reverse=True)
    return merged(values) if len(values) > 1 else values[0]


def merge_with(names: dict[str, Value], before: dict[str, Value], after: dict[str, Value]) -> None:
    """Merges into the names those that another branch bound. before, after: the names as that branch began and ended."""
    for name, value in after.items():
        now = names.get(name)
        if now is not None and now is not value and now is not before.get(name):
            names[name] = merged([value, now])


def _grown(before: object, now: object) -> bool:
    """Is this the same text, or the same with more behind it?"""
    if isinstance(before, str) and isinstance(now, str):
        return now.startswith(before)
    return isinstance(before, bytes) and isinstance(now, bytes) and now.startswith(before)


def _does_more(value: Value, other: Value) -> bool:
    weight = _weight(value)
    return weight > 0 and weight > _weight(other)


def _with_labels(now: Value, before: Value) -> Value:
    """The later value, whose kind says what is done with it, with the labels of both."""
    result = now.copy()
    result.taint = now.taint | (before.taint if has_own_address(before) else taint_of(before))
    return result


def _weight(value: Value) -> int:
    """How much harm a constant may do: 2 for a suspicious command line, a place of secrets or one from which things start,
    1 for an address of no well-known service, or what was decoded, 0 for any other."""
    text = command_text(value)
    if text == HOLE or not isinstance(value.const, str | bytes | list | tuple):
        return 0
    if deeds(text[:_LONG]) or places.file_kind(text[:_LONG]) or places.persistent(text[:_LONG]):
        return 2
    known = places.USUAL_HOST.match(text) or places.MAKERS.match(text)
    if hiding(value.layers):
        return 1
    return int("://" in text[:20] and not known and addresses.destination(text) in {"fixed", "chat"})
