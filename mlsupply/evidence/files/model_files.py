"""Model files inside a package: what loading them runs, as the model scanner (`evidence.models`) says."""

from __future__ import annotations

import re
from dataclasses import replace

from mlsupply.evidence.archives import CHECK
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.lazy import expression
from mlsupply.model import Gap, Reason
from mlsupply.text import safe

_MODEL_NAMES = expression(
    r"\.(?:pkl|pickle|pk|dill|joblib|sav|pt|ckpt|npy|npz|h5|hdf5|keras|onnx|safetensors|gguf|skops|"
    r"pb|t7|bin|model|dat|data|p|cache|state|weights|vocab|obj|index|idx)$|"
    r"\.(?:pkl|pickle|pk|dill|joblib|sav|npy|p|model)\.(?:gz|bz2|xz|lzma|zst|z)$",
    re.IGNORECASE,
)
# Content that honest packages hold under names that models have too.
_NO_MODELS = frozenset({"unknown", "picture or document", "native code", "text", "xml", "empty", "closed archive"})
_MODEL_SUFFIX = expression(
    r"\.(?:pkl|pickle|dill|joblib|pt|pth|ckpt|npy|npz|h5|hdf5|keras|onnx|safetensors|gguf|skops)$", re.IGNORECASE
)
_MAX_GAPS = 10  # of one model file
_MAX_FACTS = 50  # of one model file: as many as the model scanner reports (`models.Limits.marks`)


def is_model(path: str) -> bool:
    """Is this, by its name, a file that a model loader may be given?"""
    return bool(_MODEL_NAMES.search(path)) or path.endswith(".pth")


def model_facts(path: str, data: bytes) -> tuple[list[CodeFact], list[Gap]]:
    """What the model scanner says about the file: what it blocks as facts, what it could not verify as gaps. A file whose
    name says little (`.dat`, `.bin`) and whose content no model loader reads gives no gap for its unknown format."""
    from mlsupply.evidence.models import look
    from mlsupply.evidence.references.check import content_gaps

    found = look(data, path)
    if found.format in _NO_MODELS and not _MODEL_SUFFIX.search(path):
        found = replace(found, marks=tuple(mark for mark in found.marks if mark.cause.value != "unsupported"))
    blocked = [mark for mark in found.marks if mark.verdict.value == "blocked"]
    facts = [
        CodeFact(
            behaviour="model-runs-code",
            moment=Moment.CALL,
            member=f"{path}!/{mark.member}" if mark.member else path,
            line=0,
            detail=mark.detail,
            variant=mark.variant,
            sink=found.format,
        )
        for mark in blocked[:_MAX_FACTS]
    ]
    gaps = {gap.detail: gap for gap in reversed(content_gaps(found, safe(path), CHECK))}  # the first place of each detail
    shown = list(gaps.values())
    if len(shown) > _MAX_GAPS:
        detail = (
            f"{len(shown) - _MAX_GAPS:,} more things in it could not be verified: see `mlsupply models scan` of the file"
        )
        shown[_MAX_GAPS:] = [replace(shown[_MAX_GAPS], detail=detail)]
    if len(blocked) >= _MAX_FACTS:  # what was not reported may be worse
        detail = f"it holds {_MAX_FACTS} things that run code when it is loaded, and perhaps more, which are not told"
        shown.append(Gap(subject=safe(path), check=CHECK, reason=Reason.LIMIT, detail=detail))
    return facts, shown
