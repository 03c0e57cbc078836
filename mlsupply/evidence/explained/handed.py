"""Files that a package hands to a script of its own: a script that runs nothing does not run them either.

`subprocess.run([sys.executable, "tools/convert.py", "README.rst"])` starts one file of the package and tells it of another.
The analyser sees the command, but not what the script does with its arguments; here the script is asked.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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


def without_data(
    modules: Sequence[ModuleFacts], missed: Collection[str], walked: Callable[[Wants], Iterable[Walked]]
) -> list[ModuleFacts]:
    """The modules, without the facts that say that a file is handed to a script where every script of that name runs
    nothing. missed: paths of files that were to be followed and were not; walked: gives the members of the package, with
    the bytes of those asked for; called only where there is such a fact."""
    named = {_script(fact) for module in modules for fact, _ in module.facts} - {""}
    facts_of: dict[str, ModuleFacts | None] = dict.fromkeys(missed)
    facts_of |= {module.path: module for module in modules}
    idle = _idle(named, facts_of, walked) if named else set[str]()
    return [_without(module, idle) for module in modules] if idle else list(modules)


def _script(fact: CodeFact) -> str:
    """The name of the script that the file is handed to, "" for all other facts."""
    step = fact.chain[0] if fact.behaviour == "runs-bundled" and fact.chain else ""
    return step.removeprefix(HANDED) if step.startswith(HANDED) else ""


def _without(module: ModuleFacts, idle: Collection[str]) -> ModuleFacts:
    left = tuple(pair for pair in module.facts if _script(pair[0]) not in idle)
    return module if len(left) == len(module.facts) else replace(module, facts=left)


def _idle(
    named: set[str], facts_of: Mapping[str, ModuleFacts | None], walked: Callable[[Wants], Iterable[Walked]]
) -> set[str]:
    """The names for which every file of that name runs nothing; none where there are more files than are read. facts_of:
    what following each path gave, None where it was missed; of the others no word was worth following."""
    answers: dict[str, list[bool]] = {}
    count = 0
    for item in walked(lambda path, size: path.rpartition("/")[2] in named and size <= MAX_BYTES):
        if isinstance(item, Member) and (name := item.path.rpartition("/")[2]) in named:
            count += 1
            if count > MAX_FILES:
                return set()
            idle = item.path not in facts_of or _is_idle(facts_of[item.path])
            answers.setdefault(name, []).append(idle and _runs_nothing(item.data))
    return {name for name, found in answers.items() if all(found)}


def _is_idle(module: ModuleFacts | None) -> bool:
    """Was it followed to its end, and nothing seen but requests?"""
    return module is not None and not module.stopped and all(fact.behaviour in _HARMLESS for fact, _ in module.facts)


def _runs_nothing(data: bytes | None) -> bool:
    """Does it use only such modules of Python as run nothing?"""
    if data is None:
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
