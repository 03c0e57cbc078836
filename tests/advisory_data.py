"""Advisories for tests: records of OSV shape, a compiled store of them, and what the check says of packages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlsupply.advisories.build import compile_records, encode
from mlsupply.advisories.check import Ground, judged
from mlsupply.advisories.feeds import Answer
from mlsupply.advisories.groups import grouped
from mlsupply.advisories.local import current, verified
from mlsupply.advisories.store import Row, decode, opened
from mlsupply.model import Checked, Coordinate, DataSource, Finding, Package, Source, SourceKind
from mlsupply.world import World

SOURCE = DataSource("Test data", "2026-03-24T00:00:00Z")


def record(
    identifier: str = "PYSEC-2026-1000",
    *,
    name: str = "demo",
    events: list[dict[str, str]] | None = None,
    versions: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One OSV record about one project; `more` goes to its top level."""
    block: dict[str, Any] = {"package": {"name": name, "ecosystem": "PyPI"}}
    if events is not None:
        block["ranges"] = [{"type": "ECOSYSTEM", "events": events}]
    if versions is not None:
        block["versions"] = versions
    dates = {"published": "2026-01-01T00:00:00Z", "modified": "2026-01-02T00:00:00Z"}
    return {"schema_version": "1.7.3", "id": identifier, **dates, "affected": [block], **more}


def fixed(version: str, introduced: str = "0") -> list[dict[str, str]]:
    return [{"introduced": introduced}, {"fixed": version}]


def many_records(count: int = 30, modified: str = "2026-03-20T00:00:00Z") -> list[dict[str, Any]]:
    """A record for each of so many projects."""
    return [
        record(f"PYSEC-2026-{9000 + number}", name=f"demo-{number}", events=fixed("1.2"), modified=modified)
        for number in range(count)
    ]


def up_to(version: str, introduced: str = "0") -> list[dict[str, str]]:
    return [{"introduced": introduced}, {"last_affected": version}]


def rows_of(records: Iterable[object]) -> dict[str, list[Row]]:
    """The records as a store would hand them out."""
    compiled = compile_records((f"{place}.json", item) for place, item in enumerate(records))
    return {name: decode(encode(grouped(own))) for name, own in compiled.projects.items()}


def package(name: str, version: str, kind: SourceKind = SourceKind.REGISTRY, url: str = "") -> Package:
    return Package(coordinate=Coordinate("pypi", name, version), source=Source(kind, url))


def check(thing: Package, *records: object) -> Checked:
    """What the check says of one package, given these records."""
    return judged(thing, Ground(Answer(rows_of(records), (SOURCE,))))


def findings(name: str, version: str, *records: object) -> tuple[Finding, ...]:
    return check(package(name, version), *records).findings


def is_hit(version: str, *records: object, name: str = "demo") -> bool:
    return bool(findings(name, version, *records))


def write(path: Path, records: Iterable[object]) -> Path:
    """An OSV export: a zip with one JSON file a record."""
    import json
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        for place, item in enumerate(records):
            name = item["id"] if isinstance(item, dict) and "id" in item else f"bad-{place}"
            archive.writestr(f"{name}.json", item if isinstance(item, str) else json.dumps(item))
    return path


def synced(world: World) -> set[str]:
    """The ids of all records in the database of this world."""
    known = current(world)
    assert known is not None
    with opened(verified(world, known)) as store:
        return {row[0] for _, rows in store.every() for row in rows}
