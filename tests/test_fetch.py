"""The live network against servers on loopback that behave badly in each way there is."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlsupply import __version__, addresses, fetch
from mlsupply.fetch import LiveFetch
from mlsupply.model import Reason
from mlsupply.world import Failure, Limits, Response

LIMIT = 1 << 20
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


class RawServer:
    """Sends what it is told, byte for byte. answers: bytes or a function of (socket, request), the last one repeated."""

    def __init__(self, *answers: bytes | Callable[[socket.socket, bytes], None]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            self.requests.append(request)
            answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, request)

    def header(self, name: str, request: int = -1) -> str | None:
        for line in self.requests[request].decode("latin-1").split("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    servers: list[RawServer] = []

    def start(*answers: bytes | Callable[[socket.socket, bytes], None]) -> RawServer:
        servers.append(RawServer(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.socket.close()


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def live(waited: list[float]) -> LiveFetch:
    return LiveFetch({}, Limits(request_seconds=0.5), waited.append)


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def failed(found: Response | Failure) -> tuple[Reason, str]:
    assert isinstance(found, Failure), found
    return found.reason, found.detail


Serve = Callable[..., RawServer]


def test_an_answer_comes_whole_with_its_headers_in_lower_case(serve: Serve, live: LiveFetch) -> None:
    server = serve(answer("404 Not Found", b"no such page", ETag='"1"'))
    found = live(server.url + "/x?y=1", limit=LIMIT, headers={"Accept": "text/html"})
    assert isinstance(found, Response)
    assert (found.status, found.body, found.headers["etag"]) == (404, b"no such page", '"1"')
    assert found.url == server.url + "/x?y=1"
    assert server.header("user-agent") == f"mlsupply/{__version__}"
    assert server.header("accept") == "text/html"


def test_a_body_is_posted(serve: Serve, live: LiveFetch) -> None:
    server = serve(OK)
    live(server.url, limit=LIMIT, body=b'{"q": 1}', headers={"Content-Type": "application/json"})
    assert server.requests[0].startswith(b"POST / ")
    assert server.header("content-length") == "8"


def test_size_is_counted_while_it_comes_and_after_unpacking(serve: Serve, live: LiveFetch) -> None:
    endless = serve(lambda connection, _: _flood(connection))
    assert failed(live(endless.url, limit=1000)) == (Reason.TOO_LARGE, "the answer of 127.0.0.1 is larger than 1,000 bytes")
    bomb = serve(answer("200 OK", gzip.compress(bytes(50 << 20)), Content_Encoding="gzip"))
    assert failed(live(bomb.url, limit=LIMIT))[0] is Reason.TOO_LARGE
    packed = serve(answer("200 OK", gzip.compress(b"a" * 5000), Content_Encoding="gzip"))
    found = live(packed.url, limit=5000)
    assert isinstance(found, Response)
    assert found.body == b"a" * 5000


def test_several_gzip_members_are_one_body(serve: Serve, live: LiveFetch) -> None:
    """RFC 1952: a gzip file is one member or more; reading the first alone would take a list for complete that is not."""
    packed = b"".join(gzip.compress(piece) for piece in (b"one,", b"", b"two,", b"three"))
    found = live(serve(answer("200 OK", packed, Content_Encoding="gzip")).url, limit=LIMIT)
    assert isinstance(found, Response)
    assert found.body == b"one,two,three"
    bomb = serve(answer("200 OK", gzip.compress(b"a" * 600) * 3, Content_Encoding="gzip"))
    assert failed(live(bomb.url, limit=1000))[0] is Reason.TOO_LARGE
    many = serve(answer("200 OK", gzip.compress(b"") * 1001, Content_Encoding="gzip"))
    assert failed(live(many.url, limit=1000)) == (
        Reason.LIMIT,
        "the answer of 127.0.0.1 is packed in more than 1,000 pieces",
    )
    odd = serve(answer("200 OK", gzip.compress(b"a") + b"trailer", Content_Encoding="gzip"))
    assert failed(live(odd.url, limit=1000))[0] is Reason.MALFORMED


@pytest.mark.parametrize("status", ["304 Not Modified", "204 No Content", "200 OK"])
def test_an_answer_without_a_body_may_name_an_encoding(status: str, serve: Serve, live: LiveFetch) -> None:
    """As servers do that leave the headers of the full answer on one that says it is unchanged."""
    found = live(serve(answer(status, Content_Encoding="gzip")).url, limit=LIMIT)
    assert isinstance(found, Response)
    assert (str(found.status), found.body) == (status[:3], b"")


def _flood(connection: socket.socket) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(4 << 20))
    except OSError:
        return


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
        + gzip.compress(b"hello", mtime=0)[:12],
    ],
)
def test_a_broken_answer_is_never_taken_for_a_whole_one(broken: bytes, serve: Serve, live: LiveFetch) -> None:
    assert failed(live(serve(broken).url, limit=LIMIT))[0] is Reason.MALFORMED


def test_more_bytes_than_announced_are_not_read(serve: Serve, live: LiveFetch) -> None:
    found = live(serve(OK + b" and more").url, limit=LIMIT)
    assert isinstance(found, Response)
    assert found.body == b"hello"


def test_a_server_that_says_nothing_or_too_slowly_is_given_up(serve: Serve, live: LiveFetch) -> None:
    gate = threading.Event()
    silent = serve(lambda connection, _: gate.wait(5) and None)
    assert failed(live(silent.url, limit=LIMIT)) == (Reason.TIMEOUT, "127.0.0.1 did not answer in time")

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not gate.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    assert failed(live(serve(drip).url, limit=LIMIT))[0] is Reason.TIMEOUT
    gate.set()


def test_a_busy_server_is_asked_again_after_the_time_it_names(serve: Serve, live: LiveFetch, waited: list[float]) -> None:
    server = serve(answer("429 Too Many Requests", Retry_After="7"), answer("503 Service Unavailable"), OK)
    found = live(server.url, limit=LIMIT)
    assert isinstance(found, Response)
    assert found.status == 200
    assert waited == [7.0, 1.0]


@pytest.mark.parametrize(("asks", "waits"), [("30", [30.0, 30.0]), ("31", []), ("86400", []), ("9" * 5_000, [])])
def test_a_server_that_stays_busy_is_a_response_and_who_asks_for_more_patience_than_there_is_is_left_alone(
    serve: Serve, live: LiveFetch, waited: list[float], asks: str, waits: list[float]
) -> None:
    server = serve(answer("429 Too Many Requests", Retry_After=asks))
    found = live(server.url, limit=LIMIT)
    assert isinstance(found, Response)
    assert found.status == 429
    assert waited == waits
    assert len(server.requests) == len(waits) + 1


def test_a_date_in_retry_after_is_understood(serve: Serve, live: LiveFetch, waited: list[float]) -> None:
    live(serve(answer("503 Busy", Retry_After="Fri, 01 Jan 2021 00:00:00 GMT"), OK).url, limit=LIMIT)
    live(serve(answer("503 Busy", Retry_After="soon"), OK).url, limit=LIMIT)
    assert waited == [0.0, 0.5]


def test_redirects_are_followed_a_few_times(serve: Serve, live: LiveFetch) -> None:
    end = serve(OK)
    found = live(serve(answer("308 Permanent Redirect", Location=end.url + "/there")).url, limit=LIMIT)
    assert isinstance(found, Response)
    assert found.url == end.url + "/there"
    loop = serve(answer("302 Found", Location="/again"))
    assert failed(live(loop.url, limit=LIMIT)) == (Reason.LIMIT, "127.0.0.1 redirects more than 5 times")
    assert len(loop.requests) == 6


def test_credentials_do_not_follow_a_redirect_to_another_host(serve: Serve, live: LiveFetch) -> None:
    end = serve(OK)
    start = serve(answer("302 Found", Location=end.url))
    live(start.url, limit=LIMIT, headers={"Authorization": "Basic aHVudGVyMg==", "Accept": "text/html"})
    assert start.header("authorization") == "Basic aHVudGVyMg=="
    assert end.header("authorization") is None
    assert end.header("accept") == "text/html"


@pytest.mark.parametrize("target", ["https://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/", "http://index.example/"])
def test_a_redirect_never_leaves_its_scheme(target: str, serve: Serve, live: LiveFetch) -> None:
    reason, _ = failed(live(serve(answer("302 Found", Location=target)).url, limit=LIMIT))
    assert reason in {Reason.FORBIDDEN, Reason.UNSUPPORTED}


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "localhost", "db.internal"])
def test_a_public_host_may_not_send_us_inside(inside: str) -> None:
    before, after = addresses.checked("https://8.8.8.8/"), addresses.checked(f"https://{inside}/latest/meta-data")
    with pytest.raises(addresses.NoAnswerError, match="inside this network"):
        addresses.allow_redirect(before, after)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://index.example/simple/", Reason.FORBIDDEN),
        ("https://build:hunter2@index.example/simple/", Reason.FORBIDDEN),
        ("file:///etc/passwd", Reason.UNSUPPORTED),
        ("ftp://index.example/", Reason.UNSUPPORTED),
        ("https://[::1", Reason.MALFORMED),
        ("https://build:hunter2@[::1", Reason.MALFORMED),
        ("https://index .example/", Reason.MALFORMED),
        ("https://index\x00.example/", Reason.MALFORMED),
        ("https://index..example/", Reason.MALFORMED),
        (f"https://{'x' * 64}.example/", Reason.MALFORMED),
        ("https://index.example:port/", Reason.MALFORMED),
        ("nonsense", Reason.UNSUPPORTED),
    ],
)
def test_addresses_that_are_not_asked(url: str, reason: Reason, live: LiveFetch) -> None:
    found, detail = failed(live(url, limit=LIMIT))
    assert found is reason
    assert "hunter2" not in detail


def test_a_host_that_cannot_be_reached_is_tried_once_a_run(live: LiveFetch, waited: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    assert failed(live(url, limit=LIMIT)) == (Reason.OFFLINE, "127.0.0.1 could not be reached")
    assert failed(live(url + "/other", limit=LIMIT))[0] is Reason.OFFLINE
    assert waited == []


def test_a_host_that_is_late_again_and_again_is_asked_no_more(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run would wait for it once for each package of a lock."""
    monkeypatch.setattr(fetch, "_LATE", 3)
    server = serve(lambda connection, _: connection.recv(1))  # it never answers
    live = LiveFetch({}, Limits(request_seconds=0.05), lambda _: None)
    assert [failed(live(f"{server.url}/{number}", limit=LIMIT))[0] for number in range(9)] == [Reason.TIMEOUT] * 9
    assert len(server.requests) == 3


