"""The live API: how often it is asked, what is decided here, and what happens when it fails."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.advisories.feeds import choose
from mlsupply.advisories.live import LiveFeed
from mlsupply.cli import main
from mlsupply.fetch import LiveFetch
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.advisory_data import fixed, record, up_to
from tests.osv_server import Fault, fails, says, serving

NOW = datetime(2026, 7, 24, 12, tzinfo=UTC)  # a day after the embedded snapshot


@pytest.fixture
def online(world: World) -> World:
    fetch = LiveFetch({}, Limits(request_seconds=0.5), sleep=lambda seconds: None)
    return replace(world, now=lambda: NOW, fetch=fetch)


def _ids(world: World, url: str, *names: str) -> dict[str, list[str]]:
    rows = LiveFeed(url, world).about(names).rows
    return {name: [row[0] for row in own] for name, own in rows.items()}


def test_a_cold_run_costs_two_round_trips_and_the_next_one_a_single_one(online: World) -> None:
    records = [record(f"PYSEC-2026-{9000 + n}", name=f"demo-{n}", events=fixed("2")) for n in range(3)]
    with serving(records) as server:
        first = _ids(online, server.url, "demo-0", "demo-1", "demo-2", "unknown")
        assert first == {f"demo-{n}": [f"PYSEC-2026-{9000 + n}"] for n in range(3)}
        assert server.asked["/v1/querybatch"] == 1
        assert sum(server.asked.values()) == 4
        server.asked.clear()
        assert _ids(online, server.url, "demo-0", "demo-1", "demo-2", "unknown") == first
        assert server.asked == {"/v1/querybatch": 1}


def test_a_record_that_changed_is_fetched_again(online: World) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        _ids(online, server.url, "demo")
        server.records[0] = {**record("PYSEC-2026-9000", events=fixed("3")), "modified": "2026-07-01T00:00:00Z"}
        rows = LiveFeed(server.url, online).about(["demo"]).rows["demo"]
        assert rows[0][2][0][4] == "3"


def test_a_project_with_many_unknown_records_is_asked_for_whole_by_pages(online: World) -> None:
    records = [record(f"PYSEC-2026-{9000 + n}", events=fixed("2")) for n in range(25)]
    with serving(records, page=10) as server:
        assert len(_ids(online, server.url, "demo")["demo"]) == 25
        assert server.asked == {"/v1/querybatch": 3, "/v1/query": 3}


def test_what_is_affected_is_decided_here(online: World, tmp_path: Path) -> None:
    """The API would say nothing of a local build of the last affected release."""
    (tmp_path / "requirements.txt").write_text("demo==2.10.0+cu128\n")
    with serving([record("PYSEC-2026-9000", events=up_to("2.10.0"), database_specific={"severity": "HIGH"})]) as server:
        report = _scan(tmp_path, server.url)
    assert [found["advisory"]["matched_on"] for found in report["findings"]] == ["public version"]
    assert str(report["sources"][0]["name"]).startswith("OSV API at 127.0.0.1")


def _scan(folder: Path, url: str, expect: int = 1) -> dict[str, list[dict[str, dict[str, str]]]]:
    arguments = [
        "scan",
        str(folder),
        "--check",
        "advisories",
        "--feed",
        "live",
        "--feed-url",
        url,
        "--no-resolve",
        "-o",
        "json",
    ]
    result = CliRunner().invoke(main, arguments, env={"MLSUPPLY_CACHE_DIR": str(folder / "cache")})
    assert result.exit_code == expect, result.output
    report: dict[str, list[dict[str, dict[str, str]]]] = json.loads(result.stdout)
    return report


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (fails(404), "status 404"),
        (fails(403), "status 403"),
        (says(b"<html>", "querybatch"), "not the JSON it should be"),
        (says(b'{"results": []}', "querybatch"), "not one result a query"),
        (says(b"[1]", "querybatch"), "not the JSON it should be"),
    ],
)
def test_where_the_api_fails_the_data_at_hand_is_used_and_that_is_a_gap(online: World, fault: Fault, said: str) -> None:
    with serving([]) as server:
        server.fault = fault
        answer = choose(Request(feed="live", feed_url=server.url), online).about(["litellm"])
    assert [source.name for source in answer.sources] == ["PyPA Advisory Database"]
    assert answer.rows["litellm"]
    assert said in answer.gaps[0].detail
    assert "PyPA Advisory Database of 2026-07-23 was used instead" in answer.gaps[0].detail


def test_an_api_that_is_not_there_leaves_a_clean_scan_incomplete(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    report = _scan(tmp_path, "http://127.0.0.1:9", expect=3)
    assert "offline" in {str(gap["reason"]) for gap in report["gaps"]}


def test_a_record_that_cannot_be_had_is_a_gap_of_its_project_alone(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("demo==1.0\nother==1.0\n")
    records = [record("PYSEC-2026-9000", events=fixed("2")), record("PYSEC-2026-9001", name="other", events=fixed("2"))]
    with serving(records) as server:
        server.fault = fails(404, "PYSEC-2026-9000")
        report = _scan(tmp_path, server.url, expect=3)
    assert [str(found["id"]) for found in report["findings"]] == ["PYSEC-2026-9001"]
    assert [str(gap["subject"]) for gap in report["gaps"]] == ["demo 1.0"]


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"id": "PYSEC-2026-9000"}', b'{"id": "OTHER", "affected": []}'])
def test_a_malformed_record_is_a_gap_and_the_rest_is_judged(online: World, bad: bytes) -> None:
    records = [record("PYSEC-2026-9000", events=fixed("2")), record("PYSEC-2026-9001", name="other", events=fixed("2"))]
    with serving(records) as server:
        server.fault = says(bad, "PYSEC-2026-9000")
        answer = LiveFeed(server.url, online).about(["demo", "other"])
    assert set(answer.rows) == {"other"}
    assert set(answer.unread) == {"demo"}


def test_a_damaged_cache_only_costs_a_request(online: World) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        _ids(online, server.url, "demo")
        for path in (online.cache / "advisories" / "live").rglob("*.json"):
            path.write_text('["half')
        assert _ids(online, server.url, "demo") == {"demo": ["PYSEC-2026-9000"]}


def test_auto_uses_a_database_of_today_then_the_api_then_what_there_is(online: World) -> None:
    from mlsupply.advisories.sync import sync

    def names(request: Request, world: World) -> list[str]:
        return [source.name for source in choose(request, world).about(["demo"]).sources]

    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        live = Request(feed_url=server.url)
        assert names(live, online) == [f"OSV API at {server.url.removeprefix('http://')}"]
        assert names(Request(offline=True), online) == ["PyPA Advisory Database"]
        sync(online, server.url)
        assert names(Request(), online) == ["OSV export for PyPI"]
        assert server.asked["/v1/querybatch"] == 1


def test_names_that_would_leave_the_cache_folder_are_not_cached(online: World) -> None:
    strange = record("../../../escape", events=fixed("2"))
    with serving([strange]) as server:
        LiveFeed(server.url, online).about(["demo"])
    assert not list(online.cache.parent.rglob("*escape*"))


@pytest.mark.parametrize("status", [500, 429])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(online: World, status: int) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        server.fault = fails(status, "querybatch", times=2, Retry_After="1")
        assert _ids(online, server.url, "demo") == {"demo": ["PYSEC-2026-9000"]}
