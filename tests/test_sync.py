"""The synced database and everything that can go wrong on the way: whatever happens, what was there stays usable."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlsupply.advisories import feeds, local, sync
from mlsupply.advisories.local import current, verified
from mlsupply.advisories.store import opened
from mlsupply.advisories.sync import sync as bring_up_to_date
from mlsupply.advisories.writing import locked
from mlsupply.audit import run
from mlsupply.cli import main
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.fetch import LiveFetch
from mlsupply.model import Reason
from mlsupply.request import Request
from mlsupply.world import Failure, Limits, World
from tests.advisory_data import fixed, many_records, record, synced, write
from tests.osv_server import Handler, fails, says, serving

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture
def online(world: World) -> World:
    """A world with a real network, impatient; the day is after that of the embedded snapshot."""
    return replace(world, now=lambda: NOW, fetch=LiveFetch({}, Limits(request_seconds=0.5), sleep=lambda seconds: None))


def test_the_first_sync_fetches_the_archive_and_the_next_asks_whether_anything_changed(online: World) -> None:
    with serving(many_records()) as server:
        assert bring_up_to_date(online, server.url).how == "whole"
        assert bring_up_to_date(online, server.url).how == "unchanged"
        assert bring_up_to_date(online, server.url).how == "unchanged"
        assert server.asked == {"/PyPI/all.zip": 1, "/PyPI/modified_id.csv": 2}
    assert len(synced(online)) == 30


def test_a_sync_of_the_whole_archive_is_conditional(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        assert bring_up_to_date(online, server.url, whole=True).how == "unchanged"


def test_what_changed_is_fetched_one_by_one(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records[3] = {
            **record("PYSEC-2026-9003", name="renamed", events=fixed("9")),
            "modified": "2026-03-22T00:00:00Z",
        }
        server.records.append({**record("PYSEC-2026-9999", name="new", versions=["1"]), "modified": "2026-03-23T00:00:00Z"})
        outcome = bring_up_to_date(online, server.url)
        assert (outcome.how, outcome.changed, outcome.as_of) == ("changes", 2, "2026-03-23T00:00:00Z")
        assert server.asked["/PyPI/all.zip"] == 1
    known = current(online)
    assert known is not None
    with opened(verified(online, known)) as store:
        assert set(store.rows(["renamed", "demo-3", "new"])) == {"renamed", "new"}


def test_a_record_that_cannot_be_fetched_is_asked_for_again(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records[3] = {**server.records[3], "modified": "2026-03-22T00:00:00Z"}
        server.fault = fails(404, "9003.json")
        assert bring_up_to_date(online, server.url).missing == ("PYSEC-2026-9003",)
        server.fault = lambda handler, path: False
        assert bring_up_to_date(online, server.url).changed == 1


def test_a_busy_server_is_asked_again(online: World) -> None:
    with serving(many_records()) as server:
        server.fault = fails(429, times=2, Retry_After="1")
        assert bring_up_to_date(online, server.url).how == "whole"


def _stalls(handler: Handler, path: str) -> bool:
    threading.Event().wait(1.5)
    return True


def _short(handler: Handler, path: str) -> bool:
    if not path.endswith(".zip"):
        return False
    handler.answer(200, b"PK\x03\x04half", claimed=4000)
    return True


def _without_end(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _one_byte_off(data: bytes) -> bytes:
    return data[:60] + bytes([data[60] ^ 0xFF]) + data[61:]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (fails(500), "status 500"),
        (_stalls, "did not answer in time"),
        (_short, "broke off its answer"),
        (says(b"<html>maintenance</html>", ".zip"), "neither a zip nor a folder"),
        (fails(403), "status 403"),
    ],
)
def test_a_sync_that_fails_says_so_and_keeps_what_was_there(online: World, fault: Any, said: str) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        before = synced(online)
        server.fault = fault
        with pytest.raises(MlsupplyError, match=said) as caught:
            bring_up_to_date(online, server.url, whole=True)
        assert "scans go on with the advisories that are here already" in caught.value.message
        assert caught.value.exit_code == EXIT_INCOMPLETE
    assert synced(online) == before


def test_an_archive_without_its_end_is_refused(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.archive = _without_end(server.zip())
        with pytest.raises(MlsupplyError, match="is not taken over"):
            bring_up_to_date(online, server.url, whole=True)
    assert len(synced(online)) == 30


def test_one_record_with_a_wrong_checksum_is_refused_and_the_rest_taken(online: World) -> None:
    with serving(many_records()) as server:
        server.archive = _one_byte_off(server.zip())
        outcome = bring_up_to_date(online, server.url)
    assert (outcome.records, len(outcome.refused)) == (29, 1)


def test_one_malformed_record_is_counted_and_the_rest_taken(online: World) -> None:
    with serving([*many_records(), {"id": "PYSEC-2026-1", "modified": "2026-03-20T00:00:00Z"}]) as server:
        outcome = bring_up_to_date(online, server.url)
    assert outcome.records == 30
    assert outcome.refused == ("PYSEC-2026-1.json: PYSEC-2026-1: no list of what is affected",)


def test_an_archive_of_which_little_can_be_read_is_refused(online: World) -> None:
    with (
        serving([*many_records(5), *({"id": f"X-{n}"} for n in range(5))]) as server,
        pytest.raises(MlsupplyError) as caught,
    ):
        bring_up_to_date(online, server.url)
    assert "only 5 of 10 records can be read" in caught.value.message


def test_a_feed_that_shrank_is_refused(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records = many_records(20, "2026-03-23T00:00:00Z")
        for whole in (False, True):
            with pytest.raises(MlsupplyError, match="20 records, 30 are here"):
                bring_up_to_date(online, server.url, whole=whole)


def test_a_feed_older_than_what_is_here_is_refused(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records = many_records(modified="2026-02-01T00:00:00Z")
        with pytest.raises(MlsupplyError, match="older than 2026-03-20"):
            bring_up_to_date(online, server.url, whole=True)


def test_a_record_dated_in_the_future_moves_no_date(online: World) -> None:
    with serving([*many_records(), _future()]) as server:
        assert bring_up_to_date(online, server.url).as_of == "2026-03-20T00:00:00Z"


def _future() -> dict[str, Any]:
    return {**record("PYSEC-2027-1", name="late", versions=["1"]), "modified": "2027-07-09T00:00:00Z"}


def test_a_transfer_that_broke_off_goes_on_where_it_stopped(online: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_PIECE", 1000)
    with serving(many_records()) as server:
        size = len(server.zip())
        count = [0]

        def breaks(handler: Handler, path: str) -> bool:
            count[0] += 1
            return count[0] > 3 and fails(500)(handler, path)

        server.fault = breaks
        with pytest.raises(MlsupplyError):
            bring_up_to_date(online, server.url)
        server.fault = lambda handler, path: False
        server.asked.clear()
        bring_up_to_date(online, server.url)
        assert server.asked["/PyPI/all.zip"] == -(-size // 1000) - 3
    assert len(synced(online)) == 30


def test_an_archive_that_changed_meanwhile_is_fetched_from_the_start(online: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_PIECE", 1000)
    with serving(many_records()) as server:

        def changes(handler: Handler, path: str) -> bool:
            if server.asked[path] == 3:
                server.records = many_records(25)
            return False

        server.fault = changes
        assert bring_up_to_date(online, server.url).records == 25


def test_two_syncs_at_once_both_end_well(online: World) -> None:
    with serving(many_records()) as server:
        outcomes: list[str] = []
        threads = [
            threading.Thread(target=lambda: outcomes.append(bring_up_to_date(online, server.url).how)) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["unchanged", "unchanged", "whole"]
    assert len(synced(online)) == 30


def test_a_sync_that_waits_too_long_says_who_is_in_the_way(online: World) -> None:
    with (
        locked(online),
        pytest.raises(MlsupplyError, match="another sync has held"),
        locked(online, patience=0.1),
    ):
        pass


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from mlsupply.advisories import local
from mlsupply.advisories.sync import sync
from mlsupply.fetch import LiveFetch
from mlsupply.disk_tree import DiskTree
from mlsupply.world import World

moment = int(sys.argv[3])
def dying(real):
    def replace(self, target):
        dying.count += 1
        if dying.count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, target)
    return replace
dying.count = 0
Path.replace = dying(Path.replace)
world = World(fetch=LiveFetch({}), now=lambda: datetime(2026, 8, 1, tzinfo=UTC),
              tree=DiskTree(Path()), cache=Path(sys.argv[1]))
sync(world, sys.argv[2], whole=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_sync_killed_while_it_swaps_leaves_a_whole_database(online: World, moment: int) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records = many_records(31, "2026-03-22T00:00:00Z")
        command = [sys.executable, "-c", _KILLED, str(online.cache), server.url, str(moment)]
        assert subprocess.run(command, check=False, capture_output=True).returncode == -9
        assert len(synced(online)) == 30
        assert bring_up_to_date(online, server.url).records == 31  # nothing stands in the way of the next one
    assert len(synced(online)) == 31
    assert len(list(local.folder(online).glob("*draft*"))) == 0


_FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit to stand for a full disk")
def test_a_full_disk_costs_the_sync_not_the_database(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        server.records = many_records(200, "2026-03-22T00:00:00Z")
        script = (
            _FULL
            + _KILLED.replace("sync(world, sys.argv[2], whole=True)", "").replace("moment =", "moment = 0 *")
            + (
                "from mlsupply.errors import MlsupplyError\n"
                "try:\n    sync(world, sys.argv[2], whole=True)\n"
                "except MlsupplyError as error:\n    print(error.message)\n"
            )
        )
        command = [sys.executable, "-c", script, str(online.cache), server.url, "0"]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        assert "written" in ended.stdout, ended.stderr
    assert len(synced(online)) == 30


@pytest.mark.parametrize("damage", [lambda data: data[:-10], _one_byte_off, lambda data: b""])
def test_a_damaged_database_is_a_gap_for_a_scan_and_rebuilt_by_a_sync(online: World, damage: Any) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        known = current(online)
        assert known is not None
        path = local.folder(online) / known.file
        path.write_bytes(damage(path.read_bytes()))
        answer = feeds.at_hand(["demo-1"], online)
        assert answer.gaps[0].reason is Reason.MALFORMED
        assert "PyPA Advisory Database of 2026-07-23 was used instead" in answer.gaps[0].detail
        with pytest.raises(MlsupplyError, match="cannot be used"):
            feeds.choose(Request(feed="local"), online)
        assert bring_up_to_date(online, server.url).how == "whole"
    assert len(synced(online)) == 30


def test_a_damaged_pointer_is_rebuilt(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
        (local.folder(online) / "current.json").write_text('{"file": ')
        assert feeds.at_hand(["demo-1"], online).gaps[0].reason is Reason.MALFORMED
        assert bring_up_to_date(online, server.url).how == "whole"


_POINTERS = ['{"file": ', "[]", "[" * 100_000, '{"file": 5, "size": "x"}', "", "null", '"checked": 5', '"file": ["a"]']


def _spoilt(online: World, pointer: str) -> World:
    """A world whose database has such a pointer (a pair: in place of the true one) and whose network answers nothing."""
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
    path = local.folder(online) / "current.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, **json.loads("{" + pointer + "}")}) if pointer.startswith('"') else pointer)
    (online.tree.root / "requirements.txt").write_text("demo-1==1.0\n")
    return replace(online, fetch=lambda url, **_: Failure(Reason.TIMEOUT, f"{url}: no route"))


@pytest.mark.parametrize("pointer", _POINTERS)
def test_whatever_the_pointer_holds_a_scan_ends_with_a_report(online: World, pointer: str) -> None:
    report = run(Request(checks=("advisories",), resolve=False), _spoilt(online, pointer))
    assert any(gap.reason is Reason.MALFORMED and "cannot be used" in gap.detail for gap in report.gaps), report.gaps


@pytest.mark.parametrize("pointer", _POINTERS)
def test_whatever_the_pointer_holds_who_asks_for_the_database_is_told(online: World, pointer: str) -> None:
    with pytest.raises(MlsupplyError, match="cannot be used"):
        run(Request(feed="local", checks=("advisories",), resolve=False), _spoilt(online, pointer))


def test_data_synced_long_ago_is_stale(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
    late = replace(online, now=lambda: NOW + timedelta(days=9))
    gaps = feeds.choose(Request(feed="local"), late).about(["demo-1"]).gaps
    assert [gap.reason for gap in gaps] == [Reason.STALE]
    assert feeds.choose(Request(feed="local"), online).about(["demo-1"]).gaps == ()


def test_a_clock_that_is_wrong_is_said(online: World) -> None:
    with serving(many_records()) as server:
        bring_up_to_date(online, server.url)
    early = replace(online, now=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    (gap,) = feeds.choose(Request(feed="local"), early).about(["demo-1"]).gaps
    assert gap.reason is Reason.STALE
    assert "after this machine's clock" in gap.detail


def test_without_a_database_the_local_feed_says_what_to_do(world: World) -> None:
    with pytest.raises(MlsupplyError) as caught:
        feeds.choose(Request(feed="local"), world)
    assert "db sync" in caught.value.hint


def test_sync_and_status_from_the_command_line(tmp_path: Path) -> None:
    environment = {"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    with serving(many_records()) as server:
        synced = CliRunner().invoke(main, ["db", "sync", "--url", server.url], env=environment)
    assert synced.exit_code == 0
    assert "fetched whole: 30 records" in synced.stderr
    status = CliRunner().invoke(main, ["db", "status"], env=environment)
    assert "30 records of 30 projects" in status.stdout
    assert server.url in status.stdout


def test_a_failed_sync_exits_with_3(tmp_path: Path) -> None:
    with serving(many_records()) as server:
        server.fault = fails(404)
        failed = CliRunner().invoke(
            main, ["db", "sync", "--url", server.url], env={"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
        )
    assert failed.exit_code == EXIT_INCOMPLETE
    assert "status 404" in failed.stderr


_YAML = """
id: PYSEC-2026-77
modified: 2026-03-20T10:00:00.123456Z
published: "2026-03-20T10:00:00Z"
affected:
- package: {ecosystem: PyPI, name: Demo}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: "0"
    - fixed: "1.2"
