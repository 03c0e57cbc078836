"""uv.lock, and NAME.py.lock of a script: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile (version 1).

The roots are the workspace members, `virtual` or `editable` packages; what they require (with extras and development
groups) is direct. Some files of this name are the output of `uv pip compile`; those are read as requirements. Keys that
uv no longer writes and still takes (`[[distribution]]`, `dependency-groups` of a package) are read: uv installs from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.files import file_name, hash_pair
from mlsupply.inventory.indexes import indexes_of
from mlsupply.inventory.parsing import text_of, toml_of
from mlsupply.inventory.sheet import MAX_TIME, MAX_URL, Sheet
from mlsupply.inventory.uv_files import Aside
from mlsupply.model import (
    Artifact,
    Coordinate,
    Edge,
    Gap,
    Inventory,
    Package,
    Place,
    Reason,
    Requirement,
    Source,
    SourceKind,
)
from mlsupply.value import field, record, replace
from mlsupply.world import Limits, Tree

FORMAT = "uv.lock"
_KINDS = {
    "url": SourceKind.URL,
    "path": SourceKind.PATH,
    "directory": SourceKind.PATH,
    "editable": SourceKind.EDITABLE,
    "virtual": SourceKind.VIRTUAL,
}
_GROUPS = ("dev-dependencies", "dependency-groups")
_GROUPS_ASKED = ("requires-dev", "dependency-groups")
_LOCAL = frozenset({SourceKind.PATH, SourceKind.EDITABLE, SourceKind.VIRTUAL})
_EXTRA = re.compile(r"\bextra == '([^']{1,200})'")
_PINNED_LINE = re.compile(r"(?m)^[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:\[[^\]\n]{0,200}\])?==|^-e ")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """See the module; a document that is neither TOML nor requirements is a gap."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    sheet = Sheet(path, text, limits)
    aside = Aside(text if sheet.bare_urls else "")
    document = toml_of(path, aside.text) if aside.text else toml_of(path, text)
    if isinstance(document, Gap) and aside.text:
        document = toml_of(path, text)  # for the line of the fault
    if not isinstance(document, Gap):
        return _inventory(sheet, document, aside)
    if _PINNED_LINE.search(text, 0, 20_000):
        from mlsupply.inventory import requirements

        return requirements.read(path, tree, limits)
    return Inventory(path=path, format=FORMAT, gaps=(document,))


def _inventory(sheet: Sheet, document: dict[str, Any], aside: Aside) -> Inventory:
    if document.get("version") != 1:
        hint = "update mlsupply; what it knows of the format was read"
        sheet.fault("this uv.lock is not of version 1, the only one known", Reason.UNSUPPORTED, hint)
    manifest = sheet.table(document, "manifest")
    roots = _Roots(members=frozenset(sheet.words(manifest, "members", 200)))
    roots.ask(_manifest_edges(sheet, manifest))
    for entry in sheet.entries(document, "package" if "package" in document else "distribution"):
        if name := sheet.name(entry.get("name")):
            sheet.add(_package(sheet, name, entry, roots, aside))
    packages = tuple(roots.marked(package) for package in sheet.packages())
    return Inventory(
        path=sheet.path,
        format=FORMAT,
        root=roots.names[0] if len(roots.names) == 1 else "",
        packages=packages,
        requirements=tuple(roots.requirements),
        indexes=indexes_of(packages),
        requires_python=sheet.word(document, "requires-python"),
        gaps=sheet.all_gaps(),
        complete=True,
    )


@record
class _Roots:
    """What the members of the workspace ask for. wanted: (name, version or "") -> groups; "" is the project itself."""

    members: frozenset[str]
    names: list[str] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    wanted: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def holds(self, name: str, source: Source) -> bool:
        """Without a list of members the project at the lock's own folder is the one root."""
        return name in self.members if self.members else source.kind in _LOCAL and source.url in {".", ""}

    def ask(self, edges: tuple[Edge, ...]) -> None:
        for edge in edges:
            groups = self.wanted.setdefault((edge.name, edge.version), [])
            groups.append(edge.extra or edge.group)

    def marked(self, package: Package) -> Package:
        """The package, direct where a root asks for it, with the groups through which it does (none: always)."""
        if package.direct:
            return package
        groups = self.wanted.get((package.name, package.version)) or self.wanted.get((package.name, ""))
        if groups is None:
            return package
        return replace(package, direct=True, groups=() if "" in groups else tuple(dict.fromkeys(groups)))


def _package(sheet: Sheet, name: str, entry: Mapping[str, Any], roots: _Roots, aside: Aside) -> Package:
    source = _source(sheet, sheet.table(entry, "source"))
    is_root = roots.holds(name, source)
    requires = tuple(_edges(sheet, entry))
    if is_root:
        roots.names.append(name)
        asked = list(_requirements(sheet, sheet.table(entry, "metadata")))
        roots.requirements.extend(asked)
        requires = _with_specifiers(requires, asked)
        roots.ask(requires)
    markers = sheet.words(entry, "resolution-markers") if "resolution-markers" in entry else ()
    return Package(
        coordinate=Coordinate("pypi", name, sheet.word(entry, "version")),
        source=source,
        places=(Place(sheet.path, sheet.line),),
        requires=requires,
        artifacts=_artifacts(sheet, entry, aside),
        direct=is_root,
        marker=markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers),
    )


