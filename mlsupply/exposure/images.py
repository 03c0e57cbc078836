"""Container images as files: `docker save` and OCI layouts. Layers are tars inside a tar; both are read as streams, front to
back, within limits. Nothing is unpacked to disk and no link is followed.

Source: OCI image layout 1.1; a `docker save` of Docker 25 and later is one too, older ones hold `ID/layer.tar`.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from mlsupply.evidence.archives import Budget, Limits, Member, container_of
from mlsupply.evidence.archives_tar import UNREADABLE, members, unpacked
from mlsupply.evidence.zstandard import NEEDED
from mlsupply.exposure.hunt import Hunt
from mlsupply.exposure.repository import gap
from mlsupply.model import Gap, Reason

_LAYER = Limits(members=500_000, bytes=32 << 30, member_bytes=64 << 20, seconds=600.0)
_MAX_LAYERS = 1000
_LOOKED_AT = 20  # members of a tar that may be anything
_TOP = re.compile(
    r"(?:\./)?(?:(?:manifest|index)\.json|oci-layout|repositories|blobs/|[0-9a-f]{64}|(?:usr|etc|bin|lib|opt|var)(?:/|$))"
)
_MOST = 64 << 30  # bytes of one image, unpacked
STREAMS = ("tar", "gzip", "bzip2", "xz", "zstd")
PACKED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")


class Peekable(Protocol):
    """What tarfile gives for a member, which can be looked ahead in and not gone back in."""

    def peek(self, size: int) -> bytes:
        """Bytes that the next read will give, at least one unless there are none."""


def is_tar(path: Path) -> bool:
    """Whether a file is a tar that is not compressed: what `docker save` writes."""
    with open(path, "rb") as handle:
        return container_of(handle.read(512)) == "tar"


def see_image(path: Path, kind: str, shown: str, hunt: Hunt, *, sure: bool = True) -> Iterator[Gap]:
    """Every layer of an image in a tar, which may be compressed; members that are no layer count as files of the tar itself.
    sure: it is read whatever it is; otherwise no further than to where an image or a file system would show."""
    with open(path, "rb") as file:
        stream = unpacked(file, kind)
        if stream is None:
            yield gap(shown, Reason.UNSUPPORTED, f"{kind} needs {NEEDED}")
        else:
            yield from _layers(stream, shown, hunt, sure=sure)


def _layers(stream: IO[bytes], shown: str, hunt: Hunt, *, sure: bool) -> Iterator[Gap]:
    layers = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as outer:
            for number, info in enumerate(outer):
                sure = sure or _TOP.match(info.name) is not None
                if not sure and number >= _LOOKED_AT:
                    hunt.passed += 1
                    return
                if info.offset_data + info.size > _MOST:
                    yield gap(shown, Reason.LIMIT, f"it unpacks to more than {_MOST:,} bytes; the rest was not read")
                    return
                handle = outer.extractfile(info) if info.isreg() else None
                if handle is None:
                    continue
                head = cast("Peekable", handle).peek(512)[:512]
                if container_of(head) not in STREAMS:
                    wanted = hunt.wants(info.name, info.size)
                    whole = wanted and info.size <= _LAYER.member_bytes
                    hunt.see(info.name, handle.read() if whole else None, f"{shown}!/{info.name}")
                    if wanted and not whole:
                        detail = f"larger than {_LAYER.member_bytes:,} bytes; its content was not looked at"
                        yield gap(f"{shown}!/{info.name}", Reason.TOO_LARGE, detail)
                    continue
                layers += 1
                if layers > _MAX_LAYERS:
                    yield gap(shown, Reason.LIMIT, f"more than {_MAX_LAYERS:,} layers; the rest was not read")
                    return
                yield from see_layer(handle, container_of(head), f"{shown}!/{info.name}", info.size, hunt)
    except UNREADABLE as error:
        yield gap(shown, Reason.MALFORMED, f"the image ends early or is damaged: {error}")


def see_layer(handle: IO[bytes], kind: str, shown: str, size: int, hunt: Hunt) -> Iterator[Gap]:
    """The files of one layer."""
    budget = Budget(_LAYER, shown, size)
    for found in members(handle, kind, "", hunt.wants, budget, linked=False):
        if isinstance(found, Gap):
            yield gap(shown, found.reason, found.detail, found.hint)
        elif isinstance(found, Member):
            hunt.see(found.path, found.data, f"{shown}!/{found.path}")
