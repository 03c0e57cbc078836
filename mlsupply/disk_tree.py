"""The disk as a `world.Tree`: the files of the projects that the user named, and what of them is not walked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from operator import itemgetter

from mlsupply.hints import BinaryIO
from mlsupply.model import Reason
from mlsupply.paths import Path
from mlsupply.pruned import PROJECT_MARKERS, environment_kind, is_cache, why_pruned
from mlsupply.world import Failure, Limits, Skipped, Survey


class DiskTree:
    """Files on disk below `root`; `starts`: the files and folders the user named, relative to it or absolute.

    Nothing is read outside the projects these lie in (the nearest folder upwards with a project marker, so that
    `requirements/cuda.txt` may say `-r ../common.txt`): neither through `-r ../../x` nor through a link.
    """

    def __init__(
        self, root: Path, starts: Iterable[str] = (".",), limits: Limits | None = None, also: Iterable[str] = ()
    ) -> None:
        self.root = root
        self.starts = tuple(dict.fromkeys(_tidy(start) for start in starts))
        self.limits = limits or Limits()
        self._homes = tuple(_home(os.path.realpath(root / start)) for start in (*self.starts, *also))
        self._survey: Survey | None = None
        self._real: dict[str, str] = {}  # path as shown -> on disk, where a name on the way cannot be shown

    def starting(self, starts: Iterable[str], also: Iterable[str] = ()) -> DiskTree:
        return DiskTree(self.root, starts, self.limits, also)

    def read(self, path: str, limit: int) -> bytes | Failure:
        handle = self.open(path)
        if isinstance(handle, Failure):
            return handle
        try:
            with handle:  # a buffer of the limit's size would be asked of the system for every file
                size = os.fstat(handle.fileno()).st_size
                data = handle.read(min(size, limit) + 1)
                if size < len(data) <= limit:  # it is being written
                    data += handle.read(limit + 1 - len(data))
        except OSError as error:
            return Failure(Reason.NOT_FOUND, f"{path} could not be read: {error.strerror}")
        return data if len(data) <= limit else Failure(Reason.TOO_LARGE, f"{path} is larger than {limit:,} bytes")

    def open(self, path: str) -> BinaryIO | Failure:
        try:
            real = os.path.realpath(self.on_disk(path))
            if not self._inside(real):
                return Failure(Reason.FORBIDDEN, f"{path} leads to a place outside the project")
            if not Path(real).is_file():  # also refuses devices and pipes, which would block
                return Failure(Reason.NOT_FOUND, f"{path} is not a file")
            return open(real, "rb")
        except PermissionError:
            return Failure(Reason.FORBIDDEN, f"{path} may not be read by this user")
        except (OSError, ValueError) as error:
            return Failure(Reason.NOT_FOUND, f"{path} could not be read: {getattr(error, 'strerror', None) or error}")

    def kind(self, path: str) -> str:
        try:
            full = self.on_disk(path)
            return "file" if full.is_file() else "folder" if full.is_dir() else ""
        except (OSError, ValueError):
            return ""

    def entries(self, path: str) -> tuple[str, ...] | Failure:
        listed = self._list(path)
        if isinstance(listed, Failure):
            return listed
        return tuple(f"{name}/" if _is_folder(entry) else name for name, entry in listed)

    def walk(self) -> Iterator[str]:
        return iter(self.survey().files)

    def survey(self) -> Survey:
        if self._survey is None:
            walk = _Walk(self)
            for start in self.starts:
                walk.start(start)
            walk.follow()
            self._survey = Survey(tuple(dict.fromkeys(walk.files)), tuple(walk.skipped), tuple(walk.failures), walk.targets)
        return self._survey

    def _inside(self, real: str) -> bool:
        return any(real == home or real.startswith(home.rstrip("/") + "/") for home in self._homes)

    def on_disk(self, path: str) -> Path:
        return self.root / self._real.get(path, path)

    def _list(self, path: str) -> list[tuple[str, os.DirEntry[str]]] | Failure:
        """The entries of a folder with their names as shown, in the order of these."""
        try:
            if not self._inside(os.path.realpath(self.on_disk(path))):
                return Failure(Reason.FORBIDDEN, f"{path} leads to a place outside the project")
            with os.scandir(self.on_disk(path)) as found:
                return self._shown(path, sorted(found, key=lambda entry: entry.name))
        except PermissionError:
            return Failure(Reason.FORBIDDEN, f"{path} may not be listed by this user")
        except (OSError, ValueError) as error:
            return Failure(Reason.NOT_FOUND, f"{path} could not be listed: {getattr(error, 'strerror', None) or error}")

    def _shown(self, folder: str, entries: list[os.DirEntry[str]]) -> list[tuple[str, os.DirEntry[str]]]:
        """A name that is not UTF-8 or would steer a terminal is shown escaped; its file is audited like the others."""
        taken = {entry.name for entry in entries}
        if folder not in self._real and all(name.isprintable() for name in taken):
            return [(entry.name, entry) for entry in entries]
        shown = []
        for entry in entries:
            name = _printable(entry.name)
            while name != entry.name and name in taken:
                name += "_"
            taken.add(name)
            self._real[_join(folder, name)] = _join(self._real.get(folder, folder), entry.name)
            shown.append((name, entry))
        return sorted(shown, key=itemgetter(0))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle: whoever reads it says so
        return False


class _Walk:
    """The state of one survey."""

    def __init__(self, tree: DiskTree) -> None:
        self.tree = tree
        self.files: list[str] = []
        self.skipped: list[Skipped] = []
        self.failures: list[tuple[str, Failure]] = []
        self.left = tree.limits.files_walked
        self.folders: list[str] = []  # walked, and not yet in the next two
        self.walked: dict[str, str] = {}  # where folders lie -> as shown
        self.around: set[str] = set()
        self.links: list[tuple[str, str]] = []  # into the project, and where to
        self.targets: dict[str, str] = {}

    def start(self, start: str) -> None:
        if self.tree.kind(start) == "file":
            self.files.append(start)
        else:
            self._folder("" if start == "." else start, 0)

    def _folder(self, path: str, depth: int) -> None:
        listed = self.tree._list(path)
        if isinstance(listed, Failure):
            self.failures.append((path or ".", listed))
            return
        names = {name for name, _ in listed}
        if depth and (why := environment_kind(names)):
            self.skipped.append(Skipped(path, why))
            return
        self.folders.append(path)
        folders = [
            name for name, entry in listed if self._entry(_join(path, name), entry) and self._enters(path, name, names)
        ]
        for name in folders:
            if depth >= self.tree.limits.depth:
                failure = Failure(Reason.LIMIT, f"folders deeper than {self.tree.limits.depth} were not walked")
                self.failures.append((_join(path, name), failure))
            elif self.left > 0:
                self._folder(_join(path, name), depth + 1)

    def _entry(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Note a file; whether the entry is a folder to be walked."""
        self.left -= 1
        if self.left <= 0:
            if self.left == 0:
                failure = Failure(Reason.LIMIT, f"the walk ended after {self.tree.limits.files_walked:,} entries")
                self.failures.append((path.rpartition("/")[0] or ".", failure))
            return False
        try:
            if entry.is_symlink():
                self._link(path, entry)
            elif entry.is_dir():
                return True
            elif entry.is_file():
                self.files.append(path)
            else:
                self.skipped.append(Skipped(path, NO_FILE))
        except OSError as error:
            self.failures.append((path, Failure(Reason.FORBIDDEN, str(error.strerror))))
        return False

    def _link(self, path: str, entry: os.DirEntry[str]) -> None:
        """A link inside the project is followed last; one that leaves it is said, a file when it is read."""
        real = os.path.realpath(self.tree.on_disk(path))
        if not Path(real).exists():
            self.skipped.append(Skipped(path, NO_TARGET))
        elif self.tree._inside(real):
            self.links.append((path, real))
        elif entry.is_dir():
            self.skipped.append(Skipped(path, "link to a place outside the project"))
        elif entry.is_file():
            self.files.append(path)

    def follow(self) -> None:
        """Meet what links inside the project lead to and the walk has not met: it lies beside the starts (in a repository of
        several projects) or in a folder left out. Folders first, as they may hold what other links lead to."""
        files = []
        for path, real in self.links:  # it grows while folders are walked
            self._note_walked()
            if Path(real).is_file():
                files.append((path, real))
            elif real not in self.walked:
                if why := self._stays_out(real):
                    self.skipped.append(Skipped(path, why))
                else:
                    self._folder(path, 1)
        self._note_walked()
        for path, real in files:
            folder, _, name = real.rpartition("/")
            if folder not in self.walked:
                self.files.append(path)
            elif name != path.rpartition("/")[2]:
                self.files.append(path)
                self.targets[path] = _join(self.walked[folder], name)

    def _note_walked(self) -> None:
        """Where the folders walked since the last time lie, and those around them."""
        for folder in self.folders:
            real = os.path.realpath(self.tree.on_disk(folder))
            self.walked.setdefault(real, folder)
            while (real := real.rpartition("/")[0]) and real not in self.around:
                self.around.add(real)
        self.folders.clear()

    def _stays_out(self, real: str) -> str:
        """Why the folder a link leads to is not walked; "" where it is."""
        if real in self.around:
            return "link to a folder around it"
        home = next(home for home in self.tree._homes if real == home or real.startswith(home.rstrip("/") + "/"))
        below = real[len(home) :].split("/")
        if any(map(is_cache, below)):
            return "link to a cache"
        why = next((why for part in below if (why := why_pruned(part, ()))), "")
        return why and f"link to {why}"

    def _enters(self, path: str, name: str, names: set[str]) -> bool:
        if is_cache(name):
            return False
        if why := why_pruned(name, names):
            self.skipped.append(Skipped(_join(path, name), why))
        return not why


NO_FILE, NO_TARGET = "a pipe, socket or device", "link to nothing"  # of interest where a file was to be expected


def _tidy(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _printable(name: str) -> str:
    """The name with what cannot be shown as escapes: bytes that are not UTF-8 as `\\xff`."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _home(real: str) -> str:
    """The project a named file or folder lies in: the nearest folder upwards that holds a marker, else itself."""
    folder = Path(real) if Path(real).is_dir() else Path(real).parent
    candidate, above = folder, folder.parent
    while not any((candidate / marker).exists() for marker in PROJECT_MARKERS):
        if candidate == above:
            return str(folder)
        candidate, above = above, above.parent
    return str(candidate)
