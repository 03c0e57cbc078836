"""Archives and compressed files: what a loader would read is judged, whatever headers, names and checksums say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

import pytest

from mlsupply.evidence.models import Cause, Limits, Verdict, look
from tests.models.writing import Zip, array, npy, payload, pickled, state_dict, text, torch_zip


class TestTorchZip:
    def test_an_ordinary_checkpoint_is_clear(self) -> None:
        facts = look(torch_zip(state_dict()), "m.pt")
        assert (facts.format, facts.verdict) == ("torch", Verdict.CLEAR)

    def test_with_the_records_torch_writes(self) -> None:
        good = Zip().add("archive/data.pkl", state_dict()).add("archive/version", b"3\n").end64()
        bad = Zip().add("archive/data.pkl", payload()).add("archive/version", b"3\n").end64()
        facts = look(good, "m.pt")
        assert (facts.verdict, facts.contents[1]) == (Verdict.CLEAR, ("archive/data.pkl", "pickle"))
        assert look(bad, "m.pt").verdict is Verdict.BLOCKED
        assert look(bytes(70) + bad, "m.pt").verdict is Verdict.BLOCKED

    def test_two_end_records_that_disagree(self) -> None:
        """The zip64 record tells of one table, the plain one of another: each reading is judged."""
        good = Zip().add("a/data.pkl", state_dict()).add("a/version", b"3\n").end()
        bad = Zip().add("a/data.pkl", payload()).end64()
        body = good[:-22] + bad
        plain = bytearray(body)
        plain[-22:] = good[-22:]
        facts = look(bytes(plain), "m.pt")
        assert facts.verdict is Verdict.BLOCKED

    @pytest.mark.parametrize(
        "lies",
        [{}, {"deflate": 1}, {"crc": 1}, {"flags": 1}, {"flags": 0x800}, {"local": "other.txt"}, {"size": 7}],
        ids=["plain", "deflated", "bad checksum", "encryption bit", "utf-8 bit", "other local name", "wrong size"],
    )
    def test_a_call_is_blocked_however_the_member_is_dressed(self, lies: dict[str, int | str]) -> None:
        facts = look(torch_zip(payload(), **lies), "m.pt")
        assert facts.verdict is Verdict.BLOCKED
        assert facts.marks[0].member == "archive/data.pkl"

    @pytest.mark.parametrize("lies", [{"crc": 1}, {"local": "x"}, {"flags": 1}, {"size": 7}])
    def test_the_dress_alone_is_not_verified(self, lies: dict[str, int | str]) -> None:
        assert look(torch_zip(state_dict(), **lies), "m.pt").verdict is Verdict.NOT_VERIFIED

    def test_two_members_of_one_name(self) -> None:
        both = Zip().add("a/data.pkl", state_dict()).add("a/data.pkl", payload()).add("a/version", b"3\n").end()
        assert look(both, "m.pt").verdict is Verdict.BLOCKED

    def test_raw_storages_are_not_taken_for_pickles(self) -> None:
        data = Zip().add("a/data.pkl", state_dict()).add("a/data/0", payload()[:16]).add("a/version", b"3\n").end()
        assert look(data, "m.pt").verdict is Verdict.CLEAR

    def test_a_checkpoint_without_its_pickle(self) -> None:
        assert look(Zip().add("archive/version", b"3\n").end(), "m.pt").verdict is Verdict.NOT_VERIFIED

    def test_cut_off(self) -> None:
        whole = torch_zip(state_dict())
        facts = look(whole[: len(whole) - 40], "m.pt")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert look(torch_zip(payload())[:-40], "m.pt").verdict is Verdict.BLOCKED

    def test_a_pickle_before_the_archive(self) -> None:
        facts = look(payload() + torch_zip(state_dict()), "m.pt")
        assert facts.verdict is Verdict.BLOCKED
        assert Cause.DISGUISE in {mark.cause for mark in facts.marks}

    def test_torchscript(self) -> None:
        body = b"c__torch__.M\nM\n)\x81}b"
        good = Zip().add("m/data.pkl", pickled(body)).add("m/code/__torch__.py", b"class M(Module):\n  pass\n").end()
        assert look(good, "m.pt").verdict is Verdict.CLEAR
        bad = Zip().add("m/data.pkl", pickled(body)).add("m/code/__torch__.py", b"  torch.save(x, 'f')\n").end()
        assert look(bad, "m.pt").verdict is Verdict.BLOCKED


class TestArchivesInArchives:
    def test_nested_zip(self) -> None:
        inner = payload()
        for _ in range(4):
            inner = Zip().add("inner.bin", inner).end()
        facts = look(inner, "m.zip")
        assert facts.verdict is Verdict.BLOCKED
        assert facts.marks[0].member.count("!/") == 3

    def test_deeper_than_is_read(self) -> None:
        inner = payload()
        for _ in range(12):
            inner = Zip().add("inner.zip", inner).end()
        facts = look(inner, "m.zip")
        assert facts.marks[0].cause is Cause.LIMIT

    def test_a_zip_bomb(self) -> None:
        bomb = Zip().add("data.pkl", pickled(b"N" * (30 << 20)), deflate=1).end()
        facts = look(bomb, "m.zip")
        assert facts.verdict is Verdict.NOT_VERIFIED
        nest = Zip()
        for number in range(10):
            nest.add(f"{number}.zip", Zip().add("x", bytes(20 << 20), deflate=1).end())
        assert look(nest.end(), "m.zip").verdict is Verdict.NOT_VERIFIED

    def test_a_member_that_leads_out_of_the_folder(self) -> None:
        facts = look(Zip().add("assets/../../.bashrc", b"x").end(), "m.zip")
        assert facts.marks[0].cause is Cause.PATH

    def test_prefix_that_is_no_model(self) -> None:
        facts = look(b"#!/bin/sh\nexit 0\n" + Zip().add("m.pkl", payload()).end(), "m.sfx")
        assert facts.verdict is Verdict.BLOCKED

    def test_an_end_record_that_lists_nothing(self) -> None:
        hidden = Zip().add("m.pkl", payload()).end()
        assert look(hidden[:-2] + struct.pack("<H", 22) + b"PK\5\6" + bytes(18), "m.zip").verdict is Verdict.BLOCKED
        assert look(b"PK\5\6" + bytes(18), "m.zip").verdict is Verdict.CLEAR

    def test_texts_are_clear(self) -> None:
        assert look(Zip().add("README.md", b"hello").add("config.json", b"{}").end(), "m.zip").verdict is Verdict.CLEAR

    def test_a_member_the_table_does_not_list(self) -> None:
        listed, hidden = Zip().add("a.txt", b"a").end(), Zip().add("h.pkl", payload()).end()
        end = listed.rfind(b"PK\1\2")
        local = hidden[: hidden.rfind(b"PK\1\2")]
        count = struct.unpack_from("<L", listed, listed.rfind(b"PK\5\6") + 16)[0]
        data = bytearray(local + listed)
        struct.pack_into("<L", data, len(data) - 6, count + len(local))
        struct.pack_into("<L", data, len(local) + end + 42, len(local))
        assert look(bytes(data), "m.zip").verdict is Verdict.BLOCKED


class TestCompressed:
    @pytest.mark.parametrize(
        "pack",
        [
            gzip.compress,
            bz2.compress,
            lzma.compress,
            zlib.compress,
            lambda d: zlib.compress(d, 0),
            lambda d: lzma.compress(d, lzma.FORMAT_ALONE),
        ],
        ids=["gzip", "bzip2", "xz", "zlib", "zlib stored", "lzma"],
    )
    def test_is_unpacked(self, pack: object) -> None:
        assert callable(pack)
        assert look(pack(payload()), "m.joblib").verdict is Verdict.BLOCKED
        assert look(pack(array()), "m.joblib").verdict is Verdict.CLEAR
        cut = pack(array() + bytes(range(256)) * 8)
        assert look(cut[: len(cut) - 9], "m.joblib").verdict is Verdict.NOT_VERIFIED

    def test_lz4(self) -> None:
        raw = payload()
        literal = bytes([0xF0, len(raw) - 15]) + raw if len(raw) >= 15 else bytes([len(raw) << 4]) + raw
        frame = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(literal)) + literal + bytes(4)
        assert look(frame, "m.lz4").verdict is Verdict.BLOCKED

    def test_lz4_that_repeats_itself(self) -> None:
        block = b"\x1fK\x01\x00" + b"\xff" * 8 + b"\x00"  # one literal, then a match of distance 1
        frame = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(block)) + block + bytes(4)
        facts = look(frame, "m.lz4")
        assert facts.contents[-1] == ("lz4", "text")  # "KKK…", 2,000 bytes from 13

    def test_a_bomb(self) -> None:
        bomb = gzip.compress(pickled(b"N" * (40 << 20)))
        assert look(bomb, "m.pkl.gz").verdict is Verdict.NOT_VERIFIED

    def test_old_joblib(self) -> None:
        body = zlib.compress(payload())
        assert look(b"ZF" + hex(len(payload())).encode().ljust(19) + body, "m.pkl").verdict is Verdict.BLOCKED

    @pytest.mark.parametrize("head", [b"Rar!\x1a\x07\x01\x00", b"\x28\xb5\x2f\xfd\x00\x00", b"\x7fELF\x02\x01"])
    def test_what_cannot_be_opened_is_not_verified(self, head: bytes) -> None:
        facts = look(head + bytes(64), "m.bin")
        assert facts.marks[0].cause is Cause.UNSUPPORTED


class TestSevenZip:
    """A 7z archive holds no names the tests need: one folder, one coder, one file."""

    @staticmethod
    def archive(data: bytes, coder: bytes = b"\1\0", packed: bytes | None = None) -> bytes:
        packed = data if packed is None else packed
        size, plain = _seven(len(packed)), _seven(len(data))
        header = b"\1\4\6\0\1\x09" + size + b"\0\7\x0b\1\0\1" + coder + b"\x0c" + plain + b"\0\0\0"
        start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
        return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + header

    def test_copied(self) -> None:
        assert look(self.archive(payload()), "m.7z").verdict is Verdict.BLOCKED
        assert look(self.archive(array()), "m.7z").verdict is Verdict.CLEAR

    def test_lzma(self) -> None:
        chain = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
        packed = lzma.compress(payload(), lzma.FORMAT_RAW, filters=[chain])
        coder = b"\x23\3\1\1\5\x5d" + struct.pack("<I", 1 << 16)
        assert look(self.archive(payload(), coder, packed), "m.7z").verdict is Verdict.BLOCKED

    def test_encrypted(self) -> None:
        facts = look(self.archive(payload(), b"\x04\x06\xf1\x07\x01"), "m.7z")
        assert facts.marks[0].cause is Cause.UNSUPPORTED

    @pytest.mark.parametrize("size", [0, 8, 20, 40, 60])
    def test_cut_off(self, size: int) -> None:
        assert look(self.archive(payload())[: 8 + size], "m.7z").verdict is Verdict.NOT_VERIFIED


def _seven(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([0x80 | value >> 8, value & 0xFF])


class TestTar:
    @staticmethod
    def archive(*members: tuple[str, bytes | str]) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for member, content in members:
                info = tarfile.TarInfo(member)
                if isinstance(content, str):
                    info.type, info.linkname = tarfile.SYMTYPE, content
                    tar.addfile(info)
                else:
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
        return out.getvalue()

    def test_members_are_judged(self) -> None:
        assert look(self.archive(("m.pkl", payload())), "m.tar").verdict is Verdict.BLOCKED
        assert look(self.archive(("m.pkl", array())), "m.tar").verdict is Verdict.CLEAR
        assert look(gzip.compress(self.archive(("m.pkl", payload()))), "m.tar.gz").verdict is Verdict.BLOCKED

    @pytest.mark.parametrize(
        "members", [(("../m", b"x"),), (("/etc/m", b"x"),), (("l", "/etc"), ("l/m", b"x")), (("l", "../.."),)]
    )
    def test_ways_out_of_the_folder(self, members: tuple[tuple[str, bytes | str], ...]) -> None:
        assert look(self.archive(*members), "m.tar").verdict is Verdict.BLOCKED

    def test_torchs_oldest_layout(self) -> None:
        record = pickled(b"(" + text("0") + text("cpu") + b"ctorch\nFloatStorage\nt")
        storages = pickled(b"K\1") + record + struct.pack("<q", 2) + bytes(8)
        tensors = (
            pickled(b"K\1") + pickled(b"(K\0" + text("0") + b"ctorch\nFloatTensor\nt") + struct.pack("<iiqqq", 1, 0, 2, 1, 0)
        )
        good = (("sys_info", pickled(b"}")), ("pickle", pickled(b"}")), ("storages", storages), ("tensors", tensors))
        facts = look(self.archive(*good), "m.pt")
        assert facts.verdict is Verdict.CLEAR, facts.marks
        bad = (*good[:3], ("tensors", pickled(b"K\1") + payload()))
        assert look(self.archive(*bad), "m.pt").verdict is Verdict.BLOCKED

    def test_nemo_names_what_is_built(self) -> None:
        config = b"model:\n  _target_: os.system\n"
        assert look(self.archive(("model_config.yaml", config)), "m.nemo").verdict is Verdict.BLOCKED
        config = b"model:\n  _target_: nemo.collections.asr.models.EncDecCTCModel\n"
        assert look(self.archive(("model_config.yaml", config)), "m.nemo").verdict is Verdict.CLEAR


class TestNumpyArchives:
    def test_arrays(self) -> None:
        floats = npy("'<f8'", "(1,)", bytes(8))
        assert look(Zip().add("a.npy", floats).end(), "m.npz").verdict is Verdict.CLEAR
        objects = npy("'|O'", "(1,)", payload())
        assert look(Zip().add("a.npy", objects, deflate=1).end(), "m.npz").verdict is Verdict.BLOCKED

    def test_a_compressed_array_of_zeros_is_no_bomb(self) -> None:
        zeros = npy("'<f8'", "(4000000,)", bytes(32_000_000))
        assert look(Zip().add("a.npy", zeros, deflate=1).end(), "m.npz").verdict is Verdict.CLEAR

    def test_members_are_bounded(self) -> None:
        many = Zip()
        for number in range(30):
            many.add(f"{number}.txt", b"x")
        assert look(many.end(), "m.zip", Limits(members=10)).verdict is Verdict.NOT_VERIFIED
