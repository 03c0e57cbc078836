"""Members that stand in an archive twice: where all of them hold the same, it is all one which is taken."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from mlsupply.evidence.archives import Member, Walked, Wants
from mlsupply.evidence.facets import ArchiveFact

_KIND = "duplicate-name"
MAX_NAMES = 100  # that are read once more


def with_same_content(odd: Sequence[ArchiveFact], walked: Callable[[Wants], Iterable[Walked]]) -> list[ArchiveFact]:
    """The oddities, with those of names that stand for the same bytes each time as a kind of their own. walked: gives the
    members, with the bytes of those asked for; called only where a name comes twice."""
    times = Counter(fact.member for fact in odd if fact.kind == _KIND)
    if not 0 < len(times) <= MAX_NAMES:
        return list(odd)
    same = _same(times, walked)
    return [replace(fact, kind="duplicate-same") if fact.kind == _KIND and fact.member in same else fact for fact in odd]


def _same(times: Counter[str], walked: Callable[[Wants], Iterable[Walked]]) -> Collection[str]:
    """The names whose members are all files, were all read, and hold the same. times: how often each comes again."""
    found: dict[str, list[bytes | None]] = {name: [] for name in times}
    for item in walked(lambda path, size: path in found):
        if isinstance(item, Member) and item.path in found:
            found[item.path].append(None if item.data is None else hashlib.sha256(item.data).digest())
    return {
        name
        for name, digests in found.items()
        if len(digests) == times[name] + 1 and len(set(digests)) == 1 and digests[0] is not None
    }
