"""pyproject.toml: what a project asks for.

PEP 621 dependencies, PEP 735 dependency groups, PEP 518 build requirements, and the tables of poetry, pdm, uv, rye,
hatch, flit and pixi. What a
build backend computes is followed where it is a list of files, and otherwise a gap: no backend is run.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, named, opened, requirement, string, strings, table, tables, toml_of
from mlsupply.model import Gap, Index, Inventory, Place, Reason, Requirement
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

FORMAT = "pyproject.toml"
_OTHERS = frozenset({"rye", "hatch", "flit", "pixi"})
_RUNNERS = frozenset({"bentoml", "briefcase", "cibuildwheel", "conda-lock", "hatch", "pdm", "pixi", "poe", "rye", "taskipy"})
_MOST_GROUPS = 200  # groups told of one requirement


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The inventory of one pyproject.toml: requirements, indexes and gaps, no packages."""
    contents = opened(path, tree, limits, toml_of)
    if isinstance(contents, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(contents,))
    text, document = contents
    return inventory_of(path, document, Locator(text), tree, limits)


def inventory_of(path: str, document: Mapping[str, Any], locator: Locator, tree: Tree, limits: Limits) -> Inventory:
    """The inventory of a parsed document. Tables of tools are read only where they are present."""
    from mlsupply.inventory.uv_tables import read_uv, with_sources

    project, tool = table(document, "project"), table(document, "tool")
    poetry, uv = table(tool, "poetry"), table(tool, "uv")
    collected = Collected(path, tree, limits)
    collected.take(_project(path, project, locator))
    collected.take(_groups(path, document, locator))
    collected.take(_build(path, document, locator))
    sources: dict[str, Any] = {}
    if poetry:
        from mlsupply.inventory.poetry import read_poetry, sources_of

        declared = frozenset(r.name for r in collected.requirements if BUILD_GROUP not in r.groups)
        sources = sources_of(poetry, declared)
        collected.take(read_poetry(path, poetry, locator, declared))
    collected.take(_pdm(path, table(tool, "pdm"), locator))
    collected.take(read_uv(path, uv, locator))
    if not _OTHERS.isdisjoint(tool):
        from mlsupply.inventory.other_tables import read_others

        collected.take(read_others(path, tool, locator, limits))
    if not _RUNNERS.isdisjoint(tool):
        from mlsupply.inventory.tool_files import below

        below("pyproject.toml", document, locator, collected)
    if "tox" in tool:
        from mlsupply.inventory import tox

        tox.below(collected, tox.of_table(path, table(tool, "tox"), locator, ("tool", "tox")))
    _dynamic(document, locator, collected)
    for name, source in table(uv, "sources").items():
        sources.setdefault(canonical(name), source)
    if posixpath.basename(path) == FORMAT and "workspace" not in uv:
        from mlsupply.inventory.uv_workspace import from_root

        above = from_root(path, tree, limits)
        collected.take(above.indexes)
        sources = {**above.sources, **sources}
    collected.requirements = [one for r in collected.requirements for one in with_sources(r, sources)]
    root = named(string(project, "name") or string(poetry, "name"))
    return collected.inventory(FORMAT, root=root, requires_python=_requires_python(project, poetry))


def _requires_python(project: Mapping[str, Any], poetry: Mapping[str, Any]) -> str:
    if stated := string(project, "requires-python"):
        return stated
    wanted = string(table(poetry, "dependencies"), "python")
    if not wanted:
        return ""
    from mlsupply.inventory.poetry import specifier

    return specifier(wanted) or ""


def _texts(
    path: str, values: list[str], locator: Locator, keys: tuple[str, ...], groups: tuple[str, ...]
) -> Iterator[Requirement | Gap]:
    for text in values:
        place = Place(path, locator.quoted(text, *keys))
        if text.startswith("-e "):  # PDM's
            from mlsupply.inventory.other_tables import in_place

            yield from in_place(text, place, groups)
        else:
            yield requirement(text, place, groups=groups)


def _project(path: str, project: Mapping[str, Any], locator: Locator) -> Iterator[Requirement | Gap]:
    yield from _texts(path, strings(project, "dependencies"), locator, ("project", "dependencies"), ())
    for extra in (optional := table(project, "optional-dependencies")):
        keys = ("project", "optional-dependencies", extra)
        yield from _texts(path, strings(optional, extra), locator, keys, (canonical(extra),))
    for key in ("dependencies", "optional-dependencies"):
        shape = list if key == "dependencies" else Mapping
        if key in project and not isinstance(project[key], shape):
            detail = f"[project] {key} is not {'an array' if shape is list else 'a table'}"
            yield gap(path, Reason.MALFORMED, detail, locator.key(key, "project"))


def _build(path: str, document: Mapping[str, Any], locator: Locator) -> Iterator[Requirement | Gap]:
    keys = ("build-system", "requires")
    yield from _texts(path, strings(table(document, "build-system"), "requires"), locator, keys, (BUILD_GROUP,))


