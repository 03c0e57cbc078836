"""The rules that come with the package: whole, tested by their samples, and equal to their compiled form."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mlsupply
from mlsupply.errors import MlsupplyError
from mlsupply.model import Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import conditions, load
from mlsupply.ruleset.facets import FACETS, FieldKind, vocabulary
from mlsupply.ruleset.library import COMPILED, builtin_rules, compile_builtin
from mlsupply.ruleset.samples import run_samples
from tests.conftest import NOW
from tests.rule_facets import RULE, register

EVIDENCE = Path(mlsupply.__file__).parent / "evidence"


def test_every_rule_does_on_its_samples_what_they_say() -> None:
    values, rules = builtin_rules()
    assert [str(fault) for fault in run_samples(rules, values)] == []


def test_the_compiled_rules_are_those_of_the_yaml() -> None:
    assert COMPILED.read_bytes() == compile_builtin(), "run: mlsupply rules compile"


def test_a_rule_of_the_package_says_what_why_and_whence() -> None:
    bare = [rule.id for rule in builtin_rules()[1] if not (rule.what and rule.why and rule.since and rule.references)]
    assert bare == []


def test_no_rule_decides_by_words_that_are_meant_for_people() -> None:
    rules = builtin_rules()[1]
    assert [rule.id for rule in rules for test in conditions.tests_of(rule.when) if test.field in {"detail", "chain"}] == []


@pytest.mark.parametrize("facet", FACETS, ids=lambda facet: facet.name)
def test_a_facet_has_words_a_rule_can_use(facet: object) -> None:
    words = vocabulary(str(getattr(facet, "name", "")))
    assert words is not None
    assert words.doc
    assert any(field.kind is not FieldKind.OTHER for field in words.fields.values())


def _facet_classes() -> list[str]:
    """Frozen dataclasses in `evidence` whose name ends in Fact or Facet."""
    return [
        f"mlsupply.evidence.{path.relative_to(EVIDENCE).with_suffix('').as_posix().replace('/', '.')}.{node.name}"
        for path in sorted(EVIDENCE.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Fact", "Facet"))
    ]


def test_a_facet_that_exists_is_registered() -> None:
    registered = {f"{facet.module}.{facet.class_name}" for facet in FACETS}
    assert set(_facet_classes()) <= registered
    assert all(name.endswith(("Fact", "Facet")) for name in registered)


def _own(monkeypatch: pytest.MonkeyPatch, **changes: object) -> RuleSettings:
    register(monkeypatch)
    monkeypatch.setattr("mlsupply.ruleset.library._compiled", lambda facet="": ({"limit": 20}, []))
    text = RULE.replace("more_than: 20", "more_than: $limit")
    return RuleSettings(files=(("mine/heavy.yaml", text),), **changes)  # type: ignore[arg-type]  # keywords of the caller


def test_a_users_rule_joins_the_built_in_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = load(_own(monkeypatch), NOW)
    assert rules.wants("crate")
    assert rules.find("ACME-C001")


def test_a_rule_is_switched_off_or_changed_in_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(_own(monkeypatch, off=("ACME-C001",)), NOW).find("ACME-C001") is None
    changed = load(_own(monkeypatch, severity=(("ACME-C001", Severity.LOW),)), NOW).find("ACME-C001")
    assert changed is not None
    assert changed.severity is Severity.LOW


def test_a_named_value_of_the_user_reaches_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(_own(monkeypatch, values=(("limit", 90),)), NOW).values["limit"] == 90


def test_a_setting_for_a_rule_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MlsupplyError, match="ACME-C002, which there is not, did you mean ACME-C001"):
        load(_own(monkeypatch, off=("ACME-C002",)), NOW)


def test_faults_in_a_users_rules_stop_the_run_with_all_of_them() -> None:
    broken = RULE.replace("crate", "nothing")
    with pytest.raises(MlsupplyError, match=r"2 faults in rule files:\n  a\.yaml:3:11: .*\n  b\.yaml:3:11: "):
        load(RuleSettings(files=(("a.yaml", broken), ("b.yaml", broken.replace("C001", "C002")))), NOW)
