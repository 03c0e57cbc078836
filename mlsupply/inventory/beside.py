"""What the manifest beside a lock file adds to it: the project's name, and the packages it asks for directly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from mlsupply.inventory.parsing import opened, string, strings, table, text_of, toml_of
from mlsupply.lazy import expression
from mlsupply.model import Gap
from mlsupply.text import canonical
from mlsupply.value import field, value
from mlsupply.world import Limits, Tree

_NAME = expression(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?)")

_CFG_NAME = expression(r"(?m)^\[metadata\]\n(?:(?!\[)[^\n]*\n){0,200}?name[ \t]*=[ \t]*([A-Za-z0-9._-]{1,200})[ \t]*$")
_SETUP_NAME = expression(r"""(?m)^(?:[\w.]{1,100}\.)?setup\([^()]{0,4000}?\bname\s*=\s*["']([A-Za-z0-9._-]{1,200})["']""")


@value
class Beside:
    """name: of the project, canonical, "" unknown; direct: canonical name -> groups that ask for it ("" the project
    itself); found: there is such a manifest."""

    name: str = ""
    direct: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found: bool = False

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups through which a direct package is asked for, none where the project itself does."""
        groups = self.direct.get(name, ())
        return () if "" in groups else groups


def sibling(path: str, name: str) -> str:
    """The path of a file in the same folder."""
    return normpath(join(dirname(path), name))


def pyproject(path: str, tree: Tree, limits: Limits) -> Beside:
    """What the pyproject.toml at `path` says; nothing where there is none or it cannot be read (its own reader says so)."""
    contents = opened(path, tree, limits, toml_of)
    if isinstance(contents, Gap):
        return Beside()
    _, document = contents
    direct: dict[str, list[str]] = {}
    for name, group in _asked(document):
        if found := _NAME.match(name):
            groups = direct.setdefault(canonical(found[1]), [])
            if group not in groups:
                groups.append(group)
    name = string(table(document, "project"), "name") or string(table(table(document, "tool"), "poetry"), "name")
    return Beside(name=canonical(name), direct={key: tuple(groups) for key, groups in direct.items()}, found=True)


def project_name(folder: str, tree: Tree, limits: Limits) -> str:
    """The canonical name of the project in a folder, from pyproject.toml, setup.cfg or a plain `setup(name="...")`; ""
    where none tells."""
    if name := pyproject(normpath(join(folder, "pyproject.toml")), tree, limits).name:
        return name
    for file, pattern in (("setup.cfg", _CFG_NAME), ("setup.py", _SETUP_NAME)):
        text = text_of(normpath(join(folder, file)), tree, limits)
        if not isinstance(text, Gap) and (found := pattern.search(text)):
            return canonical(found[1])
    return ""


def _asked(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(requirement, group) of every table that asks for something: PEP 621, PEP 735, poetry, pdm, uv."""
    project, tool = table(document, "project"), table(document, "tool")
    yield from ((text, "") for text in strings(project, "dependencies"))
    for groups in (
        table(project, "optional-dependencies"),
        table(document, "dependency-groups"),
        table(table(tool, "pdm"), "dev-dependencies"),
    ):
        for group in groups:
            yield from ((text, canonical(group)) for text in strings(groups, group))
    yield from ((text, "dev") for text in strings(table(tool, "uv"), "dev-dependencies"))
    poetry = table(tool, "poetry")
    yield from ((name, "") for name in table(poetry, "dependencies") if name != "python")
    yield from ((name, "dev") for name in table(poetry, "dev-dependencies"))
    groups = table(poetry, "group")
    for group in groups:
        yield from ((name, canonical(group)) for name in table(table(groups, group), "dependencies"))
