"""The matcher against a slow, independent evaluation, on every record of an export.

    python -m tests.bench.conformance [EXPORT] [SAMPLE]

Asked are, for each record and project: every listed version, and every bound of a range with its neighbours (the
pre-release, the post-release, the dev-release, a local build, the next patch). SAMPLE takes one record in so many.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mlsupply.advisories.build import encode
from mlsupply.advisories.matching import affected, asked
from mlsupply.advisories.records import parse
from mlsupply.advisories.store import decode
from tests.bench.slow_osv import affected as slowly_affected
from tests.bench.slow_osv import parsed
from tests.conftest import SHARED

EXPORT = SHARED / "feeds" / "PyPI-all.zip"


class Outcome(NamedTuple):
    """records, listed (pairs of a record and a version it lists), boundary (pairs around a bound); wrong: the pairs in which
    the two differ."""

    records: int
    listed: int
    boundary: int
    hits: int
    wrong: tuple[tuple[str, str, str], ...]


def neighbours(bound: str) -> Iterator[str]:
    """A bound and what lies right beside it, as far as PEP 440 can say it."""
    version = parsed(bound)
    if version is None:
        version = parsed(match[0]) if (match := re.match(r"v?\d+(\.\d+)*", bound)) else None
    if version is None:
        return
    base = (
        f"{version.epoch}!{version.base_version}"
        if version.epoch and "!" not in version.base_version
        else version.base_version
    )
    yield from (bound, str(version), base, f"{base}.0", f"{base}.1")
    for tail in (
        "a0",
        "rc1",
        "rc99",
        ".post0",
        ".post1",
        ".dev0",
        "rc1.dev1",
        ".post1.dev2",
        "+cpu",
        "+cu128",
        "rc1+local.1",
    ):
        yield base + tail
    if str(version) != base:
        public = version.public
        yield from (f"{public}+cu128", f"{public}.dev3" if version.dev is None else public)


def compare(records: list[dict[str, Any]]) -> Outcome:
    """Every question about every record, asked of both."""
    listed = boundary = hits = 0
    wrong: list[tuple[str, str, str]] = []
    for record in records:
        for name, advisory in parse({key: value for key, value in record.items() if key != "withdrawn"}):
            rows = decode(encode([advisory]))
            names, bounds = _questions(record, name)
            listed += len(names)
            boundary += len(bounds)
            for version in names + bounds:
                answer = affected(rows, asked(version))
                hits += answer
                if answer != slowly_affected(record, name, version):
                    wrong.append((record["id"], name, version))
    return Outcome(len(records), listed, boundary, hits, tuple(wrong))


def _questions(record: dict[str, Any], name: str) -> tuple[list[str], list[str]]:
    blocks = [b for b in record["affected"] if re.sub("[-_.]+", "-", b["package"]["name"]).lower() == name]
    listed = dict.fromkeys(version for block in blocks for version in block.get("versions", []))
    bounds: dict[str, None] = dict.fromkeys(("0", "0.dev0", "0a1", "99999", "1!0"))
    for block in blocks:
        for stretch in block.get("ranges", []):
            if stretch["type"] != "GIT":
                texts = (text for event in stretch["events"] for text in event.values())
                bounds |= dict.fromkeys(version for text in texts for version in neighbours(text))
    return list(listed), [version for version in bounds if version not in listed]


def read(export: Path, every: int = 1) -> list[dict[str, Any]]:
    """The records of a zip, one in `every`."""
    with zipfile.ZipFile(export) as archive:
        return [json.loads(archive.read(name)) for name in sorted(archive.namelist())[::every]]


def main(export: str = str(EXPORT), every: str = "1") -> int:
    outcome = compare(read(Path(export), int(every)))
    pairs = outcome.listed + outcome.boundary
    print(f"{outcome.records:,} records; {pairs:,} pairs: {outcome.listed:,} listed, {outcome.boundary:,} around bounds")
    print(f"{outcome.hits:,} affected; {len(outcome.wrong)} differ")
    for identifier, name, version in outcome.wrong[:20]:
        print(f"  {identifier} {name} {version}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
