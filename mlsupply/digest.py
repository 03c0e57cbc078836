"""SHA-256 of what is short. Imports nothing of the package.

`hashlib` takes it from OpenSSL, and loading that library is a thirtieth of an offline scan. For a few texts the
interpreter's own, which the module `random` takes for the same reason, is as good.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

_OWN = ("_sha2", "_sha256")  # CPython from 3.12 on; 3.11


@cache
def _maker() -> Any:
    for name in _OWN:
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    return import_module("hashlib").sha256


def sha256_hex(data: bytes) -> str:
    """The digest in lower-case hex."""
    digest: str = _maker()(data).hexdigest()
    return digest
