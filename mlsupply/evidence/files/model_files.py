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
_PACKED = frozenset({"gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "lz4"})  # of which any content may be packed
_MODEL_SUFFIX = expression(
    r"\.(?:pkl|pickle|dill|joblib|pt|pth|ckpt|npy|npz|h5|hdf5|keras|onnx|safetensors|gguf|skops)$", re.IGNORECASE
)
_MAX_GAPS = 10  # of one model file
_MAX_FACTS = 50  # of one model file: as many as the model scanner reports (`models.Limits.marks`)


def is_model(path: str) -> bool:
    """Is this, by its name, a file that a model loader may be given?"""
    return bool(_MODEL_NAMES.search(path)) or path.endswith(".pth")


# Pickles of protocol 2 and on, older ones that name a function at once, the formats of `models.folder`; and what unpacks
# to anything, since its first bytes do not tell what.
_MODEL_HEAD = expression(
    rb"\x80[\x02-\x05][\x95}\]\(cCKXU\x8c\x85-\x89N)]|\(?c[A-Za-z_][\w.]{0,40}\n[A-Za-z_][\w.]{0,40}\n|\x93NUMPY|GGUF|\x89HDF\r\n"
    rb"|PK\x03\x04[\s\S]{26}[\w./-]{0,25}(?:data\.pkl|\.npy)"
    rb"|\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x78[\x01\x5e\x9c\xda]|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|\x5d\x00\x00[\x00-\xff]{2}\xff|ZF0x"
)


def begins_like_model(head: bytes) -> bool:
    """May this be a model under the name of something else? A loader opens what it is pointed at, whatever it is called.
    head: the first bytes of a file."""
    return _MODEL_HEAD.match(head) is not None


def model_facts(path: str, data: bytes) -> tuple[list[CodeFact], list[Gap]]:
    """What the model scanner says about the file: what it blocks as facts, what it could not verify as gaps. A file whose
    name says little (`.dat`, `.bin`) and whose content no model loader reads gives no gap for its unknown format."""
    from mlsupply.evidence.models import look
    from mlsupply.evidence.references.check import content_gaps

    found = look(data, path)
    if found.format in (_NO_MODELS if is_model(path) else _NO_MODELS | _PACKED) and not _MODEL_SUFFIX.search(path):
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
