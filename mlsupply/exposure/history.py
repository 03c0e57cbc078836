"""The history of the dependency files of a repository: which blob stood where, from which commit to which. Reads commits
and trees once, in one pass of `git log`; no work tree is involved.

A commit's state is its first parent's with the files it changes against that parent; the other parents have states of their
own, so that it is known what a merge brought in. Commits that change no file asked for are left out by git (`--full-history
--parents` rewrites parents accordingly).
"""

from __future__ import annotations

import secrets
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence

from mlsupply.exposure.blobs import present
from mlsupply.exposure.repository import Git, Repository, feed, gap, request
from mlsupply.model import Gap, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import count

_FIELDS = ("%H", "%P", "%ct", "%an <%ae>", "%cn <%ce>", "%s")
_MAX_FIELD = 300  # characters of a name or subject
_CHUNK = 1 << 20
_LONGEST = 16 << 20  # bytes of one commit, enough for a hundred thousand changed files; its message may be of any length


class Change(NamedTuple):
    """A file at a commit: its path, its blob ("" where the commit removes it), and the blob before ("" where it is new).
    link: the blob that holds where it leads, of a symbolic link, which has no other."""

    path: str
    blob: str
    before: str = ""
    link: str = ""


class Commit(NamedTuple):
    """oid; parents: nearest ancestors that are in the list too; time: committer's, seconds since 1970 UTC; author,
    committer: `Name <mail>`; changes: against the first parent."""

    oid: str
    parents: tuple[str, ...]
    time: int
    author: str
    committer: str
    subject: str
    changes: tuple[Change, ...]


def commits(git: Git, repository: Repository, patterns: Iterable[str]) -> tuple[list[Commit], list[Gap]]:
    """All commits reachable from any ref or reflog that change a file matching one of the pathspecs, parents first. What a
    reflog names and is pruned is gone; a ref that leads nowhere is a gap."""
    folder, named = repository.folder, [*dict.fromkeys(ref.oid for ref in repository.refs)]
    if not named and not repository.logged:
        return [], [gap(folder, Reason.NOT_FOUND, "no branch, tag or other ref was found")]
    there = present(git, [*named, *repository.logged])
    refs = [oid for oid in named if oid in there]
    gaps = []
    if len(refs) < len(named):
        detail = f"{count(len(named) - len(refs), 'object')} that its branches or tags name are not there"
        gaps.append(gap(folder, Reason.MALFORMED, detail, "check it with git fsck"))
    patterns = list(patterns)
    logged = [oid for oid in repository.logged if oid in there]
    found, failed = _logged(git, [*refs, *logged], patterns)
    if failed and logged:  # what is wrong may be with what only a reflog still names
        fewer, without = _logged(git, refs, patterns)
        if not without:
            gaps.append(gap(folder, Reason.MALFORMED, f"what only its reflogs lead to could not be read: {failed}"))
            found, failed = fewer, ""
    if failed:
        detail = f"its history could be read only in part: {failed}"
        gaps.append(gap(folder, Reason.MALFORMED, detail, "check it with git fsck"))
    return found, gaps


def _logged(git: Git, wanted: Sequence[str], patterns: Sequence[str]) -> tuple[list[Commit], str]:
    """The commits that these lead to, and what git said where it failed."""
    if not wanted:
        return [], ""
    mark = secrets.token_hex(16)  # nobody who wrote a commit can have known it, so no message can forge a record
    process = git.start(
        "log", "--stdin", "--full-history", "--parents", "--topo-order", "--reverse", "--root", "--raw", "-z", "--no-abbrev",
        "--no-renames", "--diff-merges=first-parent", "--no-show-signature", "--no-ext-diff", "--no-textconv",
        "--ignore-missing", "--encoding=UTF-8", f"--format={mark}:{mark.join(_FIELDS)}",
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    lines = [*dict.fromkeys(wanted), "--", *patterns]
    errors: list[bytes] = []
    feeder = threading.Thread(target=_feed, args=(process, request(lines), errors))
    feeder.start()
    records = _records(process, f"{mark}:".encode(), errors)
    found = [commit for record in records if (commit := _commit(record, mark)) is not None]
    feeder.join()
    with process:  # closes the pipes and waits
        code = process.wait()
    said = b"".join(errors).decode("utf-8", "replace").strip().splitlines()
    return found, "" if code == 0 else said[0] if said else f"git ended with {code}"


def _feed(process: subprocess.Popen[bytes], data: bytes, errors: list[bytes]) -> None:
    """Write the request and drain the errors, beside the reader, so that no pipe fills up."""
    taken = feed(process, data)
    stderr = process.stderr
    if stderr is not None:
        errors.append(stderr.read(_CHUNK))
        while stderr.read(_CHUNK):
            pass
    if not taken:
        errors.append(b"\ngit took no input")  # after git's own words, which say more


def _records(process: subprocess.Popen[bytes], mark: bytes, errors: list[bytes]) -> Iterator[bytes]:
    """The output cut at the mark that starts each commit. One that does not end within `_LONGEST` ends the reading."""
    pending = b""
    stdout = process.stdout
    while stdout is not None and (data := stdout.read(_CHUNK)):
        *whole, pending = (pending + data).split(mark)
        yield from whole
        if len(pending) > _LONGEST:
            errors.insert(0, f"a commit is larger than {_LONGEST:,} bytes".encode())
            process.kill()
            return
    yield pending


def _commit(record: bytes, mark: str) -> Commit | None:
    """One commit with its raw diff: `header NUL NUL? :modes oids status NUL path NUL ...`."""
    head, _, rest = record.partition(b"\0")
    fields = head.decode("utf-8", "replace").split(mark)
    if len(fields) != len(_FIELDS) or not fields[2].isdigit():
        return None
    changes = []
    words = rest.lstrip(b"\n\0").split(b"\0")
    for place in range(0, len(words) - 1, 2):
        status = words[place].split(b" ")
        if len(status) != 5:
            continue  # the mark of a diff that lists nothing
        # modes 10....: a file; links and submodules have other modes and hold nothing to read
        before = status[2].decode("ascii") if status[0].endswith(b"100644") or status[0].endswith(b"100755") else ""
        blob = status[3].decode("ascii") if status[1].startswith(b"10") else ""
        link = status[3].decode("ascii") if status[1] == b"120000" else ""
        changes.append(Change(words[place + 1].decode("utf-8", "surrogateescape"), blob, before, link))
    return Commit(
        fields[0], tuple(fields[1].split()), int(fields[2]), fields[3][:_MAX_FIELD], fields[4][:_MAX_FIELD],
        fields[5][:_MAX_FIELD], tuple(changes),
    )  # fmt: skip
