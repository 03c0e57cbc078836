"""Container images as files: `docker save` and OCI layouts. Layers are tars inside a tar; both are read as streams, front to
back, within limits. Nothing is unpacked to disk and no link is followed.

Source: OCI image layout 1.1; a `docker save` of Docker 25 and later is one too, older ones hold `ID/layer.tar`.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mlsupply.evidence.archives import Budget, Limits, Member, container_of
from mlsupply.evidence.archives_tar import members
from mlsupply.exposure.hunt import Hunt
from mlsupply.exposure.repository import gap
from mlsupply.model import Gap, Reason

_LAYER = Limits(members=500_000, bytes=32 << 30, member_bytes=64 << 20, seconds=600.0)
_MAX_LAYERS = 1000
_STREAMS = ("tar", "gzip", "bzip2", "xz", "zstd")


def is_tar(path: Path) -> bool:
    """Whether a file is a tar that is not compressed: what `docker save` writes."""
    with open(path, "rb") as handle:
        return container_of(handle.read(512)) == "tar"


def see_image(path: Path, shown: str, hunt: Hunt) -> Iterator[Gap]:
    """Every layer of an image in a tar; members that are no layer count as files of the tar itself."""
    layers = 0
    try:
        with tarfile.open(path, mode="r:", errorlevel=2) as outer:
            for info in outer:
                handle = outer.extractfile(info) if info.isreg() else None
                if handle is None:
                    continue
                head = handle.read(512)
                handle.seek(0)
                if container_of(head) not in _STREAMS:
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
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        yield gap(shown, Reason.MALFORMED, f"the image ends early or is damaged: {error}")


def see_layer(handle: IO[bytes], kind: str, shown: str, size: int, hunt: Hunt) -> Iterator[Gap]:
    """The files of one layer."""
    budget = Budget(_LAYER, shown, size)
    for found in members(handle, kind, "", hunt.wants, budget):
        if isinstance(found, Gap):
            yield gap(shown, found.reason, found.detail, found.hint)
        elif isinstance(found, Member):
            hunt.see(found.path, found.data, f"{shown}!/{found.path}")
