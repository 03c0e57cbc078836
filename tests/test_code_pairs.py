"""The stories of `code_pairs.txt`: hostile code, each beside the honest code it is mistaken for. Nothing of it is ever run.

A story is `## what it is | the rule that finds it`, the hostile code, a line `--`, and the honest code. Both are the
`__init__.py` of a package that imports os, subprocess and sys first; hosts end in `.example`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_code_reach import noticed


def pairs() -> Iterator[tuple[str, str, str, str]]:
    """What it is, the rule that finds it, the hostile code and the honest."""
    for story in (Path(__file__).parent / "code_pairs.txt").read_text(encoding="utf-8").split("## ")[1:]:
        head, _, body = story.partition("\n")
        name, _, rule = head.partition(" | ")
        hostile, _, honest = body.partition("--\n")
        yield name, rule, hostile, honest


@pytest.mark.parametrize(("rule", "hostile", "honest"), [pair[1:] for pair in pairs()], ids=[pair[0] for pair in pairs()])
def test_the_rule_tells_hostile_code_from_the_honest_code_it_looks_like(rule: str, hostile: str, honest: str) -> None:
    assert rule in noticed(hostile)
    assert rule not in noticed(honest)
