"""Which names have published advisories about flaws of their own: a sign of an honest project, since people look for flaws
in what others use. Only the embedded snapshot is read, so that the answer is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlsupply.advisories.store import EMBEDDED, Row, opened, unpack


def advised_of(names: Iterable[str]) -> frozenset[str]:
    """Those of the canonical names with an advisory about a flaw of their own and none about malware. Raises
    `MlsupplyError` where the snapshot is damaged."""
    with opened(EMBEDDED) as store:
        return frozenset(name for name, rows in store.rows(names).items() if _of_flaws(rows))


def _of_flaws(rows: Iterable[Row]) -> bool:
    records = [record for record in map(unpack, rows) if not record.withdrawn]
    return bool(records) and not any(record.malicious for record in records)
