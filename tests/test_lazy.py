"""Regular expressions that are compiled when first used, and how possessive groups are written for older Pythons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mlsupply
from mlsupply.lazy import expression, with_atomic_groups


@pytest.mark.parametrize(
    ("source", "made"),
    [
        (r"(?:[^*]|\*(?!/))*+\*/", r"(?>(?:[^*]|\*(?!/))*)\*/"),
        (r"(a(?:\.b)*+)(?:c){1,5}+", r"(a(?>(?:\.b)*))(?>(?:c){1,5})"),
        (r"(?:(?:ab?c)++d)?+", r"(?>(?:(?>(?:ab?c)+)d)?)"),
        (r"[^\s]++\d*+x{2}+", r"[^\s]++\d*+x{2}+"),  # of single characters: these match rightly everywhere
        (r"[)]*+(?:[(\]]a)*+\)*+", r"[)]*+(?>(?:[(\]]a)*)\)*+"),
        (r"[]()]+(?:a)++", r"[]()]+(?>(?:a)+)"),
    ],
)
def test_a_possessive_group_is_an_atomic_one_around_a_greedy_one(source: str, made: str) -> None:
    assert with_atomic_groups(source) == made
    assert with_atomic_groups(made) == made


def test_comments_of_a_spread_out_expression_are_no_groups() -> None:
    source = "(?:a  # of ( the first\n b)*+ # and )*+ no more"
    assert with_atomic_groups(source, re.VERBOSE) == "(?>(?:a  # of ( the first\n b)*) # and )*+ no more"


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        (r"/\*(?:[^*]|\*(?!/))*+\*/", "/* a * b */ c", "/* a * b */"),
        (r"[0-9]+(?:\.[0-9]+)*+", "1.2.dev3", "1.2"),
        (r"(?:ab?c)++a", "abcaca", "abcaca"),
    ],
)
def test_a_turn_that_fails_halfway_leaves_nothing_behind(source: str, text: str, found: str) -> None:
    """Python before 3.11.5 stays where the turn failed."""
    for pattern in (expression(source), expression(source.encode()), re.compile(with_atomic_groups(source))):
        match = pattern.match(text.encode() if isinstance(pattern.pattern, bytes) else text)  # type: ignore[arg-type]
        assert match is not None
        assert match[0] in (found, found.encode())


def test_every_expression_with_a_possessive_group_is_compiled_by_this_module() -> None:
    direct = re.compile(r"\bre\.(?:compile|match|search|sub|split|find\w+|fullmatch)\(\s*[^\n]*\)(?:[*+?]|\{[0-9,]+\})\+")
    folder = Path(mlsupply.__file__).parent
    assert not [path for path in folder.rglob("*.py") if path.name != "lazy.py" and direct.search(path.read_text())]
