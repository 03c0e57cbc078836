"""The live API: how often it is asked, what is decided here, and what happens when it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.advisories import check
from mlsupply.advisories.asking import AskedAhead, ask_ahead
from mlsupply.advisories.check import Offer, examine
from mlsupply.advisories.feeds import choose
from mlsupply.advisories.fixes import Release
from mlsupply.advisories.live import LiveFeed
from mlsupply.advisories.moves import KeptOut, Moves
from mlsupply.advisories.store import ID
from mlsupply.cli import main
from mlsupply.fetch import LiveFetch
from mlsupply.model import Checked, Inventory, Package, PackageKey, Reason
from mlsupply.project import Project, merge
from mlsupply.request import Request
from mlsupply.world import Failure, Fetch, Limits, Response, World
from tests.advisory_data import fixed, package, record, up_to
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


def test_a_clock_that_is_behind_the_snapshot_is_a_gap_of_a_live_run_too(online: World) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        assert LiveFeed(server.url, online).about(["demo"]).gaps == ()
        behind = replace(online, now=lambda: datetime(2026, 7, 20, tzinfo=UTC))
        answer = LiveFeed(server.url, behind).about(["demo"])
    assert answer.rows["demo"]
    (gap,) = answer.gaps
    assert (gap.subject, gap.reason) == ("this machine's clock", Reason.STALE)
    assert gap.detail.startswith("it says 2026-07-20, and mlsupply came with advisories of 2026-07-2")


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
        (says(b'{"results": []}', "querybatch"), "not one result for each query"),
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


@pytest.mark.parametrize("damage", ['["half', "[1]", "{}", "[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]]", "null"])
def test_a_damaged_cache_only_costs_a_request(damage: str, online: World) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        _ids(online, server.url, "demo")
        for path in (online.cache / "advisories" / "live").rglob("*.json"):
            path.write_text(damage)
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
        answer = LiveFeed(server.url, online).about(["demo"])
    assert [row[0] for row in answer.rows["demo"]] == ["../../../escape"], "used in this run all the same"
    assert not list(online.cache.parent.rglob("*escape*"))


@pytest.mark.parametrize("status", [500, 429])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(online: World, status: int) -> None:
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        server.fault = fails(status, "querybatch", times=2, Retry_After="1")
        assert _ids(online, server.url, "demo") == {"demo": ["PYSEC-2026-9000"]}


class _Slow:
    """A network that notes when each question was put and answered, and makes the batch wait until it is released."""

    def __init__(self, fetch: Fetch) -> None:
        self.fetch = fetch
        self.log: list[str] = []
        self.gate = threading.Event()

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        what = url.rpartition("/")[2] or url.rpartition("/")[0].rpartition("/")[2]
        self.log.append(f"asked {what}")
        if what == "querybatch":
            self.gate.wait(5)
        answer = self.fetch(url, limit=limit, headers=headers, body=body)
        self.log.append(f"answered {what}")
        return answer


def _project(*pins: tuple[str, str]) -> Project:
    return merge((Inventory(path="x", format="requirements", packages=tuple(package(*pin) for pin in pins)),))


def test_the_batch_is_asked_before_the_checks_and_only_once(online: World) -> None:
    project = _project(("demo", "1.0"))
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        request = Request(feed="live", feed_url=server.url)
        ahead = ask_ahead(project, request, online)
        _until(lambda: bool(server.asked))
        assert server.asked == {"/v1/querybatch": 1}
        (said,) = [one for one in examine(project, request, ahead) if isinstance(one, Checked) and one.package]
        assert [found.id for found in said.findings] == ["PYSEC-2026-9000"]
        assert server.asked["/v1/querybatch"] == 1
        list(examine(project, request, ahead))  # a second run on the same world asks anew
        assert server.asked["/v1/querybatch"] == 2


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(
    "request_",
    [
        Request(feed="live", offline=True),
        Request(feed="embedded"),
        Request(feed="local"),
        Request(offline=True),
    ],
)
def test_nothing_is_asked_ahead_where_the_api_is_not_the_feed(online: World, request_: Request) -> None:
    assert ask_ahead(_project(("demo", "1.0")), request_, online) is online
    assert ask_ahead(_project(), Request(feed="live"), online) is online


def test_a_question_asked_ahead_that_fails_is_the_gap_it_would_have_been(online: World) -> None:
    project = _project(("demo", "1.0"))
    with serving([]) as server:
        server.fault = fails(403)
        request = Request(feed="live", feed_url=server.url)
        said = list(examine(project, request, ask_ahead(project, request, online)))
    details = [gap.detail for one in said if isinstance(one, Checked) for gap in one.gaps]
    assert any("status 403" in detail and "was used instead" in detail for detail in details)


def test_what_breaks_in_the_thread_is_raised_where_the_answer_is_wanted() -> None:
    def broken(url: str, **_: object) -> Response:
        raise ZeroDivisionError(url)

    ahead = AskedAhead(broken, "http://127.0.0.1/v1/querybatch", b"{}")
    with pytest.raises(ZeroDivisionError):
        ahead("http://127.0.0.1/v1/querybatch", limit=9, body=b"{}")


def _nothing(kept_out: Sequence[KeptOut]) -> Moves:
    return {}


def test_fixes_of_what_is_hit_by_the_data_at_hand_are_looked_up_while_the_api_is_waited_for(online: World) -> None:
    """`litellm` is hit by the embedded snapshot; the record of `demo` is known to the API alone."""
    asked: list[list[str]] = []
    project = _project(("litellm", "1.40.0"), ("demo", "1.0"))
    slow = _Slow(online.fetch)

    def published(packages: Sequence[Package]) -> dict[PackageKey, Offer]:
        asked.append([one.name for one in packages])
        if len(asked) == 1:
            assert slow.log == ["asked querybatch"]
            slow.gate.set()
        return {one.key: Offer((Release("2.0"),)) for one in packages}

    with serving([record("PYSEC-2026-9000", events=fixed("1.5"))]) as server:
        request = Request(feed="live", feed_url=server.url)
        world = ask_ahead(project, request, replace(online, fetch=slow))
        said = [
            one
            for one in examine(project, request, world, check.Index(published, _nothing))
            if isinstance(one, Checked) and one.findings
        ]
    assert asked == [["litellm"], ["demo"]]
    assert [one.findings[0].remedy.split(",")[0] for one in said] == ["Upgrade to 2.0"]


def test_what_is_judged_while_the_api_is_waited_for_is_said_only_where_the_api_confirms_it(
    online: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of `demo` a record is at hand; the API says the same of it, or another thing, or more, or that it knows none."""
    from mlsupply.advisories.sync import sync

    ahead: list[bool] = []

    def counted(package: Package, ground: check.Ground) -> Checked:
        ahead.append(threading.current_thread() is not threading.main_thread())
        return judged(package, ground)

    def said(url: str) -> list[tuple[str, str]]:
        ahead.clear()
        request = Request(feed="live", feed_url=url)
        index = check.Index(lambda packages: {one.key: Offer(()) for one in packages}, _nothing)
        found = examine(_project(("demo", "1.0")), request, online, index)
        return [
            (one.id, one.advisory.fixed[0]) for c in found if isinstance(c, Checked) for one in c.findings if one.advisory
        ]

    judged = check.judged
    monkeypatch.setattr(check, "judged", counted)
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        sync(online, server.url)
        assert (said(server.url), ahead) == ([("PYSEC-2026-9000", "2")], [True])
        server.records[0] = record("PYSEC-2026-9000", events=fixed("3"), modified="2026-07-20T00:00:00Z")
        assert (said(server.url), ahead) == ([("PYSEC-2026-9000", "3")], [True, False])
        server.records[:] = [record(f"PYSEC-2026-900{n}", events=fixed("2")) for n in range(2)]
        assert said(server.url) == [("PYSEC-2026-9000", "2"), ("PYSEC-2026-9001", "2")]
        server.records.clear()
        assert (said(server.url), ahead) == ([], [True, False])


