"""A certificate of our own for `localhost`, 127.0.0.1 and `index.example`, and a server that shows it. For tests: the key
opens nothing else."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIBAjAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5tbHN1cHBs
eSB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwObWxzdXBwbHkgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATL
Ut/Ax80AL5wJcSwhpIrbyEgXknjOS2kXp/fS2TtzixEC62ySNt9CxpVpsgXNz2wT
GW6NyGU/upDGHxkP34Kgo20wazAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE
AwIChDAdBgNVHQ4EFgQUqIkVl0xoiWip744A27t7tkx51EAwKQYDVR0RBCIwIIIJ
bG9jYWxob3N0gg1pbmRleC5leGFtcGxlhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQC/RBo+qgKE2jd5ntI6rXd9830o1vMuG2QnYDrVCJlmhQIgeVqDcHVpsqA2MAWG
1h4EUqMdKFdQF6C7i3sM7+D5dzw=
-----END CERTIFICATE-----
"""
_KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIOgg7m68WxN8FMyfVKGrHR6EeiHG+2bS6kOnmLWvHO9soAoGCCqGSM49
AwEHoUQDQgAEy1LfwMfNAC+cCXEsIaSK28hIF5J4zktpF6f30tk7c4sRAutskjbf
QsaVabIFzc9sExlujchlP7qQxh8ZD9+CoA==
-----END EC PRIVATE KEY-----
"""


@contextmanager
def tls_server(folder: Path, answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """(port, the requests that came): answers each with these bytes over TLS. folder: for its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (folder / "server.pem").write_text(_KEY + CERTIFICATE, encoding="ascii")
    context.load_cert_chain(folder / "server.pem")
    requests: list[bytes] = []

    def serve(plain: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            while request := connection.recv(65536):
                requests.append(request)
                connection.sendall(answer)

    with accepting(serve) as port:
        yield port, requests


@contextmanager
def connect_proxy(target: int) -> Iterator[tuple[int, list[bytes]]]:
    """(port, the CONNECT requests that came): a proxy that leads to a port of this machine, whatever it is asked for."""
    asked: list[bytes] = []

    def serve(client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", target)) as server:
            asked.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while True:
                for ready in select.select([client, server], [], [], 5)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (server if ready is client else client).sendall(data)

    with accepting(serve) as port:
        yield port, asked


@contextmanager
def accepting(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that hands each connection to `serve`, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
