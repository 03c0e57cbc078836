"""Files of a package that are passed to one of its scripts as an argument: harmless where the script runs nothing.

`subprocess.run([sys.executable, "tools/convert.py", "README.rst"])` starts one file of the package with another as its
argument. The analyser sees the command, but not what the script does with the file; here the script is read.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence

from mlsupply.evidence.archives import Walk, members_named
from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import HANDED, ModuleFacts
from mlsupply.evidence.python import standard
from mlsupply.evidence.python.syntax import quietly

MAX_BYTES = 1 << 16  # of one script
MAX_FILES = 8
# Modules of the standard library that may run what they are given.
_RUNS_OTHERS = frozenset(
    {"runpy", "importlib", "imp", "pickle", "marshal", "ctypes", "code", "codeop", "shelve", "zipimport"}
)
_HARMLESS = frozenset({"contacts"})


def without_data(modules: Sequence[ModuleFacts], missed: Collection[str], walk: Walk) -> list[ModuleFacts]:
    """The modules, without the facts that say that a file is passed to a script, where every script of that name runs
    nothing. missed: paths of files that should have been followed and were not; walk: called only where there is such a
    fact."""
    named = {_script(fact) for module in modules for fact, _ in module.facts} - {""}
    followed: dict[str, ModuleFacts | None] = dict.fromkeys(missed)
    followed |= {module.path: module for module in modules}
    idle = _idle(named, followed, walk) if named else set[str]()
    return [module.without(lambda fact: _script(fact) in idle) for module in modules] if idle else list(modules)


def _script(fact: CodeFact) -> str:
    """The name of the script that the file is passed to; "" for any other fact."""
    step = fact.chain[0] if fact.behaviour == "runs-bundled" and fact.chain else ""
    return step.removeprefix(HANDED) if step.startswith(HANDED) else ""


def _idle(named: set[str], followed: Mapping[str, ModuleFacts | None], walk: Walk) -> set[str]:
    """The file names for which every script of that name runs nothing; none where there are more scripts than are read.
    followed: by path, None for one that was missed. A path that is not in it was left out by the pre-filter."""
    scripts = members_named(named, walk, MAX_BYTES, MAX_FILES) or {}
    return {
        name
        for name, members in scripts.items()
        if all((one.path not in followed or _is_idle(followed[one.path])) and _runs_nothing(one.data) for one in members)
    }


def _is_idle(module: ModuleFacts | None) -> bool:
    """Was the module followed to its end, and nothing seen in it but requests?"""
    return module is not None and not module.stopped and all(fact.behaviour in _HARMLESS for fact, _ in module.facts)


def _runs_nothing(data: bytes | None) -> bool:
    """Does the script import only modules of the standard library, and none of `_RUNS_OTHERS`? False for one that was not
    read or cannot be parsed."""
    if data is None:
        return False
    try:
        tree = quietly.tree_of(data)
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return False
    used = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add("" if node.level else (node.module or "").partition(".")[0])
    return used <= standard.MODULES - _RUNS_OTHERS
