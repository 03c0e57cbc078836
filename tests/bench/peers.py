"""The peers of the parity and speed benches: how each is started on a tree and what its report says. All ask one feed.

Commands come from MLSUPPLY_BENCH_PIP_AUDIT, _UV and _PYSENTRY, else from PATH; a missing one is said and left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from tests.conftest import SHARED

EXTRA = {"torch": "2.10.0+cu128", "vllm": "0.23.0", "transformers": "5.2.0", "ray": "2.54.0"}
"""A tree of our own: the newest affected releases, one of them a local build."""

CHECKS = ("--check", "advisories", "--check", "known-bad")
"""What the peers look for."""

Flaw = tuple[str, str, str]
"""(canonical name, version, id)."""


class Tree(NamedTuple):
    """name; plain: pinned requirements; hashed: the same with hashes; folder: a folder with the plain ones as
    requirements.txt; project: a folder with a uv.lock of the same pins; pages: an index of empty pages, which mlsupply
    asks for fixes and uv for project status."""

    name: str
    plain: Path
    hashed: Path
    folder: Path
    project: Path
    pages: str


class Peer(NamedTuple):
    """name; program: its command, "" where it is missing."""

    name: str
    program: str


def peers() -> list[Peer]:
    """In the order of the tables; mlsupply is that of this interpreter."""
    beside = Path(sys.executable).parent
    found = [Peer("mlsupply", str(beside / "mlsupply"))]
    for name, variable, program in (
        ("uv audit", "MLSUPPLY_BENCH_UV", "uv"),
        ("pysentry", "MLSUPPLY_BENCH_PYSENTRY", "pysentry-rs"),
        ("pip-audit", "MLSUPPLY_BENCH_PIP_AUDIT", "pip-audit"),
    ):
        path = os.environ.get(variable) or shutil.which(program) or shutil.which(program, path=str(beside)) or ""
        if not path:
            print(f"{name} is missing: set {variable} or put {program} on PATH", file=sys.stderr)
        found.append(Peer(name, path))
    return [peer for peer in found if peer.program]


def command(peer: Peer, tree: Tree, feed: str, cache: Path, *, cold: bool = False) -> list[str]:
    """Its command for one tree. cold: without what it kept from earlier runs."""
    if peer.name == "mlsupply":
        asked = [*CHECKS, "--feed", "live", "--feed-url", feed, "--no-resolve", "--index-url", tree.pages]
        return [peer.program, "scan", str(tree.hashed), *asked, "--no-progress", "-o", "json"]
    if peer.name == "uv audit":
        kept = ["--no-cache"] if cold else ["--cache-dir", str(cache / "uv")]
        audit = [peer.program, "audit", "-q", "--frozen", "--project", str(tree.project), "--output-format", "json"]
        return [*audit, "--service-url", feed, *kept]
    if peer.name == "pysentry":
        options = ["--no-resolver", "--no-maintenance-check", "--format", "json"]
        kept = ["--no-cache"] if cold else []
        return [peer.program, "--sources", "osv", "--service-url", f"{feed}/v1", *options, *kept, str(tree.folder)]
    quiet = ["--disable-pip", "--progress-spinner", "off", "-f", "json"]
    return [peer.program, *quiet, "-s", "osv", "-r", str(tree.plain), "--no-deps", "--osv-url", f"{feed}/v1/query"]


def environment(cache: Path, *, cold: bool = False) -> dict[str, str]:
    """Caches of their own; a cold run gets an empty one."""
    if cold:
        shutil.rmtree(cache / "run", ignore_errors=True)
    folder = str(cache / "run")
    return {"MLSUPPLY_CACHE_DIR": folder, "XDG_CACHE_HOME": folder, "HOME": str(cache)}


def flaws(peer: Peer, output: str) -> set[Flaw] | None:
    """What its report names; None where there is no report."""
    try:
        document = json.loads(output[output.index("{") :])
    except ValueError:
        return None
    return set(_FLAWS[peer.name](document))


def _mlsupply(document: dict[str, Any]) -> Iterator[Flaw]:
    for found in document["findings"]:
        if found["advisory"]:
            yield found["package"]["name"], found["package"]["version"], found["id"]


def _uv(document: dict[str, Any]) -> Iterator[Flaw]:
    for found in document["vulnerabilities"]:
        yield found["dependency"]["name"], found["dependency"]["version"], found["id"]


def _pysentry(document: dict[str, Any]) -> Iterator[Flaw]:
    for found in document["vulnerabilities"]:
        yield found["package_name"], found["installed_version"], found["id"]


def _pip_audit(document: dict[str, Any]) -> Iterator[Flaw]:
    for package in document["dependencies"]:
        for found in package.get("vulns", ()):
            yield package["name"], package["version"], found["id"]


_FLAWS = {"mlsupply": _mlsupply, "uv audit": _uv, "pysentry": _pysentry, "pip-audit": _pip_audit}


def run(peer: Peer, tree: Tree, feed: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """One run with a cold cache of mlsupply's own."""
    return subprocess.run(
        command(peer, tree, feed, cache),
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment(cache)},
        timeout=600,
    )


