"""The worker process of `pool`: analyses one hostile file after another."""

from __future__ import annotations

import json
import sys
from typing import Any

from mlsupply.evidence.pool import _HEADER as HEADER
from mlsupply.evidence.pool import BROKE, read_exactly
from mlsupply.evidence.python import analyse, module_group
from mlsupply.evidence.stored import module_to_json, neighbours_from_json
from mlsupply.text import safe

_MEMORY = 1 << 30  # bytes of address space
_COLLECTED = 4 << 20  # bytes of source between two collections


def main() -> None:
    """Serve tasks from standard input until it ends."""
    import gc

    _bounded()
    gc.freeze()
    gc.disable()  # a tree has no reference cycles; those of the analyser are collected once in a while
    grown = 0
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            head, data = HEADER.unpack(read_exactly(source, HEADER.size))
            kind, path, inner, neighbours, foreign = json.loads(read_exactly(source, head))
            body = read_exactly(source, data)
        except EOFError:
            return
        try:
            found = look(kind, path, inner, body, neighbours, foreign=foreign)
        except Exception as error:  # a defect of ours; but out of memory the process has to end
            if isinstance(error, MemoryError):
                raise
            found = {BROKE: f"{type(error).__name__}: {safe(str(error), 200)}"}
        answer = json.dumps(found).encode()
        sink.write(HEADER.pack(len(answer), 0) + answer)
        sink.flush()
        grown += data
        if grown > _COLLECTED:
            gc.collect()
            grown = 0


def look(
    kind: str, path: str, inner: str, data: bytes, neighbours: dict[str, Any] | None = None, *, foreign: bool = False
) -> dict[str, Any]:
    """The answer to one task, as JSON values. Parameters: see `pool.Task`."""
    if kind == "together":
        document = json.loads(data)
        sources = [module_group.Source(where, below, text.encode("latin-1")) for where, below, text in document["modules"]]
        data_files = {where: text.encode("latin-1") for where, text in document["data"].items()}
        return {"modules": [module_to_json(module) for module in module_group.analysed(sources, data_files)]}
    return module_to_json(_WORK[kind](path, data, inner, neighbours_from_json(neighbours) if neighbours else None, foreign))


_WORK = {
    "module": lambda path, data, inner, neighbours, foreign: analyse.module(path, data, inner, neighbours, foreign=foreign),
    "pth": lambda path, data, inner, neighbours, foreign: analyse.pth(path, data),
}


def _bounded() -> None:
    """Limits the memory: a file that makes the analyser grow must end this process, not the machine."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
