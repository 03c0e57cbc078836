"""One pass over the syntax tree of a module: the names each function mentions, long constants, classes.

This is faster than `ast.walk`, which visits half as many nodes again (`Load`, `Store`), reads all fields of each, and would
be needed once for each question."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from mlsupply.named import NamedTuple

LONG_TEXT = 60  # characters from which on a constant may hold code
LONG_LIST = 40  # elements from which on a list may be bytes

_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda})
_RARE = frozenset({ast.Import, ast.ImportFrom, ast.Assign, ast.List, ast.Tuple, ast.ClassDef})
_TEXTS = frozenset({str, bytes})
_NO_NODES = frozenset(
    {
        "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "is_lazy", "kind", "kwd_attrs", "level", "module",
        "name", "names", "op", "ops", "rest", "simple", "str", "tag", "type_comment", "type_ignores",
    }
)  # fmt: skip


class _Shape(NamedTuple):
    """Getters for the fields of a kind of node that hold child nodes. ones: of all fields with a single (or no) child, where
    there are at least two such fields; one: of the only such field; lists: of each field with a list of children."""

    ones: Callable[[Any], tuple[Any, ...]] | None
    one: Callable[[Any], Any] | None
    lists: tuple[Callable[[Any], list[Any]], ...]


_SHAPES: dict[type, _Shape] = dict.fromkeys((type(None), ast.Constant, ast.MatchSingleton), _Shape(None, None, ()))


def _shape(node: Any) -> _Shape:
    """The getters for a kind of node, from the first one that is met: a field holds lists in all nodes of a kind or in
    none. What is no node (a text in a field that a newer Python has) has no fields."""
    fields = [name for name in getattr(type(node), "_fields", ()) if name not in _NO_NODES]
    lists = [name for name in fields if type(getattr(node, name)) is list]
    ones = [name for name in fields if name not in lists]
    made = _Shape(
        attrgetter(*ones) if len(ones) > 1 else None,
        attrgetter(*ones) if len(ones) == 1 else None,
        tuple(attrgetter(name) for name in lists),
    )
    _SHAPES[type(node)] = made
    return made


_FETCHING = ("curl", "wget", "certutil", "mshta", "bitsadmin", "python -c", "python3 -c")
_SHELLS = ("powershell", "bash", "sh -c", "/bin/sh", "/bin/bash", "cmd /c", "cmd.exe")
_TELLING = ("http", "ws", "\\\\", *_FETCHING)


def is_command(text: str) -> bool:
    """Whether a text starts like a command that fetches something or runs Python, alone or in a shell, or ends in a shell
    that is piped to."""
    if text.startswith(_FETCHING) or ("|" in text and text.rstrip().endswith(("sh", "bash"))):
        return True
    return text.startswith(_SHELLS) and "http" in text


class Mentions:
    """The names that a function (or the module) and the functions within it mention. Decorators count for the enclosing
    scope.

    outer       the mentions of the enclosing function or module; None for the module
    names       of variables
    attributes  names after a dot
    dotted      pairs (variable, attribute)
    imported    modules, and names imported from them
    telling     whether a text starts like a URL or like a command that fetches or runs something
    replaced    variables assigned to attributes of other objects
    patches     whether one of those is a function of this module
    """

    __slots__ = ("attributes", "dotted", "imported", "names", "node", "outer", "patches", "replaced", "telling")

    def __init__(self, node: ast.AST, outer: Mentions | None) -> None:
        self.node = node
        self.outer = outer
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.dotted: set[tuple[str, str]] = set()
        self.imported: set[str] = set()
        self.telling = False
        self.replaced: set[str] = set()
        self.patches = False

    def has_name_in(self, names: set[str]) -> bool:
        """Whether the function has one of these names or mentions one."""
        if getattr(self.node, "name", "") in names or any(owner in names for owner, _ in self.dotted):
            return True
        return not (names.isdisjoint(self.names) and names.isdisjoint(self.attributes) and names.isdisjoint(self.imported))

    def absorb(self, inner: Mentions) -> None:
        """Adds what a function within this one mentions."""
        self.names |= inner.names
        self.attributes |= inner.attributes
        self.dotted |= inner.dotted
        self.imported |= inner.imported
        self.telling = self.telling or inner.telling
        self.patches = self.patches or inner.patches


class Survey:
    """The result of the pass over a tree. blobs: constants and lists long enough to hold code, in source order; classes: all
    class definitions."""

    def __init__(self, tree: ast.AST) -> None:
        self.blobs: list[ast.Constant | ast.List | ast.Tuple] = []
        self.classes: list[ast.ClassDef] = []
        found = [Mentions(tree, None)]
        functions: set[str] = set()  # names of those of the module level
        for mentions in found:  # grows meanwhile by the functions that are met
            inner = self._scanned(mentions)
            if mentions.outer is None:
                functions = _names(inner)
            mentions.patches = bool(mentions.replaced) and not mentions.replaced.isdisjoint(functions | _names(inner))
            found += [Mentions(node, mentions) for node in inner]
        for mentions in reversed(found):
            if mentions.outer is not None:
                mentions.outer.absorb(mentions)
        self._mentions = {mentions.node: mentions for mentions in found}
        self.blobs.sort(key=lambda node: (node.lineno, node.col_offset))

    @property
    def all(self) -> Iterable[Mentions]:
        """The mentions of the module and of each function in it."""
        return self._mentions.values()

    def of(self, node: ast.AST) -> Mentions:
        """The mentions of a function. One that is not of the tree (it was decoded from a text) is surveyed now."""
        return self._mentions.get(node) or Survey(node)._mentions[node]

    def naming(self, names: Iterable[str]) -> set[ast.AST]:
        """The functions that have one of these names or mention one, and transitively those that mention such a function."""
        wanted = set(names)
        found: set[ast.AST] = set()
        before = -1
        while len(found) > before:
            before = len(found)
            for node, mentions in self._mentions.items():
                if node not in found and mentions.has_name_in(wanted):
                    found.add(node)
                    wanted |= {node.name} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else set()
        return found

    def _scanned(self, mentions: Mentions) -> list[ast.AST]:
        """Notes what the nodes of one function mention; returns the functions right within it."""
        within: list[ast.AST] = []
        names, attributes, dotted = mentions.names, mentions.attributes, mentions.dotted
        stack = _run_when_called(mentions.node)
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Name:
                names.add(node.id)
            elif kind is ast.Attribute:
                attributes.add(node.attr)
                if type(node.value) is ast.Name:
                    dotted.add((node.value.id, node.attr))
                else:
                    stack.append(node.value)
            elif kind is ast.Constant:
                if type(node.value) in _TEXTS:
                    self._text(node, mentions)
            elif kind is ast.Call:
                stack.append(node.func)
                stack += node.args
                if len(node.args) == 3:
                    _note_setattr(node, mentions)
                stack += [keyword.value for keyword in node.keywords]
            elif kind in _FUNCTIONS:
                within.append(node)
                stack += getattr(node, "decorator_list", ())
            elif kind in _RARE:
                stack += self._rare(kind, node, mentions)
            else:
                stack += children(node)
        return within

    def _rare(self, kind: type, node: Any, mentions: Mentions) -> list[Any]:
        """Notes what a node of one of the rarer kinds mentions; returns its children."""
        if kind is ast.Import or kind is ast.ImportFrom:
            mentions.imported |= {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
            return []
        if kind is ast.Assign:
            if type(node.targets[0]) is ast.Attribute:
                _note_replacement(node.value, mentions)
        elif kind is ast.ClassDef:
            self.classes.append(node)
        elif len(node.elts) >= LONG_LIST:
            self.blobs.append(node)
        return children(node)

    def _text(self, node: Any, mentions: Mentions) -> None:
        """Notes a constant text or bytes."""
        if len(node.value) >= LONG_TEXT:
            self.blobs.append(node)
        if type(node.value) is str and (node.value.startswith(_TELLING) or is_command(node.value)):
            mentions.telling = True


def _note_replacement(value: ast.expr, mentions: Mentions) -> None:
    """Notes a variable that is assigned to an attribute."""
    if type(value) is ast.Name:
        mentions.replaced.add(value.id)


def _note_setattr(call: ast.Call, mentions: Mentions) -> None:
    if type(call.func) is ast.Name and call.func.id == "setattr":
        _note_replacement(call.args[2], mentions)


def _names(functions: Iterable[ast.AST]) -> set[str]:
    return {node.name for node in functions if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _run_when_called(node: Any) -> list[Any]:
    """The children of a function without its decorators, which run where it is defined; all children of other nodes."""
    if type(node) is ast.FunctionDef or type(node) is ast.AsyncFunctionDef:
        return [*node.body, node.args, node.returns, *getattr(node, "type_params", ())]
    return children(node)


def children(node: Any) -> list[Any]:
    """The child nodes of a node, without contexts and operators; None stands for an optional child that is absent."""
    ones, one, lists = _SHAPES.get(type(node)) or _shape(node)
    found = [*ones(node)] if ones is not None else [one(node)] if one is not None else []
    for nodes in lists:
        found += nodes(node)
    return found


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, `c` of `a.b.c`; "" for any other expression."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def descendants(nodes: Iterable[Any]) -> Iterator[Any]:
    """These nodes and all their descendants, without contexts and operators, in no particular order."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node is not None:
            yield node
            stack += children(node)
