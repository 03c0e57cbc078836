"""Data files that a package evaluates: one that holds nothing but a literal, or requirements, cannot hide code.

The analyser sees that text from a data file is run, but not the text. The few files concerned are read here with
`ast.literal_eval`, which runs nothing.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from mlsupply.evidence.archives import Member, Walked, Wants
from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.lazy import expression

MAX_BYTES = 1 << 16  # of one file
MAX_FILES = 32  # parsing them takes up to a second; a package that evaluates its data has one or two
_NAMED = expression(r"encoded data file (.{1,80}?) \((?:line \d+|(?:from|in) .*)\)$")
_WHOLE = 6  # steps of a chain of which none was left out
_REMARK = expression(r"\s*#\s?(?:[\w'-]{1,30}[ .,:;!?/]{1,3}){0,40}[\w'-]{0,30}[.:]?")
_VERSION = r"(?:[<>=!~]=|[<>])\s?\d[\w.*]{0,20}"
_COMPARED = r"[a-z_.]{2,40}\s?(?:[<>=!]=|[<>])\s?(?:'[\w.-]{1,20}'|\"[\w.-]{1,20}\")"
_REQUIREMENT = expression(
    rf"[A-Za-z][\w.-]{{0,40}}\s{{0,4}}{_VERSION}(?:,\s?{_VERSION}){{0,4}}"
    rf"(?:\s?;\s?{_COMPARED}(?: (?:and|or) {_COMPARED}){{0,4}})?\s{{0,9}}"
)
_EVALUATES = "builtins.eval"


def without_literals(modules: Sequence[ModuleFacts], walked: Callable[[Wants], Iterable[Walked]]) -> list[ModuleFacts]:
    """The modules, without the facts that say that a data file is evaluated where that file holds nothing else. walked:
    gives the members of the package, with the bytes of those asked for; called only where there is such a fact."""
    named = {name for module in modules for fact, _ in module.facts for name in _evaluated(fact)}
    plain = set(_literals(named, walked)) if named else set()
    if not plain:
        return list(modules)
    return [_without(module, plain) for module in modules]


def _without(module: ModuleFacts, plain: set[str]) -> ModuleFacts:
    left = tuple(pair for pair in module.facts if not _is_plain(pair[0], plain))
    return module if len(left) == len(module.facts) else replace(module, facts=left)


def _evaluated(fact: CodeFact) -> list[str]:
    """Names of the data files whose text is evaluated as it stands."""
    if fact.behaviour != "runs-decoded" or fact.sink != _EVALUATES or fact.layers:
        return []
    steps = [step for step in fact.chain[:-1] if step.startswith("encoded ")]
    if len(fact.chain) > _WHOLE and fact.chain[-2] in steps:
        return []  # they stand together, worst first: more of them may have been left out
    found = [_NAMED.match(step) for step in steps]
    return [one[1] for one in found if one] if found and all(found) else []


def _is_plain(fact: CodeFact, plain: set[str]) -> bool:
    names = _evaluated(fact)
    return bool(names) and plain.issuperset(names)


def _literals(named: set[str], walked: Callable[[Wants], Iterable[Walked]]) -> Iterator[str]:
    """The names for which every file of that name holds a literal; none where there are more files than are read."""
    held: dict[str, list[bytes | None]] = {}
    count = 0
    for item in walked(lambda path, size: path.rpartition("/")[2] in named and size <= MAX_BYTES):
        if isinstance(item, Member) and (name := item.path.rpartition("/")[2]) in named:
            count += 1
            if count > MAX_FILES:
                return iter(())
            held.setdefault(name, []).append(item.data)
    return (name for name, found in held.items() if all(data is not None and _is_literal(data) for data in found))


def _is_requirement(line: str) -> bool:
    """Is it empty, a remark in plain words, or a requirement that compares a part of the environment with a version or name
    (PEP 508)?"""
    return not line.strip() or _REMARK.fullmatch(line) is not None or _REQUIREMENT.fullmatch(line) is not None


def _is_literal(data: bytes) -> bool:
    if all(map(_is_requirement, data.decode("utf-8", "replace").splitlines())):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = ast.literal_eval(data.decode("utf-8").strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return False
    return not isinstance(found, str | bytes)  # text might be evaluated once more
