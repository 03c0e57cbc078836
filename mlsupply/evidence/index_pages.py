"""What an index says of a project, read from whichever page it serves. Pure.

Pages: PEP 691 JSON (with PEP 700 sizes and times, PEP 740 provenance, PEP 792 status), PEP 503 HTML with the attributes and
meta elements of PEPs 592, 629 and 792 and the unofficial `data-upload-time`, and the JSON of `/pypi/NAME/json`. An index
offers any subset of these facts; `Project.offers` says which, so that "not offered" is never read as "there is none".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote, urljoin, urlsplit

from mlsupply.evidence.index_details import NO_DETAILS, Details, details_in
from mlsupply.hints import Any
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.value import replace, value

MAX_FILES = 100_000  # of one project
_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
_TIME = expression(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)?\Z")
_SHA256 = expression(r"[0-9a-f]{64}\Z")


class IndexFile(NamedTuple):
    """A file of a release.

    version: as the file name states it.
    kind: `wheel`, `sdist` or `other`.
    size: in bytes, -1 where the page does not tell.
    uploaded: ISO 8601, UTC, "" where it does not tell.
    yanked: the reason, "" where none is given; None where the file is not yanked.
    attested: whether it has provenance; None where the page does not tell.
    requires_python: a specifier, "" where none is given.
    """

    filename: str
    version: str
    kind: str
    url: str = ""
    size: int = -1
    sha256: str = ""
    uploaded: str = ""
    yanked: str | None = None
    attested: bool | None = None
    requires_python: str = ""


@value
class Project:
    """A project as an index shows it.

    status, status_reason: PEP 792, "" where none is given.
    details: of its newest release, where the page has them.
    offers: which of `times`, `sizes`, `yanks`, `status`, `provenance`, `owners` and `links` the pages state at all; what is
    not offered is unknown, and never "none".
    """

    name: str
    files: tuple[IndexFile, ...] = ()
    status: str = ""
    status_reason: str = ""
    details: Details = NO_DETAILS
    offers: frozenset[str] = frozenset()


def simple_page(name: str, url: str, content_type: str, body: bytes) -> Project | None:
    """The project on a page of the simple API, read by the content type of the answer; None where it is neither."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("+json") or kind == "application/json":
        document = _document(body)
        return _of_simple_json(name, url, document) if document is not None else None
    if kind in {"text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html"}:
        return _of_html(name, url, body.decode("utf-8", "replace"))
    return None


def project_json(name: str, url: str, body: bytes) -> Project | None:
    """The project on `/pypi/NAME/json`, None where that is not what it is."""
    document = _document(body)
    releases = document.get("releases") if document is not None else None
    if document is None or not isinstance(releases, Mapping):
        return None
    files = [
        file
        for version, entries in releases.items()
        if isinstance(entries, list)
        for entry in entries
        if isinstance(entry, Mapping) and (file := _legacy_file(name, str(version), url, entry)) is not None
    ]
    offers = {"times", "sizes", "yanks", "links"}
    details = details_in(document) or NO_DETAILS
    return Project(
        name=name,
        files=tuple(files[:MAX_FILES]),
        details=details,
        offers=frozenset(offers | ({"owners"} if details.owners is not None else set())),
    )


def release_info(body: bytes) -> Mapping[str, Any] | None:
    """The metadata on `/pypi/NAME/VERSION/json`, None where that is not what it is."""
    document = _document(body)
    info = document.get("info") if document is not None else None
    return info if isinstance(info, Mapping) else None


def merged(one: Project, other: Project) -> Project:
    """Both views of one project; where they speak of the same file, what one leaves out is taken from the other. Files
    that only `other` has are left out: `one` is the page installers read."""
    beside = {file.filename: file for file in other.files}
    return replace(
        one,
        files=tuple(_both(file, beside.get(file.filename)) for file in one.files),
        status=one.status or other.status,
        details=other.details,
        offers=one.offers | other.offers,
    )


def _both(one: IndexFile, other: IndexFile | None) -> IndexFile:
    if other is None or (one.sha256 and other.sha256 and one.sha256 != other.sha256):
        return one
    return one._replace(
        size=one.size if one.size >= 0 else other.size,
        sha256=one.sha256 or other.sha256,
        uploaded=one.uploaded or other.uploaded,
        yanked=one.yanked if one.yanked is not None else other.yanked,
        requires_python=one.requires_python or other.requires_python,
    )


