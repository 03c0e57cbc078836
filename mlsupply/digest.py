"""Digests: SHA-256 of short texts, and of files. Imports nothing of the package.

`hashlib` loads OpenSSL, which costs the shortest scan 2 to 3 ms of 45. Python's own implementation, which the module
`random` uses for the same reason, is good enough for a few short texts; files are read with `hashlib`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from mlsupply.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@cache
def _sha256() -> Any:
    for name in ("_sha2", "_sha256"):  # CPython from 3.12 on; 3.11
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    return import_module("hashlib").sha256


def sha256_hex(data: bytes) -> str:
    """The digest in lower-case hex."""
    digest: str = _sha256()(data).hexdigest()
    return digest


def sha256_of_file(path: Path) -> str:
    """The digest of a file of any size in lower-case hex. Raises `OSError`."""
    return _of_file(path, "sha256")


def sha256_if_read(path: Path) -> str:
    """The same, "" where the file cannot be read."""
    return digest_if_read(path, "sha256")


def digest_if_read(path: Path, algorithm: str) -> str:
    """The same by another algorithm that `hashlib` knows."""
    try:
        return _of_file(path, algorithm)
    except OSError:
        return ""


def _of_file(path: Path, algorithm: str) -> str:
    from hashlib import file_digest

    with open(path, "rb") as handle:
        return file_digest(handle, algorithm).hexdigest()
