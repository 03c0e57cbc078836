"""A feed that misbehaves, seen by whoever scans or syncs: what is known is still judged, what is missing is said, a clean
project is not called clean, and the last good database survives."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlsupply.advisories import feeds, local
from mlsupply.advisories.local import current
from mlsupply.advisories.sync import sync
from mlsupply.audit import run
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.fetch import LiveFetch
from mlsupply.model import Reason
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.advisory_data import fixed, many_records, record, synced
from tests.osv_server import Fault, Handler, OsvServer, fails, says, serving

NOW = datetime(2026, 7, 24, 12, tzinfo=UTC)  # a day after the embedded snapshot
CLEAN, HIT = "six==1.17.0\n", "litellm==1.40.0\n"  # what the embedded snapshot says of them


@pytest.fixture
def online(world: World) -> World:
    fetch = LiveFetch({}, Limits(request_seconds=0.3), sleep=lambda seconds: None)
    return replace(world, now=lambda: NOW, fetch=fetch)


def _scan(world: World, url: str, pins: str) -> Report:
    (world.tree.root / "requirements.txt").write_text(pins)
    return run(Request(feed="live", feed_url=url, checks=("advisories",), resolve=False), world)


def _at(path: str, do: Fault) -> Fault:
    return lambda handler, asked: path in asked and do(handler, asked)


def _stalls(handler: Handler, path: str) -> bool:
    time.sleep(0.6)
    handler.close_connection = True
    return True


def _short(handler: Handler, path: str) -> bool:
    handler.answer(200, b'{"results": [', claimed=4000)
    return True


def _cut_gzip(handler: Handler, path: str) -> bool:
    handler.answer(200, gzip.compress(b'{"results": []}' * 100)[:40], {"Content-Encoding": "gzip"})
    return True


def _hangs_up(handler: Handler, path: str) -> bool:
    handler.close_connection = True
    return True


def _leads_away(handler: Handler, path: str) -> bool:
    handler.answer(302, b"", {"Location": "http://feed.example/v1/querybatch"})
    return True


def _without_end(handler: Handler, path: str) -> bool:
    """Every page names another one."""
    handler.answer(200, json.dumps({"results": [{"next_page_token": "more"}]}).encode())
    return True


_FAULTS = {
    "500": fails(500),
    "429": fails(429, Retry_After="0"),
    "stalls": _stalls,
    "wrong length": _short,
    "cut gzip": _cut_gzip,
    "hangs up": _hangs_up,
    "leads away": _leads_away,
    "pages without end": _without_end,
    "garbage": says(b"\x00\xff{]", ""),
    "open quote": says(b'2026-03-21T00:00:00Z,"PyPI/' + b"x" * 200_000, ""),
    "empty": says(b"", ""),
    "another shape": says(b'{"results": {"vulns": 7}}', ""),
    "nested too deep": says(b"[" * 100_000, ""),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_where_the_api_cannot_be_asked_the_data_at_hand_decides_and_clean_is_not_claimed(fault: str, online: World) -> None:
    with serving([]) as server:
        server.fault = _at("querybatch", _FAULTS[fault])
        clean, hit = _scan(online, server.url, CLEAN), _scan(online, server.url, HIT)
    assert (clean.verdict.exit_code, hit.verdict.exit_code) == (3, 1)
    for report in (clean, hit):
        (gap,) = report.gaps
        assert gap.check == "advisories"
        assert gap.detail.endswith("; PyPA Advisory Database of 2026-07-23 was used instead")
        assert [source.name for source in report.sources] == ["PyPA Advisory Database"]
    assert hit.findings


_OF_RECORDS = {name: _FAULTS[name] for name in ("500", "429", "stalls", "wrong length", "cut gzip", "hangs up", "garbage")}


@pytest.mark.parametrize("count", [1, 6], ids=["asked for by id", "asked for by project"])
@pytest.mark.parametrize("fault", _OF_RECORDS)
def test_records_that_cannot_be_had_are_a_gap_of_their_package_alone(fault: str, count: int, online: World) -> None:
    records = [record(f"PYSEC-2026-{9000 + n}", events=fixed("2")) for n in range(count)]
    other = record("PYSEC-2026-9999", name="other", events=fixed("2"), database_specific={"severity": "HIGH"})
    with serving([*records, other]) as server:
        path = "/v1/vulns/PYSEC-2026-9000" if count == 1 else "/v1/query"
        server.fault = lambda handler, asked: asked == path and _OF_RECORDS[fault](handler, asked)
        clean = _scan(online, server.url, "demo==1.0\n")
        both = _scan(online, server.url, "demo==1.0\nother==1.0\n")
        server.fault = lambda handler, asked: False
        after = _scan(online, server.url, "demo==1.0\n")
    assert clean.verdict.exit_code == 3
    assert [gap.subject for gap in both.gaps] == ["demo 1.0"]
    assert [found.id for found in both.findings] == ["PYSEC-2026-9999"]
    assert len(after.findings) == count
    assert after.gaps == ()


def test_one_malformed_record_costs_neither_the_others_nor_the_run(online: World) -> None:
    good = record("PYSEC-2026-9000", events=fixed("2"), database_specific={"severity": "HIGH"})
    bad: dict[str, Any] = {**record("PYSEC-2026-9001", events=fixed("2"))}
    with serving([good, bad]) as server:
        bad["affected"] = [{"package": {"name": "demo", "ecosystem": "PyPI"}, "ranges": "none", "versions": 7}]
        report = _scan(online, server.url, "demo==1.0\n")
    assert [found.id for found in report.findings] == ["PYSEC-2026-9000"]
    assert "PYSEC-2026-9001" in report.gaps[0].detail


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(online: World) -> None:
    online.cache.mkdir()
    (online.cache / "advisories").write_text("a file where a folder should be")
    with serving([record("PYSEC-2026-9000", events=fixed("2"))]) as server:
        for _ in range(2):
            assert [found.id for found in _scan(online, server.url, "demo==1.0\n").findings] == ["PYSEC-2026-9000"]
        assert server.asked["/v1/vulns/PYSEC-2026-9000"] == 2


# --- the synced database ------------------------------------------------------------------------------------------------


def _changed(server: OsvServer) -> None:
    server.records = [*many_records(12), record("PYSEC-2026-9500", name="new", events=fixed("2"))]
    server.records[0] = {**server.records[0], "modified": "2026-03-21T00:00:00Z"}


@pytest.mark.parametrize("fault", ["500", "429", "stalls", "wrong length", "cut gzip", "hangs up", "open quote", "garbage"])
def test_a_list_of_changes_that_cannot_be_had_keeps_the_database(fault: str, online: World) -> None:
    with serving(many_records(12)) as server:
        sync(online, server.url)
        _changed(server)
        server.fault = _at("modified_id.csv", _FAULTS[fault])
        with pytest.raises(MlsupplyError, match="scans go on with the advisories that are here already") as caught:
            sync(online, server.url)
        assert caught.value.exit_code == EXIT_INCOMPLETE
        assert len(synced(online)) == 12
        server.fault = lambda handler, asked: False
        assert sync(online, server.url).changed == 2
    assert len(synced(online)) == 13


@pytest.mark.parametrize(
    "listing", [b"", b"<html>", b"a,b,c\n", b"\x00\xff\n" * 50, b"2026-03-21T00:00:00Z,PYSEC-2026-9000\n"]
)
def test_a_list_of_changes_that_is_none_removes_nothing(listing: bytes, online: World) -> None:
    with serving(many_records(12)) as server:
        sync(online, server.url)
        _changed(server)
        server.fault = says(listing, "modified_id.csv")
        with pytest.raises(MlsupplyError, match="records, 12 are here"):
            sync(online, server.url)
    assert len(synced(online)) == 12


@pytest.mark.parametrize("fault", ["500", "stalls", "wrong length", "garbage", "hangs up"])
def test_a_changed_record_that_cannot_be_had_is_asked_for_again_next_time(fault: str, online: World) -> None:
    with serving(many_records(12)) as server:
        sync(online, server.url)
        _changed(server)
        server.fault = _at("PYSEC-2026-9000.json", _FAULTS[fault])
        assert sync(online, server.url).missing == ("PYSEC-2026-9000",)
        assert len(synced(online)) == 13
        server.fault = lambda handler, asked: False
        outcome = sync(online, server.url)
        assert (outcome.changed, outcome.missing) == (1, ())


def test_a_clean_scan_on_a_database_that_was_damaged_is_incomplete(online: World) -> None:
    with serving(many_records(12)) as server:
        sync(online, server.url)
    known = current(online)
    assert known is not None
    path = local.folder(online) / known.file
    path.write_bytes(path.read_bytes()[:-100])
    (online.tree.root / "requirements.txt").write_text(CLEAN)
    report = run(Request(checks=("advisories",), resolve=False, offline=True), online)
    assert report.verdict.exit_code == 3
    assert {gap.reason for gap in report.gaps} == {Reason.MALFORMED}


@pytest.mark.parametrize("days", [-400, -3, 2, 400])
def test_a_database_of_another_day_than_the_clock_s_is_not_taken_for_fresh(days: int, online: World) -> None:
    """Whichever of the two is wrong, `auto` asks the API; offline the age is said."""
    with serving(many_records(12)) as server:
        sync(online, server.url)
        later = replace(online, now=lambda: NOW + timedelta(days=days))
        assert feeds.asks_api(Request(), later)
        assert not feeds.asks_api(Request(), online)
    gaps = feeds.choose(Request(feed="local"), later).about(["demo-1"]).gaps
    assert [gap.reason for gap in gaps] == ([] if days == 2 else [Reason.STALE])


_SYNC = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from mlsupply.advisories import local
from mlsupply.advisories.sync import sync
from mlsupply.errors import MlsupplyError
from mlsupply.fetch import LiveFetch
from mlsupply.disk_tree import DiskTree
from mlsupply.world import World
{setup}
world = World(fetch=LiveFetch({{}}), now=lambda: datetime(2026, 7, 24, 12, tzinfo=UTC),
              tree=DiskTree(Path()), cache=Path(sys.argv[1]))
try:
    print(sync(world, sys.argv[2]).how)
except MlsupplyError as error:
    print(error.message)
    sys.exit(error.exit_code)
"""


