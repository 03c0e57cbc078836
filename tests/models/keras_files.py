"""Keras archives and HDF5 files for the tests, written byte by byte."""

from __future__ import annotations

import json
import struct

from tests.models.writing import Zip


def keras(config: object) -> bytes:
    """A .keras archive."""
    return Zip().add("metadata.json", b"{}").add("config.json", json.dumps(config).encode()).end()


def hdf5(*texts: bytes, end: int = 0) -> bytes:
    """An HDF5 superblock and what else stands in the file."""
    body = b"\0" * 40 + b"\0".join(texts) + b"\0"
    size = end or 96 + len(body)
    return b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + bytes(24) + struct.pack("<Q", size) + bytes(48) + body


def layer(kind: str, module: str = "keras.layers", config: object = None, **more: object) -> dict[str, object]:
    return {"module": module, "class_name": kind, "config": config or {}, "registered_name": None, **more}


def sequential(*layers: object) -> dict[str, object]:
    return layer("Sequential", "keras", {"name": "m", "layers": list(layers)})


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAA", "defaults": None, "closure": None}}
