"""Package URLs (https://github.com/package-url/purl-spec) taken apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from mlsupply.advisories.versions import is_version
from mlsupply.model import Coordinate, Source, SourceKind
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.value import field, value

_SCHEME = re.compile(r"(?i)pkg:/{0,2}([a-z][a-z0-9.+-]{0,40})/(.{1,2000})$", re.DOTALL)
_BARE_PYPI = re.compile(r"(?i)pypi[:/]([a-z0-9][a-z0-9._-]{0,200})(?:@([^?#]{1,200}))?$")


@value
class Purl:
    """coordinate: ecosystem (the purl type), namespace and name joined by `/` (canonical for pypi), version; mended: the
    text is not a purl, but could only mean this one."""

    coordinate: Coordinate
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    mended: bool = False

    @property
    def source(self) -> Source:
        """What the qualifiers say of where the package comes from."""
        if vcs := self.qualifiers.get("vcs_url", ""):
            url, _, revision = vcs.rpartition("@") if "@" in vcs.rpartition("/")[2] else (vcs, "", "")
            return Source(SourceKind.GIT, without_credentials(url)[0], safe(revision, 200))
        if download := self.qualifiers.get("download_url", ""):
            return Source(SourceKind.URL, without_credentials(download)[0])
        return Source(SourceKind.REGISTRY, without_credentials(self.qualifiers.get("repository_url", ""))[0])


def parse(text: str) -> Purl | None:
    """The purl, or None where the text is none. `pypi:name`, which some tools write, is taken for what it means."""
    text = without_credentials(text)[0]
    found = _SCHEME.match(text)
    if found is None:
        bare = _BARE_PYPI.match(text)
        if bare is None:
            return None
        return Purl(coordinate=Coordinate("pypi", canonical(bare[1]), safe(unquote(bare[2] or ""), 200)), mended=True)
    rest, _, _subpath = found[2].partition("#")
    rest, _, query = rest.partition("?")
    # an "@" before the last slash belongs to an npm scope, not to the version
    cut = rest.rfind("@")
    cut = cut if cut > max(rest.rfind("/"), 0) else len(rest)
    parts = [safe(unquote(part), 200) for part in rest[:cut].strip("/").split("/") if part]
    if not parts:
        return None
    ecosystem, name, version = found[1].lower(), "/".join(parts), safe(unquote(rest[cut + 1 :]), 200)
    coordinate = Coordinate(ecosystem, canonical(name) if ecosystem == "pypi" else name, version)
    pairs = (pair.partition("=") for pair in query.split("&")[:50] if pair)
    return Purl(coordinate=coordinate, qualifiers={key.lower(): unquote(value) for key, _, value in pairs})


def is_own_release(purl: Purl | None, version: str) -> bool:
    """Whether what a document says of its own subject names a release on an index of Python packages. version: stands beside
    the purl. What is no version (`latest`, as some tools write of a project that never was released) names none."""
    return purl is not None and purl.coordinate.ecosystem == "pypi" and is_version(purl.coordinate.version or version)
