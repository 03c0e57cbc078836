"""Whether code that goes through many files chooses some of them by their names, or takes all."""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING, Final

from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import HOLE, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_ASKS_NAME = frozenset({"startswith", "match", "fullmatch", "search", "fnmatch", "fnmatchcase"})
_ASKS_LINK = frozenset({"islink", "is_symlink"})  # what a link leads to is still there
_SHORTEST = 3  # letters of a text that says which files are meant: a dot alone begins the name of many
# Endings of files that programs leave behind. Any other one may be that of all documents of the user.
_LEFT_BEHIND = re.compile(
    r"(?i)\*?[./\\]?(?:py[co]|te?mp|bak|old|orig|log|lock|pid|cache|sw[op]|part|crdownload|DS_Store|egg-info|__pycache__|"
    r"node_modules|\.?ipynb_checkpoints|\.?(?:pytest|mypy|ruff)_cache)|~"
)
_BUILTINS = frozenset(dir(builtins))
WHOLE: Final = re.compile(r"^(?:~|/home|/root|/\*|C:[\\/]?|~/\*|/Users)/?$|^/$")
# A path of which nothing is known but that it leads into the home, to the user's own folders, or to a disk.
_EVERYTHING = re.compile(r"(?i)(?:[/\\*.\0]|~|/home|/root|/Users|C:|/(?:Documents|Desktop|Pictures))+")
_OF_USER = re.compile(r"(?i)~/(?:Documents|Desktop|Pictures)/?")  # as a whole
_LEAVES = (ast.Continue, ast.Return, ast.Break, ast.Raise)


def are_all(machine: Analyser, path: Value, line: int) -> bool:
    """Is this the home folder or a disk as a whole, or whatever is found there?"""
    found = has(path.taint, "home-files") and _EVERYTHING.fullmatch(text_of(path)) is not None
    if found and _are_chosen(machine, line):
        return False
    return found or WHOLE.match(text_of(path)) is not None or _OF_USER.fullmatch(text_of(path)) is not None


def may_be_cleared(path: str) -> bool:
    """Is this, by its ending, a file that programs leave behind, or one in a folder of settings?"""
    name = path.rpartition("/")[2]
    ending = name[name.rfind(".") + 1 :] if "." in name else HOLE
    return "/." in path.removesuffix(name) or "*" in ending or HOLE in ending or _LEFT_BEHIND.fullmatch(ending) is not None


def _are_chosen(machine: Analyser, line: int) -> bool:
    """Does the function that is followed reach this line only with files of some names?"""
    for node in descendants((machine.running[-1].node,)) if machine.running else ():
        if isinstance(node, ast.comprehension):
            if any(_limits(machine, test, True) for test in node.ifs):
                return True
        elif isinstance(node, ast.If):
            first, last = node.body[0].lineno, node.body[-1].end_lineno or 0
            before = isinstance(node.body[-1], _LEAVES) and last < line
            if (first <= line <= last or before) and _limits(machine, node.test, not before):
                return True
    return False


def _limits(machine: Analyser, test: ast.expr, outcome: bool) -> bool:
    """Are files of some names alone left where the test has this outcome?"""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _limits(machine, test.operand, not outcome)
    if isinstance(test, ast.BoolOp):
        enough = any if isinstance(test.op, ast.And) is outcome else all
        return enough([_limits(machine, one, outcome) for one in test.values])
    if not _is_about_files(machine, test):
        return False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        asked = (ast.Eq, ast.In) if outcome else (ast.NotEq, ast.NotIn)
        ends = any(isinstance(one, ast.Attribute) and one.attr == "suffix" for one in descendants((test.left,)))
        found = _value(machine, test.comparators[0])
        return isinstance(test.ops[0], asked) and not has(found.taint, "home-files") and _is_name(found, ends=ends)
    if not (outcome and isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute)):
        return False
    if test.func.attr in _ASKS_LINK:
        return True
    if test.func.attr not in _ASKS_NAME and test.func.attr != "endswith":
        return False
    values = [_value(machine, one) for one in (test.func.value, *test.args)]  # a pattern may stand in both places
    return all(has(one.taint, "home-files") or _is_name(one, ends=test.func.attr == "endswith") for one in values)


def _is_about_files(machine: Analyser, test: ast.expr) -> bool:
    """Does the test name one of the files that are gone through?"""
    names = {one.id for one in descendants((test,)) if isinstance(one, ast.Name)} - _BUILTINS
    values = [machine.scope.find(name) for name in names]
    return any(value is None or has(value.taint, "home-files") for value in values)  # None: of a comprehension


def _value(machine: Analyser, node: ast.expr) -> Value:
    """The value of a name or constant; an unknown for an expression that does something."""
    plain = isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Tuple | ast.List | ast.Set)
    return machine.value(node) if plain else Value()


def _is_name(value: Value, *, ends: bool) -> bool:
    """May this be a name, a part of one, or several? ends: the end of one."""
    several = [] if value.known and not isinstance(value.const, list | tuple | set) else folding.items_of(value)
    texts = [one.const for one in several or [value] if isinstance(one.const, str)]
    texts += [value.text] if not value.known and value.text != HOLE else []
    if ends:
        return all(map(_LEFT_BEHIND.fullmatch, texts))
    return all(len(re.findall(r"\w", one)) >= _SHORTEST for one in texts)
