"""What Python code tells a platform to install for it: images of Modal, tasks of Airflow, components of Kubeflow, steps of
Metaflow, environments of Ray, MLflow and Azure; commands of installers that it starts itself; and those of notebooks that
are kept as Python. The code is read, not run.

A name that the module sets once, to texts, counts as these; what else a name holds is a gap.

Sources: the documentation of each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from mlsupply.inventory.install_commands import Commands, installs
from mlsupply.inventory.parsing import gap, text_of
from mlsupply.inventory.python_calls import TOO_MUCH, Unread, commands_in, tree_of
from mlsupply.inventory.python_marks import may_be_notebook, may_call
from mlsupply.inventory.tool_values import Lines, Taken, Value
from mlsupply.lazy import expression
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.named import NamedTuple
from mlsupply.world import Limits, Tree

FORMAT = "Python code"

_LINES, _SHELL = "lines", "shell"
_BY_POSITION: Mapping[str, str] = {
    **dict.fromkeys(("pip_install", "uv_pip_install", "python_packages", "add_pip_package"), _LINES),
    "pip_install_from_requirements": "--requirement",
    "run_commands": _SHELL,
    "dockerfile_commands": "image",
    "add_python_packages": _LINES,
    "micromamba_install": "conda",
}
"""Function -> how its arguments are read (see `tool_places`): Modal's, BentoML's and Azure's."""
_BY_KEYWORD: Mapping[str, str] = {
    **dict.fromkeys(("packages_to_install", "pip_requirements", "extra_pip_requirements", "pip_packages"), "listed"),
    "pip_index_urls": "--index-url",
}
"""Keyword of any function -> how its value is read: Kubeflow's, MLflow's, Azure's and Prefect's."""
_OF_AIRFLOW = {"requirements": "listed", "index_urls": "--index-url"}
_OF_MODAL = {
    "index_url": "--index-url",
    "extra_index_url": "--extra-index-url",
    "find_links": "--find-links",
    "extra_options": "pip",
}
_OF_FUNCTION: Mapping[str, Mapping[str, str]] = {
    "PythonVirtualenvOperator": _OF_AIRFLOW,
    "virtualenv": _OF_AIRFLOW,
    "DockerSettings": {"requirements": "listed"},
    "RuntimeEnv": {"pip": "listed", "uv": "listed"},
    "python_requirement": {"requirements": _LINES},
    "python_requirements": {"source": "--requirement"},
    "ImageSpec": {"packages": _LINES, "requirements": "--requirement", "pip_index": "--index-url"},
    "pypi": {"packages": "table"},
    "pypi_base": {"packages": "table"},
    "pip_install": _OF_MODAL,
    "uv_pip_install": _OF_MODAL,
}
"""Function -> keyword -> how its value is read: Airflow's, ZenML's, Flyte's, Metaflow's, Modal's and that of Pants."""
_PINNED = ("requirements", "python_packages", "packages", "pip_dependencies")
"""Keywords of any function whose list of texts is read where one of them pins a release."""
_PIN = expression(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:\[[^\]]{0,200}\])?[ ]*==[ ]*[0-9][^ ]{0,100}")
_IN_A_BROWSER = ("micropip", "piplite")  # whose `install` is pip's
_RUNTIME = "runtime_env"
_MOST_EXPRESSIONS = 20_000  # of one file
_DEEPEST = 20
_MOST_CHARACTERS = 2_000_000  # of one file


class Written(NamedTuple):
    """A text or table that stands in the code. open: it is not written out there."""

    value: object
    line: int
    alone: bool = True
    open: bool = False


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of one Python file."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    found = Commands(path, tree, limits)
    add(found, text)
    return found.inventory(FORMAT)


def add(into: Commands, text: str) -> None:
    """Add what the code of the file at `into.path` installs."""
    path, data = into.path, text.encode("utf-8", "replace")
    if may_be_notebook(data):
        from mlsupply.inventory.notebook import found_in
        from mlsupply.inventory.python_notebook import commands_of

        for one in commands_of(text):
            into.take(found_in(path, one))
    started = commands_in(text, _MOST_CHARACTERS)
    if isinstance(started, Unread) or len(text) > _MOST_CHARACTERS:
        into.take([_unread(path, started if isinstance(started, Unread) else TOO_MUCH)])
        return
    for one in started:
        into.take(installs(path, one.text, one.line + 1))
    if may_call(data):
        _calls(into, text)


def _unread(path: str, code: Unread = TOO_MUCH) -> Gap:
    detail = f"this file speaks of installing and {code.why}"
    return gap(path, code.reason, detail, code.line + 1, "scan the environment that it runs in (--env)")


def _calls(into: Commands, text: str) -> None:
    tree = tree_of(text)
    if tree is None:
        return  # Python refuses the file as well
    if isinstance(tree, Unread):
        into.take([_unread(into.path, tree)])
        return
    reader, taken, where = _Expressions(_names(tree)), Taken(into), Lines(text)
    handed_on = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    for how, node in _asked(tree):
        if _name(node) in handed_on or (isinstance(node, ast.Starred) and _name(node.value) in handed_on):
            continue  # code of such a platform, or a helper: its callers say what to install
        for one in reader.written(node):
            if not one.open:
                taken.value(how, Value(one.value, one.line, one.alone), where)
            elif how != _SHELL:  # a command that is not written out is mostly no installer's
                into.take([_open(into.path, one.line)])
    if reader.left < 0:
        into.take([_unread(into.path)])
    taken.end()


