"""The labelled files: what is hostile is named, what is ordinary passes, what cannot be told is never called clear."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from mlsupply.evidence.models import Verdict, look_at_path
from tests.conftest import SHARED

SAMPLES = SHARED / "samples" / "models-dev"


@pytest.fixture(scope="module")
def verdicts() -> Counter[tuple[str, Verdict]]:
    rows: list[dict[str, Any]] = json.loads((SAMPLES / "manifest.json").read_text())
    rows = rows["files"] if isinstance(rows, dict) else rows
    return Counter((row["label"], look_at_path(SAMPLES / "files" / row["path"]).verdict) for row in rows)


@pytest.mark.shared
def test_hostile_files_are_named(verdicts: Counter[tuple[str, Verdict]]) -> None:
    assert verdicts["malicious", Verdict.CLEAR] == 0
    assert verdicts["malicious", Verdict.BLOCKED] >= 107


@pytest.mark.shared
def test_ordinary_files_pass(verdicts: Counter[tuple[str, Verdict]]) -> None:
    assert verdicts["benign", Verdict.CLEAR] >= 57


@pytest.mark.shared
def test_what_cannot_be_told_is_not_called_clear(verdicts: Counter[tuple[str, Verdict]]) -> None:
    assert verdicts["suspicious", Verdict.CLEAR] == 0
