"""A project held in memory, for readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mlsupply.inventory import reader_of
from mlsupply.model import Inventory, Package, Reason
from mlsupply.world import Failure, Limits, Survey, Tree


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

    def entries(self, path: str) -> tuple[str, ...] | Failure:
        below = [name.removeprefix(path.rstrip("/") + "/") for name in self.files if name.startswith(path.rstrip("/") + "/")]
        return tuple(sorted({name.partition("/")[0] + ("/" if "/" in name else "") for name in below}))

    def survey(self) -> Survey:
        return Survey(tuple(sorted(self.files)))

    def walk(self) -> Iterator[str]:
        yield from self.survey().files

    def starting(self, starts: Iterable[str], also: Iterable[str] = ()) -> Tree:
        folders = tuple(starts)
        return MemoryTree({path: data for path, data in self.files.items() if path.startswith(folders)})


def read(path: str, text: str | bytes, limits: Limits | None = None, **beside: str) -> Inventory:
    """The inventory of one file by the reader that claims it; beside: further files by name, dots as `__`."""
    files: dict[str, str | bytes] = {path: text}
    files |= {name.replace("__", "."): content for name, content in beside.items()}
    return read_from(path, files, limits)


def read_from(path: str, files: Mapping[str, str | bytes], limits: Limits | None = None) -> Inventory:
    """The inventory of one file among others."""
    reader = reader_of(path)
    assert reader is not None, f"no reader claims {path}"
    return reader.read(path, MemoryTree(files), limits or Limits())


def named(inventory: Inventory, name: str) -> Package:
    """The one package of that name."""
    found = [package for package in inventory.packages if package.name == name]
    assert len(found) == 1, f"{len(found)} packages are named {name}"
    return found[0]


def triples(inventory: Inventory) -> list[tuple[str, str, str]]:
    """(name, version, source kind) of every package, ordered."""
    return sorted((package.name, package.version, package.source.kind.value) for package in inventory.packages)
