"""An OSV API and bucket on loopback, small, with faults to order. For tests."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Record = dict[str, Any]
Fault = Callable[["Handler", str], bool]
"""May answer in place of the server, given the path; True where it did."""


class OsvServer(ThreadingHTTPServer):
    """records: what it serves, may be changed between requests; fault: what goes wrong; asked: counts by path."""

    daemon_threads = True

    def __init__(self, records: list[Record], page: int = 1000) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.records = records
        self.page = page
        self.fault: Fault = lambda handler, path: False
        self.asked: Counter[str] = Counter()
        self.archive: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def zip(self) -> bytes:
        if self.archive is not None:
            return self.archive
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for record in self.records:
                archive.writestr(zipfile.ZipInfo(f"{record['id']}.json"), json.dumps(record))
        return out.getvalue()

    def of(self, name: str) -> list[Record]:
        return [r for r in self.records if "withdrawn" not in r and r["affected"][0]["package"]["name"] == name]


class Handler(BaseHTTPRequestHandler):
    server: OsvServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written one after the other

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Quiet."""

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        if self.server.fault(self, self.path):
            return
        name = unquote(self.path.rpartition("/")[2])
        found = next((r for r in self.server.records if r["id"] == name.removesuffix(".json")), None)
        if self.path == "/PyPI/all.zip":
            self.stored(self.server.zip())
        elif self.path == "/PyPI/modified_id.csv":
            rows = sorted(((r["modified"], r["id"]) for r in self.server.records), reverse=True)
            self.stored("".join(f"{date},{name}\n" for date, name in rows).encode())
        elif found is None:
            self.answer(404, b"{}")
        else:
            self.answer(200, json.dumps(found).encode())

    def do_POST(self) -> None:
        self.server.asked[self.path] += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.fault(self, self.path):
            return
        if self.path == "/v1/query":
            found, token = self.paged(body)
            self.answer(200, json.dumps({"vulns": found} | token).encode())
            return
        results = []
        for query in body["queries"]:
            found, token = self.paged(query)
            results.append({"vulns": [{"id": r["id"], "modified": r["modified"]} for r in found]} | token if found else {})
        self.answer(200, json.dumps({"results": results}).encode())

    def paged(self, query: Record) -> tuple[list[Record], Record]:
        start = int(query.get("page_token", 0))
        end = start + self.server.page
        records = self.server.of(query["package"]["name"])
        return records[start:end], {"next_page_token": str(end)} if end < len(records) else {}

    def stored(self, data: bytes) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, b"", {"ETag": tag})
        elif (span := self.headers.get("Range", "")).startswith("bytes="):
            first, last = (int(number) for number in span.removeprefix("bytes=").split("-"))
            part = data[first : last + 1]
            self.answer(206, part, {"ETag": tag, "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(data)}"})
        else:
            self.answer(200, data, {"ETag": tag})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, claimed: int | None = None) -> None:
        """claimed: the length announced, where it is not the body's."""
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        self.end_headers()
        self.wfile.write(body)
        if claimed is not None:
            self.close_connection = True


@contextmanager
def serving(records: list[Record], page: int = 1000) -> Iterator[OsvServer]:
    server = OsvServer(records, page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fails(status: int, path: str = "", times: int = 1_000_000, **headers: str) -> Fault:
    """Answer with a status where the path ends so, the first so many times."""
    left = [times]

    def fault(handler: Handler, asked: str) -> bool:
        if not asked.endswith(path) or left[0] <= 0:
            return False
        left[0] -= 1
        handler.answer(status, b"injected", {key.replace("_", "-"): value for key, value in headers.items()})
        return True

    return fault


def says(body: bytes, path: str) -> Fault:
    """Answer with these bytes where the path ends so."""

    def fault(handler: Handler, asked: str) -> bool:
        if asked.endswith(path):
            handler.answer(200, body)
        return asked.endswith(path)

    return fault
