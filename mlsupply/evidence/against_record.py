"""The files of a wheel or an installed package compared with its RECORD.

Source: the specification "Recording installed projects".
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping

from mlsupply.evidence.archives import Member, Walk
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.package import located_gap
from mlsupply.evidence.record import BETTER, Row, rows
from mlsupply.lazy import expression
from mlsupply.model import Gap, Reason
from mlsupply.text import count, safe

_OWN_RECORD = expression(r"[^/]+\.dist-info/RECORD")  # not those of distributions it carries deeper inside


def record_gaps(records: Mapping[str, bytes], subject: str) -> Iterator[Gap]:
    """A gap where RECORD lists files with digests of an algorithm that is not compared."""
    for path, data in records.items():
        unusable = [row.algorithm for row in rows(data) if row.algorithm and row.path and not row.digest]
        if unusable and _OWN_RECORD.fullmatch(path):
            named = ", ".join(safe(algorithm, 20) for algorithm in sorted(set(unusable))[:3])
            detail = (
                f"its digests of {count(len(unusable), 'file')} were not compared: no sha256, sha384 or sha512 ({named})"
            )
            yield located_gap(subject, path, Reason.UNSUPPORTED, detail)


def better_digests(records: Mapping[str, bytes], read: Container[str], walk: Walk) -> dict[str, str]:
    """Path -> digest as hex, for members whose digest in RECORD is sha384 or sha512, in that algorithm. Few distributions
    have such digests, and RECORD comes last in a wheel: only for these is the archive walked again. read: paths of the
    members that can be compared."""
    own = (data for path, data in records.items() if _OWN_RECORD.fullmatch(path))
    listed = (row for data in own for row in rows(data) if row.algorithm in BETTER and row.digest)
    wanted = {name: row.algorithm for row in listed if (name := safe(row.path, 1024)) in read}
    if not wanted:
        return {}
    members = (item for item in walk(lambda path, size: path in wanted) if isinstance(item, Member))
    return {
        item.path: hashlib.new(wanted[item.path], item.data).hexdigest()
        for item in members
        if item.data is not None and item.path in wanted
    }


def record_facts(
    members: list[tuple[str, int]], records: Mapping[str, bytes], digests: Mapping[str, str], better: Mapping[str, str]
) -> Iterator[ArchiveFact]:
    """Each difference between RECORD and the members. Sizes are compared everywhere, digests where the member was read.
    members: path and size of all; records: path -> content; digests: path -> sha256; better: from `better_digests`."""
    sizes = dict(members)
    missing: list[str] = []
    listed: set[str] = set()
    own = {path: data for path, data in records.items() if _OWN_RECORD.fullmatch(path)}
    for path, data in own.items():
        broken = 0
        for row in rows(data):
            if not row.path:
                broken = broken or row.line
                continue
            name = safe(row.path, 1024)
            listed.add(name)
            if name in sizes:
                yield from _differs(row, name, sizes[name], better if row.algorithm in BETTER else digests)
            elif name != path:
                missing.append(name)
        if broken:
            yield ArchiveFact(kind="record-broken", member=path, detail=f"line {broken} cannot be read")
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        yield ArchiveFact(kind="record-missing-file", member=missing[0], detail=more)
    folders = tuple(f"{path.rpartition('/')[0]}/RECORD" for path in own)
    for name in sizes if own else ():
        if name not in listed and "!/" not in name and not name.startswith(folders):  # RECORD.jws and .p7s sign it
            yield ArchiveFact(kind="not-in-record", member=name)


def _differs(row: Row, name: str, size: int, digests: Mapping[str, str]) -> Iterator[ArchiveFact]:
    """The difference between a member and its line: of the size, or else of the digest."""
    if row.size is not None and row.size != size:
        yield ArchiveFact(kind="record-size", member=name, detail=f"{size:,} bytes, RECORD says {row.size:,}")
    elif row.digest and row.digest != digests.get(name, row.digest):
        yield ArchiveFact(kind="record-hash", member=name, detail=f"{row.algorithm} differs")
