"""The live network: https (plain http to loopback alone), bounded in size, time, redirects and attempts.

Nothing of the user's travels by accident: netrc and cookies are off, an address with credentials in it is refused, and
headers for one host (Authorization) do not follow a redirect to another. Proxies and certificates come from the
variables the run was given. Connections are kept per host and may be used from several threads.
"""

from __future__ import annotations

import time
import zlib
from _thread import allocate_lock  # threading.Lock; threading itself is for runs that ask
from collections.abc import Callable, Iterable, Iterator, Mapping

from mlsupply import __version__, addresses
from mlsupply.addresses import NoAnswerError
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Reason
from mlsupply.text import safe
from mlsupply.world import Failure, Limits, Response

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from mlsupply.connections import Connections, NoConnectionError

_REDIRECTS = 5
_ATTEMPTS = 3
_BUSY = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_HOSTS = 100  # asked in one run, which needs a handful; a lock may name another one for each of its packages
_LATE = 8  # answers of one host that came too late, after which it is asked no more
_MEMBERS = 1_000  # gzip members of one answer; one is usual
_PATIENCE = 30.0  # seconds waited at most between two attempts; who asks for more is not asked again
_HEADERS = {"User-Agent": f"mlsupply/{__version__}", "Accept-Encoding": "gzip", "Accept": "*/*"}
_OF_ONE_HOST = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


