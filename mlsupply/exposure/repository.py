"""A git repository read by its objects alone: nothing of its configuration, hooks, attributes or work tree takes part.

The `git` program runs in a folder of ours with an empty configuration and links to the repository's objects; refs are
read here and handed to it as object ids. So no hook, filter, alias, textconv, signature program, fsmonitor or lazy
fetch that a repository may bring can start, and nothing in it is written.

Source: gitrepository-layout(5), gitformat-pack(5).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlsupply.aside import with_links
from mlsupply.errors import MlsupplyError
from mlsupply.limited import limit
from mlsupply.model import Gap, Reason
from mlsupply.text import count, safe

CHECK = "exposure"
MAX_REFS = 50_000
_MAX_REF_FILE = 64 << 20  # bytes of packed-refs
_OID = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
# what a ref may not hold (git-check-ref-format(1)); one that does is read all the same, under a safe name
_READ_ONLY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch, tag or other name, and the object it names."""

    name: str
    oid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where the parts lie. folder: as the user would write it; common: the git dir with refs and objects; shallow: commits
    whose parents are not there; logged: objects that reflogs name, which may be all that is left of a branch that was
    squashed, rebased or deleted."""

    folder: str
    common: Path
    refs: tuple[Ref, ...]
    shallow: tuple[str, ...] = ()
    logged: tuple[str, ...] = ()
    sha256: bool = False
    gaps: tuple[Gap, ...] = ()


def gap(subject: str, reason: Reason, detail: str, hint: str = "") -> Gap:
    """A gap of this check."""
    return Gap(subject=safe(subject), check=CHECK, reason=reason, detail=safe(detail, 400), hint=hint)


def find(folder: Path, inside: Path) -> Path | None:
    """The git dir of a folder: `.git`, what a `.git` file points to, or the folder itself where it is bare; None where there
    is none, or where it lies outside `inside` (a link or pointer that leaves what the user named)."""
    marker = folder / ".git"
    if marker.is_file():
        text = marker.read_bytes()[:4096].decode("utf-8", "replace")
        if not text.startswith("gitdir: "):
            return None
        marker = (folder / text.removeprefix("gitdir: ").strip()).resolve()
    elif not marker.exists() and (folder / "HEAD").is_file() and (folder / "objects").is_dir():
        marker = folder
    if not marker.is_dir() or not marker.resolve().is_relative_to(inside.resolve()):
        return None
    return marker


def open_repository(folder: str, git_dir: Path) -> Repository:
    """Read refs, shallow commits and the object format. Never raises: what is odd is a gap in the result."""
    unread: list[str] = []
    common = _common(git_dir, unread)
    shallow = tuple(line for line in _lines(common / "shallow", unread) if _OID.match(line))
    config = "\n".join(_lines(common / "config", unread))
    logged = tuple(_logged(common, unread))
    refs = _refs(common, unread)
    for linked in (git_dir,) if git_dir != common else _worktrees(common, unread):
        refs += [Ref(f"{ref.name} (worktree {linked.name})", ref.oid) for ref in _refs(linked, unread)]
    return Repository(
        folder=folder,
        common=common,
        refs=tuple(refs[:MAX_REFS]),
        shallow=shallow,
        logged=logged[:MAX_REFS],
        sha256=bool(re.search(r"(?im)^[ \t]*+objectformat[ \t]*+=[ \t]*+sha256", config)),
        gaps=(*_not_whole(folder, common, shallow, config, unread), *_too_many(folder, len(refs), len(logged))),
    )


def _not_whole(folder: str, common: Path, shallow: Sequence[str], config: str, unread: Sequence[str]) -> Iterator[Gap]:
    """Why the history that is read may not be all of it."""
    if shallow:
        detail = f"a shallow clone: history before {count(len(shallow), 'commit')} is not there"
        yield gap(folder, Reason.NO_ARTIFACT, detail, "fetch all of it (git fetch --unshallow) and ask again")
    if re.search(r"(?im)^[ \t]*+refstorage[ \t]*+=[ \t]*+(?!files)", config):
        detail = "its refs are stored in a form other than files (reftable)"
        yield gap(folder, Reason.UNSUPPORTED, detail, "git clone --mirror --ref-format=files it, and ask there")
    if re.search(r"(?im)^[ \t]*+partialclonefilter[ \t]*+=", config):
        detail = "a partial clone: versions of its files that were not fetched are not there"
        yield gap(folder, Reason.NO_ARTIFACT, detail, "clone it without --filter and ask again")
    if (common / "objects" / "info" / "alternates").is_file():
        detail = "borrows objects from another repository (alternates); these are not read"
        yield gap(folder, Reason.FORBIDDEN, detail, "git clone --no-local it, and ask there")
    if unread:
        detail = f"{count(len(unread), 'file')} with its branches, tags or settings could not be read, {unread[0]} first"
        yield gap(folder, Reason.FORBIDDEN, f"{detail}: commits to which only these lead were not searched")


def _too_many(folder: str, refs: int, logged: int) -> Iterator[Gap]:
    for number, what in ((refs, "refs"), (logged, "objects in its reflogs")):
        if number > MAX_REFS:
            yield gap(folder, Reason.LIMIT, f"{number:,} {what}; only {MAX_REFS:,} are followed")


def _common(git_dir: Path, unread: list[str]) -> Path:
    """The git dir that holds refs and objects: itself, or for a linked worktree what `commondir` names."""
    named = "".join(_lines(git_dir / "commondir", unread)[:1])
    return (git_dir / named).resolve() if named and (git_dir / named / "objects").is_dir() else git_dir


def _logged(common: Path, unread: list[str]) -> list[str]:
    """What the reflogs of the repository and its worktrees name, sorted (gitrepository-layout(5): `logs`)."""
    found: set[str] = set()
    for top in (common, *_worktrees(common, unread)):
        for where, _, names in os.walk(top / "logs", onerror=lambda error: note_refused(error, unread)):
            for name in names:
                for line in _lines(Path(where, name), unread):
                    found.update(word for word in line.split(" ", 2)[:2] if _OID.match(word) and word.strip("0"))
    return sorted(found)


def note_refused(error: OSError, unread: list[str]) -> None:
    """Adds to `unread` the folder that may not be read; one that is not there (any more) hides nothing."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        unread.append(str(error.filename))


