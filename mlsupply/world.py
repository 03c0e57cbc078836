"""The only door to the outside: network, clock, disk, worker pools, each handed in and each with its limits.

Live, offline and recorded are three fetchers, not three flags. Nothing else in the package opens a socket, reads the
clock or the environment (the command line reads the environment, once).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from mlsupply.hints import BinaryIO, Protocol
from mlsupply.model import Reason
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.value import field, value

PUBLIC_INDEX = "https://pypi.org/simple"  # the public index's own address: a default, named here and nowhere else
PUBLIC_FILES = "https://files.pythonhosted.org"
PUBLIC_OSV_API = "https://api.osv.dev"
PUBLIC_KEV = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
PUBLIC_EPSS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
PUBLIC_OSV_BUCKET = "https://osv-vulnerabilities.storage.googleapis.com"


@value
class Limits:
    """Every bound in one place; sizes in bytes, times in seconds. A limit reached is a gap that names the number."""

    manifest_bytes: int = 64 << 20  # one manifest or lock file
    files_walked: int = 200_000  # directory entries looked at during discovery
    depth: int = 24  # folders below the root
    includes: int = 100  # files reached by -r and -c from one file
    packages: int = 100_000  # of one input
    answer_bytes: int = 64 << 20  # one HTTP answer, but for archives and feeds
    index_bytes: int = 2 << 30  # all answers of one index in a run: those for a thousand packages are a tenth of it
    archive_bytes: int = 2 << 30
    request_seconds: float = 20.0
    resolve_seconds: float = 120.0
    contents_seconds: float = 3600.0  # all archives that are looked into
    reading_seconds: float = 300.0  # all inputs that were found and not named: whoever scans `/` gets a report


class Failure(NamedTuple):
    """Why a read or a request gave nothing; the caller, who knows subject and check, makes a `model.Gap` of it."""

    reason: Reason
    detail: str


class Response(NamedTuple):
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
        """GET, or POST where there is a body: a query, which may be sent more than once. Any complete HTTP answer is a
        `Response`, whatever its status; no answer, a broken one or one over `limit` bytes is a `Failure`."""


class OfflineFetch:
    """The network that is not there."""

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        return Failure(Reason.OFFLINE, "the run is offline")


class Skipped(NamedTuple):
    """A folder that was not walked. why: a few words for the report."""

    path: str
    why: str


class Survey(NamedTuple):
    """One walk. files: regular files in depth-first name order, then what links lead to; skipped: folders pruned and worth
    saying (caches and version-control folders are not); failures: (path, why it could not be listed, or which limit ended
    the walk); targets: of the files that are links, the one of the others each leads to."""

    files: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    failures: tuple[tuple[str, Failure], ...] = ()
    targets: Mapping[str, str] = {}

    def met(self, kind: Callable[[str], object]) -> tuple[str, ...]:
        """The files, of links only those whose names are of another kind than the names of the files they lead to."""
        if not self.targets:
            return self.files
        return tuple(path for path in self.files if path not in self.targets or kind(path) != kind(self.targets[path]))


class Tree(Protocol):
    """The files under audit, read only. Paths are POSIX, relative to the root (the folder the user stands in) or absolute,
    and appear in reports as they are: printable, whatever the names on disk are."""

    root: Path

    def read(self, path: str, limit: int) -> bytes | Failure:
        """The whole file, or why not."""

    def open(self, path: str) -> BinaryIO | Failure:
        """The file as a seekable stream, for what is too large to hold (archives, models), or why not."""

    def kind(self, path: str) -> str:
        """`file`, `folder`, or "" where there is neither."""

    def on_disk(self, path: str) -> Path:
        """Where a path of this tree lies, for what is too large to be handed through and is opened by a worker."""

    def entries(self, path: str) -> tuple[str, ...] | Failure:
        """The names in a folder, sorted; those of folders end in `/`."""

    def survey(self) -> Survey:
        """Every regular file below the starts, pruned and bounded; walked once and remembered."""

    def walk(self) -> Iterator[str]:
        """The files of `survey`."""

    def starting(self, starts: Iterable[str], also: Iterable[str] = ()) -> Tree:
        """The same files, walked from these files and folders (what the user named) instead of the whole root. also:
        folders that may be read but are not walked (an installed environment)."""


class Say(Protocol):
    """Progress, to a human: what is being done and, where it is known, how much of how much."""

    def __call__(self, words: str, done: int = 0, total: int = 0) -> None: ...


def silent(words: str, done: int = 0, total: int = 0) -> None:
    """Progress nobody sees."""


@value
class World:
    """What a run may touch. now: the clock, UTC; cache: folder for databases and caches (made when first written);
    environ: the environment variables the run may look at; jobs: worker processes at most; resolving: uv may be started,
    which asks the indexes by itself."""

    fetch: Fetch
    now: Callable[[], datetime]
    tree: Tree
    cache: Path
    limits: Limits = field(default_factory=Limits)
    environ: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 1
    resolving: bool = False
    say: Say = silent
