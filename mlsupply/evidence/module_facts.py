"""What the analyser finds in one Python file: its facts, its part of the call graph, and its summary for other modules.

These values do not need the analyser, so that kept results are read without importing it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mlsupply.evidence.facets import CodeFact
from mlsupply.named import NamedTuple

PROBE = "python/264"  # part of the cache key: raised whenever a fact may change
HELD = "#"  # in a name of `ModuleFacts.exports`: before the number of what the value of that name holds
STAR = "*"  # the name there of the modules that everything is imported from
HANDED = "handed to "  # begins the step of a chain for a file that is passed to a script; the script's name follows
# Marks in `ModuleFacts.hands`, beside the names of other modules: what a function of another module is handed.
OWN = "."  # something worth following from this module itself: what it reads, or a shell command in it
PRECIOUS = "!"  # a secret that this module reads
PASSED = ":"  # what the calling function got from its own caller


class Gift(NamedTuple):
    """The value of a module's name, or what calling it returns. text: a constant string, or ""; labels, layers: its taint
    and the encodings undone, as in `values.value.Value`; texts: a list of constant strings; ref: the dotted name of the
    function it is an alias of."""

    text: str = ""
    labels: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    ref: str = ""


class Take(NamedTuple):
    """A function of which an argument reaches a sink. behaviour: sends, looks-up, executes or runs-command; address: where
    it sends to; layers: encodings it undoes first; the rest as in `facets.CodeFact`."""

    behaviour: str
    sink: str
    destination: str = ""
    position: str = ""
    address: str = ""
    layers: tuple[str, ...] = ()


class Neighbours(NamedTuple):
    """What one module is told of the others for a second look, by dotted name. names: last parts of names; a function that
    mentions one of them is worth following."""

    gifts: dict[str, Gift]
    takes: dict[str, list[Take]]
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFacts:
    """What one file shows.

    dotted: its import name;
    facts: each with the roots it can be reached from; a root is "" for the module level, otherwise a function's name;
    edges: of the call graph: (root, dotted name that it calls, or `import` and the dotted name of a module);
    functions: names of all roots but the module level;
    exports: (name, dotted name it stands for) of imports and aliases at module level, of objects that of their class, and
    of containers those of the functions in them, each with a number;
    stopped: why the file was not followed, or not reported, to its end; "" where it was;
    gives, takes: its summary, by name: the values of its names, and the functions that pass an argument to a sink;
    wants: names of other modules whose value reaches a sink here;
    hands: (function of another module, what is passed to it: names of other modules, and the marks above);
    carriers: names through which other modules could put bytes into the executable memory of this one; empty unless what it
        maps there itself only asks the processor what it can do.
    """

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
    """(import name, is it a package) of a file. path: below the folder from which imports start; `src/` is left out."""
    parts = path.rpartition("!/")[2].removesuffix(".py").split("/")
    if parts and parts[0] == "src":
        parts = parts[1:]
    if parts[-1:] == ["__init__"]:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False
