"""A cache folder that cannot be read, cannot be written, is damaged or was filled by a machine with another clock: what it
costs is said, with the next step, and nothing old or missing passes for fresh."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.advisories import exploited, local, sync
from mlsupply.advisories.kept import unread
from mlsupply.advisories.sync import sync as bring_up_to_date
from mlsupply.advisories.writing import dated
from mlsupply.audit import run
from mlsupply.cli import main
from mlsupply.cli.common import real_world
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.evidence.registry import Registry, Seen
from mlsupply.exposure.question import ask
from mlsupply.exposure.report import headline
from mlsupply.exposure.survey import survey
from mlsupply.fetch import LiveFetch
from mlsupply.folders import files_below
from mlsupply.inventory import uv_run
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Gap, Reason
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.advisory_data import fixed, many_records, record
from tests.conftest import RecordedFetch
from tests.exposure_history import History
from tests.loopback_index import LoopbackIndex
from tests.osv_server import OsvServer, serving
from tests.resolving import inventory

NOW = datetime(2026, 7, 28, 12, tzinfo=UTC)  # after the embedded snapshot, of which some tests fall back on
CVE = "CVE-2018-18074"
HIT = "requests==2.19.0\n"  # the embedded snapshot knows this CVE of it


@pytest.fixture
def online(world: World) -> World:
    return replace(world, now=lambda: NOW, fetch=LiveFetch({}, sleep=lambda seconds: None))


@pytest.fixture
def here(world: World) -> World:
    return replace(world, now=lambda: NOW)


def _scan(world: World, pins: str = HIT) -> Report:
    (world.tree.root / "requirements.txt").write_text(pins)
    subjects = (str(world.tree.root),)
    return run(Request(subjects=subjects, offline=True, checks=("advisories",), resolve=False), world)


def _of_advisories(report: Report) -> list[Gap]:
    return [gap for gap in report.gaps if gap.check == "advisories"]


def _at(world: World, moment: datetime) -> World:
    return replace(world, now=lambda: moment)


# what is there and cannot be read


def _pointer(world: World) -> Path:
    path = local.folder(world) / "current.json"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_or_an_endless_file_in_place_of_the_pointer_is_not_waited_for(here: World) -> None:
    pointer = _pointer(here)
    os.mkfifo(pointer)
    (gap,) = _of_advisories(_scan(here))
    assert (gap.subject, gap.reason) == ("local advisory database", Reason.MALFORMED)
    assert "it is not the file that was written; PyPA Advisory Database of 2026-07-23 was used instead" in gap.detail
    pointer.unlink()
    with open(pointer, "wb") as handle:
        handle.truncate(1 << 40)  # holds nothing on disk
    assert [gap.reason for gap in _of_advisories(_scan(here))] == [Reason.MALFORMED]


def test_a_file_in_place_of_the_cache_folder_holds_no_database(here: World) -> None:
    here.cache.write_text("")
    assert _of_advisories(_scan(here)) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no permissions of that kind here")
def test_a_database_of_another_user_is_a_gap_and_never_replaced_in_silence(tmp_path: Path) -> None:
    """In a process of its own: whoever runs the tests may be one who reads everything."""
    cache = tmp_path / "cache" / "advisories"
    cache.mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text(HIT)
    (cache / "current.json").write_text("{}")
    (cache / "exploited.sqlite").write_text("")
    for name in ("current.json", "exploited.sqlite"):
        (cache / name).chmod(0)
    plain = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    environ = {**os.environ, "MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    scan = [*plain, sys.executable, "-P", "-m", "mlsupply", "scan", "--offline", "--check", "advisories", "-o", "json"]
    try:
        done = subprocess.run(scan, cwd=tmp_path, env=environ, capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        pytest.skip("root may read everything, and setpriv is not here")
    gaps = {gap["subject"]: gap for gap in json.loads(done.stdout)["gaps"] if gap["reason"] == "forbidden"}
    unread_database = gaps["local advisory database"]
    assert "this user may not read the advisory database" in unread_database["detail"]
    assert "was used instead" in unread_database["detail"]
    assert "MLSUPPLY_CACHE_DIR" in unread_database["hint"]
    lists = gaps[str(cache / "exploited.sqlite")]
    assert lists["detail"] == "which of these flaws are attacked is not known: this user may not read it"


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [_damaged, _emptied, _folder])
def test_lists_of_attacks_that_cannot_be_read_are_a_gap_where_they_would_have_told(
    spoil: Callable[[Path], None], here: World
) -> None:
    kev = json.dumps({"dateReleased": "2026-07-20", "vulnerabilities": [{"cveID": CVE}]}).encode()
    scores = "".join(f"CVE-2020-{10_000 + number},0.001,0.1\n" for number in range(1500))
    epss = gzip.compress(f"#score_date:2026-07-21\ncve,epss,percentile\n{scores}".encode())
    served = RecordedFetch({"https://kev.example": (200, kev), "https://epss.example": (200, epss)})
    exploited.sync(replace(here, fetch=served), "https://kev.example", "https://epss.example")
    assert _of_advisories(_scan(here)) == []
    spoil(exploited.path(here))
    (gap,) = _of_advisories(_scan(here))
    assert gap.detail.startswith("which of these flaws are attacked is not known: ")
    assert gap.hint == "run `mlsupply db sync --exploited`, or delete the file"
    assert _of_advisories(_scan(here, "six==1.17.0\n")) == [], "no flaw, nothing to know of it"
    status = CliRunner().invoke(main, ["db", "status"], env={"MLSUPPLY_CACHE_DIR": str(here.cache)})
    assert "exploited.sqlite cannot be read: " in status.output


def test_records_that_cannot_be_listed_are_said_and_the_others_still_explained(here: World) -> None:
    place = local.folder(here) / "live"
    place.parent.mkdir(parents=True)
    place.symlink_to(place)  # leads round in a circle, for any user
    explained = CliRunner().invoke(main, ["explain", CVE], env={"MLSUPPLY_CACHE_DIR": str(here.cache)})
    assert explained.exit_code == 0
    assert "not checked: the records kept from the API in" in explained.output
    (local.folder(here) / "current.json").write_text("{")
    assert "cannot be used" in unread(here), "nor is a database that cannot be read passed over"


# what cannot be written


def test_a_full_disk_is_not_left_full_by_half_an_archive(online: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(many_records(12)) as server:
        bring_up_to_date(online, server.url)
        server.records.append(record("PYSEC-2026-9999", name="new", events=fixed("2")))

        def full(world: World, url: str, done: int, tag: str, etag: str) -> sync._Piece:
            if done:
                raise OSError(errno.ENOSPC, "No space left on device")
            return sync._Piece(b"PK", '"tag"', 4)

        monkeypatch.setattr(sync, "_piece", full)
        with pytest.raises(MlsupplyError, match="No space left on device") as caught:
            bring_up_to_date(online, server.url, whole=True)
    assert (caught.value.hint, caught.value.exit_code) == ("free some space", EXIT_INCOMPLETE)
    assert {path.name for path in local.folder(online).glob("part*")} == set()
    assert local.current(online) is not None


def test_a_scan_that_has_read_the_pointer_finds_its_store_after_a_sync(online: World) -> None:
    with serving(many_records(12)) as server:
        before = []
        for day in range(1, 4):
            server.records[0]["modified"] = f"2026-07-2{day}T00:00:00Z"
            bring_up_to_date(online, server.url)
            before.append(local.current(online))
    assert before[1] is not None
    assert local.verified(online, before[1]).exists()
    stores = [path.name for path in local.folder(online).glob("advisories-*")]
    assert len(stores) == 2, "and older ones do not pile up"


def test_what_a_killed_sync_left_is_removed_by_the_next(online: World) -> None:
    place = local.folder(online)
    place.mkdir(parents=True)
    for name in ("draft-7.sqlite", ".draft-7.sqlite.7.7-journal", ".exploited.sqlite.7.7", ".current.json.7.7"):
        (place / name).write_text("")
    (place / "advisories-0-0.sqlite").mkdir()  # is none of ours, and costs nothing
    with serving(many_records(12)) as server:
        bring_up_to_date(online, server.url)
    known = local.current(online)
    assert known is not None
    assert {path.name for path in place.iterdir()} == {"lock", "current.json", known.file, "advisories-0-0.sqlite"}


def test_what_is_not_locked_is_resolved_without_a_place_for_uv_to_keep_things(online: World) -> None:
    online.cache.write_text("a file where a folder should be")
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0", requires=["other"])
        index.add("other", "2.0")
        (online.tree.root / "requirements.in").write_text("demo\n")
        request = Request(subjects=(str(online.tree.root),), index_url=index.simple, checks=("known-bad",))
        report = run(request, replace(online, resolving=True))
    assert [str(package.coordinate) for package in report.packages] == ["demo 1.0", "other 2.0"]


def test_a_uv_that_ends_without_a_word_is_no_riddle(online: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that is full, where it cannot say so."""
    ran: list[str] = []

    def ended(arguments: list[str], *_: object) -> int:
        ran.append(arguments[-1])
        return 2

    monkeypatch.setattr(uv_run, "_run", ended)
    found = resolve(inventory("demo==1.0"), Request(), online)
    assert "it ended without a word (is the disk full that holds temporary files?)" in found.gaps[0].detail
    assert ran[:2] == [str(online.cache / "uv"), "--no-cache"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_without_a_folder_for_temporary_files_the_step_is_told_and_nothing_passes_for_unexposed(
    online: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path / "repo")
    history.commit("2026-03-01T00:00:00Z", requirementsDOTtxt="litellm==1.82.7\n")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "temporary"))
    found = resolve(inventory("demo==1.0"), Request(index_url="http://127.0.0.1:9/simple"), online)
    assert [str(package.coordinate) for package in found.packages] == ["demo 1.0"]
    said = "uv could not be run in a temporary folder (Not a directory); free some space, or set TMPDIR"
    assert said in found.gaps[0].detail
    question = ask("litellm-2026")
    answers = survey([str(history.folder)], question, Limits(), 1, lambda *_: None, "").answers
    assert "set TMPDIR" in answers[0].gaps[0].detail
    assert headline(question, answers).endswith("(it is named nowhere in what could be read)")


