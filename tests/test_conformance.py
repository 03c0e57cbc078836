"""The conformance corpus, and the matcher against a slow evaluation that shares no code with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlsupply.advisories.matching import affected, asked
from tests.advisory_data import record, rows_of
from tests.bench.conformance import EXPORT, compare, read
from tests.bench.slow_osv import affected as slowly_affected

CORPUS = Path(__file__).parent / "conformance"
CASES = [case for path in sorted(CORPUS.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}: {case['reason']}")
def test_the_corpus(case: dict[str, Any]) -> None:
    rows = rows_of([case["record"]]).get(case["project"], [])
    assert {version: affected(rows, asked(version)) for version in case["versions"]} == case["versions"]


_VERSIONS = st.sampled_from(
    ["0.1", "1.0", "1.0rc1", "1.0.post1", "1.0.dev1", "1.0+cpu", "1.1", "1.1a1", "1.2", "2.0", "2.0b1", "2.0.1", "1!0.5"]
)
_EVENTS = st.lists(
    st.builds(
        lambda kind, version: {kind: version},
        st.sampled_from(["introduced", "fixed", "last_affected"]),
        st.one_of(_VERSIONS, st.sampled_from(["0", "1.0-NA", "1.0-1", "1.1.0-rc.1", "1.0-1+b", "trunk"])),
    ).filter(lambda event: event != {"introduced": "trunk"}),
    max_size=6,
)


_FIXED_IN_THE_LAST_AFFECTED = [{"introduced": "0.1"}, {"last_affected": "1.0rc1"}, {"fixed": "1.0rc1"}]
_AND_AGAIN = [*_FIXED_IN_THE_LAST_AFFECTED[:2], {"introduced": "1.0rc1"}, {"fixed": "1.0rc1"}]


@given(st.sampled_from(["ECOSYSTEM", "SEMVER"]), _EVENTS, st.lists(_VERSIONS, max_size=3), _VERSIONS)
@example("ECOSYSTEM", _FIXED_IN_THE_LAST_AFFECTED, [], "1.0rc1")
@example("ECOSYSTEM", _FIXED_IN_THE_LAST_AFFECTED[::-1], [], "1.0rc1")
@example("ECOSYSTEM", _AND_AGAIN, [], "1.0rc1")
def test_any_log_of_events_means_what_the_schema_says(
    kind: str, events: list[dict[str, str]], listed: list[str], version: str
) -> None:
    known = record("TEST-1", events=events, versions=listed)
    known["affected"][0]["ranges"][0]["type"] = kind
    assert affected(rows_of([known])["demo"], asked(version)) == slowly_affected(known, "demo", version)


@pytest.mark.shared
def test_a_sample_of_the_real_records_agrees_with_the_slow_evaluation() -> None:
    outcome = compare(read(EXPORT, every=60))
    assert outcome.wrong == ()
    assert outcome.listed + outcome.boundary > 10_000
