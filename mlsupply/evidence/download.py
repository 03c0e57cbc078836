"""Archives by digest: fetched once into a content-addressed folder, and looked at only if they are what the lock names."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock

from mlsupply.digest import sha256_of_file
from mlsupply.drafts import Draft
from mlsupply.model import Artifact, Reason
from mlsupply.paths import is_readable, is_readable_file
from mlsupply.text import safe
from mlsupply.world import Failure, World

MAX_DOWNLOAD = 400 << 20  # bytes held in memory while one archive is fetched
_SUFFIXES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz")


class WrongDigest(Failure):
    """What came has another digest than the one that was asked for."""


def sha256_of(artifact: Artifact) -> str:
    """The sha256 the lock names, or ""."""
    return next((value for algorithm, value in artifact.hashes if algorithm == "sha256" and len(value) == 64), "")


def kept_at(artifact: Artifact, cache: Path) -> Path | None:
    """Where this archive lies once it was fetched; None where no digest names it. A digest without a file name finds what
    was fetched under any."""
    digest = sha256_of(artifact)
    if not digest.isalnum():
        return None
    folder = cache / "archives" / digest[:2]
    suffix = next((s for s in _SUFFIXES if artifact.filename.endswith(s)), "")
    suffix = suffix or next((s for s in _SUFFIXES if is_readable(folder / f"{digest}{s}")), ".archive")
    return folder / f"{digest}{suffix}"


def computable(hashes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The digests a file can be checked against here: of a known algorithm, and of its length."""
    return [(algorithm, value) for algorithm, value in hashes if len(_digest(algorithm, b"", len(value))) == len(value) > 0]


def has_one_of(data: bytes, hashes: Iterable[tuple[str, str]]) -> bool:
    """Whether one of these digests is that of the bytes."""
    return any(_digest(algorithm, data, len(value)) == value.lower() for algorithm, value in computable(hashes))


def _digest(algorithm: str, data: bytes, length: int) -> str:
    """In hex; "" where it cannot be computed. SBOMs write `SHA-512`, and `BLAKE2b-256` as BLAKE2 gives digests of any
    length."""
    name = algorithm.lower().replace("-", "_").replace("sha_", "sha")
    if name.startswith("blake2b"):
        return hashlib.blake2b(data, digest_size=length // 2).hexdigest() if 32 <= length <= 128 else ""
    if name not in hashlib.algorithms_guaranteed or name.startswith("shake"):
        return ""
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def fetched(artifact: Artifact, world: World, headers: Mapping[str, str] | None = None) -> Path | Failure:
    """The archive on disk, its digest checked before anything of it is read; or why not. headers: sent along."""
    path = kept_at(artifact, world.cache)
    if path is None and not computable(artifact.hashes):
        return Failure(Reason.UNSUPPORTED, f"no digest that can be verified is known for {safe(artifact.filename)}")
    if path is not None and is_readable_file(path):
        return path if sha256_of_file(path) == sha256_of(artifact) else _spoiled(path)
    body = _body(artifact, world, headers)
    if isinstance(body, Failure):
        return body
    path = path or kept_at(artifact._replace(hashes=(("sha256", hashlib.sha256(body).hexdigest()),)), world.cache)
    return _stored(path, body) if path else Failure(Reason.INTERNAL, f"no place to keep {safe(artifact.filename)}")


def _body(artifact: Artifact, world: World, headers: Mapping[str, str] | None) -> bytes | Failure:
    if not artifact.url:
        return Failure(Reason.NO_ARTIFACT, f"no address is known for {safe(artifact.filename)}")
    limit = min(MAX_DOWNLOAD, world.limits.archive_bytes)
    if artifact.size > limit:
        return Failure(Reason.TOO_LARGE, f"{safe(artifact.filename)} is larger than {limit:,} bytes")
    answer = world.fetch(artifact.url, limit=limit, headers=headers)
    if isinstance(answer, Failure):
        return answer
    if answer.status != 200:
        reason = Reason.NOT_FOUND if answer.status in {404, 410} else Reason.FORBIDDEN
        return Failure(reason, f"the index answered {answer.status} for {safe(artifact.filename)}")
    hashes = [("sha256", sha256_of(artifact))] if sha256_of(artifact) else artifact.hashes
    if not has_one_of(answer.body, hashes):
        digest = hashlib.sha256(answer.body).hexdigest()
        return WrongDigest(Reason.MALFORMED, f"{safe(artifact.filename)} has the sha256 {digest}, the lock names another")
    return answer.body


def _spoiled(path: Path) -> Failure:
    return WrongDigest(Reason.MALFORMED, f"the kept copy {path.name} was changed; remove it to fetch it again")


def _stored(path: Path, body: bytes) -> Path | Failure:
    """Where it is kept, or for this run alone where the cache folder is read-only or another user's."""
    try:
        try:
            with Draft(path) as draft:
                draft.write_bytes(body)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
            path = _for_this_run() / path.name
            path.write_bytes(body)
    except OSError as error:
        detail = f"the cache could not be written: {error.strerror or error}; free some space, or set MLSUPPLY_CACHE_DIR"
        return Failure(Reason.FORBIDDEN, detail)
    return path


_NOT_OURS = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT}
_making = Lock()


def _for_this_run() -> Path:
    """A folder that is removed when the process ends."""
    from mlsupply.aside import lasting  # most runs fetch nothing

    with _making:
        return Path(lasting())
