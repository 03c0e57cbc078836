"""Modules of one package seen together: which of them need a second look, and what they get to know of their neighbours.

The first look tells what each module gives (constants, results of functions) and which names of neighbours reach an end in
it. Only where a wanted name is one that matters is the module looked at again: in honest packages that is next to never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mlsupply.evidence.module_facts import OWN, Gift, ModuleFacts, Neighbours, Take
from mlsupply.named import NamedTuple

_DEEDS = frozenset(
    {
        "sends", "runs-decoded", "runs-dropped", "runs-downloaded", "runs-bundled", "remote-control", "persists", "destroys",
        "mines", "spies", "redirects", "injects",
    }
)  # fmt: skip
ROUNDS = 3  # modules a value may pass through beyond the first
MAX_LOOKS = 60  # second looks a round


class Again(NamedTuple):
    """A module to be looked at once more, with this knowledge."""

    path: str
    known: Neighbours


def unread(
    table: _Table, spare: Mapping[str, str], sources: Mapping[str, bytes], sought: set[tuple[bytes, bytes]]
) -> list[str]:
    """Files that the first look left out, though a name of theirs reaches an end elsewhere, or though they name a function
    that sends what it is given. spare: dotted name -> path; sources: path -> text of the file; sought: (function, module)
    that all of them were searched for, added to."""
    found: dict[str, None] = {}
    for module in table.modules:
        for ref in table.asked(module):
            holder = next((part for part in _prefixes(table.real(ref)) if part in spare or part in table.names), "")
            if holder in spare:
                found[spare[holder]] = None
    senders = {
        (name.rpartition(".")[2].encode(), name.split(".")[-2].encode()) for name in (*table.senders(), *table.doers())
    } - sought
    sought |= senders
    names: dict[bytes, list[bytes]] = {}
    for name, where in sorted(senders):
        names.setdefault(where, []).append(name)
    for path in spare.values():
        text = sources[path]
        if any(where in text and any(name in text for name in called) for where, called in names.items()):
            found[path] = None
    return list(found)


class _Table:
    """What all modules give and take, by dotted name."""

    def __init__(self, modules: Sequence[ModuleFacts]) -> None:
        self.modules = modules
        self.names = {module.dotted for module in modules}
        self.gifts: dict[str, Gift] = {}
        self.takes: dict[str, list[Take]] = {}
        for module in modules:
            for name, gift in module.gives:
                self.gifts[f"{module.dotted}.{name}"] = gift
            for name, take in module.takes:
                self.takes.setdefault(f"{module.dotted}.{name}", []).append(take)
        self.exports = {f"{module.dotted}.{name}": ref for module in modules for name, ref in module.exports}

    def senders(self) -> list[str]:
        return [name for name, takes in self.takes.items() if any(take.behaviour == "sends" for take in takes)]

    def doers(self) -> list[str]:
        """Functions that do what is worth a finding: somebody may call them earlier than it seems."""
        return list(
            dict.fromkeys(
                f"{module.dotted}.{root.removesuffix('.__init__')}"
                for module in self.modules
                for fact, roots in module.facts
                if fact.behaviour in _DEEDS and "" not in roots
                for root in roots
                if module.dotted and root not in {"", "__main__", "<lambda>"} and root.count(".") <= 1
            )
        )

    def asked(self, module: ModuleFacts) -> list[str]:
        """The names that reach an end in this module, or in a function of a neighbour they are handed to."""
        handed = [name for callee, names in module.hands if self.real(callee) in self.takes for name in names]
        return [*module.wants, *handed]

    def about(self, module: ModuleFacts) -> Neighbours:
        """What the module can use of it."""
        gifts = {ref: self.gifts[real] for ref in self.asked(module) if (real := self.real(ref)) in self.gifts}
        takes = {ref: self.takes[real] for ref, _ in module.hands if (real := self.real(ref)) in self.takes}
        return Neighbours(gifts, takes)

    def real(self, ref: str) -> str:
        """Through what packages export again."""
        for _ in range(4):
            if ref not in self.exports or self.exports[ref] == ref:
                break
            ref = self.exports[ref]
        return ref


def _prefixes(ref: str) -> Iterator[str]:
    parts = ref.split(".")
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length])


def _again(table: _Table, told: Mapping[str, Neighbours]) -> Iterator[Again]:
    """The modules that a second look could tell more of. told: what each path was given before."""
    for module in table.modules:
        known = table.about(module)
        if (known.gifts or any(OWN in names for ref, names in module.hands if ref in known.takes)) and known != told.get(
            module.path
        ):
            yield Again(module.path, known)


Look = Callable[[Iterable[tuple[str, Neighbours | None]]], list[ModuleFacts]]


def linked(
    modules: list[ModuleFacts], spare: Mapping[str, str], sources: Mapping[str, bytes], look: Look
) -> list[ModuleFacts]:
    """The modules as they look with what they know of each other. look: the facts of paths, in a worker; spare, sources: as
    of `unread`."""
    by_path = {module.path: module for module in modules}
    told: dict[str, Neighbours] = {}
    sought: set[tuple[bytes, bytes]] = set()
    later: list[str] = []
    for _ in range(ROUNDS):
        left = {dotted: path for dotted, path in spare.items() if path not in by_path}
        more = list(dict.fromkeys([*later, *unread(_Table(list(by_path.values())), left, sources, sought)]))
        more, later = more[:MAX_LOOKS], more[MAX_LOOKS:]
        for module in look((path, Neighbours({}, {})) for path in more):
            by_path[module.path] = module
        todo = list(_again(_Table(list(by_path.values())), told))[:MAX_LOOKS]
        if not more and not todo:
            break
        told |= {one.path: one.known for one in todo}
        for module in look((one.path, one.known) for one in todo):
            before = by_path[module.path]  # what is known now is no longer asked for, but stays wanted
            wants, hands = {*before.wants, *module.wants}, {*before.hands, *module.hands}
            by_path[module.path] = replace(module, wants=tuple(sorted(wants)), hands=tuple(sorted(hands)))
    return list(by_path.values())
