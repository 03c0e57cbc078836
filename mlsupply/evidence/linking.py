"""Taint across the modules of one package: which modules are analysed a second time, and what they then know of the others.

Each module is first analysed alone. Its summary (`ModuleFacts`) says what its names give to other modules (`gives`), which
of its functions pass an argument to a sink (`takes`), and which names of other modules reach a sink of its own (`wants`,
`hands`). Only where these meet is a module analysed again, which in honest packages hardly ever happens. Files that the
pre-filter left out are analysed too, once another module shows that they matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mlsupply.evidence.files.start_lines import SUFFIXES
from mlsupply.evidence.module_facts import OWN, PASSED, PRECIOUS, Gift, ModuleFacts, Neighbours, Take
from mlsupply.evidence.prefilter.tokens import word_in
from mlsupply.evidence.python.knowledge import COMMANDS, FETCHES_OR_DECODES, RUNS_CODE, SECRETS
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

# Behaviours for which it matters who calls the function: the call may come earlier than the function alone shows.
_ACTS = frozenset(
    {
        "sends", "runs-decoded", "runs-dropped", "runs-downloaded", "runs-bundled", "remote-control", "persists", "destroys",
        "mines", "spies", "redirects", "trusts-anybody", "injects", "opens-host", "publishes", "installs-package",
        "looses-agent", "shows-password", "spells-out",
    }
)  # fmt: skip
ROUNDS = 5  # modules a value may pass through beyond the first
MAX_LOOKS = 60  # modules analysed again in one round
_HOPS = 8  # re-exports that are followed from what starts with Python
_MAX_USES = 500  # uses of a name in one file that are searched
_LINE = 2000  # bytes of a line before a name
_DEFINES = expression(rb"\bdef[ \t]{1,80}$|\bimport\b")
_ASSIGNED = expression(rb"\s{0,80}(?::[^=\n]{0,400})?=(?!=)")


_COMMAND_WORDS = (b"curl", b"wget", b"powershell", b"bitsadmin", b"certutil", b"mshta", b"sh -c", b"base64 -d")
_PIPED = expression(rb"\|\s{0,9}(?:ba)?sh\b")
_COMMAND = expression(FETCHES_OR_DECODES.encode())


class SkippedFile(NamedTuple):
    """A Python file that the pre-filter left out. words: the distinct words of its text, one a line."""

    path: str
    text: bytes
    words: bytes


class _Target(NamedTuple):
    """A function whose callers are worth analysing. holder: last name of the module or class it is defined in; is_method:
    is that a class? command_only: only callers that hold a shell command matter."""

    name: bytes
    holder: bytes
    is_method: bool
    command_only: bool = False


def _worth_reading(symbols: _Symbols, skipped: Mapping[str, SkippedFile], searched: set[_Target]) -> dict[str, set[str]]:
    """Path -> names to follow there, of the skipped files that matter after all: a name of theirs reaches a sink in another
    module, or they call a function of `_Symbols.targets`. skipped: by dotted module name; searched: targets that the files
    were already searched for, added to here."""
    found: dict[str, set[str]] = {}
    for ref in dict.fromkeys(symbols.resolve(ref) for module in symbols.modules for ref in symbols.used_in(module)):
        holder = next((part for part in _prefixes(ref) if part in skipped or part in symbols.module_names), "")
        if holder in skipped and _may_define(skipped[holder].text, ref[len(holder) + 1 :]):
            found.setdefault(skipped[holder].path, set()).add(ref.rpartition(".")[2])
    for ref in symbols.started_with_python():
        holder = next((part for part in _prefixes(ref) if part in skipped or part in symbols.module_names), "")
        if holder in skipped:
            found.setdefault(skipped[holder].path, set()).add(ref.rpartition(".")[2])
    targets = symbols.targets() - searched
    searched |= targets
    by_holder: dict[bytes, list[_Target]] = {}
    for target in sorted(targets):
        by_holder.setdefault(word_in(target.holder), []).append(target)
    for path, text, words in skipped.values():
        for holder_word, those in by_holder.items():
            if holder_word in words:
                named = [one for one in those if one.name in text and (not one.command_only or _holds_command(text))]
                called = {one.name.decode() for one in named if _calls(text, one)}
                if called:
                    found.setdefault(path, set()).update(called)
    return found


def _holds_command(text: bytes) -> bool:
    """Could a string in the file be a shell command that fetches or decodes? Plain bytes are searched first, as a file is
    asked more than once."""
    return (_PIPED.search(text) or any(word in text for word in _COMMAND_WORDS)) and _COMMAND.search(text) is not None


def _may_define(text: bytes, name: str) -> bool:
    """Could the file define a value or function of this name (dotted, below its own module)? A class by that name has no
    value to follow."""
    last = name.rpartition(".")[2].encode()
    there = expression(_word(last) + rb"(?<!\.%s)\b" % re.escape(last))
    is_class = False
    for place, found in enumerate(there.finditer(text) if last else ()):
        before = text[max(0, found.start() - _LINE) : found.start()].rpartition(b"\n")[2]
        if before.rstrip().endswith(b"class"):
            is_class = True
        elif place == _MAX_USES or _DEFINES.search(before) or _ASSIGNED.match(text, found.end()):
            return True
    return bool(last) and not is_class and there.search(text) is not None


def _calls(text: bytes, target: _Target) -> bool:
    """Could the file call the function: by importing its name, as an attribute of its module, or as a method in a file that
    names its class? True as well where the module is renamed, or named more often than is searched."""
    name = re.escape(target.name)
    if target.is_method:
        return bool(re.search(_word(target.holder) + rb"\b", text) and re.search(rb"\.\s{0,80}%s\b" % name, text))
    imported = rb"[ \t]{1,80}import\b[ \t\\]{0,80}(?:\([^)]{0,8000}?|[^\n;]{0,2000}?)\b%s\b" % name
    if text.count(target.holder) > _MAX_USES:
        return True
    uses = rb"(?:\s{0,80}\.\s{0,80}%s\b|[ \t]{1,80}as\b|%s)" % (name, imported)
    return re.search(_word(target.holder) + uses, text) is not None


def _word(text: bytes) -> bytes:
    r"""A pattern for the text at the start of a word: `\btext`, written so that `re` searches for the plain bytes first."""
    plain = re.escape(text)
    return rb"%s(?<!\w%s)" % (plain, plain)


class _Symbols:
    """The summaries of all modules analysed so far, by dotted name: what each name stands for, which functions reach a sink
    with an argument, and what is re-exported under another name."""

    def __init__(self, modules: Sequence[ModuleFacts]) -> None:
        self.modules = modules
        self.module_names = {module.dotted for module in modules}
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
        self._resolved: dict[str, str] = {}
        self.secrets |= {name for name in self.exports if self.resolve(name) in self.secrets}
        self._references: dict[str, set[str]] = {}
        # re-exports of functions that run code or programs, or of the libraries that have these
        self._runners = {name for name in self.exports if (ref := self.resolve(name)) in _RUNNING_LIBRARIES or _runs(ref)}

    def started_with_python(self) -> Iterator[str]:
        """The dotted names that `.pth` and `.start` files import or call, as written and as re-exports have them."""
        for module in self.modules:
            for _, ref in module.edges if module.path.endswith(SUFFIXES) else ():
                name = ref.removeprefix("import ").replace("()", "")
                for _ in range(_HOPS):
                    yield name
                    part = next((one for one in _prefixes(name) if self.exports.get(one, one) != one), "")
                    if not part:
                        break
                    name = self.exports[part] + name[len(part) :]

    def targets(self) -> set[_Target]:
        """The functions whose callers are worth analysing: those that send or run what they are given, and those that do
        something worth a finding, which a caller may trigger earlier (on import, say) than it seems."""
        names = {
            name for name, takes in self.takes.items() if any(take.behaviour in {"sends", "looks-up"} for take in takes)
        }
        names |= {
            f"{module.dotted}.{root.removesuffix('.__init__')}"
            for module in self.modules
            for fact, roots in module.facts
            if fact.behaviour in _ACTS and "" not in roots
            for root in roots
            if module.dotted and root not in {"", "__main__", "<lambda>"} and root.count(".") <= 1
        }
        names |= {name for name in self.exports if (ref := self.resolve(name)) in names or _runs(ref)}
        runners = {name for name, takes in self.takes.items() if any(take.behaviour == "runs-command" for take in takes)}
        return {self._target(name) for name in names} | {self._target(name, command_only=True) for name in runners - names}

    def _target(self, name: str, *, command_only: bool = False) -> _Target:
        holder, _, last = name.rpartition(".")
        return _Target(last.encode(), holder.rpartition(".")[2].encode(), holder not in self.module_names, command_only)

    def used_in(self, module: ModuleFacts) -> list[str]:
        """The names of other modules whose value reaches a sink: in this module, or in a function it hands them to."""
        handed = [name for callee, names in module.hands if self.resolve(callee) in self.takes for name in names]
        return [*module.wants, *handed]

    def holds_secret(self, names: Sequence[str]) -> bool:
        """Is a secret among what a function is handed? names: as in `ModuleFacts.hands`."""
        return PRECIOUS in names or not self.secrets.isdisjoint(names)

    def referenced_by(self, module: ModuleFacts) -> set[str]:
        """The dotted names the module imports or calls, re-exports resolved."""
        found = self._references.get(module.path)
        if found is None:
            self._references[module.path] = found = {
                self.resolve(ref) for ref in {ref.removeprefix("import ") for _, ref in module.edges}
            }
        return found

    def neighbours_of(self, module: ModuleFacts) -> Neighbours:
        """What a second look at the module is told: the values it uses and the functions it hands something to."""
        gifts = {ref: self.gifts[found] for ref in self.used_in(module) if (found := self.resolve(ref)) in self.gifts}
        takes = {ref: self.takes[found] for ref, _ in module.hands if (found := self.resolve(ref)) in self.takes}
        if self._runners:
            gifts |= {ref: Gift(ref=stands_for) for _, ref in module.edges if (stands_for := self._runner(ref))}
        names = {ref.rpartition(".")[2] for ref in (*gifts, *takes)}
        return Neighbours(gifts, takes, sorted(names))

    def _runner(self, ref: str) -> str:
        """The library function that runs code or programs, where `ref` reaches it through a re-export of this package
        (`demo.compat.execute` for `os.system`); "" otherwise."""
        holder = next((part for part in _prefixes(ref) if part in self._runners), "")
        resolved = self.resolve(holder) + ref[len(holder) :] if holder else ref
        return resolved if resolved != ref and _runs(resolved) else ""

    def resolve(self, ref: str) -> str:
        """The dotted name where it is defined, followed through at most four re-exports."""
        found = self._resolved.get(ref)
        if found is None:
            found = ref
            for _ in range(4):
                if found not in self.exports or self.exports[found] == found:
                    break
                found = self.exports[found]
            self._resolved[ref] = found
        return found


# whose functions run code or programs
_RUNNING_LIBRARIES = frozenset(
    ("os", "posix", "nt", "builtins", *(ref.rpartition(".")[0] for ref in RUNS_CODE), "subprocess", "pty")
)


def _runs(ref: str) -> bool:
    return ref in RUNS_CODE or COMMANDS.match(ref)


def _prefixes(ref: str) -> Iterator[str]:
    """The dotted name and all names it lies below, longest first."""
    while ref:
        yield ref
        ref = ref.rpartition(".")[0]


def _second_looks(symbols: _Symbols, given: Mapping[str, Neighbours]) -> Iterator[tuple[str, Neighbours]]:
    """(path, neighbours) of each module that a further look could learn more from. given: what each path was told before."""
    relays = _relays(symbols)
    for module in symbols.modules:
        neighbours, before = symbols.neighbours_of(module), given.get(module.path)
        relayed_to = relays.get(module.dotted, ())
        worth = {OWN, PASSED} if relayed_to else {OWN}
        handed = (names for ref, names in module.hands if ref in neighbours.takes)
        never_told = relayed_to and before is None  # a first look skips functions that seem to do nothing
        if never_told or (
            (neighbours.gifts or any(not worth.isdisjoint(names) for names in handed)) and _adds(neighbours, before)
        ):
            yield module.path, neighbours._replace(names=sorted({*neighbours.names, *relayed_to}))


def _adds(neighbours: Neighbours, before: Neighbours | None) -> bool:
    """Does it hold anything that was not told before?"""
    pairs = ((neighbours.gifts, before.gifts), (neighbours.takes, before.takes)) if before else ()
    return before is None or any(old.get(ref) != one for new, old in pairs for ref, one in new.items())


def _relays(symbols: _Symbols) -> dict[str, set[str]]:
    """The modules that may carry a secret on to a sink: one of their functions is handed a secret, or they are imported or
    called by such a module. Dotted module name -> last names of the functions with a sink (`takes`) that it refers to; only
    for these modules does it matter what they do with arguments of their callers."""
    if not symbols.takes:
        return {}
    holders = {name: module for module in symbols.modules if (name := module.dotted)}
    found: set[str] = set()
    seen = set(symbols.takes)
    handed = {
        symbols.resolve(callee) for one in symbols.modules for callee, names in one.hands if symbols.holds_secret(names)
    }
    todo = handed - seen
    while todo:
        callee = todo.pop()
        seen.add(callee)
        holder = next((part for part in _prefixes(callee) if part in holders), "")
        if holder and holder not in found:
            found.add(holder)
            todo |= symbols.referenced_by(holders[holder]) - seen
    takers: dict[str, set[str]] = {}  # of a function with a sink and of what it lies in: its last name
    for name in symbols.takes:
        for part in (name, name.rpartition(".")[0]):
            takers.setdefault(part, set()).add(name.rpartition(".")[2])
    takers_named = {name: (takers.get(ref, ()) for ref in symbols.referenced_by(holders[name])) for name in found}
    return {name: set().union(*there) for name, there in takers_named.items()}


Look = Callable[[Iterable[tuple[str, Neighbours | None]]], list[ModuleFacts]]


class Linked(NamedTuple):
    """modules: the summaries after the last round. cut: paths of modules that were due another look when the bounds were
    reached; how values flow through them is not known."""

    modules: list[ModuleFacts]
    cut: list[str]


class _Rounds:
    """The state of `linked` from round to round."""

    def __init__(self, modules: Iterable[ModuleFacts], skipped: Mapping[str, SkippedFile]) -> None:
        self.by_path = {module.path: module for module in modules}
        self.given: dict[str, Neighbours] = {}  # path -> what its last look was told
        self.due: dict[str, set[str]] = {}  # path of a skipped file -> names to follow there
        self._skipped = skipped
        self._searched: set[_Target] = set()

    def symbols(self) -> _Symbols:
        return _Symbols(list(self.by_path.values()))

    def search_skipped(self) -> _Symbols:
        """Adds the skipped files that matter by now to `due`. Returns the symbols that say so."""
        symbols = self.symbols()
        left = {dotted: one for dotted, one in self._skipped.items() if one.path not in self.by_path}
        for path, names in _worth_reading(symbols, left, self._searched).items():
            self.due.setdefault(path, set()).update(names)
        return symbols

    def add_first_looks(self, told: Mapping[str, Neighbours], found: Iterable[ModuleFacts]) -> None:
        self.given |= told
        self.by_path |= {module.path: module for module in found}

    def add_second_looks(self, told: Mapping[str, Neighbours], found: Iterable[ModuleFacts]) -> None:
        """A name whose value is known by now is no longer asked for: what the looks before asked for is kept with it."""
        self.given |= told
        for module in found:
            before = self.by_path[module.path]
            wants, hands = {*before.wants, *module.wants}, {*before.hands, *module.hands}
            self.by_path[module.path] = replace(module, wants=tuple(sorted(wants)), hands=tuple(sorted(hands)))


def linked(modules: list[ModuleFacts], skipped: Mapping[str, SkippedFile], look: Look) -> Linked:
    """The summaries of one package's modules after they were told of each other.

    modules: from looks at each module alone; skipped: the files without such a look, by dotted module name; look: analyses
    (path, what to tell it of other modules) in a worker, and may leave out some.
    """
    state = _Rounds(modules, skipped)
    for _ in range(ROUNDS):
        symbols = state.search_skipped()
        first = {path: _for_names(symbols, state.due.pop(path)) for path in list(state.due)[:MAX_LOOKS]}
        state.add_first_looks(first, look(first.items()))
        again = dict(list(_second_looks(state.symbols() if first else symbols, state.given))[:MAX_LOOKS])
        if not first and not again:
            return Linked(list(state.by_path.values()), [])
        state.add_second_looks(again, look(again.items()))
    symbols = state.search_skipped()
    left = dict.fromkeys([*state.due, *(path for path, _ in _second_looks(symbols, state.given))])
    return Linked(list(state.by_path.values()), list(left))


def _for_names(symbols: _Symbols, names: set[str]) -> Neighbours:
    """What the look at a skipped file is told: the functions with a sink that bear one of these last names."""
    takes = {ref: takes for ref, takes in symbols.takes.items() if ref.rpartition(".")[2] in names}
    return Neighbours({}, takes, sorted(names))
