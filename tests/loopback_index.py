"""A package index on loopback that answers as one of the kinds there are, with packages made up for the test.

    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0", requires=["six>=1"], uploaded="2026-03-01T10:00:00Z")
        index.simple      # http://127.0.0.1:PORT/simple
        index.asked       # the paths that were asked for, in order

kinds: `pypi`   PEP 691 JSON with ETag, PEP 792 status, PEP 658 metadata, /pypi/NAME/json and NAME/VERSION/json, PEP 740
       `mirror` HTML whatever is asked, with data-upload-time only where JSON was; /pypi/NAME/json with relative URLs and
                without provenance or status; no per-release page, no validators
       `plain`  PEP 503 HTML alone: no times, no sizes, nothing beside /simple/
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

JSON_SIMPLE = "application/vnd.pypi.simple.v1+json"


@dataclass(slots=True, kw_only=True)
class File:
    """A file of a release as the index knows it; sha256 may be made to lie."""

    name: str
    version: str
    filename: str
    data: bytes
    uploaded: str
    sha256: str
    yanked: str | None = None
    metadata: bytes = b""
    requires_python: str = ""
    provenance: Mapping[str, Any] | None = None
    size: int = -1

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")


@dataclass(slots=True)
class Project:
    """Files of a project, its PEP 792 status and its owners."""

    name: str
    files: list[File] = field(default_factory=list)
    status: str = ""
    status_reason: str = ""
    ownership: Mapping[str, Any] | None = field(default_factory=lambda: {"organization": None, "roles": []})
    info: dict[str, Any] = field(default_factory=dict)


def wheel(name: str, version: str, requires: Sequence[str] = (), extras: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """A wheel that installs nothing."""
    stem = f"{name.replace('-', '_')}-{version}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", metadata(name, version, requires, extras))
        archive.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return out.getvalue()


def metadata(
    name: str, version: str, requires: Sequence[str] = (), extras: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Core metadata 2.1."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    for extra, texts in (extras or {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {text} ; extra == '{extra}'" for text in texts]
    return ("\n".join(lines) + "\n").encode()


def sdist(name: str, version: str, setup: str = "") -> bytes:
    """A source archive without static metadata: only running its setup.py would tell its dependencies."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in (("setup.py", setup or "from setuptools import setup\nsetup()\n"),):
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


