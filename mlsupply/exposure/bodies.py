"""Which releases an archive holds whose name does not say so: a body in pip's cache, a renamed wheel, a PEX. Pure.

The names of a zip's members are in it uncompressed, and again at its end, so the `.dist-info` folder of a wheel can be read
from its last bytes, whatever a cache wrote around them. A source archive begins with its folder, `NAME-VERSION/`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from mlsupply.text import canonical

END = 4 << 20  # bytes at the end of a file in which the names of a wheel's members stand
BEGIN = 64 << 10
_UNPACKED = 64 << 10
# pip's caches: `http-v2/a/b/c/d/e/HASH.body`, and up to pip 23.2 `http/a/b/c/d/e/HASH`, where the body is a field of several
_CACHED = re.compile(r"/http(?:-v2)?(?:/[0-9a-f]){5}/[0-9a-f]+(?:\.body)?$")
_ZIPS = (".whl", ".body", ".zip", ".pex", ".pyz", ".egg")  # layers of functions, PEX and shiv hold installed packages
_RELEASE = re.compile(r"[^/]+-[0-9][^/-]*(?:\.tar\.gz|\.zip|-[^/]*\.whl)$")
_VERSION = rb"-(\d[0-9A-Za-z.!+_]{0,64})"


def is_unnamed(path: str) -> bool:
    """Whether a file may hold a release that its own name does not tell."""
    if _CACHED.search(f"/{path}"):
        return True
    base = path.rpartition("/")[2]
    return base.endswith(_ZIPS) and _RELEASE.match(base) is None


def is_cut(end: bytes) -> bool:
    """Whether the list of members at the end of a zip is longer than what was read of it (APPNOTE.TXT 4.3.16)."""
    at = end.rfind(b"PK\x05\x06")
    return at >= 0 and int.from_bytes(end[at + 12 : at + 16], "little") > len(end)


def releases_in(begin: bytes, end: bytes, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(canonical name, version) of the releases of these projects that a file with these first and last bytes holds."""
    start = begin.find(b"\x1f\x8b\x08")
    folder = _unpacked(begin[start:]) if start >= 0 else b""
    for name in names:
        spelled = rb"[-_.]+".join(re.escape(part.encode()) for part in re.split(r"[-_.]+", name))
        wheel = re.compile(rb"(?<![0-9A-Za-z_.-])" + spelled + _VERSION + rb"\.dist-info/", re.IGNORECASE)
        source = re.compile(rb"(?:\./)?" + spelled + _VERSION + rb"/", re.IGNORECASE)
        found = {match[1] for match in wheel.finditer(end)}
        if match := source.match(folder):
            found.add(match[1])
        yield from ((canonical(name), version.decode("ascii")) for version in sorted(found))


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(data, _UNPACKED)
    except zlib.error:
        return b""
