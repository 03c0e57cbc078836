"""What the formats of the conda world share: names, channels, version specifications (MatchSpec,
https://conda.org/learn/specs/)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from mlsupply.inventory.conda_names import note, pypi_name
from mlsupply.inventory.files import conda_parts, file_name
from mlsupply.inventory.sheet import Sheet
from mlsupply.model import Artifact, Coordinate, Edge, Package, Place, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import safe, without_credentials

_TOKEN = re.compile(r"/t/[^/]{1,200}/")  # anaconda.org puts access tokens into the path
_SPEC = re.compile(r"(?:([^\s:=<>!~\[]++(?:::?[^\s:=<>!~\[]*+)?)::)?([A-Za-z0-9_.-]++)\s*+([^\[]*+)(?:\[([^\]]*+)\])?\s*+")
_BRACKETED = re.compile(r"""\b(version|build|channel)\s*=\s*['"]?([^'",\]]*)""")
_LITERAL = r"[0-9][A-Za-z0-9._+!-]*"
_EXACT = re.compile(
    rf"===?\s*({_LITERAL})(?:\s+[^\s|,<>=]+|=[^\s|,<>=]+)?|=({_LITERAL})=([^\s|,<>=*]+)|({_LITERAL})(?:\s+[^\s|,<>=*]+)?"
    # `=1.26.4` also allows 1.26.4.1, which hardly anything has; an export without builds writes every release this way
    r"|=([0-9]+(?:\.[A-Za-z0-9]+){2,})"
)


class Spec(NamedTuple):
    """A requirement in conda's words. version: the one it allows, "" where it allows several; built: it names the build."""

    name: str
    specifier: str
    version: str
    channel: str
    built: bool


def parse_spec(text: str) -> Spec | None:
    """`channel::name=1.2=build`, `name>=1,<2`, `name 1.2 build`, `name[version='1.2']`, the address of a package file; None
    where it is none of these. What it gives holds no credentials."""
    text = bare(text.strip())
    if "://" in text and "::" not in text:
        name, version, _ = conda_parts(file_name(text))
        return Spec(name, f"=={version}", version, channel_of(text), True) if name else None
    found = _SPEC.fullmatch(text)
    if found is None:
        return None
    channel, name, rest, brackets = found.groups()
    fields = dict(_BRACKETED.findall(brackets or ""))
    specifier = (rest or fields.get("version", "")).strip()
    build = fields.get("build", "")
    exact = _EXACT.fullmatch(specifier)
    version = next((group for group in (exact[1], exact[2], exact[4], exact[5]) if group), "") if exact else ""
    built = bool(build) or bool(exact and (exact[3] or " " in specifier or specifier.count("=") > 2))
    return Spec(
        safe(name, 200), safe(specifier, 200), safe(version, 200), safe(channel or fields.get("channel", ""), 200), built
    )


def address(sheet: Sheet, value: object) -> str:
    """A URL without credentials, also without the token anaconda.org puts into the path."""
    return bare(sheet.url(value))


def bare(text: str) -> str:
    """The text without the credentials of addresses in it."""
    text = without_credentials(text)[0]
    return _TOKEN.sub("/t/REDACTED/", text) if "/t/" in text else text


def channel_of(url: str) -> str:
    """`https://host/conda-forge/linux-64/x.conda` -> `https://host/conda-forge`."""
    return url.rsplit("/", 2)[0] if url.count("/") > 3 else url


class Names:
    """conda name -> (ecosystem, name) for one file. told: PyPI names the file itself gives (purls), "" for none."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def of(self, conda_name: str) -> tuple[str, str]:
        """The PyPI project where it is known, otherwise the conda package."""
        name = self.told[conda_name] if conda_name in self.told else pypi_name(conda_name)
        return ("pypi", name) if name else ("conda", conda_name)

    def edges(self, specs: Iterable[str]) -> Iterator[Edge]:
        """What a conda package depends on; virtual packages (`__glibc`) are properties of the machine."""
        for text in specs:
            name, _, specifier = text.strip().partition(" ")
            if name and not name.startswith("__"):
                yield Edge(self.of(safe(name, 200).lower())[1], specifier=safe(specifier, 200))


def package(
    names: Names, conda_name: str, version: str, source: Source, place: Place, *, direct: bool = False, **more: Any
) -> Package:
    """A conda package, under its PyPI name where that is known, which the note says."""
    ecosystem, name = names.of(conda_name)
    said = note(conda_name, name) if ecosystem == "pypi" else ""
    return Package(
        coordinate=Coordinate(ecosystem, name, version), source=source, places=(place,), direct=direct, note=said, **more
    )


def artifact(sheet: Sheet, url: str, table: dict[str, Any]) -> Artifact:
    """The file of a locked conda or PyPI package; sizes and hashes are text in YAML."""
    hashes = tuple((key, value.lower()) for key in ("sha256", "md5") if (value := sheet.word(table, key)))
    size = sheet.word(table, "size")
    name = file_name(url)
    kind = "wheel" if name.endswith(".whl") else "other" if conda_parts(name)[0] else "sdist"
    return Artifact(name, kind, url, int(size) if size.isascii() and size.isdigit() and len(size) < 16 else -1, hashes)


def registry(channel: str) -> Source:
    """Where a package of a conda channel comes from."""
    return Source(SourceKind.REGISTRY, channel)
