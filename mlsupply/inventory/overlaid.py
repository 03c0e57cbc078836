"""The files under audit with one of them held to be something else: a text that stands in it, as a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mlsupply.world import Failure, Survey, Tree


class Overlaid:
    """`tree`, in which the file at `path` holds `data`."""

    def __init__(self, tree: Tree, path: str, data: bytes) -> None:
        self._tree, self._path, self._data = tree, path, data
        self.root = tree.root

    def read(self, path: str, limit: int) -> bytes | Failure:
        """See `Tree`; so for the others."""
        return self._data if path == self._path else self._tree.read(path, limit)

    def open(self, path: str) -> BinaryIO | Failure:
        return BytesIO(self._data) if path == self._path else self._tree.open(path)

    def kind(self, path: str) -> str:
        return self._tree.kind(path)

    def on_disk(self, path: str) -> Path:
        return self._tree.on_disk(path)

    def entries(self, path: str) -> tuple[str, ...] | Failure:
        return self._tree.entries(path)

    def survey(self) -> Survey:
        return self._tree.survey()

    def walk(self) -> Iterator[str]:
        return self._tree.walk()

    def starting(self, starts: Iterable[str], also: Iterable[str] = ()) -> Tree:
        return self._tree.starting(starts, also)
