"""Executable memory that a module maps only to ask the processor what it can do (CPUID).

That the module's own machine code only asks was found where it was followed (`python.syntax.cpuid`). Here it is checked that
no other module names a function through which it could pass other machine code in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts

_SINKS = ("mmap.mmap", "VirtualAlloc", "VirtualProtect")
_MOST = 4  # such modules in a package: an honest one has one, and the names of each are searched in all others


def maps_memory(fact: CodeFact) -> bool:
    """Is this the fact that memory is made executable? Not where the code that does it was decoded first."""
    return fact.behaviour == "injects" and not fact.layers and fact.sink.endswith(_SINKS)


def without_questions(modules: Sequence[ModuleFacts], sources: Mapping[str, bytes]) -> list[ModuleFacts]:
    """The modules, without the facts about executable memory where that only asks the processor. sources: path -> text of
    all Python files of the package."""
    asking = {module.path: module.carriers for module in modules if module.carriers}
    if not asking or len(asking) > _MOST:
        return list(modules)
    named_in = _named_in({name for names in asking.values() for name in names}, sources)
    harmless = {path for path, names in asking.items() if not any(named_in[name] - {path} for name in names)}
    return [module.without(maps_memory) if module.path in harmless else module for module in modules]


def _named_in(names: set[str], sources: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Name -> paths of the files that hold it as a word."""
    word = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    found: dict[str, set[str]] = {name: set() for name in names}
    for path, data in sources.items():
        text = data.decode("utf-8", "replace")
        plain = text if text.isascii() else normalize("NFKC", text)  # as Python compares names (PEP 3131)
        for name in {one.group() for one in word.finditer(plain)}:
            found[name].add(path)
    return found
