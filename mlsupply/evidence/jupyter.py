"""Files of Jupyter that a package may bring: kernels, whose command line is run whenever a notebook is opened with them, and
the configuration of the server. Python files among them (`jupyter_server_config.py`, startup files) are read as Python.

Sources: documentation of jupyter_client (kernel specs) and jupyter_server (configuration files).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.python.shell import deeds
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_KERNEL = re.compile(r"(?:^|/)kernels/[^/]{1,200}/kernel\.json$")
_CONFIG = re.compile(r"(?:^|/)etc/jupyter/(?:[^/]{1,100}/)?[^/]{1,100}\.json$|(?:^|/)\.jupyter/[^/]{1,100}\.json$")
_PYTHON = re.compile(r"(?:^|[/\\{])(?:python[\d.]*|sys\.executable\}|pypy[\d.]*)(?:\.exe)?$")
_HARMFUL = frozenset({"runs-downloaded", "remote-control", "runs-decoded", "mines", "persists", "evades", "destroys"})
_SENT = frozenset({"credential-file", "environment"})
_ANYBODYS = re.compile(r"^(?:/tmp/|/var/tmp/|/dev/shm/|%TEMP%|[A-Za-z]:\\(?:Windows\\Temp|Users\\Public)\\)", re.IGNORECASE)
_LOADED = frozenset({"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "BASH_ENV", "PYTHONPATH"})
_SERVERS = ("ServerApp", "NotebookApp", "IdentityProvider", "PasswordIdentityProvider", "LabApp")


class Kernel(NamedTuple):
    """What is told of a file of Jupyter. code: the Python that its command line holds, "" where it holds none."""

    facts: tuple[CodeFact, ...] = ()
    code: str = ""


def is_jupyter_file(path: str) -> bool:
    """A kernel, or a configuration of the server in JSON."""
    return bool(_KERNEL.search(path) or _CONFIG.search(path))


def jupyter_facts(path: str, data: bytes) -> Kernel:
    """What the file has Jupyter do that it has no need to."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # Jupyter cannot read it either
        return Kernel()
    if not isinstance(document, Mapping):
        return Kernel()
    return _kernel(path, document) if _KERNEL.search(path) else Kernel(tuple(_opened(path, document)))


def _kernel(path: str, document: Mapping[str, Any]) -> Kernel:
    argv = document.get("argv")
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    environment = document.get("env")
    facts = [*_commanded(path, words), *_loaded(path, environment if isinstance(environment, Mapping) else {})]
    code = words[2] if len(words) > 2 and _PYTHON.search(words[0]) and words[1] == "-c" else ""
    return Kernel(tuple(facts), code)


def _commanded(path: str, words: list[str]) -> Iterator[CodeFact]:
    command = " ".join(words)
    for deed in deeds(command):
        if (deed.behaviour in _HARMFUL and not deed.maker) or (deed.behaviour == "sends" and deed.source in _SENT):
            yield _fact(path, f"its command line: {deed.what}", command)
            return
    if place := next((word for word in words if _ANYBODYS.search(word)), ""):
        yield _fact(path, "its command line names a file in a folder anybody can write to", place)


def _loaded(path: str, environment: Mapping[str, Any]) -> Iterator[CodeFact]:
    for name, value in environment.items():
        if name in _LOADED and isinstance(value, str) and any(_ANYBODYS.search(part) for part in value.split(":")):
            yield _fact(path, f"it sets {name} to a place anybody can write to", value)


def _fact(path: str, detail: str, text: str) -> CodeFact:
    return CodeFact(
        behaviour="kernel-command",
        moment=Moment.SCRIPT,
        member=path,
        line=0,
        sink="jupyter",
        detail=detail,
        decoded=safe(text),
    )


def _opened(path: str, document: Mapping[str, Any]) -> Iterator[CodeFact]:
    """A server without a secret that others can reach."""
    settings = [document[name] for name in _SERVERS if isinstance(document.get(name), Mapping)]
    said = {str(key): value for one in settings for key, value in one.items()}
    without = [name for name in ("token", "password", "hashed_password") if said.get(name) == ""]
    reached = [name for name in ("allow_remote_access", "disable_check_xsrf") if said.get(name) is True]
    reached += [name for name in ("ip", "allow_origin") if said.get(name) in {"*", "0.0.0.0", "::"}]  # noqa: S104  read, not bound
    if without and reached:
        detail = f"a Jupyter server that anybody can enter: {', '.join([*without, *reached])}"
        yield CodeFact(behaviour="opens-host", moment=Moment.START, member=path, line=0, sink="jupyter", detail=detail)