def version_in(filename: str, name: str) -> tuple[str, str]:
    """(kind, version) of a file name; the version is "" where it cannot be read off (PEP 427, PEP 625)."""
    lower = filename.lower()
    if lower.endswith(".whl"):
        parts = filename[:-4].split("-")
        return "wheel", parts[1] if len(parts) >= 5 else ""
    for suffix in _SDISTS:
        if lower.endswith(suffix):
            stem = filename[: -len(suffix)]
            at = len(name)  # a canonical name is as long as its other spellings, but for runs of separators
            while at <= len(stem) and canonical(stem[:at]) != name:
                at += 1
            return "sdist", stem[at + 1 :] if at < len(stem) else ""
    parts = filename.rpartition(".")[0].split("-")
    return "other", parts[1] if len(parts) > 1 else ""


# --- PEP 691 ------------------------------------------------------------------------------------------------------------


def _document(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Mapping) else None


def _of_simple_json(name: str, url: str, document: Mapping[str, Any]) -> Project | None:
    entries = document.get("files")
    if not isinstance(entries, list):
        return None
    entries = [entry for entry in entries[:MAX_FILES] if isinstance(entry, Mapping)]
    offers = {"yanks"}
    offers |= {"times"} if any(isinstance(entry.get("upload-time"), str) for entry in entries) else set()
    offers |= {"sizes"} if any(isinstance(entry.get("size"), int) for entry in entries) else set()
    offers |= {"provenance"} if any("provenance" in entry for entry in entries) else set()
    if _api_version(document) >= (1, 4) or "project-status" in document:
        offers |= {"status"}
    status, reason = _status(document.get("project-status"))
    files = (_simple_file(name, url, entry, "provenance" in offers) for entry in entries)
    return Project(
        name=name,
        files=tuple(file for file in files if file is not None),
        status=status,
        status_reason=reason,
        offers=frozenset(offers),
    )


def _api_version(document: Mapping[str, Any]) -> tuple[int, int]:
    meta = document.get("meta")
    found = re.match(r"(\d{1,4})\.(\d{1,4})", str(meta.get("api-version"))) if isinstance(meta, Mapping) else None
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _status(value: object) -> tuple[str, str]:
    """Both spellings there are: `"archived"` and `{"status": "archived", "reason": "..."}`."""
    if isinstance(value, str):
        return safe(value.lower(), 40), ""
    if isinstance(value, Mapping):
        status, reason = value.get("status"), value.get("reason")
        return safe(status.lower(), 40) if isinstance(status, str) else "", safe(reason) if isinstance(reason, str) else ""
    return "", ""


def _simple_file(name: str, url: str, entry: Mapping[str, Any], attests: bool) -> IndexFile | None:
    filename = entry.get("filename")
    if not isinstance(filename, str):
        return None
    hashes, size, yanked = entry.get("hashes"), entry.get("size"), entry.get("yanked", False)
    digest = hashes.get("sha256") if isinstance(hashes, Mapping) else None
    kind, version = version_in(filename, name)
    return IndexFile(
        filename=safe(filename, 300),
        version=safe(version, 100),
        kind=kind,
        url=_joined(url, entry.get("url")),
        size=size if isinstance(size, int) and size >= 0 else -1,
        sha256=_digest(digest),
        uploaded=_time(entry.get("upload-time")),
        yanked=(safe(yanked) if isinstance(yanked, str) else "") if yanked else None,
        attested=bool(entry.get("provenance")) if attests else None,
        requires_python=_specifier(entry.get("requires-python")),
    )


# --- PEP 503 ------------------------------------------------------------------------------------------------------------


