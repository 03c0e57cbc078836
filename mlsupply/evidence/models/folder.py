"""Which files of a folder are model files: by name, or by their first bytes where the name says nothing. Archives are told
by what they hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mlsupply.evidence.models.facts import Cause, ModelFacts, Verdict
from mlsupply.evidence.models.names import words

SUFFIXES = words(
    """
    .pkl .pickle .pk .p .dill .joblib .jbl .sav .pt .pth .ckpt .bin .t7 .mar .npy .npz .h5 .hdf5 .keras .hdf .pb .pbtxt .onnx
    .ort .tflite .safetensors .gguf .ggml .nemo .skops .model .weights .mlmodel .pmml .cbm .ubj .bst .msgpack .jinja .jinja2
    .dat .data .params .caffemodel .7z .ptl .torchscript .engine .llamafile .cloudpickle .pickled .pdparams .whl_model
    """
)
_NAMES = words(
    """
    config.json tokenizer_config.json tokenizer.json generation_config.json
    model_index.json adapter_config.json
    preprocessor_config.json processor_config.json chat_template.json saved_model.pb model_config.yaml
    special_tokens_map.json
    """
)
_HEADS = (b"\x93NUMPY", b"GGUF", b"\x89HDF\r\n", *(bytes([0x80, proto]) for proto in (2, 3, 4, 5)))
_SAVED = words(".pkl .pickle .dill .joblib .pt .pth .ckpt .bin .npy .npz .h5 .keras .safetensors .gguf .sav .model .onnx")
_PUT_AWAY = words("tar bak old orig part tmp best last latest new prev save copy gz gzip bz2 xz lzma lz4 zst zstd z zip rar")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".lz4")
_HOLD_NONE = words("zip tar gzip bzip2 xz lzma lz4 zlib json jinja text xml empty unknown") | {
    "picture or document",
    "native code",
}
_OF_MEMBERS = frozenset({"zip", "tar", "closed archive"})
_MOST_FILES = 200_000
_SILENTLY = frozenset({".git", ".hg"})  # what a repository keeps for itself
_LEFT_OUT = {"node_modules": "installed JavaScript"}


def model_files(root: Path, unread: list[tuple[str, str]], *, archives: bool = False) -> Iterator[Path]:
    """Files below `root` that a model loader may be pointed at, in name order, each once. A link counts by its own name
    wherever it leads: in Hugging Face's cache the names are links, and what they lead to has none. unread: folders that
    were not looked through are added to it, each with the reason; it is complete when the iterator is exhausted. archives:
    those of any name are given as well, and `holds_model` tells which of them are of models."""
    from mlsupply.pruned import environment_kind

    left, links, met = _MOST_FILES, list[Path](), set[str]()
    top = os.path.realpath(root).rstrip("/")

    def note(error: OSError) -> None:
        unread.append((str(error.filename), f"could not be listed: {error.strerror}"))

    for folder, folders, names in os.walk(root, onerror=note):
        if Path(folder) != root and (kind := _LEFT_OUT.get(Path(folder).name) or environment_kind([*folders, *names])):
            folders[:] = []
            unread.append((folder, f"{kind}, left out: name it to look through it"))
            continue
        folders[:] = sorted(set(folders) - _SILENTLY)
        for linked in (path for name in folders if _is_link(path := Path(folder, name))):
            if not f"{os.path.realpath(linked)}/".startswith(f"{top}/"):  # what lies below the root is met there
                unread.append((str(linked), "a link to a folder elsewhere, left out: name it to look through it"))
        for name in sorted(names):
            left -= 1
            if left < 0:
                unread.append((str(root), "it holds too many files; the rest was not looked at"))
                return
            path = Path(folder, name)
            if _is_link(path):
                links.append(path)
            elif _may_be_read(path) and _is_asked_for(path, archives):
                met.add(os.path.realpath(path))
                yield path
    for path in links:
        if (real := os.path.realpath(path)) not in met and _may_be_read(Path(real)) and _is_asked_for(path, archives):
            met.add(real)
            yield path


def _is_asked_for(path: Path, archives: bool) -> bool:
    return is_model_name(path.name, path) or (archives and path.name.lower().endswith(_ARCHIVES))


def holds_model(facts: ModelFacts) -> bool:
    """Whether an archive is one of models: something in it has a model's format or would do harm, or not all of its members
    could be seen. What is packed alone is known by its beginning, however little of it was unpacked."""
    forms = {form for _, form in facts.contents}
    unseen = bool(forms & _OF_MEMBERS) and any(mark.cause is not Cause.UNSUPPORTED for mark in facts.marks)
    return unseen or bool(forms - _HOLD_NONE) or facts.verdict is Verdict.BLOCKED


def _is_link(path: Path) -> bool:
    """Not what may not be asked: the attempt to read it is reported."""
    try:
        return path.is_symlink()
    except OSError:
        return False


def _may_be_read(path: Path) -> bool:
    """No link, pipe or device; a file we may not even see counts, so that the attempt to read it is reported."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True


def is_put_away(lower: str) -> bool:
    """Whether a name is that of weights under one more ending: `checkpoint.pth.tar` as examples of PyTorch save it,
    `model.pkl.bak`, `model.pt.part`, `model.pkl.1`, `model.bin.gz`. Tables and digests of weights are none."""
    parts = lower.split(".")
    last = parts[-1]
    return len(parts) > 2 and f".{parts[-2]}" in _SAVED and (last in _PUT_AWAY or last.isdecimal())


def is_model_name(name: str, path: Path | None = None) -> bool:
    """Whether the name is a model's; of a name without a suffix that says so, the first bytes of `path` decide."""
    lower = name.lower()
    suffix = f".{lower.rpartition('.')[2]}" if "." in lower else ""
    if suffix in SUFFIXES or lower in _NAMES:
        return True
    if is_put_away(lower):
        return True
    if path is None or suffix in {".py", ".md", ".txt", ".json", ".yaml", ".yml", ".toml", ".lock", ".ipynb"}:
        return False
    try:
        with open(path, "rb") as handle:
            head = handle.read(16)
    except OSError:
        return True  # it is looked at, and the failure reported there
    return head.startswith(_HEADS)