class LoopbackIndex:
    """See the module. A context manager: it serves from entry to exit."""

    def __init__(self, kind: str = "pypi", credentials: tuple[str, str] | None = None) -> None:
        self.kind = kind
        self.credentials = credentials
        self.projects: dict[str, Project] = {}
        self.asked: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.compress = False
        self.broken: dict[str, int] = {}  # path -> status to answer with
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def simple(self) -> str:
        return f"{self.url}/simple"

    def project(self, name: str) -> Project:
        return self.projects.setdefault(name, Project(name))

    def add(
        self,
        name: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        extras: Mapping[str, Sequence[str]] | None = None,
        uploaded: str = "2025-01-01T00:00:00Z",
        kinds: Sequence[str] = ("wheel",),
        tag: str = "py3-none-any",
        yanked: str | None = None,
        provenance: Mapping[str, Any] | None = None,
        size: int = -1,
        setup: str = "",
        requires_python: str = "",
    ) -> list[File]:
        """One release with the files of `kinds` (`wheel`, `sdist`); size: what the index says, -1 for the truth."""
        added = []
        for kind in kinds:
            if kind == "wheel":
                data, filename = wheel(name, version, requires, extras), f"{name.replace('-', '_')}-{version}-{tag}.whl"
            else:
                data, filename = sdist(name, version, setup), f"{name}-{version}.tar.gz"
            added.append(
                File(
                    name=name,
                    version=version,
                    filename=filename,
                    data=data,
                    uploaded=uploaded,
                    sha256=hashlib.sha256(data).hexdigest(),
                    yanked=yanked,
                    metadata=metadata(name, version, requires, extras) if kind == "wheel" else b"",
                    requires_python=requires_python,
                    provenance=provenance,
                    size=size if size >= 0 else len(data),
                )
            )
        self.project(name).files += added
        return added

    def file_url(self, file: File) -> str:
        return f"{self.url}/files/{file.filename}"

    def answer(self, path: str, accept: str) -> tuple[int, str, bytes]:
        """(status, content type, body) for a GET."""
        if path in self.broken:
            return self.broken[path], "text/plain", b""
        parts = path.strip("/").split("/")
        if parts[0] == "files":
            return self._file(parts[1])
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self.projects:
            return self._simple(self.projects[parts[1]], accept)
        if parts[0] == "pypi" and len(parts) >= 3 and parts[1] in self.projects and self.kind != "plain":
            return self._json(self.projects[parts[1]], parts[2:])
        if parts[0] == "integrity" and self.kind == "pypi":
            return self._provenance(parts[1:])
        return 404, "text/plain", b""

    def _file(self, filename: str) -> tuple[int, str, bytes]:
        for project in self.projects.values():
            for file in project.files:
                if filename == file.filename:
                    return 200, "application/octet-stream", file.data
                if filename == f"{file.filename}.metadata" and file.metadata and self.kind != "plain":
                    return 200, "application/octet-stream", file.metadata
        return 404, "text/plain", b""

    def _simple(self, project: Project, accept: str) -> tuple[int, str, bytes]:
        if self.kind == "pypi" and "+json" in accept:
            return 200, JSON_SIMPLE, json.dumps(self._simple_json(project)).encode()
        times = self.kind == "mirror" and "+json" in accept
        rows = [self._anchor(file, times) for file in project.files]
        head = '<meta name="pypi:repository-version" content="1.1">' if self.kind == "pypi" else ""
        if self.kind == "pypi" and project.status:
            head += f'<meta name="pypi:project-status" content="{html.escape(project.status)}">'
            head += f'<meta name="pypi:project-status-reason" content="{html.escape(project.status_reason)}">'
        page = f"<!DOCTYPE html><html><head>{head}</head><body>\n" + "\n".join(rows) + "\n</body></html>"
        return 200, "text/html", page.encode()

    def _anchor(self, file: File, times: bool) -> str:
        more = f' data-requires-python="{html.escape(file.requires_python)}"' if file.requires_python else ""
        more += f' data-yanked="{html.escape(file.yanked)}"' if file.yanked is not None else ""
        more += f' data-upload-time="{file.uploaded}"' if times else ""
        more += ' data-core-metadata="true"' if self.kind == "pypi" and file.metadata else ""
        return f'<a href="{self.file_url(file)}#sha256={file.sha256}"{more}>{file.filename}</a><br>'

    def _simple_json(self, project: Project) -> dict[str, Any]:
        document: dict[str, Any] = {
            "meta": {"api-version": "1.4"},
            "name": project.name,
            "versions": list(dict.fromkeys(file.version for file in project.files)),
            "files": [self._simple_file(file) for file in project.files],
        }
        if project.status:
            document["project-status"] = {"status": project.status, "reason": project.status_reason}
        return document

    def _simple_file(self, file: File) -> dict[str, Any]:
        return {
            "filename": file.filename,
            "url": self.file_url(file),
            "hashes": {"sha256": file.sha256},
            "requires-python": file.requires_python or None,
            "size": file.size,
            "upload-time": file.uploaded,
            "yanked": False if file.yanked is None else (file.yanked or True),
            "core-metadata": bool(file.metadata),
            "provenance": self._provenance_url(file) if file.provenance is not None else None,
        }

    def _provenance_url(self, file: File) -> str:
        return f"{self.url}/integrity/{file.name}/{file.version}/{file.filename}/provenance"

    def _json(self, project: Project, rest: Sequence[str]) -> tuple[int, str, bytes]:
        if rest == ["json"]:
            releases: dict[str, list[dict[str, Any]]] = {}
            for file in reversed(project.files):  # in no order of versions
                releases.setdefault(file.version, []).append(self._legacy_file(file))
            document: dict[str, Any] = {
                "info": {"name": project.name, **project.info},
                "releases": releases,
                "vulnerabilities": [],
            }
            document |= {"urls": [], "last_serial": 1, "ownership": project.ownership}
            return 200, "application/json", json.dumps(document).encode()
        files = [file for file in project.files if file.version == rest[0]]
        if self.kind != "pypi" or len(rest) != 2 or not files:
            return 404, "text/plain", b""
        document = {"info": {"name": project.name, "version": rest[0], **project.info}, "vulnerabilities": []}
        document |= {"urls": [self._legacy_file(file) for file in files], "ownership": project.ownership}
        return 200, "application/json", json.dumps(document).encode()

    def _legacy_file(self, file: File) -> dict[str, Any]:
        return {
            "filename": file.filename,
            "packagetype": "bdist_wheel" if file.is_wheel else "sdist",
            "url": f"../../files/{file.filename}" if self.kind == "mirror" else self.file_url(file),
            "size": file.size,
            "digests": {"sha256": file.sha256, "md5": "0" * 32},
            "upload_time": file.uploaded.rstrip("Z"),
            "upload_time_iso_8601": file.uploaded,
            "yanked": file.yanked is not None,
            "yanked_reason": file.yanked or None,
            "requires_python": file.requires_python or None,
        }

    def _provenance(self, parts: Sequence[str]) -> tuple[int, str, bytes]:
        if len(parts) == 4 and parts[0] in self.projects:
            for file in self.projects[parts[0]].files:
                if file.filename == parts[2] and file.provenance is not None:
                    return 200, "application/vnd.pypi.integrity.v1+json", json.dumps(file.provenance).encode()
        return 404, "application/json", b'{"message": "No provenance available"}'


def provenance(
    kind: str = "GitHub", repository: str = "acme/demo", workflow: str = "release.yml", email: str = ""
) -> dict[str, Any]:
    """A PEP 740 provenance object with one publisher, a repository's workflow or, where one is given, the account of that
    e-mail address; its attestations are empty shells."""
    publisher = {"kind": kind, "repository": repository, "workflow": workflow, "environment": None}
    publisher = {"kind": kind, "email": email} if email else publisher
    return {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": [{"version": 1}]}]}


def _handler(index: LoopbackIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            index.asked.append(path)
            index.headers_seen.append(dict(self.headers.items()))
            if index.credentials and self.headers.get("Authorization") != _basic(index.credentials):
                self._send(401, "text/plain", b"", {"WWW-Authenticate": "Basic"})
                return
            status, kind, body = index.answer(path, self.headers.get("Accept", ""))
            more = {}
            if index.kind == "pypi" and status == 200:
                more["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                if self.headers.get("If-None-Match") == more["ETag"]:
                    self._send(304, kind, b"", more)
                    return
            if index.compress and status == 200:
                body, more = gzip.compress(body), {**more, "Content-Encoding": "gzip"}
            self._send(status, kind, body, more)

        def do_HEAD(self) -> None:
            self._send(404, "text/plain", b"", {})

        def _send(self, status: int, kind: str, body: bytes, more: Mapping[str, str]) -> None:
            self.send_response(status)
            for key, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature of the base class
            return

    return Handler


def _basic(credentials: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(credentials).encode()).decode()
