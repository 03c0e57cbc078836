"""Modules of one package seen together: which of them need a second look, and what that look knows of their neighbours.

The first look finds what each module gives others (constants, results of functions), and which names of neighbours end up in
something that runs or sends. A module is looked at again only if a name it wants is one that matters: in honest packages
that hardly ever happens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mlsupply.evidence.module_facts import OWN, PASSED, PRECIOUS, Gift, ModuleFacts, Neighbours, Take
from mlsupply.evidence.python.knowledge import COMMANDS, FETCHES_OR_DECODES, RUNS_CODE, SECRETS
from mlsupply.evidence.tokens import word_in
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_DEEDS = frozenset(
    {
        "sends", "runs-decoded", "runs-dropped", "runs-downloaded", "runs-bundled", "remote-control", "persists", "destroys",
        "mines", "spies", "redirects", "injects", "opens-host", "publishes", "installs-package", "looses-agent",
    }
)  # fmt: skip
ROUNDS = 5  # modules a value may pass through beyond the first
MAX_LOOKS = 60  # second looks a round
_PLACES = 500  # places of a file at which is looked how a name is used
_LINE = 2000  # bytes of a line before a name
_DEFINES = expression(rb"\bdef[ \t]{1,80}$|\bimport\b")
_ASSIGNED = expression(rb"\s{0,80}(?::[^=\n]{0,400})?=(?!=)")


_COMMAND_WORDS = (b"curl", b"wget", b"powershell", b"bitsadmin", b"certutil", b"mshta", b"sh -c", b"base64 -d")
_PIPED = expression(rb"\|\s{0,9}(?:ba)?sh\b")
_COMMAND = expression(FETCHES_OR_DECODES.encode())


class Again(NamedTuple):
    """A module to look at once more, with what is known about its neighbours."""

    path: str
    neighbours: Neighbours


class Spare(NamedTuple):
    """A file that the first look left out. words: the different ones of its text, one a line."""

    path: str
    text: bytes
    words: bytes


class _Doer(NamedTuple):
    """A function that neighbours may call. where: the module or class it is in; method: is that a class? given: does it only
    matter what command it is given?"""

    name: bytes
    where: bytes
    method: bool
    given: bool = False


def unread(table: _Table, spare: Mapping[str, Spare], sought: set[_Doer]) -> dict[str, set[str]]:
    """Files that the first look left out, though a name of theirs reaches an end elsewhere, or though they call a function
    that sends what it is given: path -> names to follow there. spare: by dotted name; sought: functions that all of them
    were searched for, added to."""
    found: dict[str, set[str]] = {}
    for real in dict.fromkeys(table.real(ref) for module in table.modules for ref in table.used_here(module)):
        holder = next((part for part in _prefixes(real) if part in spare or part in table.names), "")
        if holder in spare and _may_give(spare[holder].text, real[len(holder) + 1 :]):
            found.setdefault(spare[holder].path, set()).add(real.rpartition(".")[2])
    doers = table.doers() - sought
    sought |= doers
    by_place: dict[bytes, list[_Doer]] = {}
    for doer in sorted(doers):
        by_place.setdefault(word_in(doer.where), []).append(doer)
    for path, text, words in spare.values():
        for place, here in by_place.items():
            if place in words:
                there = [doer for doer in here if doer.name in text and (not doer.given or _holds_command(text))]
                called = {doer.name.decode() for doer in there if _calls(text, doer)}
                if called:
                    found.setdefault(path, set()).update(called)
    return found


def _holds_command(text: bytes) -> bool:
    """Could a text in it be a command that fetches or decodes? Plain bytes first: a file is asked more than once."""
    return (_PIPED.search(text) or any(word in text for word in _COMMAND_WORDS)) and _COMMAND.search(text) is not None


def _may_give(text: bytes, name: str) -> bool:
    """Can the file give something by this name below its own? A module cannot, nor a class, only a function of it."""
    last = name.rpartition(".")[2].encode()
    there = expression(_word(last) + rb"(?<!\.%s)\b" % re.escape(last))
    is_class = False
    for place, found in enumerate(there.finditer(text) if last else ()):
        before = text[max(0, found.start() - _LINE) : found.start()].rpartition(b"\n")[2]
        if before.rstrip().endswith(b"class"):
            is_class = True
        elif place == _PLACES or _DEFINES.search(before) or _ASSIGNED.match(text, found.end()):
            return True
    return bool(last) and not is_class and there.search(text) is not None


def _calls(text: bytes, doer: _Doer) -> bool:
    """Is the function taken from its module by name, or asked of the module or an object of its class? Of a module by
    another name it may always be; and so it may in a file that names the module more often than is looked at."""
    name = re.escape(doer.name)
    if doer.method:
        return bool(re.search(_word(doer.where) + rb"\b", text) and re.search(rb"\.\s{0,80}%s\b" % name, text))
    taken = rb"[ \t]{1,80}import\b[ \t\\]{0,80}(?:\([^)]{0,8000}?|[^\n;]{0,2000}?)\b%s\b" % name
    if text.count(doer.where) > _PLACES:
        return True
    uses = rb"(?:\s{0,80}\.\s{0,80}%s\b|[ \t]{1,80}as\b|%s)" % (name, taken)
    return re.search(_word(doer.where) + uses, text) is not None


def _word(text: bytes) -> bytes:
    r"""A pattern for the start of a word: what `\b` says before it, in a form that is searched for as plain bytes."""
    plain = re.escape(text)
    return rb"%s(?<!\w%s)" % (plain, plain)


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
        self.secrets = {
            name for name, gift in self.gifts.items() if any(label.partition(":")[0] in SECRETS for label in gift.labels)
        }
        self._real: dict[str, str] = {}
        self.secrets |= {name for name in self.exports if self.real(name) in self.secrets}
        self._named_in: dict[str, set[str]] = {}
        # names under which modules hand on what runs something, or the library that has it
        self._runners = {name for name in self.exports if self.real(name) in _LIBRARIES or _runs(self.real(name))}

    def doers(self) -> set[_Doer]:
        """Functions that send what they are given, and those that do what is worth a finding: somebody may call them earlier
        than it seems."""
        names = {
            name for name, takes in self.takes.items() if any(take.behaviour in {"sends", "looks-up"} for take in takes)
        }
        names |= {
            f"{module.dotted}.{root.removesuffix('.__init__')}"
            for module in self.modules
            for fact, roots in module.facts
            if fact.behaviour in _DEEDS and "" not in roots
            for root in roots
            if module.dotted and root not in {"", "__main__", "<lambda>"} and root.count(".") <= 1
        }
        names |= {name for name in self.exports if self.real(name) in names or _runs(self.real(name))}
        runners = {name for name, takes in self.takes.items() if any(take.behaviour == "runs-command" for take in takes)}
        return {self._doer(name) for name in names} | {self._doer(name, given=True) for name in runners - names}

    def _doer(self, name: str, *, given: bool = False) -> _Doer:
        holder, _, last = name.rpartition(".")
        return _Doer(last.encode(), holder.rpartition(".")[2].encode(), holder not in self.names, given)

    def used_here(self, module: ModuleFacts) -> list[str]:
        """The names that reach an end in this module, or in a function of a neighbour they are handed to."""
        handed = [name for callee, names in module.hands if self.real(callee) in self.takes for name in names]
        return [*module.wants, *handed]

    def matters(self, names: Sequence[str]) -> bool:
        """Whether a secret is among what a function is handed."""
        return PRECIOUS in names or not self.secrets.isdisjoint(names)

    def named_in(self, module: ModuleFacts) -> set[str]:
        """Names of neighbours it imports or calls, as their own modules have them."""
        found = self._named_in.get(module.path)
        if found is None:
            self._named_in[module.path] = found = {
                self.real(ref) for ref in {ref.removeprefix("import ") for _, ref in module.edges}
            }
        return found

    def about(self, module: ModuleFacts) -> Neighbours:
        """What the module can use of it."""
        gifts = {ref: self.gifts[real] for ref in self.used_here(module) if (real := self.real(ref)) in self.gifts}
        takes = {ref: self.takes[real] for ref, _ in module.hands if (real := self.real(ref)) in self.takes}
        if self._runners:
            gifts |= {ref: Gift(ref=stands_for) for _, ref in module.edges if (stands_for := self._runner(ref))}
        names = {ref.rpartition(".")[2] for ref in (*gifts, *takes)}
        return Neighbours(gifts, takes, sorted(names))

    def _runner(self, ref: str) -> str:
        """The function of another package that runs code or programs, where the module calls it by a name that a neighbour
        gave it; "" of any other."""
        holder = next((part for part in _prefixes(ref) if part in self._runners), "")
        real = self.real(holder) + ref[len(holder) :] if holder else ref
        return real if real != ref and _runs(real) else ""

    def real(self, ref: str) -> str:
        """Through what packages export again."""
        found = self._real.get(ref)
        if found is None:
            found = ref
            for _ in range(4):
                if found not in self.exports or self.exports[found] == found:
                    break
                found = self.exports[found]
            self._real[ref] = found
        return found


# of what runs something
_LIBRARIES = frozenset(
    ("os", "posix", "nt", "builtins", *(ref.rpartition(".")[0] for ref in RUNS_CODE), "subprocess", "pty")
)


def _runs(ref: str) -> bool:
    return ref in RUNS_CODE or COMMANDS.match(ref)


def _prefixes(ref: str) -> Iterator[str]:
    while ref:
        yield ref
        ref = ref.rpartition(".")[0]


def _again(table: _Table, given: Mapping[str, Neighbours]) -> Iterator[Again]:
    """The modules that a second look could learn more from. given: what each path was given before."""
    waited_for = _waited_for(table)
    for module in table.modules:
        neighbours, before = table.about(module), given.get(module.path)
        relayed = waited_for.get(module.dotted, ())
        worth = {OWN, PASSED} if relayed else {OWN}
        handed = (names for ref, names in module.hands if ref in neighbours.takes)
        unheard = relayed and before is None  # the first look leaves out what seems dull
        if unheard or (
            (neighbours.gifts or any(not worth.isdisjoint(names) for names in handed)) and _adds(neighbours, before)
        ):
            yield Again(module.path, neighbours._replace(names=sorted({*neighbours.names, *relayed})))


def _adds(neighbours: Neighbours, before: Neighbours | None) -> bool:
    """Whether it contains anything that was not given before."""
    pairs = ((neighbours.gifts, before.gifts), (neighbours.takes, before.takes)) if before else ()
    return before is None or any(old.get(ref) != one for new, old in pairs for ref, one in new.items())


def _waited_for(table: _Table) -> dict[str, set[str]]:
    """Modules with a function that is handed a secret, or that such a one may hand it on to, and that know a function which
    passes on what it is given: only of these does it matter what they do for others. Dotted name -> last parts of the names
    of those functions."""
    if not table.takes:
        return {}
    holders = {name: module for module in table.modules if (name := module.dotted)}
    found: set[str] = set()
    seen = set(table.takes)
    todo = {table.real(callee) for module in table.modules for callee, names in module.hands if table.matters(names)} - seen
    while todo:
        callee = todo.pop()
        seen.add(callee)
        holder = next((part for part in _prefixes(callee) if part in holders), "")
        if holder and holder not in found:
            found.add(holder)
            todo |= table.named_in(holders[holder]) - seen
    takers: dict[str, set[str]] = {}
    for name in table.takes:
        for part in (name, name.rpartition(".")[0]):
            takers.setdefault(part, set()).add(name.rpartition(".")[2])
    takers_named = {name: (takers.get(ref, ()) for ref in table.named_in(holders[name])) for name in found}
    return {name: set().union(*there) for name, there in takers_named.items()}


Look = Callable[[Iterable[tuple[str, Neighbours | None]]], list[ModuleFacts]]


class Linked(NamedTuple):
    """The modules as they look with what they know of each other; cut: paths that were owed a further look when the bounds
    were reached, so that what a value does on its way through them is not known."""

    modules: list[ModuleFacts]
    cut: list[str]


def linked(modules: list[ModuleFacts], spare: Mapping[str, Spare], look: Look) -> Linked:
    """The modules with what they know of each other. look: the facts of paths, in a worker; spare: as of `unread`."""
    by_path = {module.path: module for module in modules}
    given: dict[str, Neighbours] = {}
    sought: set[_Doer] = set()
    owed: dict[str, set[str]] = {}

    def table() -> _Table:
        return _Table(list(by_path.values()))

    def owe() -> _Table:
        left = {dotted: one for dotted, one in spare.items() if one.path not in by_path}
        for path, names in unread(seen := table(), left, sought).items():
            owed.setdefault(path, set()).update(names)
        return seen

    for _ in range(ROUNDS):
        seen = owe()
        first = {path: _takers_of(seen, owed.pop(path)) for path in list(owed)[:MAX_LOOKS]}
        by_path |= {module.path: module for module in look(first.items())}
        given |= first
        todo = list(_again(table() if first else seen, given))[:MAX_LOOKS]
        if not first and not todo:
            return Linked(list(by_path.values()), [])
        given |= {one.path: one.neighbours for one in todo}
        for module in look((one.path, one.neighbours) for one in todo):
            before = by_path[module.path]  # what is known now is no longer asked for, but stays wanted
            wants, hands = {*before.wants, *module.wants}, {*before.hands, *module.hands}
            by_path[module.path] = replace(module, wants=tuple(sorted(wants)), hands=tuple(sorted(hands)))
    seen = owe()
    return Linked(list(by_path.values()), list(dict.fromkeys([*owed, *(one.path for one in _again(seen, given))])))


def _takers_of(table: _Table, names: set[str]) -> Neighbours:
    """What a file is given when it is looked at only for the sake of these names."""
    return Neighbours(
        {}, {ref: takes for ref, takes in table.takes.items() if ref.rpartition(".")[2] in names}, sorted(names)
    )
