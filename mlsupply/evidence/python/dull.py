"""Functions that need no look of their own: they name nothing that runs, sends, loads or holds a secret."""

from __future__ import annotations

import ast

from mlsupply.evidence.prefilter import MODULES

_BUILTINS = frozenset(
    {"exec", "eval", "compile", "__import__", "globals", "locals", "vars", "open", "__builtins__", "__file__"}
)
_ATTRIBUTES = frozenset(
    {
        "system", "popen", "environ", "getenv", "expanduser", "home", "startfile", "execv", "execvp", "execve", "spawnl",
        "spawnv", "posix_spawn", "urlopen", "urlretrieve", "post", "put", "request", "sendall", "sendto", "recv",
        "write_text", "write_bytes", "exec_module", "load_module", "run_path", "Popen", "check_output", "dup2", "modules",
        "__dict__", "__globals__", "__subclasses__", "rmtree", "fork", "remote", "connect", "communicate", "stdin",
    }
)  # fmt: skip


def matters(ref: str) -> bool:
    """Does a name bound to this dotted name make what uses it worth a look?"""
    return bool(ref) and MODULES.search(b"import " + ref.encode("utf-8", "replace")) is not None


def worth_following(node: ast.AST, bound: frozenset[str]) -> bool:
    """Does the function name anything of that kind? bound: names of the module that stand for such things."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            if inner.id in _BUILTINS or inner.id in bound:
                return True
        elif isinstance(inner, ast.Attribute):
            if inner.attr in _ATTRIBUTES:
                return True
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in inner.names} | {getattr(inner, "module", None) or ""}
            if any(matters(name) for name in names):
                return True
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.startswith(("http", "ws")):
            return True
    return False
