"""Parts of a text that stand near one another: the same as one regular expression finds, in one pass."""

from __future__ import annotations

import re

import pytest

from mlsupply.evidence.python.commands.nearby import Gap, near

CHAIN = near("aa|b", Gap(3, "|;"), "c", Gap(2), "d+")
PLAIN = re.compile(r"(?:aa|b)[^|;]{0,3}c[^\n]{0,2}d+", re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "bcd",
        "b..c.d",
        "b...c..ddx",
        "b....cd",
        "b|cd",
        "aa;b.C\nd",
        "bc\nd",
        "b.b.c.c.D",
        "bbbbcccc....dddd",
        "cdb",
    ],
)
def test_it_finds_what_the_expression_finds(text: str) -> None:
    found = PLAIN.search(text)
    assert bool(CHAIN.search(text)) == bool(found)
    assert CHAIN.search(text) in text


def test_what_is_shown_goes_from_the_first_part_to_the_last() -> None:
    assert CHAIN.search("xx b.c.ddd yy") == "b.c.ddd"


def test_many_heads_cost_no_more_than_their_number() -> None:
    many = near("b", Gap(100_000), "c", Gap(5), "d")
    assert many.search("b" * 200_000 + "c" * 200_000) == ""
