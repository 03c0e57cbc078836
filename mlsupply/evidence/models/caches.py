"""Weights in the local caches of Hugging Face, Ollama and torch hub: which files there are, at which revision.

Sources: the cache layout documented by huggingface_hub (`models--owner--name/{blobs,refs,snapshots}`), Ollama's OCI
manifests, torch.hub's `checkpoints` folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlsupply.folders import every_file
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_CHUNK = 4 << 20
_KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}


class CachedFile(NamedTuple):
    """A file of a cached model: its path in the repository, and where it lies on disk."""

    path: str
    disk: Path


class Cached(NamedTuple):
    """A model or dataset at one revision. registry: `huggingface`, `ollama` or `torch.hub`; refs: branches that point at
    the revision."""

    registry: str
    kind: str
    name: str
    revision: str
    files: tuple[CachedFile, ...]
    refs: tuple[str, ...] = ()


def default_roots(environ: Mapping[str, str], home: Path) -> dict[str, Path]:
    """Where the libraries keep their caches, as their environment variables say."""
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    hub = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
    return {
        "huggingface": Path(hub or Path(environ.get("HF_HOME") or cache / "huggingface") / "hub"),
        "ollama": Path(environ.get("OLLAMA_MODELS") or home / ".ollama" / "models"),
        "torch.hub": Path(environ.get("TORCH_HOME") or cache / "torch") / "hub" / "checkpoints",
    }


def cached(roots: Mapping[str, Path]) -> Iterator[Cached]:
    """Everything in the caches, in a stable order. A folder that is not there holds nothing."""
    readers = {"huggingface": _huggingface, "ollama": _ollama, "torch.hub": _torch_hub}
    for registry, root in roots.items():
        if root.is_dir():
            yield from readers[registry](root)


def _huggingface(root: Path) -> Iterator[Cached]:
    for folder in sorted(root.iterdir()):
        kind, _, name = folder.name.partition("--")
        snapshots = folder / "snapshots"
        if kind not in _KINDS or not snapshots.is_dir():
            continue
        refs = dict(_refs(folder / "refs"))
        for snapshot in sorted(path for path in snapshots.iterdir() if path.is_dir()):
            files = tuple(CachedFile(path.relative_to(snapshot).as_posix(), path) for path in every_file(snapshot))
            names = tuple(sorted(ref for ref, commit in refs.items() if commit == snapshot.name))
            yield Cached(
                "huggingface", _KINDS[kind], safe(name.replace("--", "/"), 200), safe(snapshot.name, 100), files, names
            )


def _refs(folder: Path) -> Iterator[tuple[str, str]]:
    for path in every_file(folder) if folder.is_dir() else ():
        yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace").strip()[:100]


def _ollama(root: Path) -> Iterator[Cached]:
    manifests = root / "manifests"
    for path in every_file(manifests) if manifests.is_dir() else ():
        try:
            manifest = json.loads(path.read_bytes()[: 1 << 20])
        except (ValueError, RecursionError):
            yield Cached("ollama", "model", safe(path.relative_to(manifests).as_posix(), 200), "", ())
            continue
        layers = manifest.get("layers") if isinstance(manifest, dict) else None
        digests = [str(layer.get("digest", "")) for layer in layers or () if isinstance(layer, dict)]
        blobs = tuple(
            CachedFile(d, root / "blobs" / d.replace(":", "-")) for d in digests if d.startswith("sha256:") and "/" not in d
        )
        host, *parts, tag = path.relative_to(manifests).parts
        name = "/".join(part for part in parts if part != "library") or host
        yield Cached("ollama", "model", safe(name, 200), safe(tag, 100), blobs)


def _torch_hub(root: Path) -> Iterator[Cached]:
    for path in every_file(root):
        yield Cached("torch.hub", "model", safe(path.name, 200), "", (CachedFile(path.name, path),))


def digest_of(path: Path) -> tuple[int, str]:
    """(size in bytes, sha256 in hex), read in pieces. Raises `OSError`."""
    machine = hashlib.sha256()
    size = 0
    with open(path, "rb", buffering=0) as handle:
        if sys.platform == "linux":
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while chunk := handle.read(_CHUNK):
            machine.update(chunk)
            size += len(chunk)
    return size, machine.hexdigest()
