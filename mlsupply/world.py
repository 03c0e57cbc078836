"""The only door to the outside: network, clock, disk, worker pools, each handed in and each with its limits.

Live, offline and recorded are three fetchers, not three flags. Nothing else in the package opens a socket, reads the
clock or the environment (the command line reads the environment, once).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mlsupply.model import Reason

PUBLIC_INDEX = "https://pypi.org/simple"  # the public index's own address: a default, named here and nowhere else
PUBLIC_FILES = "https://files.pythonhosted.org"
PUBLIC_OSV_API = "https://api.osv.dev"
PUBLIC_OSV_BUCKET = "https://osv-vulnerabilities.storage.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every bound in one place; sizes in bytes, times in seconds. A limit reached is a gap that names the number."""

    manifest_bytes: int = 64 << 20  # one manifest or lock file
    files_walked: int = 200_000  # directory entries looked at during discovery
    depth: int = 24  # folders below the root
    includes: int = 100  # files reached by -r and -c from one file
    packages: int = 100_000  # of one input
    answer_bytes: int = 64 << 20  # one HTTP answer, but for archives and feeds
    archive_bytes: int = 2 << 30
    request_seconds: float = 20.0
    resolve_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a read or a request gave nothing; the caller, who knows subject and check, makes a `model.Gap` of it."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer that came whole and within its limit. headers: lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Fetch(Protocol):
    """The network: one method. Must be callable from several threads."""

    def __call__(
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response | Failure:
        """GET, or POST where there is a body. Any complete HTTP answer is a `Response`, whatever its status; no answer,
        a broken one or one over `limit` bytes is a `Failure`."""


class OfflineFetch:
    """The network that is not there."""

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        return Failure(Reason.OFFLINE, "the run is offline")


class Tree(Protocol):
    """The files under audit, read only. Paths are POSIX, relative to the root (the folder the user stands in) or absolute,
    and appear in reports as they are."""

    root: Path

    def read(self, path: str, limit: int) -> bytes | Failure: ...

    def walk(self, folder: str = ".") -> Iterator[str]: ...


class DiskTree:
    """A folder on disk. `walk` follows no links; `read` follows a link only to a place inside the root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str, limit: int) -> bytes | Failure:
        """The whole file, or why not (missing, a folder or device, outside the root through a link, too large)."""
        full = self.root / path
        try:
            if full.is_symlink() and not full.resolve().is_relative_to(self.root.resolve()):
                return Failure(Reason.FORBIDDEN, f"{path} is a link to a place outside {self.root}")
            if not full.is_file():
                return Failure(Reason.NOT_FOUND, f"{path} is not a file")
            with open(full, "rb") as handle:
                data = handle.read(limit + 1)
        except PermissionError:
            return Failure(Reason.FORBIDDEN, f"{path} may not be read by this user")
        except (OSError, ValueError) as error:
            return Failure(Reason.NOT_FOUND, f"{path} could not be read: {getattr(error, 'strerror', None) or error}")
        if len(data) > limit:
            return Failure(Reason.TOO_LARGE, f"{path} is larger than {limit:,} bytes")
        return data

    def walk(self, folder: str = ".") -> Iterator[str]:
        """Every regular file below `folder`, depth first in name order, POSIX paths as `read` takes them."""
        for where, folders, names in os.walk(self.root / folder):
            folders.sort()
            for name in sorted(names):
                yield Path(os.path.relpath(Path(where, name), self.root)).as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run may touch. now: the clock, UTC; cache: folder for databases and caches (made when first written);
    environ: the environment variables the run may look at; jobs: worker processes at most."""

    fetch: Fetch
    now: Callable[[], datetime]
    tree: Tree
    cache: Path
    limits: Limits = field(default_factory=Limits)
    environ: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 1
    say: Callable[[str], None] = lambda words: None  # progress, to stderr
