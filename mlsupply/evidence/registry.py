"""The index client: what the index a package was locked from says of it.

Only the index itself is asked, at addresses made here from its own: `/simple/NAME/`, `/pypi/NAME/json` where the first
leaves out times or sizes, `/integrity/...` for provenance (PEP 740). No address from metadata is followed. Facts are kept
in the cache folder for some hours, then asked for again, by ETag where the index gives one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from mlsupply.evidence.index_pages import IndexFile, Project, merged, project_json, simple_page
from mlsupply.model import Index, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import host_of, safe, without_credentials
from mlsupply.world import Failure, Response, World

FRESH = 6 * 3600  # seconds for which kept facts are used as they are
WORKERS = 8  # requests under way at once, to one index
_VERSION = 2  # of the kept form
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_INTEGRITY = "application/vnd.pypi.integrity.v1+json"


class Publisher(NamedTuple):
    """Who an attestation names as publisher (PEP 740), claimed and not verified. kind: `GitHub`, `GitLab`, ...; repository:
    `owner/name`, "" for kinds without one; workflow: file of the pipeline."""

    kind: str
    repository: str = ""
    workflow: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.repository, self.workflow) if part)


class Description(NamedTuple):
    """What a project says of itself: its one-line summary and its links. Claims, not facts."""

    summary: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the index says now. owners_before: what an earlier run saw, None on first sight."""

    project: Project
    owners_before: tuple[str, ...] | None = None


