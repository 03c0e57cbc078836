"""Archives by digest: fetched once into a content-addressed folder, and looked at only if they are what the lock names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mlsupply.digest import sha256_of_file
from mlsupply.drafts import draft_of
from mlsupply.model import Artifact, Reason
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
    suffix = suffix or next((s for s in _SUFFIXES if (folder / f"{digest}{s}").is_file()), ".archive")
    return folder / f"{digest}{suffix}"


def fetched(artifact: Artifact, world: World, headers: Mapping[str, str] | None = None) -> Path | Failure:
    """The archive on disk, its digest checked before anything of it is read; or why not. headers: sent along."""
    path = kept_at(artifact, world.cache)
    if path is None:
        return Failure(Reason.UNSUPPORTED, f"no sha256 is known for {safe(artifact.filename)}")
    if path.is_file():
        return path if sha256_of_file(path) == sha256_of(artifact) else _spoiled(path)
    body = _body(artifact, world, headers)
    return body if isinstance(body, Failure) else _stored(path, body)


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
    if (digest := hashlib.sha256(answer.body).hexdigest()) != sha256_of(artifact):
        return WrongDigest(Reason.MALFORMED, f"{safe(artifact.filename)} has the sha256 {digest}, the lock names another")
    return answer.body


def _spoiled(path: Path) -> Failure:
    return WrongDigest(Reason.MALFORMED, f"the kept copy {path.name} was changed; remove it to fetch it again")


def _stored(path: Path, body: bytes) -> Path | Failure:
    try:
        with draft_of(path) as draft:
            draft.write_bytes(body)
    except OSError as error:
        return Failure(Reason.FORBIDDEN, f"the cache could not be written: {error.strerror or error}")
    return path
