"""Where to go from an affected release: the smallest version no advisory hits. Pure.

Advisories say which versions end a flaw, not whether these exist, are yanked or suit the project; what is known of that is
handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mlsupply.advisories.matching import Asked, affected, asked
from mlsupply.advisories.ranges import FIXED, LAST_AFFECTED, OPEN, Window
from mlsupply.advisories.records import Advisory
from mlsupply.advisories.store import WINDOWS, WITHDRAWN, Row
from mlsupply.advisories.versions import sort_key


class Way(NamedTuple):
    """fixed: versions that end this flaw from here on, ascending; last_affected: the newest version listed as affected
    where nothing says what fixes it; clears_all: the smallest version that no advisory of the project hits, or ""."""

    fixed: tuple[str, ...] = ()
    last_affected: str = ""
    clears_all: str = ""


def clearing(rows: Sequence[Row], version: Asked, known: Iterable[str] = ()) -> str:
    """The smallest version above this one, among the fixed versions of the project's advisories and those `known` to
    exist, that no live record hits; a final release before a pre-release. "" where there is none."""
    if version.key is None:
        return ""
    candidates = {window[4] for row in rows if not row[WITHDRAWN] for window in row[WINDOWS] if window[2] == FIXED}
    keyed = ((sort_key(text), text) for text in candidates.union(known))
    higher = sorted((not _final(key), key, text) for key, text in keyed if key is not None and key > version.key)
    return next((text for _, _, text in higher if not affected(rows, asked(text))), "")


def way_out(records: Iterable[Advisory], version: Asked) -> Way:
    """What the records that hit a version say of how their flaw ends."""
    key = version.public or version.key or ""
    held = [window for record in records for window in record.windows if _above(window, key)]
    fixed = {window.high: window.last for window in held if window.ends == FIXED}
    if fixed:
        return Way(fixed=tuple(fixed[high] for high in sorted(fixed)))
    listed = {window.high: window.last for window in held if window.ends == LAST_AFFECTED}
    if listed and all(window.ends != OPEN for window in held):
        return Way(last_affected=listed[max(listed)])
    return Way()


def _above(window: Window, key: str) -> bool:
    return not window.high or window.high >= key


def _final(key: str) -> bool:
    """Neither a pre-release nor a dev-release."""
    return "!~" in key and key.partition("+")[0].endswith("~")
