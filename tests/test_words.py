"""The quick `StrEnum` is what `enum.StrEnum` is, as far as the program asks."""

from __future__ import annotations

import copy
import enum
import json
import pickle
from typing import Any

import pytest

from mlsupply.model import Kind, Reason, Severity
from mlsupply.words import StrEnum


class Ours(StrEnum):
    """Of two."""

    HIGH = "high"
    LOW_ONE = "low-one"

    @property
    def place(self) -> int:
        return list(Ours).index(self)


class Theirs(enum.StrEnum):
    """Of two."""

    HIGH = "high"
    LOW_ONE = "low-one"

    @property
    def place(self) -> int:
        return list(Theirs).index(self)


@pytest.mark.parametrize("words", [Ours, Theirs])
def test_members_are_strings_with_a_name_and_a_class(words: Any) -> None:
    high, low = words
    assert (high, low) == ("high", "low-one")
    assert (high.name, high.value, low.name, low.value) == ("HIGH", "high", "LOW_ONE", "low-one")
    assert words("low-one") is words.LOW_ONE is words["LOW_ONE"] is low
    assert (str(low), f"{low:>9}", "".join([low]), repr(low)) == (
        *("low-one", "  low-one", "low-one"),
        f"<{words.__name__}.LOW_ONE: 'low-one'>",
    )
    assert type(str(low)) is str
    assert [isinstance(low, kind) for kind in (words, str)] == [True, True]
    assert {high: 1}["high"] == {"high": 1}[high] == 1
    assert (low.place, len(words), low in words, words.__doc__) == (1, 2, True, "Of two.")
    assert {name: member.value for name, member in words.__members__.items()} == {"HIGH": "high", "LOW_ONE": "low-one"}
    assert json.dumps({high: [low]}) == '{"high": ["low-one"]}'


@pytest.mark.parametrize("words", [Ours, Theirs])
@pytest.mark.parametrize("other", ["HIGH", "", "medium", 1, None, []])
def test_what_is_no_member_is_refused(words: Any, other: object) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        words(other)


@pytest.mark.parametrize("member", [*Severity, *Kind, *Reason])
def test_a_member_that_went_to_another_process_and_back_is_the_same_one(member: StrEnum) -> None:
    assert pickle.loads(pickle.dumps(member)) is member
    assert copy.deepcopy(member) is copy.copy(member) is member