"""


@pytest.mark.parametrize("kind", ["zip", "json", "yaml"])
def test_an_import_takes_an_export_a_folder_or_a_checkout(tmp_path: Path, kind: str) -> None:
    origin = tmp_path / "data"
    if kind == "zip":
        write(origin, [record("PYSEC-2026-77", events=fixed("1.2"))])
    else:
        (origin / "vulns" / "demo").mkdir(parents=True)
        text = _YAML if kind == "yaml" else json.dumps(record("PYSEC-2026-77", events=fixed("1.2")))
        (origin / "vulns" / "demo" / f"PYSEC-2026-77.{kind}").write_text(text, encoding="utf-8")
    environment = {"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    done = CliRunner().invoke(main, ["db", "import", str(origin)], env=environment)
    assert (done.exit_code, "1 record of 1 project," in done.stderr) == (0, True)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("demo==1.0\n")
    scan = ["scan", str(requirements), "--offline", "--feed", "local", "--check", "advisories", "-o", "json"]
    report = json.loads(CliRunner().invoke(main, scan, env=environment).stdout)
    assert [found["id"] for found in report["findings"]] == ["PYSEC-2026-77"]


@pytest.mark.parametrize(
    ("known", "credited"),
    [
        ("PYSEC-2026-77", "PyPA Advisory Database, newest change"),
        ("ACME-2026-1", "imported OSV records, newest change"),
    ],
)
def test_imported_records_are_credited_to_the_pypa_database_only_where_they_carry_its_ids(
    tmp_path: Path, known: str, credited: str
) -> None:
    write(tmp_path / "all.zip", [record(known, events=fixed("1.2"))])
    environment = {"MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    assert CliRunner().invoke(main, ["db", "import", str(tmp_path / "all.zip")], env=environment).exit_code == 0
    local = CliRunner().invoke(main, ["db", "status"], env=environment).stdout.partition("\nlocal ")[2]
    assert credited in local
    assert ("CC-BY-4.0" in local) == known.startswith("PYSEC-")


def test_your_own_advisories_stand_beside_those_of_the_feed(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "internal.json").write_text(json.dumps(record("ACME-2026-1", name="six", versions=["1.17.0"])))
    (own / "broken.json").write_text("{")
    (tmp_path / "mlsupply.toml").write_text(f'[advisories]\nfolder = "{own}"\n')
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    scan = ["scan", str(tmp_path), "--offline", "--feed", "embedded", "--check", "advisories", "-o", "json"]
    report = json.loads(CliRunner().invoke(main, scan).stdout)
    assert [found["id"] for found in report["findings"]] == ["ACME-2026-1"]
    assert any("broken.json" in gap["detail"] for gap in report["gaps"])
    assert "your own advisories" in {source["name"] for source in report["sources"]}


def test_inheritance_can_be_switched_off(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("opencv-python-headless==4.2.0.32\n")
    scan = ["scan", str(tmp_path), "--offline", "--feed", "embedded", "--check", "advisories", "-o", "json"]
    inherited = len(json.loads(CliRunner().invoke(main, scan).stdout)["findings"])
    (tmp_path / "mlsupply.toml").write_text("[advisories]\ninherit = false\n")
    own = len(json.loads(CliRunner().invoke(main, scan).stdout)["findings"])
    assert inherited > own > 0
