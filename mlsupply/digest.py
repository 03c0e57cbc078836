"""SHA-256 of what is short, and of files. Imports nothing of the package but `lazy`.

`hashlib` takes it from OpenSSL, and loading that library is a thirtieth of an offline scan. For a few texts the
interpreter's own, which the module `random` takes for the same reason, is as good.
"""

from __future__ import annotations

from functools import cache

from mlsupply.hints import TYPE_CHECKING, Any
from mlsupply.lazy import module

if TYPE_CHECKING:
    from pathlib import Path

_OWN = ("_sha2", "_sha256")  # CPython from 3.12 on; 3.11


@cache
def _maker() -> Any:
    for name in _OWN:
        try:
            return module(name).sha256
        except ImportError:
            continue
    return module("hashlib").sha256


def sha256_hex(data: bytes) -> str:
    """The digest in lower-case hex."""
    digest: str = _maker()(data).hexdigest()
    return digest


def sha256_of_file(path: Path) -> str:
    """The digest of a file of any size in lower-case hex. Raises `OSError`."""
    from hashlib import file_digest

    with open(path, "rb") as handle:
        return file_digest(handle, "sha256").hexdigest()


def sha256_if_read(path: Path) -> str:
    """The same, "" where the file cannot be read."""
    try:
        return sha256_of_file(path)
    except OSError:
        return ""
