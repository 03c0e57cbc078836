"""Folders, files and images of a machine, looked at from outside: nothing found there is started, imported or unpacked,
links are not followed, and every indicator ends as present, absent or not looked."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlsupply.errors import MlsupplyError
from mlsupply.evidence.archives import container_of
from mlsupply.exposure.bodies import BEGIN, END, is_cut, is_unnamed
from mlsupply.exposure.hunt import TEXT_BYTES, Hunt
from mlsupply.exposure.images import PACKED, STREAMS, is_tar, see_image, see_layer
from mlsupply.exposure.indicators import NamedFile, Text
from mlsupply.exposure.question import Question
from mlsupply.exposure.repository import gap
from mlsupply.exposure.tampering import compare
from mlsupply.exposure.traces import Indicator, Machine, State, Trace
from mlsupply.folders import is_link
from mlsupply.model import Gap, Reason
from mlsupply.text import count, safe
from mlsupply.world import Limits, Say

_MAX_FILES = 3_000_000
_WHOLE = 64 << 20  # bytes of one file that is held in memory; larger ones are only hashed
_PEEK = 4096
_SBOM_MARKS = ((b'"bomFormat"', ".cdx.json"), (b'"spdxVersion"', ".spdx.json"), (b"cyclonedx.org/schema/bom", ".cdx.xml"))
_HOME_FILES = (
    *(".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".bash_history", ".zsh_history", ".pypirc", ".condarc"),
    *(".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", ".pip/pip.log", ".npmrc", ".gitconfig"),
)


def look(paths: Sequence[str], question: Question, limits: Limits, home: str, say: Say) -> Machine:
    """Look at everything below the paths together. home: a user's folder for indicators under `~`, "" for none. Raises
    `MlsupplyError` (`path-not-found`)."""
    for path in paths:
        if not os.path.lexists(path):
            raise MlsupplyError("path-not-found", f"there is no file or folder {safe(path)}", "name what is to be looked at")
    hunt = Hunt(question, limits)
    gaps: list[Gap] = []
    rooted = False
    for path in paths:
        say(f"looking at {path}", 0, 0)
        rooted = rooted or _is_root(Path(path))
        found = list(_path(path, hunt, say))
        gaps += found
    if home:
        gaps += _home(Path(home), hunt)
    hunt.finish()
    return Machine(
        paths=tuple(safe(path) for path in paths),
        traces=tuple(dict.fromkeys(hunt.traces)),
        indicators=tuple(_states(hunt, question, bool(home) or rooted, rooted)),
        gaps=tuple(dict.fromkeys((*gaps, *hunt.gaps))),
        files=hunt.files,
        texts=hunt.texts,
        hashed=hunt.hashed,
        inventories=hunt.inventories,
        passed=hunt.passed,
    )


def _is_root(path: Path) -> bool:
    """A whole file system: the root, a mounted disk, or an image, whose layers are all there is of it."""
    return (path.is_dir() and (path / "etc").is_dir() and (path / "usr").is_dir()) or _is_image(path)


def _is_image(path: Path) -> bool:
    return (path / "oci-layout").is_file() or (path.is_file() and path.stat().st_size > 0 and is_tar(path))


def _path(path: str, hunt: Hunt, say: Say) -> Iterator[Gap]:
    start = Path(path)
    if start.is_file():
        yield from _named_file(start, path, hunt)
        return
    failed: list[Gap] = []

    def note(error: OSError) -> None:
        failed.append(gap(str(error.filename), Reason.FORBIDDEN, f"could not be listed: {error.strerror}"))

    seen = 0
    for where, folders, names in os.walk(start, onerror=note):
        folders.sort()
        inside = os.path.relpath(where, start).replace(os.sep, "/")
        links = [name for name in folders if is_link(Path(where, name))]  # their names count, as those of files do
        for name in sorted(names + links):
            seen += 1
            if seen > _MAX_FILES:
                yield gap(path, Reason.LIMIT, f"more than {_MAX_FILES:,} files; the rest was not looked at")
                return
            if seen % 20_000 == 0:
                say(f"looking at {where}", 0, 0)
            relative = name if inside == "." else f"{inside}/{name}"
            shown = safe(f"{path.rstrip('/')}/{relative}")
            yield from _file(Path(where, name), _with_base(start, relative), shown, hunt, start)
    yield from failed


def _named_file(full: Path, shown: str, hunt: Hunt) -> Iterator[Gap]:
    """A file the user named is searched as a log too, unless it is an archive or an image."""
    before = hunt.texts, hunt.inventories
    yield from _file(full, full.name, shown, hunt, full.parent, named=True)
    with open(full, "rb") as handle:
        if (hunt.texts, hunt.inventories) == before and not container_of(handle.read(512)):
            handle.seek(0)
            hunt.text(handle.read(TEXT_BYTES), shown)
            if handle.read(1):
                yield gap(shown, Reason.TOO_LARGE, f"only the first {TEXT_BYTES:,} bytes were searched")


def _with_base(start: Path, relative: str) -> str:
    """The path with the name of the folder the user named in front, so that the user may name `conda-meta` or `pkgs`
    itself."""
    return f"{start.resolve().name}/{relative}" if start.resolve().name else relative


def _file(full: Path, path: str, shown: str, hunt: Hunt, inside: Path, *, named: bool = False) -> Iterator[Gap]:
    try:
        status = full.lstat()
        if stat.S_ISLNK(status.st_mode):
            hunt.see(path, None, shown)  # its name counts; what it leads to is looked at where it lies
            return
        if not stat.S_ISREG(status.st_mode):
            return  # a pipe, socket or device
        size = status.st_size
        layout = "/blobs/sha256/" in f"/{path}"
        if layout or path.endswith(PACKED):
            with open(full, "rb") as handle:
                kind = container_of(handle.read(512))
                handle.seek(0)
                if layout and kind:
                    yield from see_layer(handle, kind, shown, size, hunt)
                    return
            if kind == "tar":
                yield from see_image(full, kind, shown, hunt)
                return
            if kind in STREAMS:
                yield from see_image(full, kind, shown, hunt, sure=named)
        yield from _plain(full, path, shown, size, hunt)
        if is_unnamed(path):
            _body(full, size, shown, hunt)
        if path.endswith(".dist-info/METADATA"):
            yield from _tampered(full, inside, shown, hunt)
    except OSError as error:
        yield gap(shown, Reason.FORBIDDEN, f"could not be read: {error.strerror or error}")


def _body(full: Path, size: int, shown: str, hunt: Hunt) -> None:
    with open(full, "rb") as handle:
        begin = handle.read(BEGIN)
        handle.seek(max(size - END, 0))
        end = handle.read(END)
        hunt.body(begin, end, shown)
        if is_cut(end):
            detail = f"only the last {END:,} bytes of its list of files were searched"
            hunt.gaps.append(gap(shown, Reason.TOO_LARGE, detail))


def _plain(full: Path, path: str, shown: str, size: int, hunt: Hunt) -> Iterator[Gap]:
    wanted = hunt.wants(path, size)
    if wanted and size <= _WHOLE:
        hunt.see(path, full.read_bytes(), shown)
        return
    hunt.see(path, None, shown)
    if wanted and hunt.hashes(path):
        with open(full, "rb") as handle:
            hunt.digested(shown, hunt.digest_of(iter(lambda: handle.read(1 << 20), b"")))
    elif wanted:
        yield gap(shown, Reason.TOO_LARGE, f"larger than {_WHOLE:,} bytes; its content was not looked at")
    elif path.endswith((".json", ".xml")) and size <= _WHOLE:
        yield from _sbom(full, path, shown, hunt)


def _sbom(full: Path, path: str, shown: str, hunt: Hunt) -> Iterator[Gap]:
    """An SBOM whose file name does not say so."""
    with open(full, "rb") as handle:
        head = handle.read(_PEEK)
    ending = next((ending for mark, ending in _SBOM_MARKS if mark in head), "")
    if ending:
        hunt.inventory(path + ending, full.read_bytes(), shown)
    yield from ()


def _tampered(metadata: Path, inside: Path, shown: str, hunt: Hunt) -> Iterator[Gap]:
    """The files of a bad release that is installed, against its RECORD."""
    if not hunt.traces or hunt.traces[-1] != _installed(hunt.traces[-1], shown):
        return
    record = metadata.parent / "RECORD"
    where = shown.removesuffix("METADATA") + "RECORD"
    if not record.is_file() or record.is_symlink():
        yield gap(where, Reason.NOT_FOUND, "RECORD is missing, so it cannot be told which of its files were changed")
        return
    for found in compare(record, inside, where):
        if isinstance(found, Trace):
            hunt.traces.append(found)
        else:
            yield found


def _installed(last: Trace, shown: str) -> Trace:
    return Trace(kind="installed", path=shown, says=last.says)


def _home(home: Path, hunt: Hunt) -> Iterator[Gap]:
    """The indicators under `~`, and the shell, pip and uv files of one user, by name; the folder is not walked."""
    named = [one for one in hunt.hunted if isinstance(one, NamedFile)]
    folders = {one.suffix.strip("/") for one in named if one.place == "home"} | {".config/systemd/user"}
    wanted = set(_HOME_FILES)
    for folder in sorted(folders):
        if (home / folder).is_dir():
            wanted |= {f"{folder}/{found.name}".lstrip("/") for found in (home / folder).iterdir()}
    for name in sorted(wanted):
        full = home / name
        matching = any(one.pattern.match(full.name) for one in named) or name in _HOME_FILES
        if matching and os.path.lexists(full) and not full.is_dir():
            yield from _file(full, name, safe(str(full)), hunt, home)


def _states(hunt: Hunt, question: Question, homes: bool, rooted: bool) -> Iterator[Indicator]:
    for one in hunt.hunted:
        places = tuple(dict.fromkeys(hunt.places.get(one, ())))
        if places:
            yield Indicator(kind=one.kind, text=one.text, state=State.PRESENT, places=places)
        elif isinstance(one, NamedFile):
            yield _file_state(one, hunt, homes, rooted)
        elif isinstance(one, Text):
            yield _counted(one.kind, one.text, hunt.texts, "log or configuration file", "searched")
        else:
            yield Indicator(kind=one.kind, text=one.text, state=State.NOT_LOOKED, why=one.why)
    for known in question.files:
        text = f"{known.algorithm} {known.value}" + (f" ({known.of})" if known.of else "")
        places = tuple(dict.fromkeys(hunt.places.get(known.value.lower(), ())))
        if places:
            yield Indicator(kind="hashes", text=text, state=State.PRESENT, places=places)
        else:
            yield _counted("hashes", text, hunt.hashed, "archive or named file", "hashed")


def _file_state(one: NamedFile, hunt: Hunt, homes: bool, rooted: bool) -> Indicator:
    reasons = {
        "home": "" if homes else "no home folder was named (--home DIR)",
        "root": "" if rooted else "no whole file system or image was named",
        "variable": "it is in a folder that only the running system knows",
    }
    why = reasons.get(one.place, "")
    if why or not hunt.files:
        return Indicator(kind=one.kind, text=one.text, state=State.NOT_LOOKED, why=why or "no file was there to look at")
    return Indicator(kind=one.kind, text=one.text, state=State.ABSENT, why=f"no file of that name among {hunt.files:,}")


def _counted(kind: str, text: str, number: int, noun: str, done: str) -> Indicator:
    """Absent from so many files, or not looked for where there was no file to look into."""
    why = f"{count(number, noun)} {'was' if number == 1 else 'were'} {done}" if number else f"no {noun} was {done}"
    return Indicator(kind=kind, text=text, state=State.ABSENT if number else State.NOT_LOOKED, why=why)