def test_records_at_hand_are_taken_as_they_stand_only_where_the_api_names_exactly_these(online: World) -> None:
    """One record more, one changed or one gone: each is seen."""
    from mlsupply.advisories.sync import sync

    records = [record(f"PYSEC-2026-{9000 + n}", events=fixed("2"), aliases=["CVE-2026-1"]) for n in range(2)]
    with serving(records) as server:
        sync(online, server.url)
        server.asked.clear()
        before = LiveFeed(server.url, online).about(["demo"])
        assert server.asked == {"/v1/querybatch": 1}
        assert [row[ID] for row in before.rows["demo"]] == ["PYSEC-2026-9000", "PYSEC-2026-9001"]
        server.records.append(record("PYSEC-2026-9002", events=fixed("2")))
        assert _ids(online, server.url, "demo")["demo"] == [f"PYSEC-2026-{9000 + n}" for n in range(3)]
        del server.records[0]
        assert _ids(online, server.url, "demo")["demo"] == ["PYSEC-2026-9001", "PYSEC-2026-9002"]
        server.records.clear()
        assert _ids(online, server.url, "demo") == {}


def test_a_record_withdrawn_since_is_no_longer_taken(online: World) -> None:
    from mlsupply.advisories.sync import sync

    known = record("PYSEC-2026-9000", events=fixed("2"))
    gone = record("PYSEC-2026-9001", events=fixed("2"), withdrawn="2026-02-01T00:00:00Z")
    with serving([known, gone]) as server:
        sync(online, server.url)
        assert _ids(online, server.url, "demo") == {"demo": ["PYSEC-2026-9000"]}
        server.records[0] = {**known, "withdrawn": "2026-07-02T00:00:00Z"}
        assert _ids(online, server.url, "demo") == {}


def test_more_names_than_one_batch_takes_are_asked_for_in_several(online: World) -> None:
    names = [f"demo-{n}" for n in range(2_345)]
    with serving([record("PYSEC-2026-9000", name="demo-2300", events=fixed("2"))]) as server:
        project = _project(*((name, "1.0") for name in names))
        request = Request(feed="live", feed_url=server.url)
        said = list(examine(project, request, ask_ahead(project, request, online)))
        assert server.asked["/v1/querybatch"] == 3
    assert [str(found.package) for one in said if isinstance(one, Checked) for found in one.findings] == ["demo-2300 1.0"]
