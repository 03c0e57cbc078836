"""Connections: kept and used again, refused where the certificate or the proxy is not right, and bounded in everything a
server may send around a body."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mlsupply.connections import Connections, SettingError, pieces, trust
from mlsupply.fetch import LiveFetch
from mlsupply.model import Reason
from mlsupply.world import Failure, Limits, Response
from tests.loopback_tls import CERTIFICATE, accepting, connect_proxy, tls_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def fetching(**environ: str) -> LiveFetch:
    return LiveFetch(environ, Limits(request_seconds=0.5), lambda seconds: None)


def said(found: Response | Failure) -> str:
    """The body, or why there is none."""
    return found.detail if isinstance(found, Failure) else found.body.decode()


@contextmanager
def raw_server(
    *answers: bytes, then: Callable[[socket.socket], object] = lambda connection: None
) -> Iterator[tuple[str, list[int]]]:
    """(URL, requests seen per connection): gives its answers in turn on one connection, then `then`."""
    seen: list[int] = []

    def serve(connection: socket.socket) -> None:
        number = len(seen)
        seen.append(0)
        with suppress(OSError), connection:
            for answer in answers:
                if not connection.recv(65536):
                    return
                seen[number] += 1
                connection.sendall(answer)
            then(connection)

    with accepting(serve) as port:
        yield f"http://127.0.0.1:{port}", seen


# --- kept ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [OK, CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n"])
def test_one_connection_serves_many_requests(answer: bytes) -> None:
    live = fetching()
    with raw_server(*[answer] * 5) as (url, seen):
        assert len({said(live(url, limit=100)) for _ in range(5)}) == 1
    assert seen == [5]


def test_a_connection_the_server_closed_since_is_replaced_without_a_word() -> None:
    live = fetching()
    with raw_server(OK) as (url, seen):
        assert [said(live(url, limit=100)) for _ in range(3)] == ["hello"] * 3
    assert seen == [1, 1, 1]


def test_a_connection_that_dies_just_as_it_is_used_again_costs_one_more_request() -> None:
    """The server reads the second request and hangs up, as one does whose time for idle connections is over."""
    live = fetching()
    with raw_server(OK, then=lambda connection: connection.recv(10)) as (url, seen):
        assert [said(live(url, limit=100)) for _ in range(2)] == ["hello"] * 2
    assert seen == [1, 1]


@pytest.mark.parametrize("late", [False, True])
def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_one(late: bool) -> None:
    live = fetching()
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    answered, came = threading.Event(), threading.Event()

    def unasked(connection: socket.socket) -> None:
        if late:
            answered.wait(5)
            connection.sendall(forged)
            came.set()
        connection.recv(10)

    with raw_server(OK if late else OK + forged, then=unasked) as (url, seen):
        assert said(live(url, limit=100)) == "hello"
        answered.set()
        assert not late or came.wait(5)
        assert said(live(url, limit=100)) == "hello"
    assert seen == [1, 1]


def test_an_answer_that_was_too_large_leaves_no_connection_behind() -> None:
    live = fetching()
    with raw_server(OK, OK) as (url, seen):
        assert "larger than 3 bytes" in said(live(url, limit=3))
        assert said(live(url, limit=5)) == "hello"
    assert seen == [1, 1]


def test_an_answer_that_was_not_read_to_its_end_leaves_no_connection_behind() -> None:
    """What is left of it would be taken for the beginning of the next answer, also where it comes later."""
    rest = threading.Event()

    def later(connection: socket.socket) -> None:
        rest.wait(5)
        connection.sendall(b"o" + OK.replace(b"hello", b"taken"))

    kept = Connections({}, 0.5)
    with raw_server(OK[:-1], then=later) as (url, seen):
        with kept.answering(urlsplit(url), {}, None, 100) as answer:
            assert next(pieces(answer)) == b"hell"
        with kept.answering(urlsplit(url), {}, None, 100) as answer:
            assert next(pieces(answer)) == b"hell"
            rest.set()
    assert seen == [1, 1]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://[2001:db8::5]/", ("2001:db8::5", 443)),
        ("https://[2001:db8::5]:8443/", ("2001:db8::5", 8443)),
        ("http://[::1]/", ("::1", 80)),
        ("https://bücher.example/", ("bücher.example", 443)),
    ],
)
def test_the_address_that_is_named_is_connected_to(
    url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[str, int]] = []

    def refuse(where: tuple[str, int], *_: object) -> socket.socket:
        tried.append(where)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert "could not be reached" in said(fetching()(url, limit=100))
    assert tried == [address]


# --- bounded ------------------------------------------------------------------------------------------------------------


def _without_end(piece: bytes) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)

    return send


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 1000),
        (CHUNKED + b"5\r\nhello\r\n0\r\n", b"X-Trailer: and more\r\n" * 1000),
        (CHUNKED, b"1;" + b"extension" * 100 + b"\r\nx\r\n"),
    ],
    ids=["interim answers", "headers", "trailers", "chunk extensions"],
)
def test_what_stands_around_a_body_has_an_end(begins: bytes, goes_on: bytes) -> None:
    with raw_server(begins, then=_without_end(goes_on)) as (url, _):
        found = fetching()(url, limit=1000)
    assert isinstance(found, Failure)
    assert found.reason in {Reason.TOO_LARGE, Reason.MALFORMED}


def test_headers_that_drip_are_given_up() -> None:
    gate = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not gate.wait(0.02):
            connection.sendall(b"a")

    with raw_server(b"HTTP/1.1 200 OK\r\nX-Slow: ", then=drip) as (url, _):
        found = fetching()(url, limit=1000)
        gate.set()
    assert isinstance(found, Failure)
    assert (found.reason, found.detail) == (
        Reason.TIMEOUT,
        "127.0.0.1 was given up: the answer comes slower than 32 KiB a second",
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"O" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["no http", "no status", "no version", "long line", "many headers"],
)
def test_an_answer_that_is_no_http_is_malformed(answer: bytes) -> None:
    with raw_server(answer) as (url, _):
        found = fetching()(url, limit=1000)
    assert isinstance(found, Failure)
    assert found.reason is Reason.MALFORMED


@pytest.mark.parametrize("path", ["/a b", "/x\r\nHost: other", "/päth?q=ü&r=%20", "/x?a b"])
def test_addresses_are_quoted_so_that_they_stay_one_line(path: str) -> None:
    lines: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            lines.append(connection.recv(65536))
            connection.sendall(OK)

    with accepting(serve) as port:
        assert said(fetching()(f"http://127.0.0.1:{port}{path}", limit=100)) == "hello"
    first, *headers = lines[0].split(b"\r\n")
    assert first.startswith(b"GET /")
    assert first.count(b" ") == 2
    assert [line for line in headers if line.lower().startswith(b"host:")] == [f"Host: 127.0.0.1:{port}".encode()]


def test_a_header_that_would_begin_another_line_is_not_sent() -> None:
    with raw_server(OK) as (url, seen):
        found = fetching()(url, limit=100, headers={"If-None-Match": 'x"\r\nAuthorization: y'})
    assert isinstance(found, Failure)
    assert sum(seen) == 0


# --- certificates -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "bundle.pem"
    path.write_text(CERTIFICATE, encoding="ascii")
    return str(path)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"])
def test_a_certificate_the_variables_name_is_believed(variable: str, bundle: str, tmp_path: Path) -> None:
    live = fetching(**{variable: bundle})
    with tls_server(tmp_path, OK) as (port, requests):
        assert [said(live(f"https://127.0.0.1:{port}/{n}", limit=100)) for n in range(3)] == ["hello"] * 3
        assert said(live(f"https://localhost:{port}/", limit=100)) == "hello"
    assert len(requests) == 4


def test_a_certificate_nobody_vouches_for_ends_the_request_before_anything_was_sent(tmp_path: Path) -> None:
    with tls_server(tmp_path, OK) as (port, requests):
        found = fetching()(f"https://127.0.0.1:{port}/", limit=100, headers={"Authorization": "Basic aHVudGVyMg=="})
    assert isinstance(found, Failure)
    assert found.reason is Reason.FORBIDDEN
    assert "shows a certificate not trusted here" in found.detail
    assert requests == []


def test_a_certificate_for_another_host_is_not_believed(bundle: str, tmp_path: Path) -> None:
    with tls_server(tmp_path, OK) as (port, requests), connect_proxy(port) as (proxy, _):
        live = fetching(SSL_CERT_FILE=bundle, HTTPS_PROXY=f"http://127.0.0.1:{proxy}")
        assert "shows a certificate not trusted here" in said(live("https://other.example/", limit=100))
    assert requests == []


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(bundle: str) -> None:
    with raw_server(OK) as (url, _):
        found = fetching(SSL_CERT_FILE=bundle)(url.replace("http:", "https:"), limit=100)
    assert said(found) == "127.0.0.1 does not speak TLS as required here"


def test_certificates_that_cannot_be_read_are_said_by_the_variable_that_names_them(tmp_path: Path) -> None:
    missing, garbage = str(tmp_path / "missing.pem"), tmp_path / "garbage.pem"
    garbage.write_text("no certificate", encoding="ascii")
    assert said(fetching(SSL_CERT_FILE=missing)("https://127.0.0.1:9/", limit=9)) == (
        "127.0.0.1 cannot be asked: SSL_CERT_FILE names certificates that cannot be read: No such file or directory"
    )
    with pytest.raises(SettingError, match="PIP_CERT"):
        trust({"PIP_CERT": str(garbage)})


def test_a_folder_of_certificates_may_be_named_and_an_empty_system_falls_back_on_certifi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trust({"SSL_CERT_DIR": str(tmp_path)}).cert_store_stats()["x509_ca"] == 0
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))  # what OpenSSL itself looks at
    context = trust({})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats()["x509_ca"] > 50


# --- proxies ------------------------------------------------------------------------------------------------------------


def test_a_proxy_is_led_through_with_its_own_credentials_and_sees_nothing_of_the_request(
    bundle: str, tmp_path: Path
) -> None:
    with tls_server(tmp_path, OK) as (port, requests), connect_proxy(port) as (proxy, asked):
        live = fetching(SSL_CERT_FILE=bundle, HTTPS_PROXY=f"http://build:hunter%202@127.0.0.1:{proxy}")
        headers = {"Authorization": "Basic b3RoZXI="}
        assert said(live("https://index.example/simple/", limit=100, headers=headers)) == "hello"
        assert said(live("https://index.example/simple/torch/", limit=100, headers=headers)) == "hello"
    assert len(asked) == 1
    assert asked[0].startswith(b"CONNECT index.example:443 ")
    assert b"Proxy-Authorization: Basic YnVpbGQ6aHVudGVyIDI=" in asked[0]
    assert b"b3RoZXI=" not in asked[0]
    assert b"Proxy-Authorization" not in requests[0]
    assert [request.split(b" ")[1] for request in requests] == [b"/simple/", b"/simple/torch/"]


def test_a_proxy_may_be_named_without_its_scheme(bundle: str, tmp_path: Path) -> None:
    with tls_server(tmp_path, OK) as (port, _), connect_proxy(port) as (proxy, asked):
        live = fetching(SSL_CERT_FILE=bundle, ALL_PROXY=f"127.0.0.1:{proxy}")
        assert said(live("https://index.example/", limit=100)) == "hello"
    assert len(asked) == 1


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "https://proxy.example:3128", "http://"])
def test_a_proxy_of_a_kind_that_is_not_spoken_is_said_and_not_gone_around(proxy: str) -> None:
    found = fetching(HTTPS_PROXY=proxy)("https://index.example/", limit=100)
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNSUPPORTED
    assert f"a proxy of the kind '{proxy.partition(':')[0]}'" in found.detail


@pytest.mark.parametrize("proxy", ["http://me:hunter2@[::1:3128", "http://me:hunter2@proxy.example:port"])
def test_a_proxy_whose_address_is_none_is_said_without_its_password(proxy: str) -> None:
    found = fetching(HTTPS_PROXY=proxy)("https://index.example/", limit=100)
    assert found == Failure(Reason.UNSUPPORTED, "index.example cannot be asked: a proxy is named by what is no address")


def test_a_proxy_that_is_not_there_is_told_from_a_host_that_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    found = fetching(HTTPS_PROXY=f"http://127.0.0.1:{port}")("https://index.example/", limit=100)
    assert said(found) == "index.example could not be reached through the proxy"
