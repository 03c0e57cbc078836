"""`mlsupply-models.lock`: which weights a project was checked with, and whether those on disk are still the same.

The file is JSON, sorted so that a change of it is a readable diff:
`{"version": 1, "models": [{"registry", "kind", "name", "revision", "files": [{"path", "size", "sha256"}]}]}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from mlsupply.errors import MlsupplyError
from mlsupply.evidence.models.caches import Cached, digest_of
from mlsupply.folders import every_file
from mlsupply.named import NamedTuple
from mlsupply.text import safe

NAME = "mlsupply-models.lock"
VERSION = 1


class LockedFile(NamedTuple):
    """path in the repository; size in bytes; sha256 in lower-case hex."""

    path: str
    size: int
    sha256: str


class Locked(NamedTuple):
    """One model or dataset of the lock."""

    registry: str
    kind: str
    name: str
    revision: str
    files: tuple[LockedFile, ...]


class Outcome(StrEnum):
    """What verifying one file gave."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"
    UNLISTED = "unlisted"
    UNREADABLE = "unreadable"


class Checked(NamedTuple):
    """The outcome for one file; detail: a phrase."""

    model: str
    path: str
    outcome: Outcome
    detail: str = ""


def lock(found: Iterable[Cached]) -> tuple[Locked, ...]:
    """Read and hash every file. Raises `OSError` for one that cannot be read: a lock with holes would prove nothing."""
    return tuple(
        Locked(c.registry, c.kind, c.name, c.revision, tuple(LockedFile(f.path, *digest_of(f.disk)) for f in c.files))
        for c in found
        if c.files
    )


def written(models: Iterable[Locked]) -> bytes:
    """The lock file's bytes."""
    rows = [{**model._asdict(), "files": [file._asdict() for file in sorted(model.files)]} for model in sorted(set(models))]
    return (json.dumps({"version": VERSION, "models": rows}, indent=1, ensure_ascii=False) + "\n").encode()


def read(data: bytes) -> tuple[Locked, ...]:
    """The models of a lock file. Raises `MlsupplyError` (`bad-models-lock`)."""
    try:
        value = json.loads(data)
        rows = {VERSION: value["models"]}[value["version"]]
        return tuple(_model(row) for row in rows)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{NAME} cannot be read: {safe(str(error), 120)}"
        raise MlsupplyError("bad-models-lock", message, "write it again with mlsupply models lock") from error


def _model(row: dict[str, Any]) -> Locked:
    files = tuple(LockedFile(str(f["path"]), int(f["size"]), str(f["sha256"])) for f in row["files"])
    return Locked(str(row["registry"]), str(row["kind"]), str(row["name"]), str(row["revision"]), files)


def verify(locked: Iterable[Locked], found: Iterable[Cached]) -> Iterator[Checked]:
    """Every file of the lock against the caches, and every file in a locked snapshot that the lock does not list."""
    disk = {(c.registry, c.kind, c.name, c.revision): c for c in found}
    for model in locked:
        here = disk.get((model.registry, model.kind, model.name, model.revision))
        label = f"{model.name}@{model.revision}" if model.revision else model.name
        files = {file.path: file.disk for file in here.files} if here else {}
        for file in model.files:
            yield _verified(label, file, files.get(file.path))
        for path in sorted(files.keys() - {file.path for file in model.files}):
            yield Checked(label, path, Outcome.UNLISTED, "on disk and not in the lock")


def _verified(label: str, file: LockedFile, disk: Path | None) -> Checked:
    if disk is None or not disk.exists():
        return Checked(label, file.path, Outcome.MISSING, "in the lock and not on disk")
    try:
        size, digest = digest_of(disk)
    except OSError as error:
        return Checked(label, file.path, Outcome.UNREADABLE, error.strerror or str(error))
    if (size, digest) == (file.size, file.sha256):
        return Checked(label, file.path, Outcome.SAME)
    words = (
        f"{size:,} bytes instead of {file.size:,}"
        if size != file.size
        else f"sha256 {digest[:12]}… instead of {file.sha256[:12]}…"
    )
    return Checked(label, file.path, Outcome.CHANGED, words)


SIGNATURE_MOST = 64 << 20  # bytes of a signature that is read


def signed_files(bundle: bytes) -> tuple[LockedFile, ...]:
    """The files an OpenSSF model signature lists (Model Signing 1.0: a sigstore bundle whose in-toto statement names each
    file and its sha256). The signature itself is verified by `signing`. Empty where the digests are of another kind (of
    parts of files, or by another hash). Raises `MlsupplyError` (`bad-signature`)."""
    try:
        envelope = json.loads(bundle)["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"], validate=True))
        rows = statement["predicate"]["resources"]
        if statement["predicate"].get("serialization", {}).get("method", "files") != "files":
            return ()
        return tuple(
            LockedFile(str(row["name"]), -1, str(row["digest"])) for row in rows if row.get("algorithm") == "sha256"
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        said = f"what --signature names is no model signature: {safe(str(error), 120)}"
        raise MlsupplyError("bad-signature", said, "name the file that model_signing wrote") from error


_UNSIGNED = {".git", ".github", ".gitignore", ".gitattributes"}  # what signers leave out by default


def verify_signed(files: Iterable[LockedFile], folder: Path, signature: str) -> Iterator[Checked]:
    """Files signed against files on disk: each listed, none beside them (the signature's own file excepted)."""
    listed = {file.path: file.sha256 for file in files}
    for path in every_file(folder):
        if path.name == signature:
            continue
        name = path.relative_to(folder).as_posix()
        if name.split("/")[0] in _UNSIGNED:
            continue
        wanted = listed.pop(name, None)
        if wanted is None:
            yield Checked(folder.name, name, Outcome.UNLISTED, "on disk and not signed")
        else:
            same = digest_of(path)[1] == wanted
            yield Checked(
                folder.name, name, Outcome.SAME if same else Outcome.CHANGED, "" if same else "not the file that was signed"
            )
    for name in sorted(listed):
        yield Checked(folder.name, name, Outcome.MISSING, "signed and not on disk")
