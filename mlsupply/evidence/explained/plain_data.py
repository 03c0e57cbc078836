"""Data files that a package evaluates (`eval`): harmless where they hold nothing but a literal, or requirements.

The analyser sees that the text of a data file is run, but not the text. The few files concerned are read here with
`ast.literal_eval`, which runs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlsupply.evidence.archives import Walk, members_named
from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.python.syntax import quietly
from mlsupply.lazy import expression

MAX_BYTES = 1 << 16  # of one file
MAX_FILES = 32  # parsing them takes up to a second; a package that evaluates its data has one or two
_NAMED = expression(r"encoded data file (.{1,80}?) \((?:line \d+|(?:from|in) .*)\)$")
_WHOLE = 6  # steps; a longer chain may have been shortened
_COMMENT = expression(r"\s*#\s?(?:[\w'-]{1,30}[ .,:;!?/]{1,3}){0,40}[\w'-]{0,30}[.:]?")
_VERSION = r"(?:[<>=!~]=|[<>])\s?\d[\w.*]{0,20}"
_COMPARED = r"[a-z_.]{2,40}\s?(?:[<>=!]=|[<>])\s?(?:'[\w.-]{1,20}'|\"[\w.-]{1,20}\")"
_REQUIREMENT = expression(
    rf"[A-Za-z][\w.-]{{0,40}}\s{{0,4}}{_VERSION}(?:,\s?{_VERSION}){{0,4}}"
    rf"(?:\s?;\s?{_COMPARED}(?: (?:and|or) {_COMPARED}){{0,4}})?\s{{0,9}}"
)
_EVALUATES = "builtins.eval"


def without_literals(modules: Sequence[ModuleFacts], walk: Walk) -> list[ModuleFacts]:
    """The modules, without the facts that say that a data file is evaluated, where every file of that name is harmless.
    walk: called only where there is such a fact."""
    named = {name for module in modules for fact, _ in module.facts for name in _evaluated(fact)}
    harmless = _harmless(named, walk) if named else set[str]()

    def is_explained(fact: CodeFact) -> bool:
        names = _evaluated(fact)
        return bool(names) and harmless.issuperset(names)

    return [module.without(is_explained) for module in modules] if harmless else list(modules)


def _evaluated(fact: CodeFact) -> list[str]:
    """Names of the data files whose text is evaluated undecoded; none where part of it may come from elsewhere."""
    if fact.behaviour != "runs-decoded" or fact.sink != _EVALUATES or fact.layers:
        return []
    steps = [step for step in fact.chain[:-1] if step.startswith("encoded ")]
    if len(fact.chain) > _WHOLE and fact.chain[-2] in steps:
        return []  # such steps stand together, worst first: more of them may have been left out
    found = [_NAMED.match(step) for step in steps]
    return [one[1] for one in found if one] if found and all(found) else []


def _harmless(named: set[str], walk: Walk) -> set[str]:
    """The file names for which every file of that name is harmless; none where there are more files than are read."""
    found = members_named(named, walk, MAX_BYTES, MAX_FILES) or {}
    return {
        name for name, members in found.items() if all(one.data is not None and _is_harmless(one.data) for one in members)
    }


def _is_requirement(line: str) -> bool:
    """Is the line empty, a comment in plain words, or a requirement whose marker, if any, compares a variable of the
    environment with a text (PEP 508)?"""
    return not line.strip() or _COMMENT.fullmatch(line) is not None or _REQUIREMENT.fullmatch(line) is not None


def _is_harmless(data: bytes) -> bool:
    """Does the file hold only requirements, or one literal that is no text?"""
    if all(map(_is_requirement, data.decode("utf-8", "replace").splitlines())):
        return True
    try:
        found = quietly.literal(data.decode("utf-8").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return not isinstance(found, str | bytes)  # text might be evaluated once more
