"""Pipfile: what a pipenv project asks for, https://pipenv.pypa.io/en/latest/pipfile.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import toml_of
from mlsupply.inventory.pipfile_lock import NO_CATEGORY, direct_source
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.inventory.tool_files import below
from mlsupply.model import Index, Inventory, Place, Requirement, Source
from mlsupply.text import safe, without_credentials
from mlsupply.world import Limits, Tree

FORMAT = "Pipfile"
_GROUPS = {"packages": (), "dev-packages": ("develop",)}
# keys of an entry that are markers of their own (pipenv takes any PEP 508 variable)
_MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_system", "python_version", "python_full_version")


@reads(FORMAT, toml_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module: requirements and indexes, no packages; also what its scripts install."""
    locator = Locator(sheet.source)
    requirements: list[Requirement] = []
    for section in document:
        if section not in NO_CATEGORY:
            entries = sheet.table(document, section)
            groups = _GROUPS.get(section, (sheet.text(section, "category", 200),))
            for key, value in entries.items():
                sheet.line = locator.key(key, section)
                requirements.append(_requirement(sheet, key, value, groups))
    sheet.line = 0
    others = Collected(sheet.path, tree, limits)
    below(FORMAT, document, locator, others)
    return Inventory(
        path=sheet.path,
        format=FORMAT,
        packages=tuple(others.packages),
        requirements=(*(r for r in requirements if r.name), *others.requirements),
        indexes=(*_indexes(sheet, document, locator), *others.indexes),
        includes=tuple(others.includes),
        requires_python=sheet.word(sheet.table(document, "requires"), "python_version"),
        gaps=(*sheet.all_gaps(), *others.gaps),
    )


def _requirement(sheet: Sheet, key: str, value: object, groups: tuple[str, ...]) -> Requirement:
    bare, _, written = key.partition("[")  # older pipenv wrote "name[extra]" as the key
    name = sheet.name(bare.strip())
    entry: Mapping[str, Any] = value if isinstance(value, dict) else {"version": value}
    specifier = "" if entry.get("version") == "*" else sheet.word(entry, "version")
    extras = sorted({*sheet.words(entry, "extras", 200), *(one.strip() for one in written.rstrip("]").split(",") if one)})
    clauses = [sheet.text(entry["markers"], "markers")] if "markers" in entry else []
    clauses += [f"{variable} {sheet.word(entry, variable)}" for variable in _MARKERS if variable in entry]
    listed = f"[{','.join(extras)}]" if extras else ""
    return Requirement(
        name=name,
        specifier=specifier,
        extras=tuple(extras),
        marker=" and ".join(f"({clause})" for clause in clauses) if len(clauses) > 1 else "".join(clauses),
        source=direct_source(sheet, entry) or Source(),
        place=sheet.place,
        groups=groups,
        text=safe(f"{name}{listed}{specifier}", 300),
    )


def _indexes(sheet: Sheet, document: Mapping[str, Any], locator: Locator) -> Iterator[Index]:
    """The first source is primary; pipenv asks another one only for the packages whose `index` names it."""
    pinned: dict[str, list[str]] = {}
    for section in document:
        entries = document[section]
        if section not in NO_CATEGORY and isinstance(entries, dict):
            for key, value in entries.items():
                if isinstance(value, dict) and isinstance(value.get("index"), str):
                    pinned.setdefault(value["index"], []).append(sheet.name(key.partition("[")[0]))
    for number, source in enumerate(sheet.tables(document, "source")):
        raw, name = source.get("url"), sheet.word(source, "name")
        url, had_credentials = without_credentials(raw) if isinstance(raw, str) else ("", False)
        packages = tuple(sorted(pinned.get(name, ())))
        yield Index(
            url=url,
            role="primary" if number == 0 else "explicit" if packages else "extra",
            name=name,
            packages=() if number == 0 else packages,
            trusted_host=source.get("verify_ssl") is False,
            had_credentials=had_credentials,
            place=Place(sheet.path, locator.quoted(raw, "source") if isinstance(raw, str) else 0),
        )
