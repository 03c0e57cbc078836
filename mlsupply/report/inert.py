"""A report whose texts are all one line of printable characters: the second line of defence behind `text.safe`.

Readers make text safe where it enters; this catches what a reader forgot. XML cannot hold control characters at all, UTF-8
no lone surrogates, and a terminal or a browser would obey some of them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from mlsupply.model import Artifact
from mlsupply.outcome import Report
from mlsupply.text import safe
from mlsupply.value import names_of, replace

_LONGEST = 10_000  # characters of one text; where text enters, 2,000 is the most that is kept
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def inert(report: Report) -> Report:
    """The same report with what is not printable replaced; the very same value where there is nothing to replace."""
    if _is_clean(report):
        return report
    clean: Report = _made(report)
    failing = report.verdict.failing
    marks = [one.fingerprint for one, raw in zip(clean.findings, report.findings, strict=True) if raw.fingerprint in failing]
    packages = {package.key: package for package in clean.packages}  # two names may have become one
    return replace(clean, packages=tuple(packages.values()), verdict=replace(clean.verdict, failing=frozenset(marks)))


def address(url: str) -> str:
    """A URL with everything that is not allowed in one percent-encoded, valid escapes kept."""
    before, mark, fragment = _STRAY_PERCENT.sub("%25", url).partition("#")
    return quote(f"{before}{mark}{fragment.replace('#', '%23')}", safe="/:?&=;,@!$*()~+-._%#", errors="replace")


def _is_clean(report: Report) -> bool:
    """Every report passes here, and a large one holds hundreds of thousands of texts: one loop without calls of our own."""
    texts: list[str] = []
    readers: dict[type, Callable[[Any], Any]] = {}
    seen: set[int] = set()  # packages stand in the report and in the inputs
    todo: list[Any] = [report]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            texts.append(value)
        elif type(value) is Artifact:  # nine tenths of a large report
            texts += (value.filename, value.kind, value.url, value.uploaded, value.yanked or "")
            for pair in value.hashes:
                texts += pair
        elif isinstance(value, tuple):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.items())
        elif (names := names_of(value)) and id(value) not in seen:
            seen.add(id(value))
            kind = type(value)
            if kind not in readers:
                readers[kind] = attrgetter(*names)
            todo.extend(readers[kind](value))
    return "".join(texts).isprintable() and max(map(len, texts), default=0) <= _LONGEST


def _made(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return safe(value[: 2 * _LONGEST], _LONGEST)
    if isinstance(value, tuple):
        items = [_made(item) for item in value]
        return tuple(items) if kind is tuple else kind(*items)  # plain, or a named tuple
    if kind is dict:
        return {_made(key): _made(item) for key, item in value.items()}
    if names := names_of(value):
        return replace(value, **{name: _made(getattr(value, name)) for name in names})
    return value
