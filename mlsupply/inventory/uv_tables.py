"""uv's tables in pyproject.toml, script headers and uv.toml: where packages come from, indexes, constraints and overrides.
Pure.

Sources: https://docs.astral.sh/uv/concepts/projects/dependencies/ and https://docs.astral.sh/uv/concepts/indexes/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, requirement, source_of_table, string, strings, table, tables
from mlsupply.inventory.trusted import with_trusted
from mlsupply.model import Gap, Index, Place, Reason, Requirement, Source, SourceKind
from mlsupply.text import canonical, without_credentials
from mlsupply.value import replace

_ROOT = ("tool", "uv")
_LIMITING = ("constraint-dependencies", "override-dependencies", "build-constraint-dependencies")
_OVERRIDING, _OF_BUILDS = "override-dependencies", "build-constraint-dependencies"


def read_uv(
    path: str, uv: Mapping[str, Any], locator: Locator, root: tuple[str, ...] = _ROOT
) -> Iterator[Requirement | Index | Gap]:
    """Development dependencies, what builds need besides, constraints, overrides and indexes of `[tool.uv]`. root: the keys
    of that table, none in uv.toml."""
    for text in strings(uv, "dev-dependencies"):
        yield requirement(text, Place(path, locator.quoted(text, *root, "dev-dependencies")), groups=("dev",))
    for key in _LIMITING:
        yield from _limits(path, uv, key, locator, root)
    for name, texts in table(uv, "extra-build-dependencies").items():
        for text in [one if isinstance(one, str) else string(one, "requirement") for one in _listed(texts)]:
            place = Place(path, locator.quoted(text, *root, "extra-build-dependencies", name))
            yield requirement(text, place, groups=(BUILD_GROUP,))
    pinned = _pinned(uv)
    for entry in tables(uv, "index"):
        name = string(entry, "name")
        role = "primary" if entry.get("default") is True else "explicit" if entry.get("explicit") is True else "extra"
        place = Place(path, locator.quoted(string(entry, "url"), *root, "index"))
        yield from _index(string(entry, "url"), role, place, name, tuple(pinned.get(name, ())))
    for host in strings(uv, "allow-insecure-host"):
        yield from with_trusted((), {host: Place(path, locator.quoted(host, *root, "allow-insecure-host"))})
    yield from _options(path, uv, locator, root)
    yield from _options(path, table(uv, "pip"), locator, (*root, "pip"))


def _limits(
    path: str, uv: Mapping[str, Any], key: str, locator: Locator, root: tuple[str, ...]
) -> Iterator[Requirement | Gap]:
    for one in _listed(uv.get(key)):
        if not isinstance(one, str):
            detail = f"an item of {key} is a table, which is not read"
            yield gap(path, Reason.UNSUPPORTED, detail, locator.key(key, *root), "write it as PEP 508 says: name==1.0")
            continue
        groups = (BUILD_GROUP,) if key == _OF_BUILDS else ()
        found = requirement(one, Place(path, locator.quoted(one, *root, key)), constraint=True, groups=groups)
        yield replace(found, override=True) if isinstance(found, Requirement) and key == _OVERRIDING else found


def _listed(value: object) -> list[str | Mapping[str, Any]]:
    return [one for one in value if isinstance(one, str | Mapping)] if isinstance(value, list) else []


def _options(path: str, options: Mapping[str, Any], locator: Locator, keys: tuple[str, ...]) -> Iterator[Index]:
    if url := string(options, "index-url"):
        yield from _index(url, "primary", Place(path, locator.key("index-url", *keys)))
    for key, role in (("extra-index-url", "extra"), ("find-links", "find-links")):
        for url in strings(options, key):
            yield from _index(url, role, Place(path, locator.key(key, *keys)))


def _index(url: str, role: str, place: Place, name: str = "", packages: tuple[str, ...] = ()) -> Iterator[Index]:
    clean, had = without_credentials(url)
    if clean:
        yield Index(url=clean, role=role, name=name, packages=packages, had_credentials=had, place=place)


def _pinned(uv: Mapping[str, Any]) -> dict[str, list[str]]:
    """Index name -> packages whose source is that index."""
    pinned: dict[str, list[str]] = {}
    for name, value in table(uv, "sources").items():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Mapping) and (index := string(entry, "index")):
                pinned.setdefault(index, []).append(canonical(name))
    return pinned


def with_sources(found: Requirement, sources: Mapping[str, Any]) -> Iterator[Requirement]:
    """The requirement as `[tool.uv.sources]` has it: unchanged, with one source, or once for each of several that differ
    by marker, extra or group. sources: by canonical name."""
    value = sources.get(found.name)
    entries = [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, Mapping)]
    entries = [entry for entry in entries if _applies(entry, found)]
    if not entries or found.constraint:
        yield found
        return
    for entry in entries:
        marker = string(entry, "marker")
        both = f"({found.marker}) and ({marker})" if found.marker and marker else found.marker or marker
        yield replace(found, source=_source(entry, found.source), marker=both)


def _applies(entry: Mapping[str, Any], found: Requirement) -> bool:
    only = string(entry, "extra") or string(entry, "group")
    return not only or only in found.groups


def _source(entry: Mapping[str, Any], otherwise: Source) -> Source:
    if named := source_of_table(entry, ("path",), editable="editable"):
        return named
    return Source(SourceKind.PATH, ".") if entry.get("workspace") is True else otherwise
