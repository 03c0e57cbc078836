"""YAML of strangers with the lines of its values: nothing is constructed, and what aliases repeat is counted."""

from __future__ import annotations

import pytest

from mlsupply.inventory.yaml_text import MAX_DOCUMENTS, MAX_REPEATED, Rows, Table, documents_of, yaml_of
from mlsupply.model import Gap, Reason

LISTS = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
LISTS += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
MERGES = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{y{n}: 1, <<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 30)]
CHAIN = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 70)]


def _table(text: str) -> Table:
    document = yaml_of("x.yml", text)
    assert isinstance(document, Table), document
    return document


def _refused(text: str) -> Gap:
    *_, last = documents_of("x.yml", text)
    assert isinstance(last, Gap)
    return last


def test_values_are_text_and_know_the_line_on_which_their_text_begins() -> None:
    document = _table("a: 1.10\nb:\n  - x\n  - |\n    one\n    two\n  - 'y'\nc: >-\n  folded\n")
    assert document == {"a": "1.10", "b": ["x", "one\ntwo\n", "y"], "c": "folded"}
    assert document.lines == {"a": 1, "b": 3, "c": 9}
    assert isinstance(document["b"], Rows)
    assert document["b"].lines == [3, 5, 7]


def test_every_document_of_a_file_is_given_and_anchors_are_those_of_one() -> None:
    assert list(documents_of("x.yml", "a: &a 1\n---\n- 2\n---\n")) == [{"a": "1"}, ["2"], None]
    assert list(documents_of("x.yml", "")) == []
    first, second = documents_of("x.yml", "a: &a 1\n---\nb: *a\n")
    assert first == {"a": "1"}
    assert isinstance(second, Gap)
    assert (second.reason, second.place and second.place.line) == (Reason.MALFORMED, 3)


def test_what_comes_before_a_mistake_is_given_and_the_mistake_is_told() -> None:
    first, second = documents_of("x.yml", "a: 1\n---\nb: [\n")
    assert first == {"a": "1"}
    assert isinstance(second, Gap)
    assert second.reason is Reason.MALFORMED


def test_a_merge_key_adds_what_the_table_does_not_set() -> None:
    text = (
        "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall:\n  <<: [*one, *two]\n  a: 3\n"
        "last: {<<: *one, <<: *two}\nno: {<<: x}\n"
    )
    document = _table(text)
    assert document["all"] == {"a": "3", "b": "1", "c": "2"}
    assert document["all"].lines == {"a": 5, "b": 1, "c": 2}
    assert document["last"] == {"a": "1", "b": "1", "c": "2"}
    assert document["no"] == {}


def test_what_stands_under_a_key_that_is_set_twice_is_not_lost() -> None:
    document = _table("a: 1\nb: x\na: [2]\na: 3\n")
    assert document == {"a": "3", "b": "x"}
    assert document.again == [("a", "1", 1), ("a", ["2"], 3)]


def test_a_file_may_use_an_anchor_often() -> None:
    text = ".setup: &setup\n  - pip install a\n" + "".join(f"job{n}:\n  script: [*setup, make]\n" for n in range(200))
    assert _table(text)["job199"]["script"] == [["pip install a"], "make"]


def test_tags_mean_nothing() -> None:
    assert _table("script:\n  - !reference [.setup, script]\n  - !Sub 'make ${x}'\n")["script"] == [
        [".setup", "script"],
        "make ${x}",
    ]


@pytest.mark.parametrize("lines", [LISTS, MERGES], ids=["lists", "merge keys"])
def test_a_page_of_aliases_to_aliases_is_refused_before_it_unfolds(lines: list[str]) -> None:
    told = _refused("\n".join(lines))
    assert (told.reason, f"more than {MAX_REPEATED:,}" in told.detail) == (Reason.LIMIT, True)


def test_a_long_text_that_aliases_repeat_counts_for_its_length() -> None:
    text = "a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 1_000) + "]\n"
    assert _refused(text).reason is Reason.LIMIT


@pytest.mark.parametrize("text", ["\n".join(CHAIN), "a: " + "[" * 70 + "]" * 70, "a: " * 3 + "{b: " * 70])
def test_no_value_is_deeper_than_may_be_walked(text: str) -> None:
    assert _refused(text).reason in {Reason.LIMIT, Reason.MALFORMED}


def test_a_merge_key_repeated_in_chains_costs_what_its_aliases_do() -> None:
    text = "\n".join(["a0: &a0 {x0: 1}", *(f"a{n}: &a{n} {{x{n}: 1, <<: *a{n - 1}}}" for n in range(1, 60))])
    assert len(_table(text)["a59"]) == 60


def test_more_documents_than_anybody_writes_are_not_read() -> None:
    found = list(documents_of("x.yml", "--- a\n" * (MAX_DOCUMENTS + 5)))
    assert len(found) == MAX_DOCUMENTS + 1
    assert isinstance(found[-1], Gap)


@pytest.mark.parametrize(
    "text", ["a: *nothing", "a: &a [*a]", "- *", "&", "a: *b\nb: &b 1", "[" * 5_000 + "*a", "? [a]\n: b", "\x00"]
)
def test_odd_documents_are_refused_in_words(text: str) -> None:
    assert _refused(text).detail
