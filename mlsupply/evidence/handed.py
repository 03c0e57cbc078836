"""Files that a package hands to a script of its own: a script that runs nothing does not run them either.

`subprocess.run([sys.executable, "tools/convert.py", "README.rst"])` starts one file of the package and tells it of another.
The analyser sees the command, but not what the script does with its arguments; here the script is asked.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from mlsupply.evidence.archives import Member, Walked, Wants
from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import HANDED, ModuleFacts

MAX_BYTES = 1 << 16  # of one script
MAX_FILES = 8
_RUNS_OTHERS = frozenset(
    {"runpy", "importlib", "imp", "pickle", "marshal", "ctypes", "code", "codeop", "shelve", "zipimport"}
)
_HARMLESS = frozenset({"contacts"})


def without_data(modules: Sequence[ModuleFacts], walked: Callable[[Wants], Iterable[Walked]]) -> list[ModuleFacts]:
    """The modules, without the facts that say that a file is handed to a script where every script of that name runs
    nothing. walked: gives the members of the package, with the bytes of those asked for; called only where there is such a
    fact."""
    named = {_script(fact) for module in modules for fact, _ in module.facts} - {""}
    idle = _idle(named, {module.path: module for module in modules}, walked) if named else set[str]()
    return [_without(module, idle) for module in modules] if idle else list(modules)


def _script(fact: CodeFact) -> str:
    """The name of the script that the file is handed to, "" for all other facts."""
    step = fact.chain[0] if fact.behaviour == "runs-bundled" and fact.chain else ""
    return step.removeprefix(HANDED) if step.startswith(HANDED) else ""


def _without(module: ModuleFacts, idle: Collection[str]) -> ModuleFacts:
    left = tuple(pair for pair in module.facts if _script(pair[0]) not in idle)
    return module if len(left) == len(module.facts) else replace(module, facts=left)


def _idle(named: set[str], modules: dict[str, ModuleFacts], walked: Callable[[Wants], Iterable[Walked]]) -> set[str]:
    """The names for which every file of that name runs nothing; none where there are more files than are read."""
    held: dict[str, list[bool]] = {}
    for item in walked(lambda path, size: path.rpartition("/")[2] in named and size <= MAX_BYTES):
        if isinstance(item, Member) and (name := item.path.rpartition("/")[2]) in named:
            held.setdefault(name, []).append(_runs_nothing(item.data, modules.get(item.path)))
    return {name for name, found in held.items() if all(found)} if sum(map(len, held.values())) <= MAX_FILES else set()


def _is_idle(module: ModuleFacts) -> bool:
    """Was it followed to its end, and nothing seen but requests?"""
    return not module.stopped and all(fact.behaviour in _HARMLESS for fact, _ in module.facts)


def _runs_nothing(data: bytes | None, module: ModuleFacts | None) -> bool:
    """Was nothing seen to be run, and does it use only such modules of Python as run nothing either? module: what is known
    of it; None where it held no word that is worth to be followed."""
    if data is None or (module is not None and not _is_idle(module)):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
            return False
    used = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add("" if node.level else (node.module or "").partition(".")[0])
    return used <= sys.stdlib_module_names - _RUNS_OTHERS
