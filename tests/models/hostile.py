"""Files that cost a naive reader its memory or its time, written from their description."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.models.writing import Zip, call, gguf, pickled, safetensors, text

SPARSE = 10 << 30


def hostile(folder: Path) -> dict[str, Path]:
    """Name to file, all written below `folder`."""
    files = {
        "opcode bomb of 10 MB in 10 kB": Zip().add("data.pkl", pickled(b"N0" * (5 << 20) + b"N"), deflate=1).end(),
        "marks, 10 MB in 10 kB": Zip().add("data.pkl", pickled(b"(" * (10 << 20)), deflate=1).end(),
        "billion laughs": _laughs(),
        "nested zips": _nested(),
        "gguf with absurd counts": gguf([("a", "b")], count=1 << 62) + bytes(64),
        "gguf with an absurd string": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62) + bytes(64),
        "safetensors header of 2 GB": safetensors({}, bytes(64), size=2 << 30),
        "memo index": pickled(b"Nr\xff\xff\xff\xff"),
        "object of 2 GB": pickled(b"\x8e" + struct.pack("<Q", 2 << 30)),
        "deep nesting": pickled(b")" + b"\x85" * 500_000),
    }
    paths = {}
    for number, (name, data) in enumerate(files.items()):
        paths[name] = folder / f"hostile{number}"
        paths[name].write_bytes(data)
    for name, head in (("sparse 10 GB", b""), ("sparse 10 GB behind a pickle", pickled(b"N"))):
        paths[name] = folder / f"sparse{len(head)}.bin"
        with open(paths[name], "wb") as handle:
            handle.write(head)
            handle.truncate(SPARSE)
    return paths


def _laughs() -> bytes:
    body = b"](" + text("ha") * 2 + b"e"
    for number in range(60):
        body += b"q" + bytes([number]) + b"](h" + bytes([number]) + b"h" + bytes([number]) + b"e"
    return pickled(call("builtins", "list", body))


def _nested() -> bytes:
    inner = Zip()
    for number in range(10):
        inner.add(f"{number}", bytes(1 << 20), deflate=1)
    outer = inner.end()
    for _ in range(4):
        layer = Zip()
        for number in range(10):
            layer.add(f"{number}.zip", outer, deflate=1)
        outer = layer.end()
    return outer
