"""Aliases: which records speak of one flaw, and under which id it is shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlsupply.advisories.records import Advisory
from mlsupply.lazy import expression

_PREFERENCE = {"MAL": 0, "CVE": 1, "GHSA": 2, "PYSEC": 3}
_OTHER = 4
_NUMBERS = expression(r"\d{1,12}")


def grouped(records: Sequence[Advisory]) -> list[Advisory]:
    """The records of one project with their `group` set: union-find over ids and aliases of those not withdrawn, numbered
    in the order of the records. Only records of the same project are joined, so that a record with the ids of several
    flaws does not glue together what concerns different projects; a withdrawn record joins nothing."""
    leader = list(range(len(records)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    seen: dict[str, int] = {}
    for place, record in enumerate(records):
        if not record.withdrawn:
            for name in (record.id, *record.aliases):
                first, other = find(seen.setdefault(name, place)), find(place)
                leader[max(first, other)] = min(first, other)
    return [record._replace(group=find(place)) for place, record in enumerate(records)]


def display_order(names: Iterable[str]) -> list[str]:
    """All ids, the one to show first: MAL before CVE before GHSA before PYSEC before others, older before newer."""
    preferred = {name: _PREFERENCE.get(name.partition("-")[0], _OTHER) for name in names}
    if len(set(preferred.values())) == len(preferred):  # as nearly always: one id of each kind
        return sorted(preferred, key=preferred.__getitem__)
    return sorted(preferred, key=_rank)


def _rank(name: str) -> tuple[int, list[int], str]:
    return (_PREFERENCE.get(name.partition("-")[0], _OTHER), [int(n) for n in _NUMBERS.findall(name)], name)
