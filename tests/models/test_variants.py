"""Hostile files written from the techniques, not from what the scanner knows: every one is blocked."""

from __future__ import annotations

import pytest

from mlsupply.evidence.models import Verdict, look
from tests.models import variants_calls, variants_formats, variants_tricks

PICKLES = {
    **variants_calls.gadgets(variants_calls.STDLIB),
    **variants_calls.gadgets(variants_calls.LIBRARIES),
    **variants_calls.renamed(),
    **variants_calls.called_through(),
    **variants_tricks.streams(),
}
FILES = {
    **variants_tricks.wrapped(),
    **variants_formats.keras_files(),
    **variants_formats.saved_models(),
    **variants_formats.onnx_files(),
    **variants_formats.templates(),
    **variants_formats.configurations(),
}


@pytest.mark.parametrize("case", PICKLES)
def test_a_pickle_that_acts_is_blocked(case: str) -> None:
    facts = look(PICKLES[case], "m.pkl")
    assert facts.verdict is Verdict.BLOCKED, facts.marks


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_acts_is_blocked(case: str) -> None:
    name, data = FILES[case]
    facts = look(data, name)
    assert facts.verdict is Verdict.BLOCKED, facts.marks