def _groups(path: str, document: Mapping[str, Any], locator: Locator) -> Iterator[Requirement | Gap]:
    """PEP 735. A requirement belongs to its own group and to each that includes this one."""
    groups = table(document, "dependency-groups")
    includes = {name: [canonical(string(item, "include-group")) for item in tables(groups, name)] for name in groups}
    known = {canonical(name) for name in groups}
    including: dict[str, dict[str, None]] = {}
    for name, inner in includes.items():
        for included in inner:
            including.setdefault(included, {})[canonical(name)] = None
    for name in groups:
        keys = ("dependency-groups", name)
        reached = _including(canonical(name), including)
        yield from _texts(path, strings(groups, name), locator, keys, tuple(reached[:_MOST_GROUPS]))
        if len(reached) > _MOST_GROUPS:
            detail = f"the group {safe(name, 80)} is included by more than {_MOST_GROUPS} groups; the others are left out"
            yield gap(path, Reason.LIMIT, detail, locator.key(name, "dependency-groups"))
        for missing in sorted({included for included in includes[name] if included and included not in known}):
            detail = f"the group {safe(name, 80)} includes {missing}, which does not exist"
            yield gap(path, Reason.MALFORMED, detail, locator.key(name, "dependency-groups"))


def _including(group: str, including: Mapping[str, Iterable[str]]) -> list[str]:
    """The group and, transitively, those that include it, nearest first, one more than `_MOST_GROUPS` at most; a cycle
    ends. including: canonical name to those of the groups that include it."""
    reached = {group: None}
    queue = deque(reached)
    while queue:
        for other in including.get(queue.popleft(), ()):
            if other not in reached:
                reached[other] = None
                queue.append(other)
                if len(reached) > _MOST_GROUPS:
                    return list(reached)
    return list(reached)


def _pdm(path: str, pdm: Mapping[str, Any], locator: Locator) -> Iterator[Requirement | Index | Gap]:
    """PDM's development groups, overrides, plugins and sources."""
    for group in (groups := table(pdm, "dev-dependencies")):
        keys = ("tool", "pdm", "dev-dependencies", group)
        yield from _texts(path, strings(groups, group), locator, keys, (canonical(group),))
    for name, value in table(table(pdm, "resolution"), "overrides").items():
        text = value if isinstance(value, str) else string(value, "version") if isinstance(value, Mapping) else ""
        place = Place(path, locator.key(name, "tool", "pdm", "resolution", "overrides"))
        joint = " @ " if "://" in text else "==" if text[:1].isdigit() else ""
        found = requirement(f"{name}{joint}{text}", place, constraint=True)
        yield replace(found, override=True) if isinstance(found, Requirement) else found
    yield from _texts(path, strings(pdm, "plugins"), locator, ("tool", "pdm", "plugins"), ("plugins",))
    for source in tables(pdm, "source"):
        url, had = without_credentials(string(source, "url"))
        if url:
            role = (
                "find-links"
                if source.get("type") == "find_links"
                else "primary"
                if source.get("name") == "pypi"
                else "extra"
            )
            place = Place(path, locator.quoted(string(source, "url"), "tool", "pdm", "source"))
            pinned = tuple(canonical(name) for name in strings(source, "include_packages") if "*" not in name)
            trusted = source.get("verify_ssl") is False
            yield Index(
                url=url,
                role=role,
                name=string(source, "name"),
                packages=pinned,
                trusted_host=trusted,
                had_credentials=had,
                place=place,
            )


def _dynamic(document: Mapping[str, Any], locator: Locator, collected: Collected) -> None:
    """Dependencies that `[project] dynamic` leaves to the build backend."""
    path, project, tool = collected.path, table(document, "project"), table(document, "tool")
    files = _dynamic_files(tool)
    for key in strings(project, "dynamic"):
        if key not in ("dependencies", "optional-dependencies"):
            continue
        place = Place(path, locator.key("dynamic", "project"))
        named = [(group, name) for kind, group, name in files if kind == key]
        for group, name in named:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            read_in = collected.follow(other, place, (group,) if group else ())
            collected.includes += [other, *read_in.includes]
        if not named and not _told_elsewhere(path, tool, collected.tree):
            backend = string(table(document, "build-system"), "build-backend", 80) or "setuptools"
            detail = f"{key} are dynamic: {backend} computes them when it builds, and nothing is built"
            collected.gaps.append(
                gap(path, Reason.UNSUPPORTED, detail, place.line, "commit a lock file, or scan a built wheel")
            )


def _dynamic_files(tool: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(key, extra, file) of what setuptools and hatch-requirements-txt read dependencies from."""
    dynamic = table(table(tool, "setuptools"), "dynamic")
    found = [("dependencies", "", name) for name in _names(table(dynamic, "dependencies").get("file"))]
    for extra, value in table(dynamic, "optional-dependencies").items():
        if isinstance(value, Mapping):
            found += [("optional-dependencies", canonical(extra), name) for name in _names(value.get("file"))]
    hatch = table(table(table(table(tool, "hatch"), "metadata"), "hooks"), "requirements_txt")
    found += [("dependencies", "", name) for name in _names(hatch.get("files"))]
    for extra, value in table(hatch, "optional-dependencies").items():
        found += [("optional-dependencies", canonical(extra), name) for name in _names(value)]
    return found


def _names(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [safe(item, 300) for item in values if isinstance(item, str)]


def _told_elsewhere(path: str, tool: Mapping[str, Any], tree: Tree) -> bool:
    """Poetry's own table, or a setup.py or setup.cfg beside it that is read as an input of its own."""
    if table(table(tool, "poetry"), "dependencies"):
        return True
    folder = posixpath.dirname(path)
    return any(tree.kind(posixpath.join(folder, name)) == "file" for name in ("setup.py", "setup.cfg"))
