"""The popular projects of the public index, read from the package's own data when first needed."""

from __future__ import annotations

from functools import cache

from mlsupply.model import DataSource
from mlsupply.named import NamedTuple
from mlsupply.paths import Path

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
    head, _, body = (NAME_DATA / "popular.txt").read_text(encoding="utf-8").partition("\n")
    _, made, *_, url = head.split()
    names = tuple(body.split())
    return Popular(names, neighbours(), DataSource("popular projects", made, records=len(names), url=url))


@cache
def listed() -> frozenset[str]:
    """The popular projects, to look names up in."""
    return frozenset(popular().names)


@cache
def neighbours() -> frozenset[str]:
    """Honest names beside popular ones, reviewed by hand."""
    return frozenset((NAME_DATA / "neighbours.txt").read_text(encoding="utf-8").partition("\n")[2].split())


@cache
def mistaken() -> dict[str, str]:
    """Popular projects that many install in place of another: canonical name -> canonical name of the other."""
    lines = (NAME_DATA / "mistaken.txt").read_text(encoding="utf-8").splitlines()[1:]
    pairs = (line.partition(" ") for line in lines)
    return {name: other for name, _, other in pairs}


def english() -> frozenset[str]:
    """Words of the language that resemble popular names: `python -m tests.bench.names_words` finds them."""
    return frozenset((NAME_DATA / "english.txt").read_text(encoding="utf-8").partition("\n")[2].split())
