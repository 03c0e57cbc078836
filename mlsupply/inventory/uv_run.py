"""uv as a subprocess: an argument list, a folder of ours, an environment of ours, a time limit and nothing of the target.

uv is asked for a lock of a project that mlsupply writes (never the audited one): building is forbidden, configuration
files are not searched for, no Python is downloaded, and the interpreter it looks at is the one mlsupply runs on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from mlsupply.aside import temporary
from mlsupply.limited import limit
from mlsupply.named import NamedTuple

_WORDS = 1 << 20  # bytes kept of what uv prints
_KEPT = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT")
_CERTIFICATES = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "PIP_CERT",
    "SSL_CERT_DIR",
)  # as `connections` has it
_running: dict[Path, subprocess.Popen[bytes]] = {}  # folder -> its uv
_finding = Lock()
_changing = Lock()  # held while one starts, so that `stop_all` misses none


class Ran(NamedTuple):
    """lock: the text of uv.lock, "" where there is none; words: what uv printed on stderr; timed_out: it was killed;
    too_large: it ended at a limit of memory or of disk (see `limited`)."""

    lock: str
    words: str
    timed_out: bool = False
    too_large: bool = False
    missing: bool = False  # uv itself could not be started


def lock(
    pyproject: str, options: str, *, cache: Path, environ: Mapping[str, str], secrets: Mapping[str, str], seconds: float
) -> Ran:
    """Let uv lock the project described by `pyproject` with the `options` of uv.toml (TOML texts). environ: the user's
    variables, of which only proxies and certificates reach uv; secrets: UV_INDEX_<NAME>_USERNAME and _PASSWORD;
    seconds: then it is killed."""
    try:
        program = _program()
    except (ImportError, FileNotFoundError) as error:
        return Ran("", f"uv could not be found: {error}", missing=True)
    try:
        with temporary() as name:
            folder = Path(name)
            (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
            (folder / "uv.toml").write_text(options, encoding="utf-8")
            (folder / "home").mkdir()
            own = _environment(environ, folder / "home") | dict(secrets)
            return _locked(program, folder, str(cache / "uv"), own, seconds)
    except OSError as error:
        words = f"uv could not be run in a temporary folder ({error.strerror}); free some space, or set TMPDIR"
        return Ran("", words, missing=True)


def _locked(program: str, folder: Path, cache: str, environ: Mapping[str, str], seconds: float) -> Ran:
    """What uv makes of the project in `folder`, without its cache where that cannot be used. Raises `OSError`."""
    arguments = [program, "lock", "--no-build", "--no-python-downloads", "--config-file", "uv.toml"]
    arguments += ["--python", sys.executable, "--no-progress", "--color", "never"]
    code = _run([*arguments, "--cache-dir", cache], folder, environ, seconds)
    words = _text(folder / "words", _WORDS)
    if code and code > 0 and (cache in words or not words):  # the cache may be read-only, full or another user's
        code = _run([*arguments, "--no-cache"], folder, environ, seconds)
        words = _text(folder / "words", _WORDS)
    if code and code > 0 and not words:
        words = "error: it ended without a word (is the disk full that holds temporary files?)"
    return Ran(_text(folder / "uv.lock", 256 << 20), words, code is None, _is_too_large(code, words))


def _program() -> str:
    """Where uv is, asked by one thread at a time: it asks `sysconfig`, which shows others its half-filled table while the
    first who asks fills it (Python 3.11)."""
    import uv

    with _finding:
        return uv.find_uv_bin()


def _run(arguments: list[str], folder: Path, environ: Mapping[str, str], seconds: float) -> int | None:
    """The exit code, None where it had to be killed. What uv starts dies with it: they share a process group of their
    own."""
    with open(folder / "words", "wb") as words:
        with _changing:
            process = subprocess.Popen(  # noqa: S603  an argument list of ours; nothing of the target is in it
                arguments,
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
            )
            _running[folder] = process
        try:
            limit(process.pid)
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with _changing:
                del _running[folder]
            if process.poll() is None:
                _kill(process)


def stop_all() -> None:
    """End every uv that runs and remove its folder, for a run that ends without waiting for its threads."""
    with _changing:
        for folder, process in _running.items():
            if process.poll() is None:
                _kill(process)
            shutil.rmtree(folder, ignore_errors=True)


def _is_too_large(code: int | None, words: str) -> bool:
    """Whether it ended as Rust's allocator does where there is no more memory, or by the signal of a file at its limit."""
    if sys.platform == "win32":
        return False
    return code == -signal.SIGXFSZ or (code == -signal.SIGABRT and "memory allocation" in words)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Proxies and certificates of the user, none of them for loopback; a home folder without netrc, keyring or
    configuration."""
    kept = {key: value for key, value in environ.items() if key.upper() in _KEPT or key == "SYSTEMROOT"}
    direct = ",".join(filter(None, (kept.get("no_proxy") or kept.get("NO_PROXY"), "127.0.0.1")))
    return {key: value for key, value in kept.items() if not key.upper().startswith("SSL_CERT_")} | {
        **_trusted(environ),
        "NO_PROXY": direct,
        "no_proxy": direct,
        "HOME": str(home),
        "PATH": os.defpath,
        "UV_HTTP_TIMEOUT": "30",
        "UV_HTTP_RETRIES": "2",
        "LC_ALL": "C.UTF-8",
    }


def _trusted(environ: Mapping[str, str]) -> dict[str, str]:
    """The certificates that our own connections trust: those that a variable names, else the system's. uv would take a list
    of its own instead, which knows no authority of a company; it keeps that list only where the system has none."""
    chosen = next((environ[key] for key in _CERTIFICATES if environ.get(key)), "")
    if not chosen:
        import ssl

        paths = ssl.get_default_verify_paths()
        chosen = next((path for path in (paths.openssl_cafile, paths.openssl_capath) if _is_there(path)), "")
    if chosen and not os.path.isdir(chosen):  # noqa: PTH112
        return {"SSL_CERT_FILE": chosen}
    systems = {
        "UV_NATIVE_TLS": "true",
        "UV_SYSTEM_CERTS": "true",
    }  # the older and the newer name; uv 0.9 wants it for a folder
    if chosen:
        return systems | {"SSL_CERT_DIR": chosen}
    return systems if sys.platform in {"win32", "darwin"} else {}


def _is_there(path: str) -> bool:
    """A file, or a folder with something in it."""
    return os.path.isfile(path) or (os.path.isdir(path) and bool(os.listdir(path)))  # noqa: PTH112, PTH113, PTH208


def _text(path: Path, limit: int) -> str:
    try:
        with open(path, "rb") as handle:
            return handle.read(limit).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