def trees(folder: Path, index_port: int, names: Sequence[str] = ()) -> list[Tree]:
    """The pinned trees, in the forms the peers read, and the tree of our own."""
    locks = folder / "locks"
    subprocess.run(
        [sys.executable, str(SHARED / "tools" / "mklock.py"), str(index_port), str(locks)], check=True, capture_output=True
    )
    found = [_extra(folder, locks, index_port)]
    for hashed in sorted((SHARED / "trees").glob("*.hashed.txt")):
        name = hashed.name.removesuffix(".hashed.txt")
        plain = hashed.with_name(f"{name}.txt")
        here = folder / name
        here.mkdir(parents=True, exist_ok=True)
        shutil.copy(plain, here / "requirements.txt")
        found.append(Tree(name, plain, hashed, here, locks / name, f"http://127.0.0.1:{index_port}/simple"))
    return [tree for tree in found if not names or tree.name in names]


def _extra(folder: Path, locks: Path, port: int) -> Tree:
    here, project = folder / "newest-affected", locks / "newest-affected"
    here.mkdir(parents=True, exist_ok=True)
    project.mkdir(parents=True, exist_ok=True)
    plain = here / "requirements.txt"
    plain.write_text("".join(f"{name}=={version}\n" for name, version in EXTRA.items()), encoding="utf-8")
    index = f"http://127.0.0.1:{port}/simple"
    pins = ", ".join(f'"{name}=={version}"' for name, version in EXTRA.items())
    table = '[project]\nname = "tree"\nversion = "0"\nrequires-python = "==3.11.*"\n'
    (project / "pyproject.toml").write_text(f"{table}dependencies = [{pins}]\n", encoding="utf-8")
    lock = 'version = 1\nrevision = 3\nrequires-python = "==3.11.*"\n'
    for name, version in EXTRA.items():
        wheel = f'{{ url = "{index}/{name}-{version}-py3-none-any.whl", hash = "sha256:{"0" * 64}", size = 1 }}'
        lock += (
            f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "{index}" }}\nwheels = [{wheel}]\n'
        )
    roots = ", ".join(f'{{ name = "{name}" }}' for name in EXTRA)
    asked = ", ".join(f'{{ name = "{name}", specifier = "=={version}" }}' for name, version in EXTRA.items())
    lock += f'[[package]]\nname = "tree"\nversion = "0"\nsource = {{ virtual = "." }}\ndependencies = [{roots}]\n'
    (project / "uv.lock").write_text(f"{lock}[package.metadata]\nrequires-dist = [{asked}]\n", encoding="utf-8")
    return Tree("newest-affected", plain, plain, here, project, index)


def requests_so_far(feed: str, port: int) -> int:
    """How many requests the two servers answered; asking costs one."""
    with urlopen(f"{feed}/_stats") as answer:
        routes: dict[str, int] = json.load(answer)
    with urlopen(f"http://127.0.0.1:{port}/_hits") as answer:
        hits = int(answer.read())
    return hits + sum(count for route, count in routes.items() if not route.startswith("="))


@contextmanager
def servers(latency_ms: float = 0) -> Iterator[tuple[str, int]]:
    """(URL of the feed, port of an index of empty pages): the shared stand-ins, as processes of their own."""
    tools = SHARED / "tools"
    port = 18_791
    feed = subprocess.Popen(
        [sys.executable, str(tools / "osv_loopback.py"), "--port", "0", "--latency-ms", str(latency_ms)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    index = subprocess.Popen(
        [sys.executable, str(tools / "simple_stub.py"), "--port", str(port), "--latency-ms", str(latency_ms)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert feed.stdout is not None
        url = feed.stdout.readline().split()[-1]
        time.sleep(0.5)
        yield url, port
    finally:
        for process in (feed, index):
            process.terminate()
            process.wait()
        if feed.stdout:
            feed.stdout.close()
