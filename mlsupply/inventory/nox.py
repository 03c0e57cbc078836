"""noxfile.py: what the sessions of nox install. The file is read as text, never run.
Source: https://nox.thea.codes/en/stable/config.html
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator

from mlsupply.inventory.install_arguments import Embedded
from mlsupply.inventory.install_commands import Commands, Found, from_elsewhere, installs
from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.parsing import gap, text_of
from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.inventory.sniff import is_script
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.world import Limits, Tree

FORMAT = "noxfile"
_MOST_CHARACTERS = 400_000
_CALLS = {"install": "pip install ", "conda_install": "conda install ", "run": "", "run_always": "", "run_install": ""}


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all sessions, and those of the file's own header."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    into = Commands(path, tree, limits)
    if is_script(text.encode("utf-8", "replace")):
        into.take([Embedded("script", text, 1)])
    if len(text) > _MOST_CHARACTERS:
        into.take([gap(path, Reason.LIMIT, f"longer than the {_MOST_CHARACTERS:,} characters that are read as Python", 1)])
    elif may_install(text):
        into.take(_sessions(path, text))
    return into.inventory(FORMAT)


def _sessions(path: str, text: str) -> Iterator[Found]:
    from mlsupply.evidence.python.syntax import newer, quietly

    try:
        tree = quietly.tree_of(text)
        values, calls = _values(tree), list(_calls(tree))
    except (SyntaxError, ValueError) as error:
        line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
        words = newer.told(error) if isinstance(error, SyntaxError) else str(error)
        yield gap(path, Reason.MALFORMED, f"not Python: {words}", line)
        return
    except (RecursionError, MemoryError):
        yield gap(path, Reason.LIMIT, "nested too deeply to be read as Python", 1)
        return
    for command, line in calls:
        yield from from_elsewhere(installs(path, command, line, values))


def _calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(command, line) of each call of a session that may install."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS and node.args:
            yield _CALLS[node.func.attr] + " ".join(map(_word, node.args)), node.args[0].lineno


def _word(node: ast.expr) -> str:
    """An argument as a shell would be given it: a name is a variable of the file."""
    if isinstance(node, ast.Starred):
        if isinstance(node.value, ast.List | ast.Tuple):
            return " ".join(map(_word, node.value.elts))
        return _word(node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return shlex.quote(node.value)
    if isinstance(node, ast.Name):
        return f"${node.id}"
    if isinstance(node, ast.JoinedStr):
        return '"' + "".join(_part(one) for one in node.values) + '"'
    return "$unknown"


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    return f"${{{inner.id}}}" if isinstance(inner, ast.Name) else "$(unknown)"


def _values(tree: ast.Module) -> Values:
    """Names that are set to plain texts or lists of them, and the parameters of sessions."""
    values = NOTHING.copy()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.set(target.id, _texts(node.value))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values.set(node.target.id, _texts(node.value))
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            values.set(node.target.id, _each(node.iter))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "parametrize":
            names = _texts(node.args[0]) if len(node.args) > 1 else []
            for name in names:
                values.set(name, _each(node.args[1]))
    return values


def _texts(node: ast.expr) -> list[str]:
    """The one text a value is, or all of a list as the words they are; none where it is anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        words = _each(node)
        return [" ".join(map(shlex.quote, words))] if words and len(words) == len(node.elts) else []
    return []


def _each(node: ast.expr) -> list[str]:
    elements = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return [one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)]
