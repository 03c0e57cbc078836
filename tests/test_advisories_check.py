"""The check `advisories` from the command line's side: the embedded snapshot, its age, what cannot be judged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsupply.advisories.build import compile_records, save
from mlsupply.advisories.importing import records_of, source_of
from mlsupply.advisories.store import EMBEDDED, opened, read_only
from mlsupply.cli import main
from mlsupply.errors import MlsupplyError
from mlsupply.evidence.advisory_check import judge
from mlsupply.model import Checked, Coordinate, DataSource, Gap, Inventory, Package, Reason, Source, SourceKind
from mlsupply.project import merge
from mlsupply.request import Request
from mlsupply.world import World
from tests.advisory_data import fixed, record, write


def _judge(world: World, *packages: Package) -> tuple[list[Checked], list[DataSource]]:
    project = merge([Inventory(path="requirements.txt", format="requirements", packages=packages)])
    said = list(judge(project, Request(feed="embedded"), world))
    return [item for item in said if isinstance(item, Checked)], [item for item in said if isinstance(item, DataSource)]


def _package(name: str, version: str, kind: SourceKind = SourceKind.REGISTRY, ecosystem: str = "pypi") -> Package:
    return Package(coordinate=Coordinate(ecosystem, name, version), source=Source(kind))


def _gaps(checked: list[Checked]) -> list[Gap]:
    return [gap for item in checked for gap in item.gaps]


def test_the_embedded_snapshot_knows_litellm_and_where_to_go(world: World) -> None:
    checked, sources = _judge(world, _package("litellm", "1.82.8"))
    found = {finding.id: finding for item in checked for finding in item.findings}
    assert "CVE-2026-42208" in found
    assert "1.84.0" in found["CVE-2026-42208"].remedy
    assert sources[0].name == "PyPA Advisory Database"
    assert sources[0].licence == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("torch", "2.10.0+cu128", {"CVE-2026-4538"}),
        ("transformers", "5.2.0", {"CVE-2026-4372", "CVE-2026-5241"}),
        ("ray", "2.54.0", {"CVE-2026-41486", "CVE-2026-57516"}),
        ("six", "1.17.0", set()),
    ],
)
def test_the_newest_affected_release_is_found(world: World, name: str, version: str, expected: set[str]) -> None:
    checked, _ = _judge(world, _package(name, version))
    assert {finding.id for item in checked for finding in item.findings} == expected


def test_data_older_than_a_week_is_one_gap_of_the_run(world: World) -> None:
    old = replace(world, now=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    checked, _ = _judge(old, _package("six", "1.17.0"), _package("torch", "2.4.0"))
    assert [gap.reason for gap in _gaps(checked)] == [Reason.STALE]
    assert "days since is not among them" in _gaps(checked)[0].detail


def test_fresh_data_is_no_gap(world: World) -> None:
    with opened(EMBEDDED) as store:
        as_of = datetime.fromisoformat(store.about.as_of)
    checked, _ = _judge(replace(world, now=lambda: as_of), _package("six", "1.17.0"))
    assert _gaps(checked) == []


def test_own_code_and_models_have_no_advisories_and_conda_packages_are_a_gap(world: World) -> None:
    fresh = replace(world, now=lambda: datetime(2026, 7, 24, tzinfo=UTC))
    own = _package("litellm", "1.82.8", SourceKind.EDITABLE)
    model = _package("bert-base", "", ecosystem="huggingface")
    conda = _package("pytorch", "2.4.0", ecosystem="conda")
    checked, _ = _judge(fresh, own, model, conda)
    assert not any(item.findings for item in checked)
    assert [(gap.subject, gap.reason) for gap in _gaps(checked)] == [("conda packages", Reason.UNSUPPORTED)]


def test_many_conda_packages_are_one_readable_gap_and_each_is_accounted_for(world: World) -> None:
    fresh = replace(world, now=lambda: datetime(2026, 7, 24, tzinfo=UTC))
    names = ["zlib", "openssl", "libgcc", "mkl", "cudnn", "nccl", "blas", "xz"]
    checked, _ = _judge(fresh, *(_package(name, "1.0", ecosystem="conda") for name in names), _package("six", "1.17.0"))
    assert len([item for item in checked if item.package and item.gaps]) == len(names)
    (gap,) = set(_gaps(checked))
    assert gap.detail == (
        "8 conda packages have no counterpart here among Python packages"
        " (blas, cudnn, libgcc, mkl, nccl, openssl and 2 more): no advisory feed here covers conda packages"
    )


def test_a_snapshot_built_twice_is_the_same_to_the_byte(tmp_path: Path) -> None:
    export = write(tmp_path / "all.zip", [record(events=fixed("1.2")), record("PYSEC-2026-7", name="other", versions=["1"])])
    for name in ("one", "two"):
        compiled = compile_records(records_of(export), prose=False)
        save(compiled, tmp_path / name, source_of(export, compiled.newest("2026-03-24T12:00:00Z"), compiled.modified))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_building_says_what_it_refused(tmp_path: Path) -> None:
    export = write(tmp_path / "all.zip", [record(events=fixed("1.2")), "{not json", {"id": "X"}])
    result = CliRunner().invoke(main, ["db", "build", "--from", str(export), "-o", str(tmp_path / "db.sqlite")])
    assert result.exit_code == 0
    assert "refused: bad-1.json" in result.stderr
    assert "1 record of 1 project, " in result.stderr
    many = write(tmp_path / "many.zip", [record(events=fixed("1.2")), *["{not json"] * 25])
    told = CliRunner().invoke(main, ["db", "build", "--from", str(many), "-o", str(tmp_path / "db.sqlite")]).stderr
    assert told.count("refused: bad-") == 20
    assert "refused: 5 more" in told


def test_a_record_dated_in_the_future_does_not_make_the_data_look_new(tmp_path: Path) -> None:
    known = [record(events=fixed("1.2")), {**record("PYSEC-2026-7", versions=["1"]), "modified": "2027-07-09T00:00:00Z"}]
    compiled = compile_records(records_of(write(tmp_path / "all.zip", known)))
    assert compiled.newest("2026-03-24T12:00:00Z") == "2026-01-02T00:00:00Z"


def _store(tmp_path: Path) -> Path:
    path = tmp_path / "db.sqlite"
    compiled = compile_records([("one.json", record(events=fixed("1.2")))])
    save(compiled, path, DataSource("Test data", "2026-03-24T00:00:00Z"))
    return path


@pytest.mark.parametrize("name", ["100%25 sure?mode=rw#1", "ein Ordner é", "a&b=c"])
def test_a_store_is_found_wherever_it_lies(name: str, tmp_path: Path) -> None:
    """SQLite takes an address: what means something in one is no part of the path."""
    path = tmp_path / name / "advisories.sqlite"
    path.parent.mkdir()
    path.write_bytes(EMBEDDED.read_bytes())
    with opened(path) as store:
        assert store.about.records
    with closing(read_only(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM project")


def test_a_truncated_store_is_refused_with_a_next_step(tmp_path: Path) -> None:
    path = _store(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(MlsupplyError, match="not a whole SQLite file") as caught, opened(path):
        pass
    assert "db sync" in caught.value.hint


def test_a_row_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = _store(tmp_path)
    data = bytearray(path.read_bytes())
    place = data.index(b"\x78\xda")  # where the compressed records begin
    data[place + 12] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(MlsupplyError, match="cannot be used"), opened(path) as store:
        store.rows(["demo"])


def test_a_store_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = _store(tmp_path)
    data = bytearray(path.read_bytes())
    data[60:64] = (99).to_bytes(4, "big")  # user_version, see the SQLite file format
    path.write_bytes(data)
    with pytest.raises(MlsupplyError, match="its schema is 99"), opened(path):
        pass


def test_status_names_the_data_its_age_and_its_licence() -> None:
    result = CliRunner().invoke(main, ["db", "status"])
    assert result.exit_code == 0
    assert "PyPA Advisory Database" in result.stdout
    assert "CC-BY-4.0" in result.stdout


def test_a_small_file_that_unfolds_to_millions_of_values_is_refused(tmp_path: Path) -> None:
    """A project's own configuration may name a folder of advisories, and that project may be hostile."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (tmp_path / "laughs.yaml").write_text("\n".join(lines))
    (tmp_path / "round.yaml").write_text("a: &a [*a]")
    found = dict(records_of(tmp_path))
    assert str(found["laughs.yaml"]) == "more than 200,000 values"
    assert isinstance(found["round.yaml"], RecursionError | ValueError)


def test_members_of_an_export_that_cannot_be_opened_cost_themselves_alone(tmp_path: Path) -> None:
    export = write(tmp_path / "all.zip", [record("PYSEC-2026-1"), record("PYSEC-2026-2"), record("PYSEC-2026-3")])
    data = bytearray(export.read_bytes())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1  # encrypted
    data[central + 8] |= 1
    local, central = data.index(b"PK\x03\x04", local + 1), data.index(b"PK\x01\x02", central + 1)
    data[local + 8] = data[central + 10] = 99  # a compression nobody knows
    export.write_bytes(data)
    found = dict(records_of(export))
    assert [type(value) for value in found.values()] == [RuntimeError, NotImplementedError, dict]
    assert len(compile_records(records_of(export)).refused) == 2
