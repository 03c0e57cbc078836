"""What the analyser finds in one Python file, as values that do not need the analyser, so that kept results are read without
it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mlsupply.evidence.facets import CodeFact
from mlsupply.named import NamedTuple

PROBE = "python/142"  # part of the cache key: raised whenever a fact may change
HANDED = "handed to "  # the way of a file that a script is told of; the name of the script follows
OWN = "."  # among what a function of a neighbour is handed: something worth carrying that this module itself reads
PRECIOUS = "!"  # among the same: what it reads is a secret
PASSED = ":"  # among the same: what the function that hands it on was given by its caller


class Gift(NamedTuple):
    """What a name of a module stands for, or what calling it gives. text: a constant, or ""; labels, layers: as of
    `values.value.Value`; texts: a list of constants; ref: the dotted name of a function elsewhere that it is."""

    text: str = ""
    labels: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    ref: str = ""


class Take(NamedTuple):
    """A function that passes its arguments on. behaviour: sends, looks-up, executes or runs-command; the rest as in
    `facets.CodeFact`; address: where it sends to; layers: what it undoes before."""

    behaviour: str
    sink: str
    destination: str = ""
    position: str = ""
    address: str = ""
    layers: tuple[str, ...] = ()


class Neighbours(NamedTuple):
    """By dotted name, for one module's second look. names: last parts of all that makes a function worth following there."""

    gifts: dict[str, Gift]
    takes: dict[str, list[Take]]
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFacts:
    """What one file shows. dotted: its import name; facts: each with the roots it can be reached from ("" is the module
    level, otherwise a function's name); edges: (root, dotted name it calls, or `import` and a
    dotted name); functions: names of all roots;
    exports: (name, what it stands for) of the module level; stopped: why the look was cut short, or ""; gives, takes: what
    neighbours get from its names and what its functions do with what they get; wants: names of neighbours that reach an
    end here; hands: functions of neighbours, with the names of neighbours they are
    handed; carriers: the names that can hand bytes to executable memory of the module, where all it hands there itself only
    asks the processor what it can do."""

    path: str
    dotted: str
    facts: tuple[tuple[CodeFact, tuple[str, ...]], ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    functions: tuple[str, ...] = ()
    exports: tuple[tuple[str, str], ...] = ()
    stopped: str = ""
    gives: tuple[tuple[str, Gift], ...] = ()
    takes: tuple[tuple[str, Take], ...] = ()
    wants: tuple[str, ...] = ()
    hands: tuple[tuple[str, tuple[str, ...]], ...] = ()
    carriers: tuple[str, ...] = ()

    def without(self, explained: Callable[[CodeFact], bool]) -> ModuleFacts:
        """The same without the facts that `explained` says yes to."""
        left = tuple(pair for pair in self.facts if not explained(pair[0]))
        return self if len(left) == len(self.facts) else replace(self, facts=left)


def dotted_name(path: str) -> tuple[str, bool]:
    """(import name, is it a package) of a file in a wheel or source tree."""
    parts = path.rpartition("!/")[2].removesuffix(".py").split("/")
    if parts and parts[0] == "src":
        parts = parts[1:]
    if parts[-1:] == ["__init__"]:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False
