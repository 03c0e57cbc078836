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


# Pickles of protocol 2 and on, older ones that begin with a container or a function, and the formats of `models.folder`.
_MODEL_HEAD = expression(
    rb"\x80[\x02-\x05][\x95}\]\(cCKXU\x8c\x85-\x89N)]|\(?c[A-Za-z_][\w.]{0,40}\n[A-Za-z_][\w.]{0,40}\n|\([dlt]p\d{1,4}\n|\(?[\]}(][dlt]?q[\x00-\x05]|\x93NUMPY|GGUF|\x89HDF\r\n"
    rb"|PK\x03\x04[\s\S]{26}[\w./-]{0,25}(?:data\.pkl|\.npy)|ZF0x"
)
_PACKED = (
    (b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x5d\0\0", "lzma"), (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x78\x01", "zlib"), (b"\x78\x5e", "zlib"), (b"\x78\x9c", "zlib"), (b"\x78\xda", "zlib"),
)  # fmt: skip
_MOST_LAYERS = 16  # of packing, one within or behind the other


def may_be_model(head: bytes) -> bool:
    """May this be a model under the name of something else? A loader opens what it is pointed at, whatever it is called.
    head: the first 64 bytes of a file."""
    return _MODEL_HEAD.match(head) is not None or head.startswith(tuple(magic for magic, _ in _PACKED))


def begins_like_model(data: bytes) -> bool:
    """Does the content, unpacked where it is packed, begin like a model? One packed more often than is followed counts."""
    from mlsupply.evidence.models.compression import expand
    from mlsupply.evidence.models.looking import BrokenError, Span

    span = Span.of(data)
    for _ in range(_MOST_LAYERS):
        head = span.read(0, 64)
        method = next((name for magic, name in _PACKED if head.startswith(magic)), "")
        if not method or _MODEL_HEAD.match(head):
            return _MODEL_HEAD.match(head) is not None
        try:
            unpacked = expand(span, method, 64)
        except BrokenError:
            return False
        span = unpacked.span if unpacked.span.size else span.sub(max(unpacked.used, 1))  # behind an empty part is the next
    return True


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
