"""Executable memory a module maps only to ask the processor what it can do: judged over all modules of a package.

That its own bytes only ask was found where the module was followed (`python.syntax.cpuid`); here, that no other module names
what could hand it other bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from unicodedata import normalize

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts

_SINKS = ("mmap.mmap", "VirtualAlloc", "VirtualProtect")
_MOST = 4  # such modules in a package: an honest one has one, and each is looked for in all others


def maps_memory(fact: CodeFact) -> bool:
    """Does it say that memory is made to run? A fact of text that was decoded does not count."""
    return fact.behaviour == "injects" and not fact.layers and fact.sink.endswith(_SINKS)


def without_questions(modules: Sequence[ModuleFacts], sources: Mapping[str, bytes]) -> list[ModuleFacts]:
    """The modules of a package without the facts that memory is made to run where it only asks the processor. sources: path
    -> text of all Python files of the package."""
    asking = {module.path: module.carriers for module in modules if module.carriers}
    if not asking or len(asking) > _MOST:
        return list(modules)
    named = _named({name for names in asking.values() for name in names}, sources)
    quiet = {path for path, names in asking.items() if not any(named[name] - {path} for name in names)}
    return [_without(module) if module.path in quiet else module for module in modules]


def _named(names: set[str], sources: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Each name with the paths of the files that have it as a word."""
    word = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    found: dict[str, set[str]] = {name: set() for name in names}
    for path, data in sources.items():
        text = data.decode("utf-8", "replace")
        plain = text if text.isascii() else normalize("NFKC", text)  # Python takes names so, PEP 3131
        for name in {one.group() for one in word.finditer(plain)}:
            found[name].add(path)
    return found


def _without(module: ModuleFacts) -> ModuleFacts:
    return replace(module, facts=tuple(pair for pair in module.facts if not maps_memory(pair[0])))
