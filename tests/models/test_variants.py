"""Files written from the techniques and from the libraries, not from what the scanner knows: hostile ones are blocked,
ordinary ones are clear."""

from __future__ import annotations

import pytest

from mlsupply.evidence.models import Verdict, look
from tests.models import variants_benign, variants_calls, variants_formats, variants_tricks
from tests.models.writing import call, name, new, pickled, text, tflite

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


ORDINARY = {key: ("m.pkl", data) for key, data in variants_benign.pickles().items()}
ORDINARY |= variants_benign.torch_files() | variants_benign.other_files()


@pytest.mark.parametrize("case", ORDINARY)
def test_what_libraries_write_is_clear(case: str) -> None:
    name, data = ORDINARY[case]
    facts = look(data, name)
    assert facts.verdict is Verdict.CLEAR, facts.marks


@pytest.mark.parametrize(
    "data",
    [
        pickled(call("sentence_transformers", "SentenceTransformer", text("acme/model"))),
        pickled(call("sklearn.svm._classes", "SVC", text("/etc/passwd"))),
        pickled(call("sklearn.svm._classes", "SVC", name("os", "getcwd"))),
        pickled(call("acme.kinds", "Kind", text("right"))),
        pickled(call("sklearn.kinds", "KindType", text("https://x.invalid"))),
        pickled(new("subprocess", "Popen")),
        pickled(call("builtins", "str.format", text("{0.__class__}"), name("random", "Random"))),
        b"N." + pickled(call("os", "system", text("echo x")), 0),
        tflite("Mine"),
        tflite("FlexReadFile"),
        tflite("")[:40],
    ],
)
def test_what_no_argument_clears(data: bytes) -> None:
    """A constructor handed a path, a function or nothing known, and what only the loading program can tell."""
    assert look(data, "m").verdict is not Verdict.CLEAR


def test_a_lite_model_of_built_in_operators_is_clear() -> None:
    facts = look(tflite(""), "m.tflite")
    assert (facts.format, facts.verdict) == ("tflite", Verdict.CLEAR)
    assert look(tflite("FlexReadFile"), "m.tflite").verdict is Verdict.BLOCKED
