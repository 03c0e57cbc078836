"""Members of an archive that have the same name: harmless where all of them have the same content."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from mlsupply.evidence.archives import Member, Walk
from mlsupply.evidence.facets import ArchiveFact

_KIND = "duplicate-name"
MAX_NAMES = 100  # whose members are read once more


def with_same_content(odd: Sequence[ArchiveFact], walk: Walk) -> list[ArchiveFact]:
    """The oddities, with `duplicate-name` turned into `duplicate-same` where all members of the name have the same content.
    walk: called only where a name comes twice."""
    times = Counter(fact.member for fact in odd if fact.kind == _KIND)
    if not 0 < len(times) <= MAX_NAMES:
        return list(odd)
    same = _same(times, walk)
    return [replace(fact, kind="duplicate-same") if fact.kind == _KIND and fact.member in same else fact for fact in odd]


def _same(times: Counter[str], walk: Walk) -> Collection[str]:
    """The names whose members are all files, were all read, and have the same content. times: how often each name was
    reported, which is once less than it comes."""
    found: dict[str, list[bytes | None]] = {name: [] for name in times}
    for item in walk(lambda path, size: path in found):
        if isinstance(item, Member) and item.path in found:
            found[item.path].append(None if item.data is None else hashlib.sha256(item.data).digest())
    return {
        name
        for name, digests in found.items()
        if len(digests) == times[name] + 1 and len(set(digests)) == 1 and digests[0] is not None
    }
