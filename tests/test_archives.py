"""Hostile and honest archives: what a walk yields, and that it ends."""

from __future__ import annotations

import base64
import io
import random
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from mlsupply.evidence.archives import Budget, Limits, Member, Walked, walk
from mlsupply.evidence.archives_tar import members
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.evidence.record import rows
from mlsupply.model import Gap, Reason
from tests.code_pieces import spoiled_archive
from tests.looking import walk_bytes


def everything(path: str, size: int) -> bool:
    return True


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: Iterable[tuple[tarfile.TarInfo | str, bytes]], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # mode is any of tarfile's
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def members_of(found: Iterable[Walked]) -> dict[str, bytes | None]:
    return {item.path: item.data for item in found if isinstance(item, Member)}


def facts_of(found: Iterable[Walked]) -> list[tuple[str, str]]:
    return [(item.kind, item.member) for item in found if isinstance(item, ArchiveFact)]


def gaps_of(found: Iterable[Walked]) -> list[Gap]:
    return [item for item in found if isinstance(item, Gap)]


FILES = [("pkg/__init__.py", b"import os\n"), ("pkg/data.bin", b"\x00" * 100)]


def zstandard_frame(data: bytes) -> bytes:
    """Blocks that are stored as they are (RFC 8878, 3.1.1)."""
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
    heads = [(len(block) << 3 | (block is blocks[-1])).to_bytes(3, "little") for block in blocks]
    stored = b"".join(head + block for head, block in zip(heads, blocks, strict=True))
    return b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little") + stored


class _Frames:
    """As the package zstandard gives it, for frames of stored blocks."""

    def __init__(self, max_window_size: int) -> None:
        assert max_window_size <= 1 << 27

    def stream_reader(self, handle: io.BytesIO) -> io.BytesIO:
        data, out, last = handle.read()[9:], b"", 0
        while not last:
            head = int.from_bytes(data[:3], "little")
            last, out, data = head & 1, out + data[3 : 3 + (head >> 3)], data[3 + (head >> 3) :]
        return io.BytesIO(out)


