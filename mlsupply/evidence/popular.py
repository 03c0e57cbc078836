"""The popular projects of the public index, read from the package's own data when first needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mlsupply.model import DataSource
from mlsupply.named import NamedTuple

NAME_DATA = Path(__file__).resolve().parent.parent / "data" / "names"


class Popular(NamedTuple):
    """names: canonical, most popular first; neighbours: honest names beside them, reviewed by hand; source: where the list
    is from and how old it is."""

    names: tuple[str, ...]
    neighbours: frozenset[str]
    source: DataSource


@cache
def popular() -> Popular:
    """The popular projects and their neighbours. The first file's first line says when and of what it was made."""
    head, _, body = (NAME_DATA / "popular.txt").read_text(encoding="ascii").partition("\n")
    _, made, *_, url = head.split()
    names = tuple(body.split())
    reviewed = (NAME_DATA / "neighbours.txt").read_text(encoding="ascii").partition("\n")[2]
    return Popular(names, frozenset(reviewed.split()), DataSource("popular projects", made, records=len(names), url=url))


def lists_stamp() -> str:
    """What changes whenever one of the lists does: their sizes and times of writing."""
    stats = [path.stat() for path in sorted(NAME_DATA.iterdir()) if path.is_file()]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)