def _worktrees(common: Path, unread: list[str]) -> list[Path]:
    """What git keeps of the linked worktrees: each has a HEAD of its own, which may be all that leads to a commit."""
    try:
        with os.scandir(common / "worktrees") as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        unread.append(str(common / "worktrees"))
        return []


def _lines(path: Path, unread: list[str]) -> list[str]:
    """Lines of a small file that is really one; nothing where it is not there or a link. unread: the path of a file that is
    too large or may not be read is added to it."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return []
        if status.st_size <= _MAX_REF_FILE:
            return path.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        pass  # told with those that are too large
    unread.append(str(path))
    return []


def _refs(git_dir: Path, unread: list[str]) -> list[Ref]:
    """Packed and loose refs and a detached HEAD; loose ones win."""
    found: dict[str, str] = {}
    for line in _lines(git_dir / "packed-refs", unread):
        oid, _, name = line.partition(" ")
        if _OID.match(oid) and name:
            found[name] = oid
    root = git_dir / "refs"
    for where, folders, names in os.walk(root, onerror=lambda error: note_refused(error, unread)):
        folders.sort()
        for name in names:
            path = Path(where, name)
            oid = "".join(_lines(path, unread)[:1]).strip()
            if _OID.match(oid):
                found[path.relative_to(git_dir).as_posix()] = oid
    head = "".join(_lines(git_dir / "HEAD", unread)[:1]).strip()
    if _OID.match(head):
        found["HEAD"] = head
    return [Ref(safe(name.removeprefix("refs/heads/").removeprefix("refs/")), oid) for name, oid in sorted(found.items())]


@contextmanager
def session(repository: Repository) -> Iterator[Git]:
    """A folder of ours from which git reads the repository's objects; gone afterwards."""
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(with_links()))
        except OSError as error:
            said = f"no folder for temporary files can be written ({error.strerror}); set TMPDIR"
            raise OSError(error.errno, said) from error
        (folder / "refs").mkdir()
        (folder / "objects").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        version, extensions = (1, "[extensions]\n\tobjectformat = sha256\n") if repository.sha256 else (0, "")
        core = f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n"
        (folder / "config").write_text(core + extensions, encoding="ascii")
        if repository.shallow:
            (folder / "shallow").write_text("\n".join(repository.shallow) + "\n", encoding="ascii")
        _link_objects(repository.common / "objects", folder / "objects")
        yield Git(folder)


def _link_objects(theirs: Path, ours: Path) -> None:
    """Show git the repository's packs and loose objects, and not its `info` folder: that may point to objects of other
    repositories (alternates) and may hold a commit graph that says otherwise than the commits."""
    with os.scandir(theirs) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and (entry.name == "pack" or re.fullmatch("[0-9a-f]{2}", entry.name)):
                (ours / entry.name).symlink_to(Path(entry.path).resolve(), target_is_directory=True)


class Git:
    """Starts git on the repository's objects, with an argument list and an environment that holds nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = shutil.which("git")
        self._environ: Mapping[str, str] = {
            **_READ_ONLY,
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "GIT_DIR": str(folder),
        }

    def start(self, *words: str, stdin: int | None = None, stderr: int | None = None) -> subprocess.Popen[bytes]:
        """A running `git WORDS`, its standard output a pipe. Raises `MlsupplyError` where there is no git."""
        if self._program is None:
            raise MlsupplyError("no-git", "reading a repository needs the program git, which was not found", "install git")
        # an argument list, our own folder and environment; the words are ours but for object ids, which come on stdin
        process = subprocess.Popen(  # noqa: S603
            [self._program, "-c", "core.quotePath=false", "-c", "safe.directory=*", *words],
            cwd=self._folder,
            env=dict(self._environ),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        limit(process.pid)
        return process


def request(lines: Iterable[str]) -> bytes:
    """What git is asked, a line each. Paths come as they are in its trees, which may hold any bytes but zero."""
    return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n"


def feed(process: subprocess.Popen[bytes], data: bytes) -> bool:
    """Write a request to the input of a running git and end it; False where git ended before it had taken all."""
    stdin = process.stdin
    try:
        if stdin is not None:
            stdin.write(data)
            stdin.close()
    except BrokenPipeError:
        return False
    return True
