"""HTTP/1.1 connections: opened when first needed, kept per host, used from several threads, watched while they are read.

`http.client` speaks the protocol. A client library on top of it would cost every online run 60 ms of imports for what is
done here: a pool, proxies by CONNECT, certificates as the variables of the run name them, and a bound on what a server may
send beside the body (interim answers, headers, chunk lines and trailers without end).
"""

from __future__ import annotations

import io
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead, RemoteDisconnected
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from mlsupply.text import safe

if TYPE_CHECKING:
    from ssl import SSLContext

_CHUNK = 1 << 16
_CONNECT = 10.0  # seconds
_SLOWEST = 32 << 10  # bytes a second, below which a transfer is given up once its first `seconds` are over
_BESIDE = 1 << 20  # bytes around a body: headers, chunk lines, trailers
_IDLE = 16  # connections kept for one host
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT", "SSL_CERT_DIR")


class NoConnectionError(Exception):
    """Nothing was sent. cause: what the system said; proxied: the connection was through a proxy; lasting: the next attempt
    would fail the same way."""

    def __init__(self, cause: OSError, *, proxied: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.proxied = proxied
        self.lasting = cause.errno is not None or isinstance(cause, TimeoutError)  # a proxy's refusal carries no number


class SettingError(Exception):
    """A variable asks for what cannot be done; the message says which and why."""


class TooSlowError(TimeoutError):
    """The answer comes too slowly; the message says how slowly."""


class TooMuchError(Exception):
    """More bytes than the body and what belongs around it may have."""


class Route(NamedTuple):
    """Where a connection leads. proxy: its URL, "" for none."""

    scheme: str
    host: str
    port: int | None
    proxy: str


class Connections:
    """The connections of one run. environ: variables that may name certificates; seconds: how long to wait for an answer to
    begin or go on."""

    def __init__(self, environ: Mapping[str, str], seconds: float) -> None:
        self._environ = environ
        self._seconds = seconds
        self._lock = threading.Lock()
        self._idle: dict[Route, list[HTTPConnection]] = {}
        self._trust: SSLContext | None = None

    def __del__(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()

    @contextmanager
    def answering(
        self, url: SplitResult, headers: Mapping[str, str], body: bytes | None, limit: int, proxy: str = ""
    ) -> Iterator[HTTPResponse]:
        """Send a request (POST where there is a body); its answer, of which `pieces` gives the body. The connection is kept
        where the answer was read to its end. limit: bytes of body that are wanted; proxy: for an https address, its URL or
        "". Raises `NoConnectionError`, `SettingError`, `TooSlowError`, `TooMuchError`, and what `http.client` and sockets
        raise."""
        route = Route(url.scheme, url.hostname or "", url.port, proxy)
        connection, answer = self._sent(route, url, headers, body, limit)
        whole = False
        try:
            yield answer
            whole = answer.isclosed() or answer.length == 0  # else what is left of it would begin the next answer
        finally:
            answer.close()
            if whole:
                self._keep(route, connection)
            else:
                connection.close()

    def _sent(
        self, route: Route, url: SplitResult, headers: Mapping[str, str], body: bytes | None, limit: int
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """A connection and the beginning of its answer. One that was kept may have been closed by the other side since: then
        the request goes out once more (a body is a query, see `world.Fetch`)."""
        send = partial(_exchanged, url=url, headers=headers, body=body, most=limit + _BESIDE, seconds=self._seconds)
        while kept := self._kept(route):
            with suppress(RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                return kept, send(kept)
        fresh = self._opened(route)
        return fresh, send(fresh)

    def _kept(self, route: Route) -> HTTPConnection | None:
        """A kept connection on which nothing has arrived since: neither its end nor an answer that nobody asked for."""
        while True:
            with self._lock:
                idle = self._idle.get(route)
                connection = idle.pop() if idle else None
            if connection is None or _is_quiet(connection):
                return connection
            connection.close()

    def _keep(self, route: Route, connection: HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(route, [])
            if connection.sock is not None and len(idle) < _IDLE:
                idle.append(connection)
                return
        connection.close()

    def _opened(self, route: Route) -> HTTPConnection:
        connection = self._new(route)
        connection.timeout = min(_CONNECT, self._seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise NoConnectionError(error, proxied=bool(route.proxy)) from error
        connection.sock.settimeout(self._seconds)
        return connection

    def _new(self, route: Route) -> HTTPConnection:
        if route.scheme == "http":
            return HTTPConnection(
                route.host, route.port or 80
            )  # without one, `http.client` takes the end of an IPv6 address
        port = route.port or 443
        if not route.proxy:
            return HTTPSConnection(route.host, port, context=self._certificates())
        proxy, proxy_port = _proxy(route.proxy)
        connection = HTTPSConnection(proxy.hostname or "", proxy_port, context=self._certificates())
        connection.set_tunnel(route.host.encode("idna").decode(), port, _authorization(proxy))
        return connection

    def _certificates(self) -> SSLContext:
        with self._lock:
            if self._trust is None:
                self._trust = trust(self._environ)
            return self._trust


def pieces(answer: HTTPResponse) -> Iterator[bytes]:
    """The body as sent. Raises `IncompleteRead` where it ends before the announced length."""
    announced, received = answer.length, 0
    while piece := answer.read1(_CHUNK):
        received += len(piece)
        yield piece
    if announced is not None and received < announced:
        raise IncompleteRead(b"", announced - received)


def trust(environ: Mapping[str, str]) -> SSLContext:
    """The certificates to trust: those that a variable names (a file or a folder), else the system's, else, where it has
    none (Python from python.org on macOS), those of certifi. Raises `SettingError`."""
    name = next((key for key in _CERTIFICATES if environ.get(key)), "")
    context = _named(name, environ[name]) if name else _system()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _named(variable: str, path: str) -> SSLContext:
    import ssl

    kind = "capath" if Path(path).is_dir() else "cafile"
    try:
        return ssl.create_default_context(**{kind: path})  # type: ignore[arg-type]  # both are paths
    except OSError as error:  # ssl.SSLError is one
        raise SettingError(f"{variable} names certificates that cannot be read: {error.strerror or error}") from error


def _system() -> SSLContext:
    import ssl

    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (context.cert_store_stats()["x509_ca"] or paths.cafile or _has_entries(paths.capath)):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _proxy(url: str) -> tuple[SplitResult, int]:
    """The parts of a proxy's address and its port. Raises `SettingError`, without the address, which may hold a password."""
    try:
        proxy = urlsplit(url if "://" in url else f"http://{url}")
        port = proxy.port or 80
    except ValueError:
        raise SettingError("a proxy is named by what is no address") from None
    if proxy.scheme != "http" or not proxy.hostname:
        raise SettingError(f"a proxy of the kind {safe(proxy.scheme, 20)!r} is named; those at http:// are spoken to")
    return proxy, port


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    from base64 import b64encode

    word = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(word.encode()).decode()}"}


def _exchanged(
    connection: HTTPConnection,
    *,
    url: SplitResult,
    headers: Mapping[str, str],
    body: bytes | None,
    most: int,
    seconds: float,
) -> HTTPResponse:
    path = quote(url.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{quote(url.query, safe=_IN_QUERY)}" if url.query else "")
    connection.response_class = partial(_Answer, most=most, seconds=seconds)  # type: ignore[assignment]  # it makes the class
    try:
        connection.request("GET" if body is None else "POST", path, body, dict(headers))
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


_IN_QUERY = "/%:@!$&'()*+,;=~?"


class _Answer(HTTPResponse):
    """An answer whose every byte is counted, from the status line to the trailers."""

    def __init__(self, sock: socket.socket, *, most: int, seconds: float, method: str | None = None) -> None:
        super().__init__(sock, method=method)
        self.fp = io.BufferedReader(_Watched(self.fp.detach(), most, seconds))


class _Watched(io.RawIOBase):
    """Reads from a socket and gives up where the data comes too slowly or does not end."""

    def __init__(self, raw: io.RawIOBase, most: int, seconds: float) -> None:
        self._raw = raw
        self._left = most
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # as BufferedReader calls it
        count = self._raw.readinto(buffer)
        if count:
            self._left -= count
            self._end += count / _SLOWEST
            if self._left < 0:
                raise TooMuchError
            if time.monotonic() > self._end:
                raise TooSlowError(f"the answer comes slower than {_SLOWEST >> 10} KiB a second")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _is_quiet(connection: HTTPConnection) -> bool:
    try:
        return not select.select([connection.sock], [], [], 0)[0]
    except (OSError, ValueError):
        return False


def _has_entries(folder: str | None) -> bool:
    return folder is not None and Path(folder).is_dir() and any(Path(folder).iterdir())
