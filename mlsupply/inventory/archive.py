"""Wheels, eggs and source archives as inputs: name, version and requirements from METADATA or PKG-INFO, the file's hash,
and the SBOMs a wheel carries (PEP 770).

Members are read as bounded streams; nothing is extracted, built or imported.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import struct
from collections.abc import Iterator
from shlex import quote
from typing import IO, TYPE_CHECKING, BinaryIO

from mlsupply.advisories.versions import same_version
from mlsupply.headers import MAX_BYTES
from mlsupply.inventory.metadata import Metadata, parse
from mlsupply.inventory.parsing import decode, gap, json_of
from mlsupply.model import Artifact, Coordinate, Edge, Gap, Inventory, Package, Place, Reason, Requirement
from mlsupply.text import canonical, safe
from mlsupply.value import replace
from mlsupply.world import Failure, Limits, Tree

if TYPE_CHECKING:
    import gzip
    import zipfile

FORMAT = "archive"
_CHUNK = 1 << 20
_DIRECTORY_BYTES = 64 << 20  # of a zip's central directory, which is held whole
_UNPACKED_BYTES = 256 << 20  # of a source archive, streamed until PKG-INFO is met; a hostile header may hold that much
_SBOM_BYTES = 32 << 20
_SBOMS = 20  # read of one wheel
_METADATA = re.compile(r"[^/]{1,300}\.dist-info/METADATA|EGG-INFO/PKG-INFO|[^/]{1,300}/PKG-INFO")
_BUNDLED = re.compile(r"[^/]{1,300}\.dist-info/sboms/.{1,500}")


class _RefusedError(Exception):
    """A limit was reached, or the archive is broken; the message says which."""


class _NoMetadataError(ValueError):
    """The archive can be read and says nothing of a package."""


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """One package with its edges; its own requirements stay to be resolved unless other archives beside it meet them."""
    handle = tree.open(path)
    if isinstance(handle, Failure):
        return Inventory(path=path, format=FORMAT, gaps=(gap(path, handle.reason, handle.detail),))
    import lzma
    import tarfile
    import zipfile
    import zlib

    from mlsupply.evidence import zstandard

    broken: tuple[type[Exception], ...] = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError)
    broken += (*zstandard.errors(), EOFError, OSError, ValueError, *_ZIP_REFUSALS)
    with handle:
        try:
            artifact = _artifact(path, handle, limits)
            handle.seek(0)
            if handle.read(2) == b"PK":
                with _zip(handle) as archive:
                    return _inventory(path, artifact, *_zip_metadata(archive), archive=archive, limits=limits)
            return _inventory(path, artifact, *_tar_metadata(handle), archive=None, limits=limits)
        except _RefusedError as error:
            return Inventory(path=path, format=FORMAT, gaps=(gap(path, Reason.LIMIT, str(error)),))
        except _NoMetadataError as error:
            hint = f"mlsupply inspect {quote(path)} looks at what is in it"
            return Inventory(path=path, format=FORMAT, gaps=(gap(path, Reason.MALFORMED, str(error), hint=hint),))
        except broken as error:
            detail = f"not an archive that can be read: {type(error).__name__}: {error}"
            return Inventory(
                path=path, format=FORMAT, gaps=(gap(path, Reason.MALFORMED, detail, hint="fetch the file again"),)
            )


# encrypted members, unknown compression, names that do not decode
_ZIP_REFUSALS = (RuntimeError, NotImplementedError, UnicodeError, struct.error, KeyError)


def is_sdist(path: str, tree: Tree) -> bool:
    """Whether a `.tar.gz` met in a folder is a source archive: named and unpacking as `NAME-VERSION`. Data sets are not."""
    import tarfile
    import zlib

    stem = posixpath.basename(path).removesuffix(".tar.gz")
    handle = tree.open(path)
    if not re.search(r"-[0-9]", stem) or isinstance(handle, Failure):
        return False
    with handle:
        try:
            with tarfile.open(fileobj=_bounded(handle), mode="r|") as archive:
                first = archive.next()
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, _RefusedError):
            return False
    return first is not None and first.name.split("/")[0].lower() == stem.lower()


def _artifact(path: str, handle: BinaryIO, limits: Limits) -> Artifact:
    digest, size = hashlib.sha256(), 0
    while chunk := handle.read(_CHUNK):
        size += len(chunk)
        if size > limits.archive_bytes:
            raise _RefusedError(f"larger than {limits.archive_bytes:,} bytes")
        digest.update(chunk)
    name = posixpath.basename(path)
    return Artifact(
        safe(name, 300), "wheel" if name.endswith(".whl") else "sdist", "", size, (("sha256", digest.hexdigest()),)
    )


def _zip(handle: BinaryIO) -> zipfile.ZipFile:
    """The archive, unless its directory would not fit in memory."""
    import zipfile

    handle.seek(0, 2)
    tail = min(handle.tell(), 65_557)
    handle.seek(-tail, 2)
    end = handle.read(tail).rfind(b"PK\x05\x06")
    if end >= 0:
        handle.seek(end - tail, 2)
        record = handle.read(22)
        if len(record) == 22 and 0xFFFFFFFF > struct.unpack("<L", record[12:16])[0] > _DIRECTORY_BYTES:
            raise _RefusedError(f"its directory is larger than {_DIRECTORY_BYTES:,} bytes")
    return zipfile.ZipFile(handle)


def _zip_metadata(archive: zipfile.ZipFile) -> tuple[str, bytes]:
    """(member, bytes) of the metadata; the shallowest member where several could be meant. Raises ValueError without any."""
    names = [name for name in archive.namelist() if _METADATA.fullmatch(name)]
    if not names:
        raise _NoMetadataError("it is neither a wheel nor a source archive: it holds neither METADATA nor PKG-INFO")
    member = min(names, key=lambda name: (not name.endswith("METADATA"), name.count("/"), name))
    with archive.open(member) as stream:
        return member, stream.read(MAX_BYTES)


class _Counted:
    """A stream that gives at most so many bytes."""

    def __init__(self, stream: gzip.GzipFile | BinaryIO) -> None:
        self._stream = stream
        self._left = _UNPACKED_BYTES

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _RefusedError(f"unpacks to more than {_UNPACKED_BYTES:,} bytes before PKG-INFO")
        return data


def _bounded(handle: BinaryIO) -> IO[bytes]:
    import gzip

    handle.seek(0)
    packed = handle.read(2) == b"\x1f\x8b"
    handle.seek(0)
    return _Counted(gzip.GzipFile(fileobj=handle) if packed else handle)  # type: ignore[return-value]  # tarfile only reads


def _tar_metadata(handle: BinaryIO) -> tuple[str, bytes]:
    """See `_zip_metadata`; the stream ends at the first PKG-INFO one folder deep."""
    import tarfile

    with tarfile.open(fileobj=_bounded(handle), mode="r|") as archive:
        for member in archive:
            if member.isfile() and re.fullmatch(r"[^/]{1,300}/PKG-INFO", member.name):
                stream = archive.extractfile(member)
                if stream is not None:
                    return member.name, stream.read(MAX_BYTES)
    raise _NoMetadataError("it is no source archive: it holds no PKG-INFO")


def _inventory(
    path: str, artifact: Artifact, member: str, data: bytes, *, archive: zipfile.ZipFile | None, limits: Limits
) -> Inventory:
    metadata = parse(data)
    place = Place(path, member=safe(member, 500))
    gaps = [*_disagreements(artifact.filename, metadata, place)]
    gaps += [replace(gap(path, reason, fault), place=place) for reason, fault in metadata.faults]
    bundled = tuple(_bundled(path, archive, limits)) if archive is not None else ()
    parts = tuple(one for one in bundled if isinstance(one, Package))
    package = Package(
        coordinate=Coordinate("pypi", metadata.name, metadata.version),
        places=(place,),
        requires=metadata.requires + tuple(Edge(part.name, part.version) for part in parts),
        artifacts=(artifact,),
        direct=True,
        licence=metadata.licence,
    )
    return Inventory(
        path=path,
        format=artifact.kind,
        packages=((package, *parts) if metadata.name else parts),
        requirements=tuple(_requirement(edge, place) for edge in metadata.requires if not edge.extra),
        gaps=(*gaps, *(one for one in bundled if isinstance(one, Gap))),
        requires_python=metadata.requires_python,
    )


def _requirement(edge: Edge, place: Place) -> Requirement:
    return Requirement(
        name=edge.name, specifier=edge.specifier, marker=edge.marker, place=place, text=f"{edge.name}{edge.specifier}"
    )


def _disagreements(filename: str, metadata: Metadata, place: Place) -> Iterator[Gap]:
    """A file name and metadata that name different releases: installers go by one, people by the other."""
    stem = re.sub(r"\.(?:whl|egg|tar\.gz|zip)$", "", filename)
    parts = stem.split("-")
    named, version = (parts[0], parts[1]) if filename.endswith((".whl", ".egg")) and len(parts) > 1 else _split_sdist(stem)
    if not metadata.name or not metadata.version:
        yield replace(gap(place.file, Reason.MALFORMED, "the metadata lacks a name or a version"), place=place)
    elif canonical(named) != metadata.name or not _is_version(version, metadata.version):
        stated = f"{metadata.name} {metadata.version}"
        detail = f"the file is named for {safe(named, 80)} {safe(version, 80)}, its metadata for {stated}"
        hint = "the metadata was used; do not install a file that names itself two ways"
        yield replace(gap(place.file, Reason.MALFORMED, detail, hint=hint), place=place)


def _is_version(named: str, stated: str) -> bool:
    """Whether a file name means the stated version, or none: it writes `_` for the `+` of a local one."""
    return named in {"", stated} or same_version(named.replace("_", "+"), stated)


def _split_sdist(stem: str) -> tuple[str, str]:
    name, _, version = stem.rpartition("-")
    return (name, version) if name else (stem, "")


def _bundled(path: str, archive: zipfile.ZipFile, limits: Limits) -> Iterator[Package | Gap]:
    """What the SBOMs inside a wheel list: libraries compiled or copied into it."""
    members = [name for name in archive.namelist() if _BUNDLED.fullmatch(name)]
    if len(members) > _SBOMS:
        yield gap(path, Reason.LIMIT, f"{len(members)} SBOMs inside, {_SBOMS} were read")
    for member in members[:_SBOMS]:
        shown = safe(member, 500)
        with archive.open(member) as stream:
            data = stream.read(_SBOM_BYTES + 1)
        if len(data) > _SBOM_BYTES:
            yield replace(gap(path, Reason.TOO_LARGE, f"larger than {_SBOM_BYTES:,} bytes"), place=Place(path, member=shown))
            continue
        for one in _sbom(path, data, limits):
            if isinstance(one, Gap):
                yield replace(one, place=Place(path, one.place.line if one.place else 0, shown))
            else:
                places = tuple(Place(path, place.line, shown) for place in one.places)
                yield replace(one, places=places, direct=False, note=f"bundled in {posixpath.basename(path)}, says its SBOM")


def _sbom(path: str, data: bytes, limits: Limits) -> Iterator[Package | Gap]:
    from mlsupply.inventory import cyclonedx, spdx

    text = decode(path, data)
    document = text if isinstance(text, Gap) else json_of(path, text)
    if isinstance(text, Gap) or isinstance(document, Gap):
        yield document
        return
    reader = spdx if isinstance(document, dict) and "spdxVersion" in document else cyclonedx
    inventory = reader.inventory_of(path, document, text, limits)
    yield from inventory.packages
    yield from inventory.gaps
