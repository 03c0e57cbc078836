"""Pipfile.lock (pipfile-spec 6): https://pipenv.pypa.io/en/latest/pipfile.html. It holds hashes but neither file names
nor edges; what is direct is taken from the Pipfile beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.beside import Beside, sibling
from mlsupply.inventory.direct import with_direct
from mlsupply.inventory.files import file_name, hash_pair, name_and_version
from mlsupply.inventory.parsing import json_of, opened, source_of_url, toml_of
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.model import Artifact, Coordinate, Gap, Index, Inventory, Package, Place, Source, SourceKind
from mlsupply.text import canonical, without_credentials
from mlsupply.world import Limits, Tree

FORMAT = "Pipfile.lock"
_DEFAULT, _META = "default", "_meta"
_ENTRY = re.compile(r'^ {8}"([^"\\]{1,200})": \{$', re.MULTILINE)  # as pipenv indents it
_SECTIONS = {"packages": "", "dev-packages": "develop"}
NO_CATEGORY = frozenset({"source", "requires", "scripts", "pipenv"})


@reads(FORMAT, json_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module."""
    meta = sheet.table(document, _META)
    urls = {sheet.word(source, "name"): source.get("url") for source in sheet.tables(meta, "sources")}
    lines = _lines(sheet.source)
    for category in document:
        if category != _META:
            _category(sheet, category, sheet.table(document, category), urls, lines)
    sheet.line = 0
    packages = sheet.packages()
    requires = sheet.table(meta, "requires")
    return Inventory(
        path=sheet.path,
        format=FORMAT,
        packages=with_direct(packages, _pipfile(sibling(sheet.path, "Pipfile"), tree, limits)),
        indexes=tuple(_indexes(sheet, meta, packages)),
        requires_python=sheet.word(requires, "python_full_version") or sheet.word(requires, "python_version"),
        gaps=sheet.all_gaps(),
        complete=True,
    )


def _lines(text: str) -> dict[str, list[int]]:
    """name -> the lines of its entries, in the order of the document."""
    lines: dict[str, list[int]] = {}
    line, position = 1, 0
    for found in _ENTRY.finditer(text):
        line += text.count("\n", position, found.start())
        position = found.start()
        lines.setdefault(found[1], []).append(line)
    return lines


def _category(
    sheet: Sheet, category: str, entries: Mapping[str, Any], urls: Mapping[str, object], lines: dict[str, list[int]]
) -> None:
    group = "" if category == _DEFAULT else sheet.text(category, "category", 200)
    for key in entries:
        places = lines.get(key)
        sheet.line = places.pop(0) if places else 0
        entry = sheet.table(entries, key)
        if name := sheet.name(key):
            sheet.add(_package(sheet, name, entry, group, urls))


def _package(sheet: Sheet, name: str, entry: Mapping[str, Any], group: str, urls: Mapping[str, object]) -> Package:
    source = _source(sheet, entry, urls)
    written = sheet.word(entry, "version")
    version = (
        "" if written.startswith(("*", "<", ">", "~", "!")) else written.lstrip("=")
    )  # `*`, as old locks have it, is none
    if not version and source.kind in {SourceKind.URL, SourceKind.PATH}:
        version = name_and_version(file_name(source.url))[1]
    return Package(
        coordinate=Coordinate("pypi", name, version),
        source=source,
        places=(sheet.place,),
        artifacts=tuple([Artifact("", "other", "", -1, hash_pair(text)) for text in sheet.words(entry, "hashes", 200)]),
        groups=(group,) if group else (),
        marker=sheet.text(entry.get("markers"), "markers"),
    )


def _source(sheet: Sheet, entry: Mapping[str, Any], urls: Mapping[str, object]) -> Source:
    if direct := direct_source(sheet, entry):
        return direct
    index = sheet.word(entry, "index")
    first = next(iter(urls), "")
    return sheet.registry(urls[index]) if index in urls and index != first else Source()


def direct_source(sheet: Sheet, entry: Mapping[str, Any]) -> Source | None:
    """The repository, address or path an entry of Pipfile or Pipfile.lock names, None where it is to come from an index."""
    if "git" in entry:
        return Source(SourceKind.GIT, sheet.url(entry["git"]), sheet.word(entry, "ref"))
    for key in ("path", "file", "url"):
        if key in entry:
            address = sheet.url(entry[key], key)
            if "://" in address:
                return source_of_url(address)
            return Source(SourceKind.EDITABLE if entry.get("editable") is True else SourceKind.PATH, address)
    return None


def _indexes(sheet: Sheet, meta: Mapping[str, Any], packages: list[Package]) -> Iterator[Index]:
    """The first source is primary; another one is asked for the packages pinned to it, or for all where none is."""
    names: dict[str, set[str]] = {}
    for package in packages:
        names.setdefault(package.source.url, set()).add(package.name)
    for number, source in enumerate(sheet.tables(meta, "sources")):
        raw = source.get("url")
        url, had_credentials = without_credentials(raw) if isinstance(raw, str) else ("", False)
        pinned = tuple(sorted(names.get(url, ()))) if url else ()
        yield Index(
            url=url,
            role="primary" if number == 0 else "explicit" if pinned else "extra",
            name=sheet.word(source, "name"),
            packages=() if number == 0 else pinned,
            had_credentials=had_credentials,
            place=Place(sheet.path),
        )


def _pipfile(path: str, tree: Tree, limits: Limits) -> Beside:
    """What the Pipfile asks for, by category; nothing where there is none (its own reader says what is wrong with it)."""
    contents = opened(path, tree, limits, toml_of)
    if isinstance(contents, Gap):
        return Beside()
    _, document = contents
    direct: dict[str, list[str]] = {}
    for section, entries in document.items():
        if section not in NO_CATEGORY and isinstance(entries, dict):
            for key in entries:
                direct.setdefault(canonical(key.partition("[")[0]), []).append(_SECTIONS.get(section, section))
    return Beside(direct={name: tuple(dict.fromkeys(groups)) for name, groups in direct.items()}, found=True)
