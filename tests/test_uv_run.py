"""How uv is started: what it is given, what it may take, and where it is found."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
import uv

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import gather, uv_run
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Reason
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.loopback_index import LoopbackIndex
from tests.resolving import app_index, inventory, versions


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with app_index() as index:
        yield index


def test_a_resolution_that_does_not_end_is_stopped(index: LoopbackIndex, world: World) -> None:
    impatient = replace(world, limits=Limits(resolve_seconds=0.001))
    found = resolve(inventory("app==1.0"), Request(index_url=index.simple), impatient)
    assert versions(found) == {"app": "1.0"}
    assert found.gaps[0].reason in {Reason.TIMEOUT, Reason.LIMIT}


@pytest.mark.parametrize(
    ("named", "system", "trusted"),
    [
        ({"PIP_CERT": "company.pem"}, "file", "company.pem"),
        ({"REQUESTS_CA_BUNDLE": "folder", "SSL_CERT_FILE": "other.pem"}, "file", "folder"),
        ({}, "file", "system.pem"),
        ({}, "folder", "system"),
        ({}, "empty", None),
    ],
)
def test_uv_trusts_the_certificates_that_our_own_connections_trust(
    named: dict[str, str], system: str, trusted: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own list knows no company: a proxy that both of us are led through would be believed by one."""
    monkeypatch.setattr("sys.platform", "linux")
    for folder in ("folder", "system"):
        (tmp_path / folder).mkdir()
    if system != "empty":
        (tmp_path / "system/one.0").touch()
    if system == "file":
        (tmp_path / "system.pem").touch()
    paths = SimpleNamespace(openssl_cafile=str(tmp_path / "system.pem"), openssl_capath=str(tmp_path / "system"))
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: paths)
    environ = {name: str(tmp_path / value) for name, value in named.items()}
    handed = uv_run._environment({**environ, "HTTPS_PROXY": "http://proxy.example"}, tmp_path)
    kind = "SSL_CERT_FILE" if str(trusted).endswith(".pem") else "SSL_CERT_DIR"
    wanted = {kind: str(tmp_path / trusted)} if trusted else {}
    assert {name: value for name, value in handed.items() if name.startswith("SSL_")} == wanted
    assert handed["HTTPS_PROXY"] == "http://proxy.example"


def test_inputs_that_are_resolved_at_once_look_for_uv_one_after_the_other(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sysconfig, which says where uv is, shows a second thread the table that a first one has only begun to fill."""
    looking: list[int] = []
    most: list[int] = []

    def found() -> str:
        looking.append(1)
        most.append(len(looking))
        sleep(0.02)
        looking.pop()
        return str(tmp_path / "no uv")

    monkeypatch.setattr(uv, "find_uv_bin", found)
    for number in range(4):
        (tmp_path / f"requirements-{number}.txt").write_text(f"app{number}\n", encoding="ascii")
    request = Request(subjects=(".",), index_url="http://127.0.0.1:9/simple")
    gather(request, replace(world, tree=DiskTree(tmp_path), resolving=True))
    assert most == [1] * 4


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_uv_is_given_nothing_of_the_users_own_but_proxies_and_certificates(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a netrc, a keyring, a configuration or a variable of theirs would decide what is asked, and with which secret."""
    stand_in, told = tmp_path / "uv", tmp_path / "told.json"
    dump = f"json.dump([sys.argv[1:], dict(os.environ)], open({str(told)!r}, 'w'))"
    stand_in.write_text(f"#!{sys.executable} -S\nimport json, os, sys\n{dump}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(uv_run, "_program", lambda: str(stand_in))
    own = {"HOME": "/home/me", "NETRC": "/home/me/.netrc", "UV_INDEX_URL": "https://other.example", "PIP_INDEX_URL": "x",
           "AWS_SECRET_ACCESS_KEY": "s", "XDG_CONFIG_HOME": "/home/me/.config", "HTTPS_PROXY": "http://proxy.example:3128",
           "PIP_CERT": "/etc/own.pem", "PYTHONPATH": "/evil", "PATH": "/evil"}  # fmt: skip

    resolve(inventory("app"), Request(index_url="https://index.example/simple"), replace(world, environ=own))

    arguments, given = json.loads(told.read_text())
    assert {"--no-build", "--no-python-downloads"} <= set(arguments)
    assert given["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert given["SSL_CERT_FILE"] == "/etc/own.pem"
    home = Path(given["HOME"])
    assert home.name == "home"
    assert home != Path("/home/me")
    assert given["PATH"] == os.defpath
    beside = {"HTTPS_PROXY", "SSL_CERT_FILE", "HOME", "PATH", "NO_PROXY", "no_proxy", "LC_ALL", "LC_CTYPE"}
    assert {key for key in given if not key.startswith("UV_HTTP_")} <= beside


_STARVED = """
try:
    held = bytearray(6 << 30)
except MemoryError:
    sys.stderr.write("memory allocation of 6442450944 bytes failed")
    sys.stderr.flush()
    os.abort()
"""
_FILLING = """
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open("endless.whl", "wb") as wheel:
    wheel.truncate(6 << 30)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of a process that runs can be set on Linux alone")
@pytest.mark.parametrize("doing", [_STARVED, _FILLING], ids=["memory", "disk"])
def test_an_index_that_never_ends_its_answer_takes_neither_all_memory_nor_all_disk(
    doing: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "uv"  # does what uv does with such an answer: it takes what it needs for all of it
    stand_in.write_text(f"#!{sys.executable} -S\nimport os, signal, sys, time\ntime.sleep(0.2){doing}")
    stand_in.chmod(0o755)
    monkeypatch.setattr(uv_run, "_program", lambda: str(stand_in))

    found = resolve(inventory("app", "lib==1.5"), Request(index_url="https://index.example/simple"), world)

    assert versions(found) == {"lib": "1.5"}
    (gap,) = found.gaps
    assert gap.reason is Reason.TOO_LARGE
    assert gap.detail.startswith("not resolved, so what it needs is not audited: app, lib==1.5 (an index answered with more")
