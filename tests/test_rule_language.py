"""The rule language: what a rule says of a fact, in three truth values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.model import Coordinate, Package, Place, Quote, Reason, Severity
from mlsupply.ruleset import Fact, Rules, Unknown
from mlsupply.ruleset.conditions import All, AnyOf, Condition, Decide, FieldTest, Not, decider, from_json, to_json, undecided
from mlsupply.ruleset.facets import FieldKind
from mlsupply.ruleset.messages import filled
from mlsupply.ruleset.operators import OPERATORS, prepared
from mlsupply.ruleset.patterns import PatternError, compiled, search
from mlsupply.ruleset.reading import read_rule
from mlsupply.ruleset.rule import Rule
from tests.conftest import NOW
from tests.rule_facets import RULE, CrateFacet, register


@pytest.fixture(autouse=True)
def _crates(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


def rule(when: str, text: str = RULE) -> Rule:
    found, faults = read_rule("crate.yaml", text.replace("{weight: {more_than: 20}}", when), {"soft": ["wool", "felt"]})
    assert found is not None, faults
    return found


def truth(when: str, crate: CrateFacet) -> bool | None:
    return decider(rule(when).when, {"soft": ["wool", "felt"]})(crate, NOW)


@pytest.mark.parametrize(
    ("when", "holds", "fails"),
    [
        ("{fragile: true}", {"fragile": True}, {}),
        ("{label: wool}", {"label": "wool"}, {"label": "woolly"}),
        ("{label: [wool, felt]}", {"label": "felt"}, {"label": "iron"}),
        ("{label: $soft}", {"label": "felt"}, {"label": "iron"}),
        ("{label: {not_in: $soft}}", {"label": "iron"}, {"label": "felt"}),
        ("{label: {starts_with: [a, b]}}", {"label": "bell"}, {"label": "cell"}),
        ("{label: {ends_with: .pth}}", {"label": "x.pth"}, {"label": "x.pthx"}),
        ("{label: {contains: in}}", {"label": "tins"}, {"label": "cans"}),
        ("{label: {matches: '^c[ae]n+$'}}", {"label": "cann"}, {"label": "con"}),
        ("{label: {exists: true}}", {"label": "x"}, {"label": ""}),
        ("{colour: red}", {"colour": "red"}, {}),
        ("{shape: {is_not: tube}}", {}, {"shape": "tube"}),
        ("{weight: {at_least: 2, less_than: 3}}", {"weight": 2}, {"weight": 3}),
        ("{weight: {in: [1, 2]}}", {"weight": 2.0}, {"weight": 2.5}),
        ("{version: {within: '>=1.0,<2'}}", {"version": "1.5rc1"}, {"version": "2.0"}),
        ("{version: '1.0'}", {"version": "1.0.0"}, {"version": "1.0.1"}),
        ("{packed: {younger_than: 3 days}}", {"packed": NOW - timedelta(hours=71)}, {"packed": NOW - timedelta(hours=72)}),
        ("{packed: {younger_than: 2 weeks}}", {"packed": NOW - timedelta(days=13.9)}, {"packed": NOW - timedelta(days=14)}),
        (
            "{packed: {younger_than: 90 minutes}}",
            {"packed": NOW - timedelta(minutes=89)},
            {"packed": NOW - timedelta(hours=2)},
        ),
        ("{packed: {older_than: 1 year}}", {"packed": NOW - timedelta(days=366)}, {"packed": NOW}),
        ("{packed: {before: 2026-01-01}}", {"packed": datetime(2025, 12, 31, tzinfo=UTC)}, {"packed": NOW}),
        ("{tags: fresh}", {"tags": ("fresh", "old")}, {"tags": ("old",)}),
        ("{tags: [fresh, new]}", {"tags": ("new",)}, {"tags": ()}),
        ("{tags: {all_in: [a, b]}}", {"tags": ("a",)}, {"tags": ("a", "c")}),
        ("{tags: {none_in: [a, b]}}", {"tags": ("c",)}, {"tags": ("a", "c")}),
        ("{tags: {any_matches: '^a'}}", {"tags": ("ab",)}, {"tags": ("ba",)}),
        ("{tags: {count: {at_least: 2}}}", {"tags": ("a", "b")}, {"tags": ("a",)}),
        ("{weight: {known: false}}", {}, {"weight": 1}),
        ("always", {}, None),
    ],
)
def test_an_operator_tells_a_fact_from_its_opposite(when: str, holds: dict[str, Any], fails: dict[str, Any] | None) -> None:
    assert truth(when, CrateFacet(**{"label": "x", **holds})) is True
    if fails is not None:
        assert truth(when, CrateFacet(**{"label": "x", **fails})) is False


def test_what_is_not_known_is_neither_true_nor_false() -> None:
    assert truth("{weight: {more_than: 20}}", CrateFacet(label="x")) is None
    assert truth("{not: {weight: {more_than: 20}}}", CrateFacet(label="x")) is None
    for test in ("within: '>1'", "is: '1.0'", "is_not: '1.0'", "not_in: ['1.0', '2.0']"):
        assert truth(f"{{version: {{{test}}}}}", CrateFacet(label="x", version="not a version")) is None, test


def test_the_unknown_stays_only_where_the_answer_hangs_on_it() -> None:
    heavy_and_fragile = "{weight: {more_than: 20}, fragile: true}"
    assert truth(heavy_and_fragile, CrateFacet(label="x", fragile=False)) is False
    assert truth(heavy_and_fragile, CrateFacet(label="x", fragile=True)) is None
    either = "{any: [{weight: {more_than: 20}}, {fragile: true}]}"
    assert truth(either, CrateFacet(label="x", fragile=True)) is True
    assert truth(either, CrateFacet(label="x", fragile=False)) is None


LEAVES = [FieldTest("fragile", FieldKind.TRUTH, "is", True), FieldTest("weight", FieldKind.NUMBER, "more_than", 1)]
CONDITIONS = st.recursive(
    st.sampled_from([*LEAVES, FieldTest("tags", FieldKind.TEXTS, "has", "a")]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=8,
)


@given(condition=CONDITIONS)
def test_a_decided_answer_holds_whatever_the_unknown_turns_out_to_be(condition: Condition) -> None:
    decide: Decide = decider(condition, {})
    answer = decide(CrateFacet(label="x", fragile=True, weight=None, tags=None), NOW)
    later = {decide(CrateFacet(label="x", fragile=True, weight=w, tags=t), NOW) for w in (0, 2) for t in ((), ("a",))}
    assert None not in later
    assert answer is None or later == {answer}


@given(condition=CONDITIONS)
def test_an_open_answer_names_the_fields_it_hangs_on(condition: Condition) -> None:
    crate = CrateFacet(label="x", fragile=True, weight=None, tags=None)
    is_open = decider(condition, {})(crate, NOW) is None
    assert bool(undecided(condition, {}, crate, NOW)) is is_open
    assert set(undecided(condition, {}, crate, NOW)) <= {"weight", "tags"}


@given(condition=CONDITIONS)
def test_the_compiled_form_says_the_same(condition: Condition) -> None:
    assert from_json(to_json(condition)) == condition


def test_a_finding_carries_what_the_rule_and_the_fact_say() -> None:
    rules = Rules([rule("{weight: {more_than: 20}}")], {}, NOW)
    package = Package(coordinate=Coordinate("pypi", "shelf", "1.0"))
    fact = Fact(
        CrateFacet(label="an\x1b[31mvil", weight=80.0, moment="install"),
        places=(Place("uv.lock", 3),),
        quotes=(Quote("80 kg"),),
    )
    (finding,) = rules.judge("content", [fact], package=package).findings
    assert (finding.id, finding.severity, finding.moment) == ("ACME-C001", Severity.HIGH, "install")
    assert finding.message == "an\ufffdvil weighs 80 kg"
    assert finding.remedy == "Repack an\ufffdvil"
    assert finding.places == (Place("uv.lock", 3),)
    assert finding.package == package.coordinate


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{label}", "anvil"),
        ("{{{label}}}", "{anvil}"),
        ("{moment:or no moment}", "no moment"),
        ("{label:or no label}", "anvil"),
        ("{packed:age}", "26 hours"),
        ("{packed}", "2026-03-23 10:00 UTC"),
        ("{weight}", "unknown"),
        ("{tags}", "a, b, c, d, e and 2 more"),
        ("{package} at {place}", "shelf 1.0 at uv.lock:3"),
    ],
)
def test_a_message_is_filled_with_values_in_words(message: str, said: str) -> None:
    crate = CrateFacet(label="anvil", packed=NOW - timedelta(hours=26), tags=tuple("abcdefg"))
    assert filled(message, crate, {"package": "shelf 1.0", "place": "uv.lock:3"}, NOW) == said


@pytest.mark.parametrize(("weight", "said"), [(1264.8, "1,265"), (100.0, "100"), (99.44, "99.4"), (2.5, "2.5"), (0.0, "0")])
def test_no_number_is_written_as_a_power_of_ten(weight: float, said: str) -> None:
    assert filled("{weight} kg", CrateFacet(label="anvil", weight=weight), {}, NOW) == f"{said} kg"


def test_the_same_thing_at_two_places_is_one_finding() -> None:
    rules = Rules([rule("{fragile: true}")], {}, NOW)
    facts = [Fact(CrateFacet(label="a", fragile=True), places=(Place("a", n),), subject="shelf") for n in (1, 2)]
    (finding,) = rules.judge("content", facts).findings
    assert finding.places == (Place("a", 1), Place("a", 2))


def test_an_unknown_that_matters_is_a_gap_with_the_probes_reason() -> None:
    heavy, packed = rule("{weight: {more_than: 20}}"), rule("{weight: {less_than: 1}}", RULE.replace("C001", "C002"))
    why = Unknown(Reason.OFFLINE, "the scales are off", "scan online")
    said = Rules([heavy, packed], {}, NOW).judge(
        "content", [Fact(CrateFacet(label="a"), subject="a", unknown={"weight": why})]
    )
    (gap,) = said.gaps
    assert gap.reason is Reason.OFFLINE
    assert gap.detail == "ACME-C001, ACME-C002 could not be decided: the scales are off"
    assert not said.findings


def test_facts_that_no_rule_minds_are_clean() -> None:
    said = Rules([rule("{fragile: true}")], {}, NOW).judge("content", [Fact(CrateFacet(label="a"))])
    assert (said.findings, said.gaps) == ((), ())


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"(a|aa)*b", r"(a)\1", r".*a.*b.*c", r"(?=.*a)b", "(", "(?:x{0,900}y{0,900})", "x" * 1001]
)
def test_a_pattern_that_can_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern", [r"curl\s++-s\s++http", r"(?i)\b(curl|wget)\b.*sh", r"^[a-z]{1,20}-setup\.pth$", r"(?:ab){2}"]
)
def test_an_ordinary_pattern_is_taken(pattern: str) -> None:
    assert compiled(pattern).pattern == pattern


def test_a_text_longer_than_is_searched_is_unknown_rather_than_clean() -> None:
    assert search(compiled("needle"), "hay" * 10) is False
    assert search(compiled("needle"), "hay" * 1000) is None
    assert search(compiled("needle"), "needle" + "hay" * 1000) is True
    several = "{tags: {any_matches: needle}}"
    assert truth(several, CrateFacet(label="x", tags=("short", "hay" * 1000))) is None
    assert truth(several, CrateFacet(label="x", tags=("hay" * 1000, "needle"))) is True


ARGUMENTS: dict[str, Any] = {
    "truth": True, "number": 1, "text": "1", "texts": ["1"], "pattern": "a", "specifier": ">1", "duration": "1 day",
    "time": "2026-01-01", "number test": {"more_than": 1},
}  # fmt: skip


@pytest.mark.parametrize("kind", list(FieldKind))
def test_every_operator_takes_what_it_says_it_takes(kind: FieldKind) -> None:
    for operator in OPERATORS[kind]:
        assert callable(prepared(kind, operator.name, ARGUMENTS[operator.takes]))