# Possessive throughout, and `<` ends every scan: the time is linear in the page whatever it holds.
_TAG = expression(r"<(a|meta)\b((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>", re.IGNORECASE)
_EMPTY_PAGE = expression(r"links\s++for\b|simple\s++(?:index|list)\b", re.IGNORECASE)  # what indexes write above no files
_ATTRIBUTE = expression(r"([A-Za-z_:][A-Za-z0-9_:.-]*+)\s*+(?:=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"']++)))?+")


class _Page(NamedTuple):
    """Anchors with their attributes, and the `pypi:` meta elements of a page."""

    anchors: list[dict[str, str]]
    meta: dict[str, str]


def _page(text: str) -> _Page:
    from html import unescape

    page = _Page([], {})
    for tag, inside in _TAG.findall(text):
        found = {name.lower(): unescape(one or two or bare) for name, one, two, bare in _ATTRIBUTE.findall(inside)}
        if tag.lower() == "meta" and found.get("name", "").startswith("pypi:"):
            page.meta[found["name"][5:]] = found.get("content", "")
        elif tag.lower() == "a" and "href" in found and len(page.anchors) < MAX_FILES:
            page.anchors.append(found)
    return page


def _of_html(name: str, url: str, text: str) -> Project | None:
    """The project on a page of PEP 503, None on one of another kind: a network that wants a login first answers with a page
    of its own under every address."""
    page = _page(text)
    files = tuple(file for anchor in page.anchors if (file := _html_file(name, url, anchor)) is not None)
    if not any(file.version for file in files) and not page.meta and not _EMPTY_PAGE.search(text):
        return None
    offers = {"yanks"} | ({"times"} if any(file.uploaded for file in files) else set())
    offers |= {"provenance"} if any("data-provenance" in anchor for anchor in page.anchors) else set()
    found = re.match(r"1\.(\d{1,4})", page.meta.get("repository-version", ""))
    offers |= {"status"} if "project-status" in page.meta or (found and int(found[1]) >= 4) else set()
    return Project(
        name=name,
        files=files,
        status=safe(page.meta.get("project-status", "").lower(), 40),
        status_reason=safe(page.meta.get("project-status-reason", "")),
        offers=frozenset(offers),
    )


def _html_file(name: str, url: str, anchor: Mapping[str, str]) -> IndexFile | None:
    address = _joined(url, anchor["href"].partition("#")[0])
    try:
        filename = unquote(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        return None
    if not filename:
        return None
    kind, version = version_in(filename, name)
    fragment = anchor["href"].partition("#")[2]
    return IndexFile(
        filename=safe(filename, 300),
        version=safe(version, 100),
        kind=kind,
        url=address,
        sha256=_digest(fragment.removeprefix("sha256=")),
        uploaded=_time(anchor.get("data-upload-time")),
        yanked=safe(anchor["data-yanked"]) if "data-yanked" in anchor else None,
        attested=bool(anchor["data-provenance"]) if "data-provenance" in anchor else None,
        requires_python=_specifier(anchor.get("data-requires-python")),
    )


# --- /pypi/NAME/json ----------------------------------------------------------------------------------------------------


def _legacy_file(name: str, version: str, url: str, entry: Mapping[str, Any]) -> IndexFile | None:
    filename = entry.get("filename")
    if not isinstance(filename, str):
        return None
    digests, size, reason = entry.get("digests"), entry.get("size"), entry.get("yanked_reason")
    return IndexFile(
        filename=safe(filename, 300),
        version=safe(version, 100),
        kind=version_in(filename, name)[0],
        url=_joined(url, entry.get("url")),
        size=size if isinstance(size, int) and size >= 0 else -1,
        sha256=_digest(digests.get("sha256") if isinstance(digests, Mapping) else None),
        uploaded=_time(entry.get("upload_time_iso_8601")) or _time(entry.get("upload_time")),
        yanked=(safe(reason) if isinstance(reason, str) else "") if entry.get("yanked") is True else None,
        requires_python=_specifier(entry.get("requires_python")),
    )


# --- values -------------------------------------------------------------------------------------------------------------


def _joined(base: str, url: object) -> str:
    """An absolute address; relative ones (some indexes give them) are joined to the page's own."""
    if not isinstance(url, str):
        return ""
    try:
        whole = url if url.startswith(("https://", "http://")) else urljoin(base, url.strip())  # joining costs a parse each
        return without_credentials(whole)[0]
    except ValueError:
        return ""


def _digest(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if _SHA256.match(text) else ""


def _specifier(value: object) -> str:
    return safe(value, 100) if isinstance(value, str) else ""


def _time(value: object) -> str:
    """ISO 8601 in UTC with a final Z, whole seconds; "" for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    return text[:19] + "Z" if _TIME.match(text) else ""