def _open(path: str, line: int) -> Gap:
    detail = "what is installed here is not written out, and is known only where the code runs"
    return gap(path, Reason.UNSUPPORTED, detail, line, "lock what is installed, or scan the built environment")


def _names(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that the module sets once, to what is written out."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, _SETS) else []
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = None if target.id in found else value
    return {name: value for name, value in found.items() if value is not None}


_SETS = (ast.AnnAssign, ast.AugAssign, ast.For, ast.NamedExpr)


def _asked(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """(how it is read, the expression) of each place that says what to install, in the order of the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == _RUNTIME for one in node.targets):
            yield from _of_runtime(node.value)


def _of_call(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    name = _name(call.func)
    if name == "install" and isinstance(call.func, ast.Attribute) and _name(call.func.value) in _IN_A_BROWSER:
        yield from ((_LINES, one) for one in call.args[:1])
    if name in _BY_POSITION:
        yield from ((_BY_POSITION[name], one) for one in call.args)
    own = _OF_FUNCTION.get(name, {})
    for keyword in call.keywords:
        given = keyword.arg or ""
        if _hands_on(given, keyword.value):
            continue
        if how := own.get(given, _BY_KEYWORD.get(given)):
            yield how, keyword.value
        elif given == _RUNTIME:
            yield from _of_runtime(keyword.value)
        elif given in _PINNED and _pins(keyword.value):
            yield _LINES, keyword.value


def _hands_on(given: str, value: ast.expr) -> bool:
    """Whether a keyword is given what already has its name (`requirements=requirements or []`): code of such a platform does
    that, and its callers say what to install."""
    if isinstance(value, ast.List | ast.Tuple | ast.Dict | ast.Constant):
        return False
    return any(isinstance(one, ast.Name) and one.id == given for one in ast.walk(value))


def _pins(node: ast.expr) -> bool:
    """Whether it is a list of texts of which one pins a release: of whatever function, that is a list to install."""
    texts = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    written = [one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return len(written) == len(texts) and any(_PIN.fullmatch(text) for text in written)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _of_runtime(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """`{"pip": [...]}` and `{"pip": {"packages": [...]}}` of Ray, also with uv."""
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        if isinstance(key, ast.Constant) and key.value in ("pip", "uv"):
            if isinstance(value, ast.Dict):
                inner = zip(value.keys, value.values, strict=True)
                yield from (
                    (_LINES, one) for name, one in inner if isinstance(name, ast.Constant) and name.value == "packages"
                )
            else:
                yield "listed", value


class _Expressions:
    """What the expressions of one module write out. names: those that it sets once; left: of the expressions that are looked
    at, as names in lists of names may multiply."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names
        self.left = _MOST_EXPRESSIONS

    def written(self, node: ast.expr, *, alone: bool = True, depth: int = 0) -> Iterator[Written]:
        """The texts of an expression, those of lists one by one, and tables of texts."""
        self.left = self.left - 1 if depth <= _DEEPEST else -1
        if self.left < 0:
            return
        inner = self._meant(node)
        parts = _parts(inner)
        if parts is not None:
            is_choice = isinstance(inner, ast.IfExp | ast.BoolOp)
            for one in parts:
                yield from self.written(one, alone=alone and is_choice, depth=depth + 1)
        elif isinstance(inner, ast.Constant) and not isinstance(inner.value, str):
            return  # None, mostly: nothing
        else:
            value = self._value(inner)
            yield Written(value, node.lineno if inner is node else inner.lineno, alone, open=value is None)

    def _meant(self, node: ast.expr) -> ast.expr:
        node = node.value if isinstance(node, ast.Starred) else node
        return self.names.get(node.id, node) if isinstance(node, ast.Name) else node

    def _value(self, node: ast.expr) -> object:
        """A text, a table of texts, or None where it is neither or something else stands in it."""
        if isinstance(node, ast.Dict):
            try:
                return ast.literal_eval(node)
            except (ValueError, TypeError, RecursionError, MemoryError):
                return None
        parts: list[str] = []
        for one in node.values if isinstance(node, ast.JoinedStr) else [node]:
            inner = self._meant(one.value if isinstance(one, ast.FormattedValue) else one)
            if not isinstance(inner, ast.Constant) or not isinstance(inner.value, str | int | float):
                return None
            parts.append(str(inner.value))
        return "".join(parts)


def _parts(node: ast.expr) -> list[ast.expr] | None:
    """The expressions of a list, a choice or a sum of lists; None for what is none of these."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    is_sum = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and not _is_text(node)
    return [node.left, node.right] if is_sum and isinstance(node, ast.BinOp) else None


def _is_text(node: ast.BinOp) -> bool:
    """Whether a sum is one of texts, and so is not written out."""
    return any(isinstance(one, ast.JoinedStr | ast.Constant) for one in (node.left, node.right))
