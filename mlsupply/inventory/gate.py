"""A redirecting proxy between uv and the indexes, for runs in which some names belong to one index only.

uv takes direct requirements from the index they are pinned to, but looks up what packages require in every index, even a
name that belongs to one. So where there may be such names, uv is given a loopback address in place of each index that serves
any name. It answers with a redirect: to the index the name belongs to, else to the index it stands for. Nothing is fetched
here; credentials stay with uv, which sends them to the index they are of.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import re
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from urllib.parse import urlsplit

from mlsupply.inventory.homes import Homes
from mlsupply.inventory.index_settings import Asked, Settings
from mlsupply.world import PUBLIC_INDEX

_HOST = "127.0.0.1"
_PORTS = range(49152, 65536)  # IANA: for private use


@contextmanager
def opened(settings: Settings, homes: Homes) -> Iterator[tuple[Settings, Gate]]:
    """The settings with the gate in place of each index that serves any name, and the gate, which is open meanwhile.

    Raises OSError where no port can be had."""
    indexes = list(settings.indexes)
    if not settings.no_index and not any(index.role == "primary" for index in indexes):
        indexes.append(Asked(PUBLIC_INDEX, "primary", "public"))
    guarded = [index for index in indexes if index.role in {"primary", "extra"} and _is_http(index.url)]
    gate = Gate([index.url for index in guarded], {index.url for index in indexes}, homes)
    threading.Thread(target=gate.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        shown = [gate.before(guarded.index(index), index) for index in guarded]
        behind = [index._replace(role="explicit") if index in guarded else index for index in indexes]
        yield replace(settings, indexes=(*shown, *behind)), gate
    finally:
        gate.shutdown()
        gate.server_close()


def _is_http(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


class Gate(ThreadingTCPServer):
    """guarded: the URLs it stands for, by number; known: of all indexes that may be asked. The port depends on these alone
    (if it is free), so that uv finds what it has cached of an index again."""

    allow_reuse_address = sys.platform != "win32"  # there it would let two listen at one port
    daemon_threads = True

    def __init__(self, guarded: list[str], known: set[str], homes: Homes) -> None:
        self._guarded, self._known, self._homes = guarded, known, homes
        port = _PORTS[zlib.crc32("\n".join(guarded).encode()) % len(_PORTS)]
        try:
            super().__init__((_HOST, port), _Answer)
        except OSError:  # somebody has it
            super().__init__((_HOST, 0), _Answer)
        self.url = f"http://{_HOST}:{self.server_address[1]}"

    def before(self, number: int, index: Asked) -> Asked:
        """The address of the gate that uv is given in place of an index."""
        return Asked(f"{self.url}/{number}", index.role, f"mlsupply-gate-{number}")

    def leads_to(self, path: str) -> str:
        """Where `/NUMBER/NAME/` is to be asked; "" for a name whose index cannot be, and for what uv would not ask."""
        found = re.fullmatch(r"/(\d{1,3})/([a-z0-9](?:[a-z0-9-]{0,200}[a-z0-9])?)/", path)
        if found is None or int(found[1]) >= len(self._guarded):
            return ""
        index = self._homes.of(found[2]) or self._guarded[int(found[1])]
        return f"{index.rstrip('/')}/{found[2]}/" if index in self._known else ""

    def undone(self, text: str) -> str:
        """A lock or message of uv with the gate's addresses replaced by those of the indexes."""
        gate = re.escape(self.url)
        entry = rf'(name = "([a-z0-9-]{{1,202}})"(?:, |\n)version = "[^"\n]*"(?:, |\n)source = {{ registry = )"{gate}/(\d+)"'
        text = re.sub(entry, lambda found: f'{found[1]}"{self._homes.of(found[2]) or self._guarded[int(found[3])]}"', text)
        text = re.sub(rf"{gate}(/\d+/[a-z0-9-]+/)", lambda found: self.leads_to(found[1]) or found[0], text)
        return re.sub(rf"{gate}/(\d+)", lambda found: self._guarded[int(found[1])], text)

    def handle_error(self, request: object, client_address: object) -> None:
        """uv hung up, or was stopped: nothing of the answer is lost."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def do_GET(self) -> None:
        target = self.server.leads_to(self.path)
        self.send_response(307 if target else 404)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature of the base class
        return
