"""setup.cfg: the declarative metadata of setuptools.
Source: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
"""

from __future__ import annotations

import posixpath
import re

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.ini import sections_of
from mlsupply.inventory.parsing import Snippet, gap, named, requirement, text_of
from mlsupply.model import Gap, Inventory, Place, Reason
from mlsupply.text import canonical, safe
from mlsupply.world import Limits, Tree

FORMAT = "setup.cfg"
_KEYS = {"install_requires": (), "setup_requires": (BUILD_GROUP,), "tests_require": ("tests",)}
_MAX_LINES = 5_000  # looked at of one option, with those of the options it refers to


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements of `[options]` and `[options.extras_require]`; `file:` values are followed."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    sections = sections_of(text)
    options = sections.get("options", {})
    extras = sections.get("options.extras_require", {})
    wanted = [(key, options, groups) for key, groups in _KEYS.items()]
    wanted += [(extra, extras, (canonical(extra),)) for extra in extras]
    into = Collected(path, tree, limits)
    for key, table, groups in wanted:
        values, cut = _filled(key, table)
        for value in values:
            _ask(value, groups, into)
        if cut:
            detail = f"{safe(key, 80)} comes to more than {_MAX_LINES:,} lines; from here on they were not read"
            into.gaps.append(gap(path, Reason.LIMIT, detail, cut.line))
    if any(name.startswith("testenv") for name in sections):
        from mlsupply.inventory import tox

        tox.below(into, tox.of_text(path, text))
    root = named(_one(sections.get("metadata", {}).get("name")))
    return into.inventory(FORMAT, root, safe(_one(options.get("python_requires")), 200))


def _ask(value: Snippet, groups: tuple[str, ...], into: Collected) -> None:
    """What one line of an option asks for: a requirement, or those in the files it names."""
    place = Place(into.path, value.line)
    if not value.text.startswith("file:"):
        into.take([requirement(value.text, place, groups=groups)])
        return
    for name in value.text.removeprefix("file:").split(","):
        if name.strip():
            other = posixpath.normpath(posixpath.join(posixpath.dirname(into.path), safe(name.strip(), 300)))
            found = into.follow(other, place, groups)
            into.includes += [found.path, *found.includes]


def _filled(name: str, options: dict[str, list[Snippet]]) -> tuple[list[Snippet], Snippet | None]:
    """(the lines of an option, `%(other)s` replaced by those of the other option of the section, the first that was not
    looked at); a circle ends."""
    filled: list[Snippet] = []
    left = _MAX_LINES
    waiting: list[tuple[Snippet, tuple[str, ...]]] = [(value, (name,)) for value in reversed(options.get(name, ()))]
    while waiting:
        value, above = waiting.pop()
        if (left := left - 1) < 0:
            return filled, value
        found = re.fullmatch(r"%\(([^)]{1,200})\)s", value.text)
        other = found[1].lower().replace("-", "_") if found else ""
        if other in options and other not in above and len(above) < 20:
            waiting += [(inner, (*above, other)) for inner in reversed(options[other])]
        else:
            filled.append(value)
    return filled, None


def _one(values: list[Snippet] | None) -> str:
    return values[0].text if values else ""
