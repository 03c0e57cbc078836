"""Data files that the modules of a small package name: what they say is followed as if it stood in the code.

A payload in a table of settings is read by code that does nothing by itself. Only files that are named whole in the code
are read, and only for packages that are followed together (`companions`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from mlsupply.evidence.archives import Member, Walked, Wants
from mlsupply.lazy import expression

MAX_BYTES = 1 << 16  # of one file
MAX_FILES = 64
_NAME = expression(rb"[\"'/\\]([\w.-]{1,80}\.(?:jsonl?|toml|ya?ml|ini|cfg|conf|txt|dat|csv|tsv|xml|md|b64|hex|lst))[\"']")
_READS = expression(rb"\bjson\b|\btoml|\byaml\b|configparser|read_text|read_bytes|get_data|\bopen\(|resources|\bcsv\b")


def named_data(members: Iterable[tuple[str, int]], sources: Mapping[str, bytes]) -> set[str]:
    """Paths of the data files that are named in the sources and small enough to be read. members: path and size of all
    files."""
    names: set[str] = set()
    for text in sources.values():
        if _READS.search(text):
            names.update(found.decode("ascii", "replace") for found in _NAME.findall(text))
    if not names:
        return set()
    return {path for path, size in members if size <= MAX_BYTES and path.rpartition("/")[2] in names}


def read_data(wanted: Collection[str], walked: Callable[[Wants], Iterable[Walked]]) -> dict[str, bytes]:
    """The bytes of these files, by path. walked: gives the members of the package, with the bytes of those asked for."""
    if not wanted:
        return {}
    found = walked(lambda path, size: path in wanted and size <= MAX_BYTES)
    return {one.path: one.data for one in found if isinstance(one, Member) and one.path in wanted and one.data is not None}
