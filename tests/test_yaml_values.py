"""YAML of strangers: plain values, and no more of them than somebody might have written down."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from mlsupply.evidence.references.configurations import card, yaml_file
from mlsupply.evidence.references.seen import Unread
from mlsupply.yaml_values import MOST, document, documents

LISTS = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
LISTS += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
MERGES = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 30)]


def test_values_are_those_of_yaml() -> None:
    text = "a: &one {n: 1, day: 2026-03-24}\nb: {<<: *one, n: 2}\nc: *one\n---\n- x\n"
    assert list(documents(text)) == [
        {
            "a": {"n": 1, "day": date(2026, 3, 24)},
            "b": {"n": 2, "day": date(2026, 3, 24)},
            "c": {"n": 1, "day": date(2026, 3, 24)},
        },
        ["x"],
    ]
    assert document(b"a: [1, ~, yes]") == {"a": [1, None, True]}
    assert document("") is None
    with pytest.raises(ValueError, match="more than one document"):
        document(text)


@pytest.mark.parametrize("lines", [LISTS, MERGES], ids=["lists", "merge keys"])
def test_a_page_of_aliases_to_aliases_is_refused_before_it_unfolds(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=f"more than {MOST:,} values"):
        document("\n".join(lines))


def test_what_is_counted_is_what_an_alias_repeats() -> None:
    text = "a: &a [1, 2, 3]\nb: [*a, *a]\n"  # 1 mapping, 2 keys, a list of 3, a list of two such lists
    assert list(documents(text, most=16)) == [{"a": [1, 2, 3], "b": [[1, 2, 3], [1, 2, 3]]}]
    with pytest.raises(ValueError, match="more than 15 values"):
        documents(text, most=15)


@pytest.mark.parametrize("text", ["a: *nothing", "a: &a [*a]", "- *", "&", "a: *b\nb: &b 1", "*a: 1", "[" * 5_000 + "*a"])
def test_odd_aliases_are_values_or_faults_of_the_parser(text: str) -> None:
    try:
        list(documents(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return


def test_a_project_whose_files_unfold_is_told_so_and_costs_nothing() -> None:
    """Met in a README's front matter or a training configuration, of whoever owns the project."""
    merges = "\n".join(MERGES)
    assert card(f"---\nlicense: mit\n{merges}\n---\n# A model\n") == []
    (unread,) = yaml_file(f"base_model: acme/base\n{merges}\n")
    assert isinstance(unread, Unread)
    assert f"more than {MOST:,} values" in unread.detail


def test_a_training_configuration_longer_than_is_looked_at_is_a_gap_and_no_silence() -> None:
    from mlsupply.evidence.references.configurations import yaml_file
    from mlsupply.evidence.references.seen import Unread
    from mlsupply.model import Reason

    named = "base_model: acme/demo\n"
    assert not any(isinstance(one, Unread) for one in yaml_file(named))
    *_, found = yaml_file("padding:\n" + "- 1\n" * 30_000 + named)
    assert isinstance(found, Unread)
    assert found.reason is Reason.LIMIT
