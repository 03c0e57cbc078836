"""Files held in memory as a `world.Tree`: versions of files that stand in no folder (git objects, archive members)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mlsupply.model import Reason
from mlsupply.world import Failure, Survey, Tree


class MemoryTree:
    """Files by path; text is written as UTF-8."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.root = Path("/project")
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def read(self, path: str, limit: int) -> bytes | Failure:
        data = self.files.get(path)
        if data is None:
            return Failure(Reason.NOT_FOUND, f"{path} is not a file")
        return Failure(Reason.TOO_LARGE, f"{path} is larger than {limit:,} bytes") if len(data) > limit else data

    def open(self, path: str) -> BinaryIO | Failure:
        data = self.read(path, 1 << 30)
        return data if isinstance(data, Failure) else BytesIO(data)

    def kind(self, path: str) -> str:
        if path in self.files:
            return "file"
        return "folder" if any(name.startswith(path.rstrip("/") + "/") for name in self.files) else ""

    def on_disk(self, path: str) -> Path:
        return self.root / path

    def entries(self, path: str) -> tuple[str, ...] | Failure:
        below = [name.removeprefix(path.rstrip("/") + "/") for name in self.files if name.startswith(path.rstrip("/") + "/")]
        return tuple(sorted({name.partition("/")[0] + ("/" if "/" in name else "") for name in below}))

    def survey(self) -> Survey:
        return Survey(tuple(sorted(self.files)))

    def walk(self) -> Iterator[str]:
        yield from self.survey().files

    def starting(self, starts: Iterable[str], also: Iterable[str] = ()) -> Tree:
        named = [start.rstrip("/") for start in starts]
        return MemoryTree(
            {
                path: data
                for path, data in self.files.items()
                if any(start in {".", path} or path.startswith(f"{start}/") for start in named)
            }
        )
