"""Native programs among the members of a package: out of place, or under the name of a file of another type."""

from __future__ import annotations

import re
from dataclasses import replace

from mlsupply.evidence.archives import Member
from mlsupply.evidence.facets import ArchiveFact
from mlsupply.lazy import expression

_PROGRAMS = (
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\x00", "Windows"),
    (b"MZ\x78\x00", "Windows"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "Mach-O"),
)
# Databases such as DuckDB have a suffix of their own for native extensions (`.duckdb_extension`).
_LIBRARY = expression(
    r"\.(?:so|pyd|dll|dylib|exe|o|a|lib|node|sys|bundle|cubin|fatbin|hsaco|co|jnilib|wasm|[a-z]{2,20}_extension)(?:\.\d+)*$|\.so\.",
    re.IGNORECASE,
)
_PROGRAM_PLACE = expression(
    r"(?:^|/)(?:s?bin|drivers?|bootloaders?|binaries|libexec|scripts|executables?|_?tools|bins?|lib\w*|exe|native|dist)(?:/|-)|\.data/scripts/",
    re.IGNORECASE,
)
_PLAIN = {
    ".txt", ".md", ".json", ".yaml", ".yml", ".toml", ".csv", ".cfg", ".ini", ".html", ".css", ".xml", ".rst", ".svg",
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".bmp", ".webp", ".ttf", ".woff", ".woff2", ".wav", ".mp3", ".py", ".log",
}  # fmt: skip
_BUILT_FOR = expression(r"-(?:many|musl)?(?:linux|macosx|win)(?:32|_)[\w.]{2,200}\.whl$|-win32\.whl$")
_MACHINE = expression(
    r"(?<![a-z])(?:linux|darwin|macos|osx|windows|win)(?![a-z])|x86_64|amd64|arm64|aarch64|ppc64le|s390x", re.IGNORECASE
)
_NATIVE = expression(r"\.(?:so|pyd|dll|dylib|exe)(?:\.\d+)*$|\.so\.", re.IGNORECASE)


def binary_fact(member: Member) -> ArchiveFact | None:
    """The oddity of a native program (by its first bytes) in a folder where none belongs, or whose name ends like a document
    or Python; None for any other member."""
    kind = next((kind for magic, kind in _PROGRAMS if member.head.startswith(magic)), "")
    if not kind:
        return None
    name = member.path.rpartition("/")[2].lower()
    suffix = f".{name.rpartition('.')[2]}" if "." in name else ""
    if suffix in _PLAIN:
        return ArchiveFact(
            kind="type-differs", member=member.path, detail=f"{kind} program under the name of a {suffix} file"
        )
    if _LIBRARY.search(name) or _PROGRAM_PLACE.search(member.path):
        return None
    return ArchiveFact(kind="executable-out-of-place", member=member.path, detail=kind)


def beside_libraries(odd: list[ArchiveFact], members: list[tuple[str, int]], name: str) -> list[ArchiveFact]:
    """The oddities, with `executable-out-of-place` turned into `executable-beside` where native programs are ordinary: the
    package holds native libraries too, or programs for several systems, or its file name says it was built for one system.
    members: path and size of all; name: file name of the archive."""
    machines = {tuple(map(str.lower, found)) for fact in odd if (found := _MACHINE.findall(fact.member))}
    if len(machines) < 2 and not _BUILT_FOR.search(name) and not any(_NATIVE.search(path) for path, _ in members):
        return odd
    return [replace(fact, kind="executable-beside") if fact.kind == "executable-out-of-place" else fact for fact in odd]