def _process(world: World, url: str, setup: str = "") -> subprocess.Popen[str]:
    script = _SYNC.format(setup=setup)
    return subprocess.Popen(
        [sys.executable, "-c", script, str(world.cache), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_several_processes_that_sync_at_once_leave_one_whole_database(online: World) -> None:
    with serving(many_records(12)) as server:
        started = [_process(online, server.url) for _ in range(4)]
        said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
        assert said == ["unchanged"] * 3 + ["whole"]
        assert server.asked["/PyPI/all.zip"] == 1
    assert len(synced(online)) == 12
    assert len(list(local.folder(online).glob("*.sqlite"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("path", ["modified_id.csv", "PYSEC-2026-9500.json"])
def test_a_sync_killed_while_it_fetches_leaves_the_database_and_its_lock(path: str, online: World) -> None:
    with serving(many_records(12)) as server:
        sync(online, server.url)
        _changed(server)
        victim: list[subprocess.Popen[str]] = []

        def kills(handler: Handler, asked: str) -> bool:
            if victim and asked.endswith(path):
                victim[0].send_signal(signal.SIGKILL)
                victim[0].wait()
            return False

        server.fault = kills
        victim.append(_process(online, server.url, "import time; time.sleep(0.2)"))
        assert victim[0].wait(timeout=60) == -signal.SIGKILL
        victim[0].communicate()
        victim.clear()
        assert len(synced(online)) == 12
        assert sync(online, server.url).changed == 2
    assert len(synced(online)) == 13


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit to stand for a full disk")
@pytest.mark.parametrize("change", [True, False], ids=["with changes", "without"])
def test_a_full_disk_at_any_step_is_said_and_the_database_kept(change: bool, online: World) -> None:
    """With nothing changed only the pointer is written anew, and that may be one file too many as well."""
    setup = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    )
    with serving(many_records(12)) as server:
        sync(online, server.url)
        if change:
            _changed(server)
        process = _process(online, server.url, setup)
        out, errors = process.communicate(timeout=60)
        assert process.returncode == EXIT_INCOMPLETE, errors
        assert "written" in out
        assert len(synced(online)) == 12
        assert sync(online, server.url).how == ("changes" if change else "unchanged")
    assert not list(local.folder(online).glob("*draft*"))


def test_a_folder_that_cannot_be_made_is_said(online: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with serving(many_records(12)) as server, pytest.raises(MlsupplyError, match="cannot be written") as caught:
        sync(replace(online, cache=tmp_path / "file" / "cache"), server.url)
    assert "MLSUPPLY_CACHE_DIR" in caught.value.hint