def test_of_many_hosts_the_first_are_asked_and_go_on_being_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that names another index for each of its packages does not decide how many strangers are asked."""
    monkeypatch.setattr(fetch, "_HOSTS", 2)
    servers = [serve(OK) for _ in range(3)]
    live = LiveFetch({})
    said = [live(servers[number].url, limit=LIMIT) for number in (0, 1, 2, 1, 2)]
    assert [isinstance(one, Response) for one in said] == [True, True, False, True, False]
    assert failed(said[2]) == (Reason.LIMIT, "127.0.0.1 is not asked: 2 other hosts were in this run")
    assert servers[2].requests == []


def test_netrc_and_cookies_stay_at_home(
    serve: Serve, live: LiveFetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login build password hunter2\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = serve(answer("200 OK", b"x", Set_Cookie="session=1; Path=/"))
    live(server.url, limit=LIMIT)
    live(server.url, limit=LIMIT)
    assert server.header("authorization") is None
    assert server.header("cookie") is None


def test_proxies_come_from_the_variables_of_the_run_and_never_serve_loopback(serve: Serve) -> None:
    proxy = serve(answer("502 Bad Gateway"))
    environ = {"HTTPS_PROXY": proxy.url, "HTTP_PROXY": proxy.url, "NO_PROXY": "corp.example,.inner.example"}
    live = LiveFetch(environ, Limits(request_seconds=0.5), lambda _: None)
    direct = serve(OK)
    assert isinstance(live(direct.url, limit=LIMIT), Response)
    assert proxy.requests == []
    assert failed(live("https://index.example/simple/", limit=LIMIT)) == (
        Reason.OFFLINE,
        "index.example could not be reached through the proxy, which answers 502",
    )
    assert proxy.requests[0].startswith(b"CONNECT index.example:443 ")
    closed = serve(answer("407 Proxy Authentication Required"))
    found = LiveFetch({"HTTPS_PROXY": closed.url}, Limits(request_seconds=0.5), lambda _: None)(
        "https://a.example/", limit=LIMIT
    )
    assert failed(found)[1].endswith("through the proxy, which answers 407: it wants credentials")
    for host in ("corp.example", "a.corp.example", "b.inner.example"):
        assert addresses.proxy_for(addresses.checked(f"https://{host}/"), environ) == ""


@pytest.mark.parametrize(
    ("host", "excepted", "direct"),
    [
        ("corp.example", "corp.example", True),
        ("corp.example", "CORP.example:443", True),
        ("a.corp.example", "*.corp.example", True),
        ("notcorp.example", "corp.example", False),
        ("corp.example", "a.corp.example", False),
        ("corp.example", "10.0.0.0/8", False),
        ("corp.example", "*", True),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "fd00::/8", False),
        ("[fd00::5]", "[fd00::5]", True),
        ("[fd00::5]", "fd00::/8", True),
        ("[fe00::5]", "fd00::/8", False),
        ("corp.example", " , ::::, /, *., .", False),
    ],
)
def test_what_is_excepted_from_the_proxy_is_asked_directly(host: str, excepted: str, direct: bool) -> None:
    environ = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": excepted}
    assert addresses.proxy_for(addresses.checked(f"https://{host}/"), environ) == (
        "" if direct else "http://proxy.example:3128"
    )


def test_many_threads_share_it(serve: Serve, live: LiveFetch) -> None:
    server = serve(OK)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: live(f"{server.url}/{n}", limit=LIMIT), range(40)))
    assert [isinstance(one, Response) and one.body for one in found] == [b"hello"] * 40