def test_zstandard_is_read_where_its_package_is_there_and_a_gap_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zstandard_frame(tarred(FILES, "w"))
    for name in ("compression.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    (gap,) = gaps_of(walk_bytes(data, everything))
    assert (gap.reason, gap.detail) == (Reason.UNSUPPORTED, "zstd needs Python 3.14 or the package zstandard")
    there = ModuleType("zstandard")
    there.__dict__.update(ZstdDecompressor=_Frames, ZstdError=KeyError)
    monkeypatch.setitem(sys.modules, "zstandard", there)
    assert members_of(walk_bytes(data, lambda path, size: path.endswith(".py"))) == {
        "pkg/__init__.py": b"import os\n",
        "pkg/data.bin": None,
    }


@pytest.mark.skipif(sys.version_info < (3, 14), reason="no Zstandard in the standard library")
def test_zstandard_of_the_standard_library_is_read_and_its_damage_is_told() -> None:
    data = zstandard_frame(tarred(FILES, "w"))
    assert members_of(walk_bytes(data, everything)) == dict(FILES)
    (gap,) = gaps_of(walk_bytes(data[:4] + b"\xff" * 9 + data[13:], everything))
    assert gap.reason is Reason.MALFORMED


def test_a_member_under_a_damaged_compression_costs_nothing_else() -> None:
    """Its errors are of their own kind, for LZMA and for Zstandard, which Python reads from 3.14 on."""
    for method in (zipfile.ZIP_LZMA, getattr(zipfile, "ZIP_ZSTANDARD", zipfile.ZIP_BZIP2)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.py", b"import os\n" * 100, method)
            archive.writestr("b.py", b"import sys\n")
        whole, end = out.getvalue(), archive.getinfo("b.py").header_offset
        for place in range(34, end):
            damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
            found = list(walk_bytes(damaged, everything))
            assert members_of(found)["b.py"] == b"import sys\n"


def test_a_member_without_a_name_costs_nothing_else() -> None:
    """Met by fuzzing: the standard library looks at the last letter of the name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        nameless = zipfile.ZipInfo("x")
        nameless.filename = ""
        archive.writestr(nameless, b"1")
        archive.writestr("a.py", b"2")
    assert members_of(walk_bytes(out.getvalue(), lambda path, size: True))["a.py"] == b"2"


@pytest.mark.parametrize(
    "data",
    [zipped(FILES), tarred(FILES), tarred(FILES, "w"), tarred(FILES, "w:bz2"), tarred(FILES, "w:xz")],
    ids=["zip", "tar.gz", "tar", "tar.bz2", "tar.xz"],
)
def test_every_container_gives_the_same_members(data: bytes) -> None:
    found = list(walk_bytes(data, lambda path, size: path.endswith(".py")))
    assert members_of(found) == {"pkg/__init__.py": b"import os\n", "pkg/data.bin": None}
    assert not facts_of(found)
    assert not gaps_of(found)


def test_a_folder_is_read_like_an_archive_and_links_out_of_it_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "setup.py").write_text("setup()")
    (tree / "away").symlink_to(tmp_path / "outside")
    found = list(walk(tree, everything))
    assert members_of(found) == {"setup.py": b"setup()"}
    assert facts_of(found) == [("link-outside", "away")]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta"])
def test_an_environment_below_a_folder_is_left_out_with_its_place(tmp_path: Path, mark: str) -> None:
    environment = tmp_path / "tree" / "py env"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to("/usr/bin/python3")
    (environment / mark).mkdir()
    (tmp_path / "tree" / "app.py").touch()
    found = list(walk(tmp_path / "tree", everything))
    (left,) = gaps_of(found)
    assert members_of(found) == {"app.py": b""}
    assert facts_of(found) == []
    assert (left.reason, str(left.place)) == (Reason.UNSUPPORTED, environment.as_posix())
    assert f"mlsupply scan --env '{environment}'" in left.hint
    assert not gaps_of(walk(environment, everything))


def test_what_is_no_archive_or_not_there_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"not an archive")
    (unsupported,) = gaps_of(walk(tmp_path / "x.whl", everything))
    (missing,) = gaps_of(walk(tmp_path / "gone.whl", everything))
    assert (unsupported.reason, missing.reason) == (Reason.UNSUPPORTED, Reason.NOT_FOUND)


def test_names_that_lead_elsewhere_are_facts_and_stay_harmless() -> None:
    wrong = {
        "/etc/cron.d/x": "absolute-name",
        "\\\\host\\x.py": "absolute-name",
        "c:\\x.py": "absolute-name",
        "a/../../up.py": "parent-name",
        "a\\..\\..\\down.py": "parent-name",
        "esc\x1b[2J.py": "unprintable-name",
    }
    found = list(walk_bytes(tarred((name, b"") for name in wrong), everything))
    assert [kind for kind, _ in facts_of(found)] == list(wrong.values())
    assert all("\x1b" not in path for path in members_of(found))


def test_duplicate_and_case_colliding_names_are_facts() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("a.py", b"1"), ("a.py", b"2"), ("A.py", b"3")])
    assert facts_of(walk_bytes(data, everything)) == [("duplicate-name", "a.py"), ("case-collision", "A.py")]


def test_links_and_devices_in_a_tar_are_facts_and_never_followed_out_of_it() -> None:
    data = tarred(
        [
            link("pkg/inside.py", "other.py"),
            link("pkg/out.py", "../../../etc/passwd"),
            link("hard", "/etc/passwd", tarfile.LNKTYPE),
            link("dev", "", tarfile.CHRTYPE),
        ]
    )
    found = list(walk_bytes(data, everything))
    assert [kind for kind, _ in facts_of(found)] == ["link", "link-outside", "link-outside", "special-file"]
    assert not members_of(found)


def test_what_links_of_a_tar_lead_to_is_read_under_the_names_of_the_links() -> None:
    """A `setup.py` that is a link to `notes.txt` runs what lies there, and was not read: the archive was clean."""
    data = tarred(
        [
            link("pkg/setup.py", "notes.txt"),
            link("pkg/over/a.py", "../by/notes.txt"),
            link("pkg/by", "."),
            link("pkg/chain.py", "setup.py"),
            ("pkg/notes.txt", b"payload()"),
            link("pkg/hard.py", "pkg/notes.txt", tarfile.LNKTYPE),
            link("pkg/round.py", "round.py"),
            link("pkg/gone.py", "nothing.txt"),
        ]
    )
    found = list(walk_bytes(data, lambda path, size: path.endswith(".py")))
    read = {"pkg/setup.py", "pkg/over/a.py", "pkg/chain.py", "pkg/hard.py"}
    assert members_of(found) == {"pkg/notes.txt": None, **dict.fromkeys(read, b"payload()")}
    assert gaps_of(found) == []
    assert {kind for kind, _ in facts_of(found)} == {"link"}


def test_what_links_of_a_folder_lead_to_is_read_under_their_names_too(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("payload()")
    (tmp_path / "setup.py").symlink_to("notes.txt")
    found = list(walk(tmp_path, lambda path, size: path.endswith(".py")))
    assert members_of(found) == {"notes.txt": None, "setup.py": b"payload()"}


def test_links_without_number_and_in_circles_end_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsupply.evidence.archives_tar._MOST_LINKED", 4_000_000)
    deep = "/".join(["a"] * 400)
    many = [link(f"{number}.py", "big.txt") for number in range(3_000)]
    circles = [link(f"c{number}/x", f"../c{number + 1}/x/{deep}") for number in range(500)] + [link("c500/x", "../c0/x")]
    found = list(walk_bytes(tarred([*circles, ("big.txt", b"#" * 10_000), *many]), everything))
    said = [gap.detail for gap in gaps_of(found)]
    assert [detail.partition(";")[0] for detail in said] == [
        "more than 2,000 links",
        "links lead to more than 4,000,000 bytes",
    ]
    assert len(members_of(found)) == 401


def test_the_time_for_an_archive_ends_while_it_is_read_again_for_its_links() -> None:
    now = iter([0.0] * 6 + [1_000.0] * 20)
    budget = Budget(Limits(), "a.tar", 1_000, clock=lambda: next(now))
    data = tarred([link("setup.py", "notes.txt"), ("notes.txt", b"payload()"), ("other.txt", b"x")])
    found = list(members(io.BytesIO(data), "gzip", "", everything, budget))
    (gap,) = (one for one in found if isinstance(one, Gap))
    assert gap.reason is Reason.TIMEOUT


def test_a_flat_bomb_ends_as_a_located_gap_in_bounded_memory() -> None:
    big = tarred([("zeros.py", b"\0" * (40 << 20))])
    found = list(walk_bytes(big, everything, subject="bomb.tar.gz"))
    assert ("bomb", "") in facts_of(found)
    assert {gap.reason for gap in gaps_of(found)} == {Reason.LIMIT, Reason.TOO_LARGE}
    found = list(walk_bytes(zipped([("zeros.bin", b"\0" * (40 << 20)), ("a.py", b"1")]), everything, subject="bomb.whl"))
    assert ("bomb", "zeros.bin") in facts_of(found)
    assert members_of(found)["a.py"] == b"1"
    assert str(gaps_of(found)[0].place) == "bomb.whl!/zeros.bin"


def test_nested_archives_are_walked_to_a_depth_and_share_the_limits() -> None:
    data = zipped([("leaf.py", b"1")])
    for _ in range(5):
        data = zipped([("in.zip", data)])
    found = list(walk_bytes(data, everything, Limits(depth=2)))
    assert list(members_of(found)) == ["in.zip", "in.zip!/in.zip", "in.zip!/in.zip!/in.zip"]
    (gap,) = gaps_of(found)
    assert "nested more than 2 deep" in gap.detail
    wide = zipped([(f"{n}.zip", zipped([(f"{m}.py", b"") for m in range(10)])) for n in range(10)])
    assert "more than 50 members" in gaps_of(walk_bytes(wide, everything, Limits(members=50)))[0].detail


def test_far_too_many_members_are_refused_before_the_directory_is_read() -> None:
    data = zipped([(f"{number}", b"") for number in range(2_000)])
    (gap,) = gaps_of(walk_bytes(data, everything, Limits(members=1_000)))
    assert gap.reason is Reason.LIMIT
    assert gap.detail.startswith("declares 2,")


def test_time_is_a_limit() -> None:
    found = list(walk_bytes(zipped(FILES), everything, Limits(seconds=-1)))
    assert [gap.reason for gap in gaps_of(found)] == [Reason.TIMEOUT]


def test_a_damaged_member_costs_only_itself() -> None:
    data = zipped([("bad.py", b"spoil me " * 50), ("good.py", b"fine")])
    at = data.index(b"bad.py") + 12
    found = list(walk_bytes(data[:at] + b"\xff\xff\xff" + data[at + 3 :], everything))
    assert facts_of(found) == [("corrupt", "bad.py")]
    assert members_of(found) == {"good.py": b"fine"}
    assert gaps_of(found)[0].place is not None


def test_a_member_whose_checksum_is_wrong_is_damaged_however_well_it_unpacks() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("bad.py", b"quiet")
        archive.writestr("good.py", b"fine")
    found = list(walk_bytes(out.getvalue().replace(b"quiet", b"nasty"), everything))
    assert facts_of(found) == [("corrupt", "bad.py")]
    assert members_of(found) == {"good.py": b"fine"}


def test_a_directory_that_calls_a_member_otherwise_than_the_member_itself_is_not_believed() -> None:
    data = zipped([("a.py", b"1" * 50), ("b.py", b"2")])
    at = data.index(b"a.py")  # the local header comes first
    found = list(walk_bytes(data[:at] + b"x.py" + data[at + 4 :], everything))
    assert facts_of(found) == [("corrupt", "a.py")]
    assert members_of(found) == {"b.py": b"2"}


def test_a_directory_that_names_another_compression_than_the_member_itself_is_a_fact() -> None:
    data = bytearray(zipped([("a.py", b"1" * 50)]))
    data[data.index(b"PK\x01\x02") + 10] = zipfile.ZIP_STORED
    assert ("header-disagrees", "a.py") in facts_of(walk_bytes(bytes(data), everything))


def test_members_that_overlap_are_a_fact() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.py", b"1" * 50)
        archive.writestr("b.py", b"2" * 50)
    data = bytearray(out.getvalue())
    begin, end = data.index(b"1" * 50), data.index(b"2" * 50) + 20
    sizes = zlib.crc32(data[begin:end]).to_bytes(4, "little") + (end - begin).to_bytes(4, "little") * 2
    for marker, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.index(marker) + offset : data.index(marker) + offset + 12] = sizes
    found = list(walk_bytes(bytes(data), everything))
    assert ("header-disagrees", "b.py") in facts_of(found)
    assert members_of(found)["b.py"] == b"2" * 50


def test_a_truncated_stream_gives_what_came_before_and_a_gap() -> None:
    noise = random.Random(7).randbytes(300_000)
    data = tarred([("first.py", b"x"), ("second.bin", noise), ("third.py", b"y")])
    found = list(walk_bytes(data[: len(data) // 2], everything))
    assert "first.py" in members_of(found)
    assert gaps_of(found)[0].reason is Reason.MALFORMED
    (gap,) = gaps_of(walk_bytes(zipped(FILES)[:-30], everything))
    assert gap.reason is Reason.MALFORMED


def test_bytes_that_belong_to_no_entry_are_facts() -> None:
    data = zipped(FILES)
    assert ("trailing-data", "") in facts_of(walk_bytes(data + b"#!/bin/sh payload", everything))
    assert ("leading-data", "") in facts_of(walk_bytes(b"MZ" + b"\0" * 98 + data, everything))


def test_an_entry_left_out_of_the_directory_is_a_fact() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.py", b"1")
        archive.writestr("hidden.py", b"2" * 60)
        archive.writestr("b.py", b"3")
        archive.filelist = [info for info in archive.filelist if info.filename != "hidden.py"]
    assert [kind for kind, _ in facts_of(walk_bytes(out.getvalue(), everything))] == ["hidden-bytes"]


@pytest.mark.parametrize("seed", range(40))
def test_an_archive_with_bytes_changed_ends_with_members_facts_or_gaps(seed: int) -> None:
    found = list(walk_bytes(spoiled_archive(random.Random(seed)), everything))
    assert all(isinstance(item, Member | ArchiveFact | Gap) for item in found)


def test_an_entry_that_starts_before_the_archive_is_a_fact() -> None:
    data = bytearray(zipped([("a.py", b"1")]))
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = (int.from_bytes(data[end + 16 : end + 20], "little") + 22).to_bytes(4, "little")
    assert [kind for kind, _ in facts_of(walk_bytes(bytes(data), everything))][:1] == ["header-disagrees"]


def test_an_encrypted_member_is_a_fact_and_a_gap() -> None:
    data = bytearray(zipped([("a.py", b"1")]))
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(marker) + offset] |= 1
    found = list(walk_bytes(bytes(data), everything))
    assert facts_of(found) == [("encrypted", "a.py")]
    assert gaps_of(found)[0].reason is Reason.UNSUPPORTED


def test_a_record_vouches_by_sha256_or_better() -> None:
    """A digest of another algorithm, or one too short for its own, is none to compare with, and no reason to say that the
    file differs."""
    digest = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
    shorter = base64.urlsafe_b64encode(bytes(range(16))).rstrip(b"=").decode()
    longer = base64.urlsafe_b64encode(bytes(range(64))).decode()
    record = f"a.py,sha256={digest},3\nb.py,md5={shorter},4\nc.py,sha512={digest},\nd.py,sha256=no/base64!,x\ne.py,,\n"
    record += f"f.py,sha512={longer},\n"
    found = [(row.path, row.digest, row.size) for row in rows(record.encode())]
    assert found[0] == ("a.py", bytes(range(32)).hex(), 3)
    assert found[1:3] == [("b.py", "", 4), ("c.py", "", None)]
    assert found[4] == ("e.py", "", None)
    assert found[5] == ("f.py", bytes(range(64)).hex(), None)