@dataclass(slots=True)
class Registry:
    """One index. url: of its simple API, without credentials; secret: (user, password) for it or None. May be used from
    several threads."""

    url: str
    world: World
    secret: tuple[str, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def about(self, name: str, version: str = "") -> Seen | Failure:
        """What the index says of a project (canonical name). A page that was kept and lacks `version` is asked for again.
        A `Failure` of reason not-found means that the index has no such project."""
        page = f"{self.url.rstrip('/')}/{quote(name, safe='')}/"
        kept = _Kept.load(self._file(page))
        now = self.world.now().timestamp()
        if kept and now - kept.at < FRESH and (not version or kept.has(version)):
            return Seen(project=kept.project, owners_before=kept.owners_before)
        etag = {"If-None-Match": kept.etag} if kept and kept.etag else {}
        answer = self._get(page, {"Accept": _ACCEPT, **etag})
        if isinstance(answer, Failure):
            return answer
        if answer.status == 304 and kept:
            self._keep(page, kept._replace(at=now))
            return Seen(project=kept.project, owners_before=kept.owners_before)
        project = simple_page(name, answer.url, answer.headers.get("content-type", ""), answer.body)
        if project is None:
            return Failure(Reason.MALFORMED, f"{self.host} answers for {name} with neither JSON nor HTML of the simple API")
        project = self._completed(project)
        before = None if kept is None else (kept.project.owners if "owners" in kept.project.offers else kept.owners_before)
        self._keep(page, _Kept(now, answer.headers.get("etag", "")[:200], project, before))
        return Seen(project=project, owners_before=before)

    def publisher(self, name: str, file: IndexFile) -> Publisher | Failure | None:
        """The publisher the file's provenance names, None where the file has none."""
        if not (base := self._base()):
            return Failure(Reason.UNSUPPORTED, f"{self.host} has no address for provenance that is known")
        parts = "/".join(quote(part, safe="") for part in (name, file.version, file.filename))
        url = f"{base}/integrity/{parts}/provenance"
        path = self._file(url)
        kept = _read_json(path)
        if kept is None:
            answer = self._get(url, {"Accept": _INTEGRITY})
            if isinstance(answer, Failure):
                return None if answer.reason is Reason.NOT_FOUND else answer
            kept = _publisher_in(answer.body)
            _write_json(path, kept)  # provenance of a file never changes
        known = {key: safe(str(kept.get(key) or ""), 200) for key in Publisher._fields}
        return Publisher(**known) if known["kind"] else None

    def links(self, name: str) -> tuple[str, ...] | None:
        """The URLs a project gives in its metadata, None where this index does not tell."""
        described = self.description(name)
        return described.links if described else None

    def description(self, name: str) -> Description | None:
        """What a project says of itself in its metadata, None where this index does not tell."""
        if not (base := self._base()):
            return None
        url = f"{base}/pypi/{quote(name, safe='')}/json"
        path, now = self._file(url), self.world.now().timestamp()
        kept = _read_json(path)
        if kept and isinstance(kept.get("links"), list) and now - float(kept.get("at") or 0) < FRESH:
            return Description(safe(str(kept.get("summary") or "")), tuple(str(link) for link in kept["links"]))
        answer = self._get(url, {"Accept": "application/json"})
        project = project_json(name, answer.url, answer.body) if isinstance(answer, Response) else None
        if project is None:
            return None
        _write_json(path, {"links": project.links, "summary": project.summary, "at": now})
        return Description(project.summary, project.links)

    @property
    def host(self) -> str:
        return host_of(self.url)

    def _completed(self, project: Project) -> Project:
        """With what the simple page left out, where the index has the older JSON as well."""
        if {"times", "sizes"} <= project.offers or not (base := self._base()):
            return project
        url = f"{base}/pypi/{quote(project.name, safe='')}/json"
        answer = self._get(url, {"Accept": "application/json"})
        more = project_json(project.name, answer.url, answer.body) if isinstance(answer, Response) else None
        return merged(project, more) if more else project

    def _base(self) -> str:
        """The address beside which the other pages lie: that of the simple API without `/simple`."""
        base = self.url.rstrip("/")
        return base.removesuffix("/simple") if base.endswith("/simple") else ""

    def _get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        if self.secret:
            word = b64encode(":".join(self.secret).encode()).decode()
            headers = {**headers, "Authorization": f"Basic {word}"}
        answer = self.world.fetch(url, limit=self.world.limits.answer_bytes, headers=headers)
        if isinstance(answer, Failure) or answer.status in {200, 304}:
            return answer
        reason = {401: Reason.FORBIDDEN, 403: Reason.FORBIDDEN, 404: Reason.NOT_FOUND, 410: Reason.NOT_FOUND}
        detail = f"{self.host} answers {answer.status}"
        return Failure(reason.get(answer.status, Reason.TIMEOUT if answer.status == 429 else Reason.UNSUPPORTED), detail)

    def _file(self, url: str) -> Path:
        return self.world.cache / "registry" / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.json"

    def _keep(self, page: str, kept: _Kept) -> None:
        _write_json(self._file(page), kept.to_json())


def ask_all(wanted: Iterable[tuple[Registry, str, str]]) -> Iterator[Seen | Failure]:
    """What the indexes say of each (index, name, version), in the order asked; a few requests are under way at once."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="index") as pool:
        yield from pool.map(lambda one: one[0].about(one[1], one[2]), wanted)


def secret_for(url: str, indexes: Iterable[Index], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Credentials the user's variables hold for exactly this index: in a URL of PIP_* or UV_*, or by its name."""
    plain = url.rstrip("/")
    if urlsplit(plain).scheme != "https" and host_of(plain).partition(":")[0] not in {"127.0.0.1", "localhost", "[::1]"}:
        return None
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
    for word in " ".join(environ.get(name, "") for name in names).split():
        address = word if word.startswith("http") else word.partition("=")[2]
        if without_credentials(address)[0].rstrip("/") == plain and "@" in address:
            parts = urlsplit(address)
            return unquote(parts.username or ""), unquote(parts.password or "")
    for index in indexes:
        prefix = "UV_INDEX_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in index.name.upper())
        if index.name and index.url.rstrip("/") == plain and f"{prefix}_PASSWORD" in environ:
            return environ.get(f"{prefix}_USERNAME", ""), environ[f"{prefix}_PASSWORD"]
    return None


def _publisher_in(body: bytes) -> dict[str, str]:
    """kind, repository and workflow of the first bundle's publisher; empty where the document is another."""
    try:
        bundle = json.loads(body)["attestation_bundles"][0]["publisher"]
        kind, repository = bundle["kind"], bundle.get("repository") or bundle.get("sub") or ""
        workflow = bundle.get("workflow") or bundle.get("workflow_filepath") or ""
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return {}
    return {"kind": str(kind), "repository": str(repository), "workflow": str(workflow)}


# --- kept facts ---------------------------------------------------------------------------------------------------------


class _Kept(NamedTuple):
    at: float
    etag: str
    project: Project
    owners_before: tuple[str, ...] | None

    def has(self, version: str) -> bool:
        return any(file.version == version for file in self.project.files)

    def to_json(self) -> dict[str, Any]:
        project = self.project
        return {
            "version": _VERSION,
            "at": self.at,
            "etag": self.etag,
            "name": project.name,
            "files": [list(file) for file in project.files],
            "status": [project.status, project.status_reason],
            "owners": list(project.owners),
            "links": list(project.links),
            "offers": sorted(project.offers),
            "owners_before": self.owners_before,
        }

    @classmethod
    def load(cls, path: Path) -> _Kept | None:
        """What was kept, None where there is nothing or nothing that can be read: then the index is asked."""
        value = _read_json(path)
        try:
            if not value or value["version"] != _VERSION:
                return None
            before = value["owners_before"]
            project = Project(
                name=value["name"],
                files=tuple(IndexFile(*file) for file in value["files"]),
                status=value["status"][0],
                status_reason=value["status"][1],
                owners=tuple(value["owners"]),
                links=tuple(value["links"]),
                offers=frozenset(value["offers"]),
            )
            return cls(float(value["at"]), str(value["etag"]), project, None if before is None else tuple(before))
        except (KeyError, TypeError, ValueError, IndexError):
            return None


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all; a cache folder that cannot be written costs time, not the report."""
    part = path.with_suffix(f".{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(value), encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
