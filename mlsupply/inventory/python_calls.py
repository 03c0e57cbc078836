"""Commands that Python code hands to a shell or starts by itself, as shell text: `os.system("pip install …")`,
`subprocess.run([sys.executable, "-m", "pip", …])`. The code is read, not run; what a variable holds stays one."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator

from mlsupply.inventory.install_verbs import may_install
from mlsupply.inventory.parsing import Snippet
from mlsupply.model import Reason
from mlsupply.named import NamedTuple

_MOST_CHARACTERS = 200_000  # of one piece of code
_TAKES_A_COMMAND = frozenset(
    {
        *("system", "popen", "getoutput", "getstatusoutput", "run", "call", "check_call", "check_output", "Popen"),
        *("run_line_magic", "magic"),  # IPython's
    }
)


class Unread(NamedTuple):
    """Code that speaks of installing and is not read. why: a clause that says the rest of that sentence; line: from 0."""

    reason: Reason
    why: str
    line: int = 0


TOO_MUCH = Unread(Reason.LIMIT, "is too long, or nested too deeply, to be read as Python")


def tree_of(code: str) -> ast.Module | Unread | None:
    """The syntax tree of the code; None where no Python is known to read it. What a newer Python reads, and the running one
    does not, is unread: there it installs what it says."""
    from mlsupply.evidence.python.syntax import newer, quietly

    try:
        return quietly.tree_of(code)
    except SyntaxError as error:
        if not newer.is_newer(error):
            return None
        return Unread(
            Reason.UNSUPPORTED, f"is not read by this Python: {newer.told(error)}", max((error.lineno or 1) - 1, 0)
        )
    except ValueError:
        return None
    except (RecursionError, MemoryError):
        return TOO_MUCH


def commands_in(code: str, most: int = _MOST_CHARACTERS) -> list[Snippet] | Unread:
    """The commands of the code with their lines, from 0; none where it is no Python. Code longer than `most` characters is
    unread."""
    if not may_install(code):
        return []
    if len(code) > most:
        return TOO_MUCH
    tree = tree_of(code)
    if isinstance(tree, Unread):
        return tree
    return list(_commands(tree)) if tree is not None else []


def _commands(tree: ast.Module) -> Iterator[Snippet]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _takes_a_command(node.func):
            text = _command(node)
            if may_install(text):
                yield Snippet(text, node.lineno - 1)


def _takes_a_command(function: ast.expr) -> bool:
    if _name(function) == "main":
        return isinstance(function, ast.Attribute) and _first_name(function).startswith("pip")
    return _name(function) in _TAKES_A_COMMAND


def _first_name(node: ast.expr) -> str:
    """The name a chain of attributes begins with; "" where it begins with anything else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _command(call: ast.Call) -> str:
    name, first = _name(call.func), call.args[0]
    if name == "run_line_magic" and len(call.args) > 1:
        return f"{_text(first)} {_text(call.args[1])}"
    if isinstance(first, ast.Call) and _name(first.func) == "split" and isinstance(first.func, ast.Attribute):
        return _text(first.func.value)  # "pip install x".split()
    words = _text(first) if not isinstance(first, ast.List | ast.Tuple) else " ".join(map(_word, first.elts))
    return f"pip {words}" if name == "main" else words


def _word(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and node.attr == "executable":
        return "python"
    return shlex.quote(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else _text(node)


def _text(node: ast.expr) -> str:
    """The text as a shell would see it: what is not written out is a variable."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        executable = (isinstance(one, ast.FormattedValue) and _name(one.value) == "executable" for one in node.values)
        return "".join("python" if is_python else _text(one) for one, is_python in zip(node.values, executable, strict=True))
    return "$UNKNOWN"
