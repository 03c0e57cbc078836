"""setup.py, read as text: what its call of `setup` asks for. The file is never run.
Source: https://setuptools.pypa.io/en/latest/references/keywords.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.folded import FileLines, Text, Unknown, Value
from mlsupply.inventory.folding import EVERYTHING, calls_of
from mlsupply.inventory.parsing import gap, named, requirement, text_of
from mlsupply.model import Gap, Inventory, Place, Reason
from mlsupply.text import canonical, safe
from mlsupply.world import Limits, Tree

FORMAT = "setup.py"
_MAX_CHARACTERS = 1 << 20
_MOST_CALLS = 20
_MOST_VALUES = 20_000  # of all keywords together; a list that stands at several places counts at each
_KEYWORDS = {"install_requires": (), "setup_requires": (BUILD_GROUP,), "tests_require": ("tests",)}
_HINT = "commit a lock file, or scan a built wheel: mlsupply does not run setup.py"


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements of the calls of `setup` (a file may hold one a branch); what only running it would tell is a gap at its
    line."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    read = _calls(path, text)
    if isinstance(read, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(read,))
    calls, cut = read
    gaps = [gap(path, Reason.LIMIT, "from here on it was too much to follow", cut, _HINT)] if cut else []
    if not calls:
        return Inventory(path=path, format=FORMAT, gaps=tuple(gaps))
    setup = _Setup(path, tree, limits, gaps=gaps)
    for line, keywords in calls[:_MOST_CALLS]:
        setup.call(line, keywords)
    setup.requirements = list(dict.fromkeys(setup.requirements))
    keywords = calls[0][1]
    name, python = keywords.get("name"), keywords.get("python_requires")
    return setup.inventory(
        FORMAT,
        root=named(name) if isinstance(name, Text) else "",
        requires_python=safe(python, 200) if isinstance(python, Text) else "",
    )


def _calls(path: str, text: str) -> tuple[list[tuple[int, dict[str, Value]]], int] | Gap:
    from mlsupply.evidence.python.syntax import newer, quietly

    if len(text) > _MAX_CHARACTERS:
        return gap(path, Reason.TOO_LARGE, f"longer than {_MAX_CHARACTERS:,} characters", hint=_HINT)
    try:
        return calls_of(quietly.tree_of(text), "setup")
    except SyntaxError as error:
        return gap(path, Reason.MALFORMED, f"not Python 3: {newer.told(error)}", error.lineno or 0, _HINT)
    except (ValueError, RecursionError, MemoryError) as error:
        return gap(path, Reason.MALFORMED, f"not Python that can be read: {type(error).__name__}", hint=_HINT)


@dataclass(slots=True)
class _Setup(Collected):
    """What the calls give; `line` is that of the one being read, `left` how many more values are looked at."""

    line: int = 0
    left: int = _MOST_VALUES

    def call(self, line: int, keywords: dict[str, Value]) -> None:
        """What one call of `setup` asks for."""
        self.line = line
        for keyword, groups in _KEYWORDS.items():
            if keyword in keywords:
                self.asked(keywords[keyword], groups, keyword)
        self.extras(keywords.get("extras_require", {}))
        if EVERYTHING in keywords and "install_requires" not in keywords:
            detail = "what setup is given by ** is computed when setup.py runs"
            self.gaps.append(gap(self.path, Reason.UNSUPPORTED, detail, line, _HINT))

    def asked(self, value: Value, groups: tuple[str, ...], keyword: str, marker: str = "") -> None:
        """One keyword's value: a list of requirements, a string of lines, a file."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self.left -= 1
            if isinstance(one, Unknown | dict) or self.left < 0:
                self._not_followed(keyword, one.line if isinstance(one, Unknown) else 0)
            elif isinstance(one, list):
                waiting += one[::-1]
            elif isinstance(one, FileLines):
                self._file(one, groups)
            else:
                for text in _lines(one):
                    self._requirement(text, one.line, groups, marker)
            if self.left < 0:
                return

    def _not_followed(self, keyword: str, line: int) -> None:
        detail = f"a part of {keyword} is computed when setup.py runs, or longer than is followed"
        found = gap(self.path, Reason.UNSUPPORTED, detail, line or self.line, _HINT)
        self.gaps += [found] if found not in self.gaps else []

    def extras(self, value: Value) -> None:
        """`extras_require`; `"dev:python_version<'3'"` is extra dev under a marker."""
        if isinstance(value, Unknown):
            self.asked(value, (), "extras_require")
        if isinstance(value, dict):
            for key, held in value.items():
                extra, _, marker = key.partition(":")
                self.asked(held, (canonical(extra),) if extra else (), "extras_require", safe(marker.strip(), 500))

    def _requirement(self, text: str, line: int, groups: tuple[str, ...], marker: str) -> None:
        found = requirement(text, Place(self.path, line), groups=groups)
        if isinstance(found, Gap):
            self.gaps.append(found)
        else:
            both = f"({found.marker}) and ({marker})" if found.marker and marker else found.marker or marker
            self.requirements.append(replace(found, marker=both))

    def _file(self, file: FileLines, groups: tuple[str, ...]) -> None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), file.name.lstrip("/")))
        if path in self.includes:
            return
        self.includes += [path, *self.follow(path, Place(self.path, file.line), groups).includes]


def _lines(text: Text) -> Iterator[str]:
    """setuptools takes a string with line ends as several requirements, `#` starts a comment."""
    for line in text.splitlines():
        stripped = line.split(" #")[0].strip()
        if stripped and not stripped.startswith("#"):
            yield stripped