def _source(sheet: Sheet, table: Mapping[str, Any]) -> Source:
    if "registry" in table:
        return sheet.registry(table["registry"])
    if "git" in table:
        address, _, commit = sheet.url(table["git"], "git").partition("#")
        address, _, query = address.partition("?")
        asked = re.search(r"(?:^|&)(?:rev|tag|branch)=([^&]{1,200})", query)
        return Source(SourceKind.GIT, address, commit or (asked[1] if asked else ""))
    for key, kind in _KINDS.items():
        if key in table:
            return Source(kind, sheet.url(table[key], key))
    sheet.fault("a package names no source that is known")
    return Source()


def _edges(sheet: Sheet, entry: Mapping[str, Any]) -> Iterator[Edge]:
    for dependency in sheet.tables(entry, "dependencies"):
        yield _edge(sheet, dependency)
    for key in ("optional-dependencies", *_GROUPS):
        if key in entry:
            groups = sheet.table(entry, key)
            for group in groups:
                label = sheet.text(group, key, 200)
                extra, group_name = (label, "") if key == "optional-dependencies" else ("", label)
                for dependency in sheet.tables(groups, group):
                    yield _edge(sheet, dependency, extra, group_name)


def _edge(sheet: Sheet, table: Mapping[str, Any], extra: str = "", group: str = "") -> Edge:
    marker = sheet.text(table["marker"], "marker") if "marker" in table else ""
    version = sheet.text(table["version"], "version", 200) if "version" in table else ""
    return Edge(sheet.name(table.get("name")), version, marker, extra, group)


def _manifest_edges(sheet: Sheet, manifest: Mapping[str, Any]) -> tuple[Edge, ...]:
    """What a workspace root without a project of its own, or a script, asks for."""
    edges = [_edge(sheet, table) for table in sheet.tables(manifest, "requirements")]
    groups = sheet.table(manifest, "dependency-groups")
    for group in groups:
        edges += [_edge(sheet, table, group=sheet.text(group, "group", 200)) for table in sheet.tables(groups, group)]
    return tuple(edges)


def _requirements(sheet: Sheet, metadata: Mapping[str, Any]) -> Iterator[Requirement]:
    for table in sheet.tables(metadata, "requires-dist"):
        extra = _EXTRA.search(sheet.word(table, "marker"))
        yield _requirement(sheet, table, extra[1] if extra else "")
    for key in _GROUPS_ASKED:
        groups = sheet.table(metadata, key)
        for group in groups:
            for table in sheet.tables(groups, group):
                yield _requirement(sheet, table, sheet.text(group, "group", 200))


def _requirement(sheet: Sheet, table: Mapping[str, Any], group: str) -> Requirement:
    known = {key: table[key] for key in ("git", *_KINDS) if key in table}
    name, specifier = sheet.name(table.get("name")), sheet.word(table, "specifier")
    extras = tuple(sheet.words(table, "extras", 200))
    return Requirement(
        name=name,
        specifier=specifier,
        extras=extras,
        marker=sheet.text(table.get("marker"), "marker"),
        source=_source(sheet, known) if known else sheet.registry(table["index"]) if "index" in table else Source(),
        place=sheet.place,
        groups=(group,) if group else (),
        text=f"{name}[{','.join(extras)}]{specifier}" if extras else f"{name}{specifier}",
    )


def _with_specifiers(edges: tuple[Edge, ...], asked: list[Requirement]) -> tuple[Edge, ...]:
    """A root's edges carry what its metadata asks for."""
    specifiers = {(r.name, r.groups[0] if r.groups else ""): r.specifier for r in asked}
    return tuple(edge._replace(specifier=specifiers.get((edge.name, edge.extra or edge.group), "")) for edge in edges)


def _artifacts(sheet: Sheet, entry: Mapping[str, Any], aside: Aside) -> tuple[Artifact, ...]:
    wheels = aside.files(entry.get("wheels"))
    if wheels is None:
        wheels = tuple([_artifact(sheet, file, "wheel") for file in sheet.tables(entry, "wheels")])
    sdist = aside.files(entry.get("sdist"))
    if sdist is None:
        sdist = (_artifact(sheet, sheet.table(entry, "sdist"), "sdist"),) if "sdist" in entry else ()
    return wheels + sdist


def _artifact(sheet: Sheet, file: Mapping[str, Any], kind: str) -> Artifact:
    url = sheet.url(file.get("url"))
    digest, size, uploaded = file.get("hash"), file.get("size"), file.get("upload-time")
    return Artifact(
        file_name(url) if url else file_name(sheet.text(file.get("path") or file.get("filename"), "path", MAX_URL)),
        kind,
        url,
        -1 if size is None else sheet.size(size),
        () if digest is None else hash_pair(sheet.text(digest, "hash", 200)),
        "" if uploaded is None else sheet.text(uploaded, "upload-time", MAX_TIME),
    )
