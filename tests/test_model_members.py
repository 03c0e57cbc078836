"""What a model file inside a package holds is told whole, or counted as a gap."""

from __future__ import annotations

import struct

import pytest

from mlsupply.evidence.files.model_files import model_facts
from tests.models.keras_files import hdf5

CALL = "last: !!python/object/apply:os.system [id]\n"


def _named(count: int) -> str:
    return "".join(f"k{at}: !!python/name:collections.C{at}\n" for at in range(count))


def test_a_tag_that_calls_is_told_behind_many_that_only_name() -> None:
    facts, gaps = model_facts("demo/tests/data/a.data", (_named(12) + CALL).encode())
    assert any("apply:os.system" in fact.detail for fact in facts)
    assert not gaps


def test_what_is_too_much_to_tell_is_a_gap() -> None:
    facts, gaps = model_facts("demo/tests/data/a.data", (_named(150) + CALL).encode())
    assert len(facts) == 50
    assert any("perhaps more" in gap.detail for gap in gaps)


def _link(target: str) -> bytes:
    link = b"\x01\x08\x40\x0dmodel_weights" + struct.pack("<H", len(target) + 4) + b"\0" + target.encode() + b"\0x\0"
    return hdf5(link)


@pytest.mark.parametrize(
    ("name", "data", "variant"),
    [
        ("a.data", b"k: !!python/name:collections.Counter\n", "names"),
        ("a.data", b"k: !!python/object/apply:test_apply.Shape [1]\n", "names"),
        ("a.data", b"k: !!python/object/apply:os.system [id]\n", ""),
        ("a.data", b"k: !!python/object/apply:testing.run [id]\n", ""),
        ("a.h5", _link("b.h5"), "beside"),
        ("a.h5", _link("/etc/shadow"), ""),
        ("a.h5", _link("..\\secrets.h5"), ""),
    ],
)
def test_what_names_and_what_is_beside_is_told_from_what_calls_and_leads_away(name: str, data: bytes, variant: str) -> None:
    (fact,) = model_facts(f"demo/tests/data/{name}", data)[0]
    assert fact.variant == variant
