"""Repositories that a script clones: what it installs from them is not the project's own, though it is named as if it were
(`git clone URL && cd NAME && pip install -r requirements.txt`). Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from mlsupply.inventory.install_arguments import Found, Include
from mlsupply.inventory.parsing import gap, quoted
from mlsupply.inventory.shell import Word
from mlsupply.model import Reason, Requirement, SourceKind

_LOCAL = (SourceKind.PATH, SourceKind.EDITABLE)
_MOST = 100  # repositories of one file
_VALUED = frozenset({"-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "-j", "--jobs", "--reference", "-u"})


class Clones:
    """Where the commands of a script run. cloned: folder -> address, of all scripts of a file."""

    def __init__(self, path: str, cloned: dict[str, str]) -> None:
        self.path = path
        self.cloned = cloned
        self.inside = ""  # the address of the repository the commands run in

    def follow(self, words: Sequence[Word]) -> None:
        """Heed `git clone` and `cd`."""
        texts = [word.text for word in words]
        if texts[:1] == ["sudo"]:
            texts = texts[1:]
        if len(texts) > 1 and texts[0] in {"cd", "pushd"}:
            self._enter(next((text for text in texts[1:] if not text.startswith("-") or text == "-"), "~"))
        elif texts and texts[0] in {"popd", "cd"}:
            self.inside = ""
        elif texts and texts[0] == "git" and "clone" in texts[:6]:
            self._clone(texts[texts.index("clone") + 1 :])

    def told(self, found: Iterable[Found]) -> Iterator[Found]:
        """The same, with a gap for what lies in a repository that was cloned."""
        for one in found:
            if isinstance(one, Include):
                where, place = one.path, one.place
            elif isinstance(one, Requirement) and one.source.kind in _LOCAL and one.place:
                where, place = one.source.url, one.place
            else:
                yield one
                continue
            address = self._of(where.removeprefix("file:")) if "://" not in where else ""
            if address:
                detail = "this installs from a repository that is cloned here, which was not read"
                yield gap(self.path, Reason.UNSUPPORTED, detail, place.line, "scan a checkout of it", quoted(address, 120))
            else:
                yield one

    def _clone(self, arguments: Sequence[str]) -> None:
        given = []
        is_value = False
        for text in arguments:
            if not is_value and not text.startswith("-"):
                given.append(text)
            is_value = text in _VALUED
        if given and len(self.cloned) < _MOST:
            name = given[1] if len(given) > 1 else posixpath.basename(given[0].rstrip("/")).removesuffix(".git")
            folder = posixpath.normpath(name)
            if folder != ".":
                self.cloned[folder] = given[0]

    def _enter(self, folder: str) -> None:
        if address := self._cloned_at(folder):
            self.inside = address
        elif folder.startswith(("..", "/", "~", "-", "$")):
            self.inside = ""

    def _of(self, path: str) -> str:
        """The address of the repository a file or folder lies in, "" where it is in none."""
        if address := self._cloned_at(path):
            return address
        return "" if path.startswith(("..", "/", "~", "$")) else self.inside

    def _cloned_at(self, path: str) -> str:
        """The address of the repository that was cloned to this folder or one above it. A folder is known by its last name
        too: what was entered before is not followed."""
        parts = posixpath.normpath(path).split("/")
        for length in range(len(parts), 0, -1):
            if address := self.cloned.get("/".join(parts[:length])):
                return address
        names = {*(parts if path.startswith("/") else parts[:1])} - {"", ".", ".."}
        return next((address for folder, address in self.cloned.items() if posixpath.basename(folder) in names), "")
