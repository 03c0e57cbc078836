"""The live network: https (plain http to loopback alone), bounded in size, time, redirects and attempts.

Nothing of the user's travels by accident: netrc and cookies are off, an address with credentials in it is refused, and
headers for one host (Authorization) do not follow a redirect to another. Proxies and certificates come from the
variables the run was given. Connections are kept per host and may be used from several threads.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from mlsupply import __version__
from mlsupply.model import Reason
from mlsupply.text import safe
from mlsupply.world import Failure, Limits, Response

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_REDIRECTS = 5
_ATTEMPTS = 3
_BUSY = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_PATIENCE = 30.0  # seconds waited at most between two attempts, whatever Retry-After says
_CONNECT = 10.0  # seconds
_SLOWEST = 32 << 10  # bytes a second, below which a transfer is given up once its first `request_seconds` are over
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")
_OF_ONE_HOST = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


class _BrokenError(Exception):
    """Carries a `Failure` out of the transfer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class LiveFetch:
    """`world.Fetch` over HTTP. environ: variables that may name proxies and certificates; sleep: how to wait."""

    def __init__(
        self, environ: Mapping[str, str], limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._environ = environ
        self._seconds = (limits or Limits()).request_seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._made: requests.Session | None = None
        self._dead: dict[str, Failure] = {}

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        """See `world.Fetch`. An answer that says "busy" is asked for again twice; after a host could not be reached, it
        is not tried again in this run."""
        try:
            return self._followed(url, limit, dict(headers or {}), body)
        except _BrokenError as broken:
            return broken.failure

    def _followed(self, url: str, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        parts = _checked(url)
        for _ in range(_REDIRECTS + 1):
            answer = self._patient(parts, limit, headers, body)
            target = answer.headers.get("location", "")
            if answer.status not in _MOVED or not target:
                return answer
            after = _checked(urljoin(parts.geturl(), target))
            _allow_redirect(parts, after)
            if after.netloc != parts.netloc:
                headers = {key: value for key, value in headers.items() if key.lower() not in _OF_ONE_HOST}
            body = body if answer.status in {307, 308} else None
            parts = after
        raise _BrokenError(Failure(Reason.LIMIT, f"{parts.hostname} redirects more than {_REDIRECTS} times"))

    def _patient(self, parts: SplitResult, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        """One address, tried again where the server is busy or the connection broke before an answer came."""
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                answer = self._once(parts, limit, headers, body)
            except _BrokenError as broken:
                if last or broken.failure.reason is not Reason.OFFLINE or parts.netloc in self._dead:
                    raise
                self._sleep(0.2 * (1 << attempt))
                continue
            if answer.status not in _BUSY or last:
                break
            self._sleep(_wait(answer.headers.get("retry-after", ""), attempt))
        return answer

    def _once(self, parts: SplitResult, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        import requests
        from urllib3.exceptions import HTTPError

        if dead := self._dead.get(parts.netloc):
            raise _BrokenError(dead)
        host = parts.hostname or ""
        try:
            with self._session().request(
                "GET" if body is None else "POST",
                parts.geturl(),
                data=body,
                headers=headers,
                timeout=(min(_CONNECT, self._seconds), self._seconds),
                allow_redirects=False,
                stream=True,
                proxies=_proxies(parts, self._environ),
            ) as answer:
                found = {key.lower(): value for key, value in answer.headers.items()}
                data = b"".join(self._decoded(self._raw(answer), found.get("content-encoding", ""), limit, host))
                return Response(answer.status_code, found, data, parts.geturl())
        except (requests.RequestException, HTTPError, OSError, zlib.error) as error:
            failure = _failure(error, host)
            if failure.reason is Reason.OFFLINE and isinstance(error, requests.ConnectionError) and _unreachable(error):
                self._dead[parts.netloc] = failure
            raise _BrokenError(failure) from error

    def _session(self) -> requests.Session:
        with self._lock:
            if self._made is None:
                self._made = self._new_session()
            return self._made

    def _new_session(self) -> requests.Session:
        from http.cookiejar import DefaultCookiePolicy

        import requests
        from requests.adapters import HTTPAdapter

        session = requests.Session()
        session.trust_env = False  # no netrc, no variables but those handed in
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.headers = {"User-Agent": f"mlsupply/{__version__}", "Accept-Encoding": "gzip", "Accept": "*/*"}  # type: ignore[assignment]  # any mapping serves
        session.verify = next((self._environ[key] for key in _CERTIFICATES if self._environ.get(key)), True)
        adapter = HTTPAdapter(pool_connections=16, pool_maxsize=16, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _raw(self, answer: requests.Response) -> Iterator[bytes]:
        """The bytes as sent. urllib3 raises where there are fewer than Content-Length says."""
        start, received = time.monotonic(), 0
        while chunk := answer.raw.read1(_CHUNK, decode_content=False):  # what has come, so that the clock is looked at
            received += len(chunk)
            yield chunk
            if time.monotonic() - start > self._seconds + received / _SLOWEST:
                detail = f"the answer comes slower than {_SLOWEST >> 10} KiB a second"
                raise _BrokenError(Failure(Reason.TIMEOUT, detail))

    @staticmethod
    def _decoded(chunks: Iterator[bytes], encoding: str, limit: int, host: str) -> Iterator[bytes]:
        """Unpacked as it comes and counted after unpacking, so that a small answer cannot grow without bound."""
        unpack = _unpacker(encoding, host)
        left = limit
        for chunk in chunks:
            data = unpack.decompress(chunk, left + 1) if unpack else chunk
            left -= len(data)
            if left < 0:
                raise _BrokenError(Failure(Reason.TOO_LARGE, f"the answer of {host} is larger than {limit:,} bytes"))
            yield data
        if unpack and not unpack.eof:
            raise _BrokenError(Failure(Reason.MALFORMED, f"the answer of {host} broke off"))


def _unpacker(encoding: str, host: str) -> zlib._Decompress | None:
    if encoding.strip().lower() in {"", "identity"}:
        return None
    if encoding.strip().lower() in {"gzip", "x-gzip"}:
        return zlib.decompressobj(wbits=31)
    detail = f"{host} answers in the encoding {safe(encoding, 40)}, which was not asked for"
    raise _BrokenError(Failure(Reason.UNSUPPORTED, detail))


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be asked."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _BrokenError(Failure(Reason.MALFORMED, f"{safe(url, 100)!r} is no address")) from None
    if not host or parts.scheme not in {"http", "https"}:
        raise _BrokenError(
            Failure(Reason.UNSUPPORTED, f"{safe(parts.scheme, 20)} addresses are not fetched, https ones are")
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise _BrokenError(
            Failure(Reason.FORBIDDEN, f"{safe(host, 100)} is asked over http, which anyone on the way can change")
        )
    if parts.username or parts.password:
        raise _BrokenError(Failure(Reason.FORBIDDEN, f"the address of {safe(host, 100)} holds credentials"))
    return parts._replace(fragment="")


def _allow_redirect(before: SplitResult, after: SplitResult) -> None:
    if after.scheme != before.scheme:
        detail = f"{before.hostname} redirects from {before.scheme} to {after.scheme}"
        raise _BrokenError(Failure(Reason.FORBIDDEN, detail))
    if after.hostname != before.hostname and _is_inside(after.hostname or "") and not _is_inside(before.hostname or ""):
        detail = f"{before.hostname} redirects to {safe(after.hostname or '', 100)}, which is inside this network"
        raise _BrokenError(Failure(Reason.FORBIDDEN, detail))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_inside(host: str) -> bool:
    """Whether a host is this machine or in a private network: by its address, or by what its name resolves to."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # behind a proxy names need not resolve here
    return any(not ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)


def _proxies(parts: SplitResult, environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy for an address, as curl and requests read the variables; none for loopback and NO_PROXY."""
    host = parts.hostname or ""
    excepted = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").replace(",", " ").split()
    if _is_loopback(host) or any(_within(host, entry.lower()) for entry in excepted):
        return {}
    names = (f"{parts.scheme}_proxy", f"{parts.scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    proxy = next((environ[name] for name in names if environ.get(name)), "")
    return {parts.scheme: proxy} if proxy else {}


def _within(host: str, entry: str) -> bool:
    bare = entry.partition(":")[0].lstrip("*").lstrip(".")
    return entry == "*" or (bool(bare) and (host == bare or host.endswith("." + bare)))


def _wait(retry_after: str, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for (seconds, or an HTTP date), at most `_PATIENCE`."""
    from email.utils import parsedate_to_datetime

    if retry_after.strip().isdecimal():
        return min(float(retry_after), _PATIENCE)
    try:
        then: float = parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.5 * (1 << attempt)
    return min(max(then - time.time(), 0.0), _PATIENCE)


def _unreachable(error: Exception) -> bool:
    """Whether the host could not even be connected to, after which the other requests to it need not wait as long."""
    words = str(error)
    return "NewConnectionError" in words or "NameResolutionError" in words or "ConnectTimeout" in words


def _failure(error: Exception, host: str) -> Failure:
    """An exception of the HTTP stack in words that hold no address but the host."""
    from requests import exceptions as known

    words = f"{type(error).__name__}: {error}"
    if isinstance(error, known.SSLError):
        reason, what = Reason.FORBIDDEN, "shows a certificate not trusted here (SSL_CERT_FILE may name others)"
    elif isinstance(error, known.ProxyError):
        reason, what = Reason.OFFLINE, "could not be reached through the proxy"
    elif isinstance(error, known.ConnectTimeout):
        reason, what = Reason.OFFLINE, f"could not be connected to in {_CONNECT:g} seconds"
    elif isinstance(error, (known.Timeout, TimeoutError)) or "timed out" in words.lower():
        reason, what = Reason.TIMEOUT, "did not answer in time"
    elif "IncompleteRead" in words or "InvalidChunkLength" in words:
        reason, what = Reason.MALFORMED, "broke off its answer"
    elif isinstance(error, (known.ConnectionError, OSError)):
        reason, what = Reason.OFFLINE, "could not be reached"
    else:
        reason, what = Reason.MALFORMED, "answered in a form that cannot be read"
    return Failure(reason, f"{safe(host, 100)} {what}")
