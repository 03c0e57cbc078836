"""What a person or an editor learns of rules: pages, facets, a JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from mlsupply.cli import main
from mlsupply.ruleset.facets import FACETS, vocabulary
from mlsupply.ruleset.library import builtin_files, builtin_rules
from mlsupply.ruleset.pages import facet_page, page
from mlsupply.ruleset.reading import read_rule
from mlsupply.ruleset.schema import rule_schema
from tests.rule_facets import RULE, register
from tests.test_rule_mistakes import MISTAKES


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["rules", *words])


def test_a_page_says_what_fires_what_is_said_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    when = "{any: [{weight: {more_than: $limit}}, {not: {colour: green}}]}"
    rule, faults = read_rule("crate.yaml", RULE.replace("{weight: {more_than: 20}}", when), {"limit": 20})
    assert rule is not None, faults
    text = page(rule, {"limit": 20})
    for part in (
        "ACME-C001  A crate is too heavy",
        "high severity, confidence medium, kind content, looks at crate, decided offline",
        "  any of:\n    weight more than $limit\n    not:\n      colour is green",
        "  $limit is 20",
        "Says\n  anvil weighs 80 kg",
        "  fires:   label: anvil, weight: 80",
        "  https://example.org/crates",
        "Source: crate.yaml:1",
    ):
        assert part in text


def test_every_built_in_rule_and_facet_has_a_page() -> None:
    values, rules = builtin_rules()
    for rule in rules:
        text = page(rule, values)
        assert rule.title in text
        said = text.partition("\nSays\n")[2].partition("\nSamples\n")[0]
        assert "{{" not in said, rule.id
        assert not said.rstrip().endswith(":"), rule.id


def test_what_a_sample_leaves_open_stands_as_its_field() -> None:
    values, rules = builtin_rules()
    text = page(next(rule for rule in rules if rule.id == "MLS-R014"), values)
    assert "the lock and <index> name different sha256 for demo-1.0-py3-none-any.whl of example 1.0" in " ".join(
        text.split()
    )
    assert all(facet_page(facet).startswith(facet.name) for facet in FACETS)
    code = facet_page(next(facet for facet in FACETS if facet.name == "code")).splitlines()
    assert {"  variant", "  moment", "  detail"} <= {line.partition(":")[0] for line in code}  # one a line


@pytest.mark.parametrize("name", ["release", "index", "requirement", "pinning", "origin", "name"])
def test_the_page_of_a_facet_tells_what_each_field_means_and_the_operators_of_a_kind_once(name: str) -> None:
    lines = facet_page(next(facet for facet in FACETS if facet.name == name)).splitlines()
    words = vocabulary(name)
    assert words is not None
    told = [
        one for line in lines if line[2:3].isalpha() and ": " in line for one in line.strip().partition(":")[0].split(", ")
    ]
    assert set(words.fields) <= set(told)
    operators = [line for line in lines if " takes: " in line]
    assert len(operators) == len({field.kind for field in words.fields.values()})
    assert "  text takes: is, is_not, in," in "\n".join(operators)


def test_the_schema_is_a_schema() -> None:
    """A test of its own, not a part of the fixture below: it takes seconds, and every worker makes the fixture anew."""
    jsonschema.Draft202012Validator.check_schema(rule_schema())


def test_the_schema_takes_the_rules_there_are() -> None:
    validator = jsonschema.Draft202012Validator(rule_schema())
    for file, text in builtin_files():
        if "/lists/" not in file:
            errors = [error.message for error in validator.iter_errors(_document(text))]
            assert errors == [], file


BEYOND_A_SCHEMA = ("named $hard", "repeated group", "not a regular expression", "not YAML")


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    """Of rules that look at crates."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        register(monkeypatch)
        return jsonschema.Draft202012Validator(rule_schema())


@pytest.mark.parametrize(("right", "wrong", "message"), [(row[0], row[1], row[3]) for row in MISTAKES])
def test_an_editor_sees_the_same_mistakes_by_the_schema(
    right: str, wrong: str, message: str, validator: jsonschema.Draft202012Validator
) -> None:
    assert validator.is_valid(_document(RULE))
    if not any(words in message for words in BEYOND_A_SCHEMA):
        assert not validator.is_valid(_document(RULE.replace(right, wrong, 1)))


def _document(text: str) -> Any:
    return yaml.safe_load(text)


def test_show_prints_a_users_rule_beside_the_built_in_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    register(monkeypatch)
    monkeypatch.setattr("mlsupply.ruleset.library.builtin_files", list)
    (tmp_path / "heavy.yaml").write_text(RULE, encoding="utf-8")
    assert run("show", "acme-c001", "--rules", str(tmp_path)).stdout.startswith("ACME-C001  A crate is too heavy")
    assert "ACME-C001  high" in run("list", "--rules", str(tmp_path)).stdout


def test_a_rule_that_is_not_there_is_told_with_the_nearest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    register(monkeypatch)
    monkeypatch.setattr("mlsupply.ruleset.library.builtin_files", list)
    (tmp_path / "heavy.yaml").write_text(RULE, encoding="utf-8")
    result = run("show", "ACME-C002", "--rules", str(tmp_path))
    assert result.exit_code == 2
    assert "there is no rule ACME-C002, did you mean ACME-C001?" in result.stderr


def test_facets_and_schema_are_printed() -> None:
    assert "archive" in run("facets").stdout
    assert run("facets", "archvie").exit_code == 2
    assert '"title": "A rule of mlsupply"' in run("schema").stdout