class LiveFetch:
    """`world.Fetch` over HTTP. environ: variables that may name proxies and certificates; sleep: how to wait."""

    def __init__(
        self, environ: Mapping[str, str], limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._environ = environ
        self._seconds = (limits or Limits()).request_seconds
        self._sleep = sleep
        self._lock = allocate_lock()
        self._made: Connections | None = None
        self._dead: dict[str, Failure] = {}
        self._late: dict[str, int] = {}
        self._hosts: set[str] = set()

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        """See `world.Fetch`. An answer that says "busy" is asked for again twice; a host that could not be reached, or was
        too late again and again, is not tried again in this run."""
        try:
            return self._followed(url, limit, dict(headers or {}), body)
        except NoAnswerError as broken:
            return broken.failure

    def _followed(self, url: str, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        parts = addresses.checked(url)
        for _ in range(_REDIRECTS + 1):
            answer = self._patient(parts, limit, headers, body)
            target = answer.headers.get("location", "")
            if answer.status not in _MOVED or not target:
                return answer
            from urllib.parse import urljoin

            after = addresses.checked(urljoin(parts.geturl(), target))
            addresses.allow_redirect(parts, after)
            if after.netloc != parts.netloc:
                headers = {key: value for key, value in headers.items() if key.lower() not in _OF_ONE_HOST}
            body = body if answer.status in {307, 308} else None
            parts = after
        raise NoAnswerError(Failure(Reason.LIMIT, f"{parts.hostname} redirects more than {_REDIRECTS} times"))

    def _patient(self, parts: SplitResult, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        """One address, tried again where the server is busy or the connection broke before an answer came."""
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                answer = self._once(parts, limit, headers, body)
            except NoAnswerError as broken:
                if last or broken.failure.reason is not Reason.OFFLINE or parts.netloc in self._dead:
                    raise
                self._sleep(0.2 * (1 << attempt))
                continue
            if answer.status not in _BUSY or last:
                break
            if (pause := _wait(answer.headers.get("retry-after", ""), attempt)) > _PATIENCE:
                break  # it says itself that it will not answer sooner
            self._sleep(pause)
        return answer

    def _once(self, parts: SplitResult, limit: int, headers: dict[str, str], body: bytes | None) -> Response:
        from http.client import HTTPException

        from mlsupply import connections

        if dead := self._dead.get(parts.netloc):
            raise NoAnswerError(dead)
        host = parts.hostname or ""
        self._hosts.add(parts.netloc if len(self._hosts) < _HOSTS else "")
        if parts.netloc not in self._hosts:
            raise NoAnswerError(
                Failure(Reason.LIMIT, f"{safe(host, 100)} is not asked: {_HOSTS} other hosts were in this run")
            )
        try:
            proxy = addresses.proxy_for(parts, self._environ)
            with self._connections().answering(parts, {**_HEADERS, **headers}, body, limit, proxy) as answer:
                found = {key.lower(): value for key, value in answer.getheaders()}
                data = b"".join(self._decoded(connections.pieces(answer), found.get("content-encoding", ""), limit, host))
            return Response(answer.status, found, data, parts.geturl())
        except connections.TooMuchError:
            raise _too_large(host, limit) from None
        except connections.NoConnectionError as error:
            failure = _unconnected(error, host)
            if error.lasting and failure.reason is Reason.OFFLINE:
                self._dead[parts.netloc] = failure
            raise NoAnswerError(failure) from error
        except connections.SettingError as error:
            raise NoAnswerError(Failure(Reason.UNSUPPORTED, f"{safe(host, 100)} cannot be asked: {error}")) from error
        except (HTTPException, OSError, ValueError, zlib.error) as error:
            failure = _failure(error, host)
            if failure.reason is Reason.TIMEOUT:
                self._is_late(parts.netloc, failure)
            raise NoAnswerError(failure) from error

    def _is_late(self, netloc: str, failure: Failure) -> None:
        """One that answers each question too late would hold up a run for as many times as there are packages."""
        with self._lock:
            self._late[netloc] = self._late.get(netloc, 0) + 1
            if self._late[netloc] >= _LATE:
                self._dead[netloc] = failure

    def _connections(self) -> Connections:
        from mlsupply.connections import Connections

        with self._lock:
            if self._made is None:
                self._made = Connections(self._environ, self._seconds)
            return self._made

    @staticmethod
    def _decoded(chunks: Iterable[bytes], encoding: str, limit: int, host: str) -> Iterator[bytes]:
        """Unpacked as it comes and counted after unpacking, so that a small answer cannot grow without bound."""
        left = limit
        for data in _gunzipped(chunks, limit + 1, host) if _is_gzip(encoding, host) else chunks:
            left -= len(data)
            if left < 0:
                raise _too_large(host, limit)
            yield data


def _is_gzip(encoding: str, host: str) -> bool:
    named = encoding.strip().lower()
    if named not in {"", "identity", "gzip", "x-gzip"}:
        detail = f"{host} answers in the encoding {safe(encoding, 40)}, which was not asked for"
        raise NoAnswerError(Failure(Reason.UNSUPPORTED, detail))
    return named.endswith("gzip")


def _gunzipped(chunks: Iterable[bytes], most: int, host: str) -> Iterator[bytes]:
    """What gzip members (RFC 1952), one after another, hold, its first `most` bytes; an empty body (of a 304, say) holds
    none."""
    member, members = None, 0
    for chunk in chunks:
        rest = chunk
        while rest and most > 0:
            if member is None or member.eof:
                member, members = zlib.decompressobj(wbits=31), members + 1
            if members > _MEMBERS:
                raise NoAnswerError(
                    Failure(Reason.LIMIT, f"the answer of {host} is packed in more than {_MEMBERS:,} pieces")
                )
            data = member.decompress(rest, most)
            most -= len(data)
            yield data
            rest = member.unused_data
    if member is not None and not member.eof:
        raise NoAnswerError(Failure(Reason.MALFORMED, f"the answer of {host} broke off"))


def _wait(retry_after: str, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for (seconds, or an HTTP date)."""
    from email.utils import parsedate_to_datetime

    if retry_after.strip().isdecimal():
        return float(retry_after[:20])
    try:
        then: float = parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.5 * (1 << attempt)
    return max(then - time.time(), 0.0)


def _too_large(host: str, limit: int) -> NoAnswerError:
    return NoAnswerError(Failure(Reason.TOO_LARGE, f"the answer of {safe(host, 100)} is larger than {limit:,} bytes"))


def _unconnected(error: NoConnectionError, host: str) -> Failure:
    from ssl import SSLCertVerificationError, SSLError

    if isinstance(error.cause, SSLCertVerificationError):
        reason, what = Reason.FORBIDDEN, "shows a certificate not trusted here (SSL_CERT_FILE may name others)"
    elif isinstance(error.cause, SSLError):
        reason, what = Reason.FORBIDDEN, "does not speak TLS as required here"
    elif error.proxied:
        reason, what = Reason.OFFLINE, f"could not be reached through the proxy{_of_tunnel(error.cause)}"
    elif isinstance(error.cause, TimeoutError):
        reason, what = Reason.OFFLINE, "could not be connected to in time"
    else:
        reason, what = Reason.OFFLINE, "could not be reached"
    return Failure(reason, f"{safe(host, 100)} {what}")


def _of_tunnel(cause: OSError) -> str:
    """What a proxy answered that opens no tunnel; "" where it answered nothing. http.client tells it in words alone."""
    status = str(cause).partition("Tunnel connection failed: ")[2][:3]
    if not (status.isascii() and status.isdigit()):
        return ""
    return f", which answers {status}" + (": it wants credentials" if status == "407" else "")


def _failure(error: Exception, host: str) -> Failure:
    """An exception of the exchange in words that hold no address but the host."""
    from http.client import IncompleteRead

    from mlsupply.connections import TooSlowError

    if isinstance(error, TooSlowError):
        reason, what = Reason.TIMEOUT, f"was given up: {error}"
    elif isinstance(error, TimeoutError):
        reason, what = Reason.TIMEOUT, "did not answer in time"
    elif isinstance(error, IncompleteRead):
        reason, what = Reason.MALFORMED, "broke off its answer"
    elif isinstance(error, OSError):
        reason, what = Reason.OFFLINE, "could not be reached"
    else:
        reason, what = Reason.MALFORMED, "answered in a form that cannot be read"
    return Failure(reason, f"{safe(host, 100)} {what}")