def test_a_folder_of_rules_or_advisories_that_cannot_be_listed_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(MlsupplyError, match="cannot be listed") as caught:
        files_below(tmp_path / "gone", (".yaml",))
    assert caught.value.reference == "file-not-read"


# where the cache lies


def test_a_relative_cache_folder_is_never_taken_from_the_project_under_audit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLSUPPLY_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert real_world(offline=True).cache == tmp_path / "home" / ".cache" / "mlsupply"
    monkeypatch.setenv("HOME", "relative")
    assert real_world(offline=True).cache == Path(os.devnull) / "mlsupply"
    monkeypatch.setenv("MLSUPPLY_CACHE_DIR", "mine")
    assert real_world(offline=True).cache == tmp_path / "mine", "but by its own variable, where the user stands"


@pytest.mark.skipif(os.name != "posix", reason="homes are looked up otherwise")
def test_a_user_without_a_home_scans_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def nobody(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME", "MLSUPPLY_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    cache = real_world(offline=True).cache
    assert not cache.exists()
    with pytest.raises(OSError, match="Not a directory"):
        cache.mkdir(parents=True)


# clocks

PAST, FUTURE = datetime(2020, 6, 1, tzinfo=UTC), datetime(2040, 6, 1, tzinfo=UTC)


def test_data_from_after_this_machines_clock_is_not_fresh(here: World) -> None:
    (gap,) = _of_advisories(_scan(_at(here, PAST)))
    assert gap.reason is Reason.STALE
    assert gap.detail.startswith("its advisories are of 2026-07-23, after this machine's clock (2020-06-01)")
    assert gap.hint.startswith("set the clock if it is wrong, then run `mlsupply db sync`")


def test_nothing_is_dated_by_a_clock_that_is_behind_the_data_mlsupply_came_with(online: World) -> None:
    with serving(many_records(12)) as server:
        with pytest.raises(MlsupplyError, match="this machine's clock says 2020-06-01") as caught:
            bring_up_to_date(_at(online, PAST), server.url)
        assert server.asked.total() == 0
    assert (caught.value.reference, caught.value.exit_code) == ("clock-behind", EXIT_INCOMPLETE)
    assert dated(online) == "2026-07-28T12:00:00Z"


def _synced_in_2040(online: World, server: OsvServer) -> None:
    future = record("PYSEC-2030-1", name="later", events=fixed("2"), modified="2030-01-01T00:00:00Z")
    server.records = [*many_records(12), future]
    bring_up_to_date(_at(online, FUTURE), server.url)
    known = local.current(online)
    assert known is not None
    assert (known.checked[:4], known.as_of[:4]) == ("2040", "2030")


def test_a_database_synced_in_the_future_says_so_and_the_next_sync_mends_it(online: World) -> None:
    with serving([]) as server:
        _synced_in_2040(online, server)
        (gap,) = _of_advisories(_scan(online))
        assert gap.detail.startswith("it was synced on 2040-06-01, after this machine's clock (2026-07-28)")
        server.records[0]["modified"] = "2026-07-27T00:00:00Z"
        outcome = bring_up_to_date(online, server.url)
        assert (outcome.how, outcome.as_of) == ("changes", "2026-07-27T00:00:00Z")
    assert _of_advisories(_scan(online)) == []


def test_an_archive_is_not_refused_for_being_older_than_a_date_in_the_future(online: World) -> None:
    with serving([]) as server:
        _synced_in_2040(online, server)
        server.records.append(record("PYSEC-2026-9999", name="new", events=fixed("2"), modified="2026-07-27T00:00:00Z"))
        assert bring_up_to_date(online, server.url, whole=True).as_of == "2026-07-27T00:00:00Z"


def test_a_page_kept_in_the_future_is_asked_for_again(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0")
        assert isinstance(Registry(index.simple, _at(online, FUTURE)).about("demo"), Seen)
        index.add("demo", "1.1", yanked="bad")
        again = Registry(index.simple, online).about("demo")
        assert isinstance(again, Seen)
        assert [file.version for file in again.project.files] == ["1.0", "1.1"]
        later = Registry(index.simple, _at(online, NOW + timedelta(hours=1)))
        asked = len(index.asked)
        later.about("demo")
        assert len(index.asked) == asked, "an hour later it is still fresh"
