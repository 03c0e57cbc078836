"""Data files that the modules of a package read: their content is followed as if it were written in the code.

A payload may hide in a table of settings, read by code that does nothing suspicious itself. Only files whose whole name
stands in the code are read, or whose suffix does where they are called as a module is; and only for modules that are
followed as one program (`companions`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from mlsupply.evidence.archives import Member, Walk
from mlsupply.lazy import expression

MAX_BYTES = 1 << 16  # of one file
MAX_FILES = 64
SETTINGS_OF_PYTEST = frozenset({"pyproject.toml", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg"})
_SUFFIXES = rb"\.(?:jsonl?|toml|ya?ml|ini|cfg|conf|txt|dat|csv|tsv|xml|md|b64|hex|lst)"
_NAME = expression(rb"[\"'/\\]([\w.-]{1,80}%s)[\"']" % _SUFFIXES)
_SUFFIX_ALONE = expression(rb"[\"'](%s)[\"']" % _SUFFIXES)  # `Path(__file__).with_suffix(".json")`
_READS = expression(
    rb"\bjson\b|\btoml|\byaml\b|configparser|read_text|read_bytes|get_data|\bopen\(|resources|\bcsv\b|fileConfig"
)


def names_data(text: bytes) -> bool:
    """Does the source read data files, and name any?"""
    return bool(_READS.search(text) and (_NAME.search(text) or _SUFFIX_ALONE.search(text))) or b"getini(" in text


def named_data(members: Iterable[tuple[str, int]], sources: Mapping[str, bytes]) -> set[str]:
    """Paths of the data files that are named in the sources and at most `MAX_BYTES` large. members: path and size of all
    files; sources: path -> text."""
    names: set[str] = set()
    suffixes: set[str] = set()
    for text in sources.values():
        if _READS.search(text):
            names.update(found.decode("ascii", "replace") for found in _NAME.findall(text))
            suffixes.update(found.decode("ascii") for found in _SUFFIX_ALONE.findall(text))
    if any(b"getini(" in text for text in sources.values()):
        names |= SETTINGS_OF_PYTEST
    stems = {path.rpartition("/")[2].removesuffix(".py") for path in sources} if suffixes else ()
    names.update(stem + suffix for stem in stems for suffix in suffixes)
    if not names:
        return set()
    return {path for path, size in members if size <= MAX_BYTES and path.rpartition("/")[2] in names}


def read_data(wanted: Collection[str], walk: Walk) -> dict[str, bytes]:
    """Path -> content of those of these files that can be read."""
    if not wanted:
        return {}
    found = walk(lambda path, size: path in wanted and size <= MAX_BYTES)
    return {one.path: one.data for one in found if isinstance(one, Member) and one.path in wanted and one.data is not None}
