"""The release that a tag of a repository, or the address of an archive made of one, is named after. What stands there need
not be that release, nor be made of the same files, so this is told in gaps and never matched. Pure."""

from __future__ import annotations

from mlsupply.lazy import expression
from mlsupply.model import Source, SourceKind
from mlsupply.text import safe

_TAG = expression(r"(?:.{0,100}[-_/@])?[vV]?(\d{1,9}(?:\.\d{1,9}){1,5}+(?:[-_.]?(?:a|b|rc|post|dev)[-_.]?\d{1,9})?)")
_ARCHIVES = expression(
    r"/(?:archive|tarball|zipball|releases/download|-/archive)/(?:refs/tags/)?([^/?#]{1,200}?)(?:\.tar\.gz|\.tgz|\.zip)?(?:[/?#]|\Z)"
)


def tag_of(source: Source) -> str:
    """The branch, tag or commit that a source names, "" where it names none."""
    if source.kind is SourceKind.GIT:
        return source.revision.removeprefix("refs/tags/")
    found = _ARCHIVES.search(source.url) if source.kind is SourceKind.URL else None
    return safe(found[1], 200) if found else ""


def release_of(source: Source) -> str:
    """The version that the tag of a source bears, "" where it bears none."""
    found = _TAG.fullmatch(tag_of(source))
    return found[1] if found else ""
