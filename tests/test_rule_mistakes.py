"""Mistakes in rule files: each gets a message with line, column, what is wrong and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsupply.cli import main
from mlsupply.ruleset.library import rules_folder
from mlsupply.ruleset.lists import merged
from mlsupply.ruleset.reading import read_all, read_rule
from tests.rule_facets import RULE, register


@pytest.fixture(autouse=True)
def _crates(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


MISTAKES = [
    # what was written instead of what, line:column, words of the message, words of the mend
    ("looks_at: crate", "looks_at: create", "3:11", "no facet named create, did you mean crate?", "facets: crate"),
    ("weight:", "wieght:", "4:8", "crate has no field wieght, did you mean weight?", "fields: label, fragile"),
    ("more_than", "greater_than", "4:17", "weight is a number, and greater_than does not apply", "more_than, at_least"),
    ("more_than: 20", "more_than: '20'", "4:28", "a number is wanted, not '20'", ""),
    ("{weight: {more_than: 20}}", "{label: 1.10}", "4:15", "1.10 was read as a number", 'put it in quotes: "1.10"'),
    ("{weight: {more_than: 20}}", "{label: no}", "4:15", "no was read as true or false", 'put it in quotes: "no"'),
    ("{weight: {more_than: 20}}", "{colour: rod}", "4:16", "colour is never 'rod', did you mean red?", "one of: red, green"),
    ("{weight: {more_than: 20}}", "{label: $hard}", "4:15", "named $hard, did you mean hards?", "hards"),
    ("{weight: {more_than: 20}}", "{label: {matches: '(a+)+'}}", "4:25", "inside a repeated group is not allowed", ""),
    ("{weight: {more_than: 20}}", "{label: {matches: '(a'}}", "4:25", "not a regular expression", ""),
    ("{weight: {more_than: 20}}", "{packed: {younger_than: 3d}}", "4:31", "a duration is a number and a unit", "3 days"),
    ("{weight: {more_than: 20}}", "{packed: {before: March}}", "4:25", "a date such as 2026-03-24", ""),
    ("{weight: {more_than: 20}}", "{version: {within: '1.0'}}", "4:26", "Invalid specifier: '1.0'", ">=1.0,<2.0"),
    ("{weight: {more_than: 20}}", "{all: []}", "4:13", "all of nothing means nothing", "when: always"),
    ("{weight: {more_than: 20}}", "{any: {fragile: true}}", "4:13", "any takes a list of conditions", "any: [{...}, {...}]"),
    ("{weight: {more_than: 20}}", "{fragile: maybe}", "4:17", "true or false is wanted, not 'maybe'", ""),
    ("severity: high", "severity: hihg", "5:11", "severity 'hihg' is none, did you mean high?", "critical, high, medium"),
    ("severity: high", "serverity: high", "5:1", "serverity is no key of a rule, did you mean severity?", "keys: id, title"),
    ("kind: content\n", "", "1:1", "kind is missing", "add kind: ..."),
    ("{label} weighs", "{lable} weighs", "8:10", "the message names {lable}, which is no field, did you mean label?", "{{"),
    ("{label} weighs", "{Label} weighs", "8:10", "{Label} in the message stands for nothing", "{{ for a brace"),
    ("{weight} kg", "{weight:.1f} kg", "8:10", "{weight:.1f} in the message stands for nothing", "write {field}"),
    ("{weight} kg", "{weight} kg}", "8:10", "} in the message stands for nothing", "{{ for a brace"),
    ("{weight} kg", "{weight:age}", "8:10", "the message wants the age of weight, which is no time", "write {weight}"),
    ("Repack {label}", "Repack {lable}", "9:9", "the remedy names {lable}, which is no field, did you mean label?", "{{"),
    ("weight: 0.1}", "weight: 0.1, note: light, soft}", "15:50", "crate has no field soft", "a comma within { } begins"),
    ("id: ACME-C001", "id: heavy crate", "1:5", "id 'heavy crate' is not well formed", "such as ACME-R001"),
    ("title: A crate", "title: Crate: A crate", "2:13", "not YAML: mapping values are not allowed", "in quotes"),
    ("  quiet:\n", "\tquiet:\n", "14:1", "not YAML", "indent with spaces, not tabs"),
    ("remedy:", "title:", "9:1", "not YAML: title stands here twice", "keep one of the two"),
    ("  quiet:\n    - {label: feather, weight: 0.1}\n", "", "12:3", "there is no sample under quiet:", "at least one"),
    ("{label: feather, weight: 0.1}", "{label: feather, wait: 0.1}", "15:24", "no field wait, did you mean weight?", ""),
    ("{label: feather, weight: 0.1}", "{label: 7, weight: 0.1}", "15:15", "text is wanted, not a number", 'quotes: "7"'),
    ("https://example.org/crates", "see the wiki", "10:14", "a reference is an https URL", ""),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "place", "message", "mend"), MISTAKES, ids=[row[3] for row in MISTAKES])
def test_a_mistake_is_named_with_its_place_and_its_mend(right: str, wrong: str, place: str, message: str, mend: str) -> None:
    assert right in RULE
    rule, faults = read_rule("crate.yaml", RULE.replace(right, wrong, 1), {"hards": ["iron"]})
    assert rule is None
    told = [str(fault) for fault in faults if message in fault.message]
    assert told, [str(fault) for fault in faults]
    assert told[0].startswith(f"crate.yaml:{place}: ")
    assert mend in told[0]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = RULE.replace("high", "hihg").replace("weight: {", "wieght: {").replace("kind: content\n", "")
    faults = read_rule("crate.yaml", text, {})[1]
    assert len(faults) == 3


def test_an_id_may_stand_once() -> None:
    rules, faults = read_all([("a.yaml", RULE), ("b.yaml", RULE)], {})
    assert len(rules) == 1
    assert "the id ACME-C001 is taken by a.yaml:1" in str(faults[0])


@pytest.mark.parametrize("text", ["", "- a\n", "a: &x 1\nb: *x\n", "a: !!python/object:os.system x\n", "a: [", "\x00"])
def test_what_is_no_rule_at_all_is_told_too(text: str) -> None:
    rule, faults = read_rule("crate.yaml", text, {})
    assert rule is None
    assert faults


@settings(max_examples=200)
@given(
    start=st.integers(0, len(RULE)),
    length=st.integers(0, 40),
    text=st.text(alphabet="{}[]:,-\"'\n\t #&*!|>%@$0aé\x00", max_size=12),
)
def test_no_damage_to_a_rule_file_escapes_as_an_exception(start: int, length: int, text: str) -> None:
    rule, faults = read_rule("crate.yaml", RULE[:start] + text + RULE[start + length :], {"soft": ["wool"]})
    assert (rule is None) is bool(faults)
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message for fault in faults)


def test_a_line_ends_where_yaml_says_and_a_fault_behind_the_last_newline_has_a_place() -> None:
    (fault,) = read_rule("a.yaml", "id: ACME-1\u2028title: here: there\x85", {})[1]
    assert (fault.line, fault.message) == (2, "not YAML: mapping values are not allowed in this context")


def test_a_list_adds_to_the_built_in_one_or_replaces_it() -> None:
    base = {"soft": ["wool"]}
    more, _ = merged([("mine/lists/soft.yaml", "what: more\nextends: true\nvalues: [felt]\n")], base)
    other, _ = merged([("mine/lists/soft.yaml", "what: others\nvalues: [silk]\n")], base)
    assert (more["soft"], other["soft"]) == (["wool", "felt"], ["silk"])


def test_a_list_with_a_mistake_says_where() -> None:
    _, faults = merged([("lists/soft.yaml", "what: x\nvalue: [{a: 1}]\nvaluse: 3\n")], {})
    assert [str(fault)[:20] for fault in faults] == ["lists/soft.yaml:3:1:", "lists/soft.yaml:2:9:"]


def test_rules_test_prints_the_sample_that_fails(tmp_path: Path) -> None:
    (tmp_path / "heavy.yaml").write_text(RULE.replace("0.1", "100"), encoding="utf-8")
    result = CliRunner().invoke(main, ["rules", "test", str(tmp_path)])
    assert result.exit_code == 1
    assert (
        f"{(tmp_path / 'heavy.yaml').as_posix()}:15:1: ACME-C001 fires on a sample on which it should stay quiet"
        in result.stdout
    )


def test_rules_test_is_content_with_good_samples(tmp_path: Path) -> None:
    (tmp_path / "heavy.yaml").write_text(RULE, encoding="utf-8")
    result = CliRunner().invoke(main, ["rules", "test", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "1 rule, 2 samples, 0 faults" in result.stderr


def test_rules_test_refuses_the_id_of_a_built_in_rule_as_a_scan_does(tmp_path: Path) -> None:
    (tmp_path / "heavy.yaml").write_text(RULE.replace("ACME-C001", "MLS-C001"), encoding="utf-8")
    result = CliRunner().invoke(main, ["rules", "test", "--rules", str(tmp_path)])
    assert result.exit_code == 1
    assert "MLS-C001 is a built-in rule (give yours another id" in result.stdout


def test_the_built_in_rules_may_be_named_by_their_folder() -> None:
    assert CliRunner().invoke(main, ["rules", "test", str(rules_folder() / "names")]).exit_code == 0


def test_rules_test_of_an_empty_folder_does_not_pass(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["rules", "test", str(tmp_path)]).exit_code == 2
