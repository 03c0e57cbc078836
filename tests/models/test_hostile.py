"""Hostile files are survived and never called clear. What they cost is measured by `python -m tests.bench.models`."""

from __future__ import annotations

from pathlib import Path

from mlsupply.evidence.models import Verdict, look_at_path
from tests.models.hostile import hostile
from tests.models.writing import safetensors


def test_none_is_called_clear(tmp_path: Path) -> None:
    for name, path in hostile(tmp_path).items():
        assert look_at_path(path).verdict is Verdict.NOT_VERIFIED, name


def test_of_a_large_safetensors_only_the_header_is_read(tmp_path: Path) -> None:
    size = 5 << 30
    head = safetensors({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}})
    path = tmp_path / "large.safetensors"
    with open(path, "wb") as handle:
        handle.write(head)
        handle.truncate(len(head) + size)
    facts = look_at_path(path)
    assert (facts.verdict, facts.size) == (Verdict.CLEAR, len(head) + size)
