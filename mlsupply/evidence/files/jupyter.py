"""Files of Jupyter in a package: kernels, whose command line runs whenever a notebook is opened with them, and
configurations of Jupyter and IPython.

A configuration in Python is followed as a module too; here the strings in it are found that IPython executes at its start.

Sources: documentation of jupyter_client (kernel specs), jupyter_server and IPython (configuration files).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.moments import is_aside
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.syntax import quietly
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_KERNEL = expression(r"(?:^|/)kernels/[^/]{1,200}/kernel\.json$")
_CONFIG = expression(r"(?:^|/)etc/jupyter/(?:[^/]{1,100}/)?[^/]{1,100}\.json$|(?:^|/)\.jupyter/[^/]{1,100}\.json$")
_SETTINGS = expression(r"(?:^|/)(?:ipython|jupyter)_(?:[a-z]{1,40}_)?config\.py$")
_MOST_SETTINGS = 1 << 20  # bytes of a configuration in Python
_LITERAL = expression(
    r"[rRuU]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')", re.DOTALL
)
_BETWEEN = expression(r"(?:[\s\[(,\\0-9]|#[^\n]*)+")  # between the strings of a list; the index of an `insert`
_EXECUTED = expression(r"\.(?:exec_lines|code_to_run)\s*(?:\+?=|\.(?:append|extend|insert)\()")
_SET = expression(r"(?m)\.(\w{2,40})\.(\w{2,40})[ \t]*=[ \t]*(True|False|\"[^\"\\\n]*\"|'[^'\\\n]*')[ \t]*(?:#.*)?$")
_LONG = 20_000  # characters of executed text that are followed
_MOST_EXECUTED = 50  # settings that execute something
_PYTHON = expression(r"(?:^|[/\\{])(?:python[\d.]*|sys\.executable\}|pypy[\d.]*)(?:\.exe)?$")
_HARMFUL = frozenset({"runs-downloaded", "remote-control", "runs-decoded", "mines", "persists", "evades", "destroys"})
_SENT = frozenset({"credential-file", "environment"})
_WRITABLE = expression(r"^(?:/tmp/|/var/tmp/|/dev/shm/|%TEMP%|[A-Za-z]:\\(?:Windows\\Temp|Users\\Public)\\)", re.IGNORECASE)
_LOADERS = frozenset({"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "BASH_ENV", "PYTHONPATH"})
_SERVERS = ("ServerApp", "NotebookApp", "IdentityProvider", "PasswordIdentityProvider", "LabApp")


class JupyterFacts(NamedTuple):
    """What is reported about a file of Jupyter. code: the Python in it that is executed, "" without any; cut: the part that
    was not looked at, as text for a gap, "" where all was."""

    facts: tuple[CodeFact, ...] = ()
    code: str = ""
    cut: str = ""


def is_settings(path: str) -> bool:
    """Is this, by its name, a configuration of Jupyter or IPython in Python?"""
    return bool(_SETTINGS.search(path))


def settings_facts(path: str, data: bytes) -> JupyterFacts:
    """What a configuration in Python sets, as far as by constants."""
    text = data[:_MOST_SETTINGS].decode("utf-8", "replace")
    settings: dict[str, dict[str, object]] = {}
    for found in _SET.finditer(text):
        settings.setdefault(found[1], {})[found[2]] = _value(found[3])
    executed = list(islice(_EXECUTED.finditer(text), _MOST_EXECUTED + 1))
    code = [one for found in executed[:_MOST_EXECUTED] for one in _texts(text[found.end() : found.end() + _LONG])]
    cut = f"what follows its first {_MOST_SETTINGS:,} bytes" if len(data) > _MOST_SETTINGS else ""
    if len(executed) > _MOST_EXECUTED:
        cut = f"what it executes after the first {_MOST_EXECUTED} settings"
    return JupyterFacts(tuple(_open_server(path, settings)), "\n".join(map(_without_magic, code))[:_LONG], cut)


def _without_magic(text: str) -> str:
    """IPython's own syntax as Python: `!command` as a call of `os.system`, `%magic` as `pass`."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith("!"):
            lines[number] = f"{line[: len(line) - len(bare)]}__import__('os').system({bare[1:]!r})"
        elif bare.startswith("%"):
            lines[number] = f"{line[: len(line) - len(bare)]}pass"
    return "\n".join(lines)


def _texts(expression: str) -> Iterator[str]:
    """The strings an expression begins with: one, or those of a list, which may span several lines."""
    at = 0
    while at < len(expression):
        if found := _LITERAL.match(expression, at):
            yield str(_value(found[0]))
            at = found.end()
        elif found := _BETWEEN.match(expression, at):
            at = found.end()
        else:
            return


def _value(literal: str) -> object:
    try:
        return quietly.literal(literal)
    except (ValueError, SyntaxError):
        return ""


def is_jupyter_file(path: str) -> bool:
    """Is this, by its path, a kernel or a configuration of the server in JSON?"""
    return bool(_KERNEL.search(path) or _CONFIG.search(path))


def jupyter_facts(path: str, data: bytes, allowance: Allowance | None = None) -> JupyterFacts:
    """What a kernel or configuration in JSON does that Jupyter does not need. Command lines are searched as far as the
    allowance goes; nothing is reported about a file that is no JSON object, which Jupyter cannot read."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return JupyterFacts()
    if not isinstance(document, Mapping):
        return JupyterFacts()
    if _KERNEL.search(path):
        return _kernel(path, document, allowance or Allowance())
    return JupyterFacts(tuple(_open_server(path, document)))


def _kernel(path: str, document: Mapping[str, Any], allowance: Allowance) -> JupyterFacts:
    argv = document.get("argv")
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    environment = document.get("env")
    facts = list(_command_facts(path, words, allowance))
    if isinstance(environment, Mapping):
        facts += _environment_facts(path, environment)
    code = words[2] if len(words) > 2 and _PYTHON.search(words[0]) and words[1] == "-c" else ""
    return JupyterFacts(tuple(facts), code)


def _command_facts(path: str, words: list[str], allowance: Allowance) -> Iterator[CodeFact]:
    command = " ".join(words)
    for deed in deeds(command) if allowance.take(command) else ():
        if (deed.behaviour in _HARMFUL and not deed.maker) or (deed.behaviour == "sends" and deed.source in _SENT):
            yield _fact(path, f"its command line: {deed.what}", command)
            return
    if place := next((word for word in words if _WRITABLE.search(word)), ""):
        yield _fact(path, "its command line names a file in a folder anybody can write to", place)


def _environment_facts(path: str, environment: Mapping[str, Any]) -> Iterator[CodeFact]:
    for name, value in environment.items():
        if name in _LOADERS and isinstance(value, str) and any(_WRITABLE.search(part) for part in value.split(":")):
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


def _open_server(path: str, document: Mapping[str, Any]) -> Iterator[CodeFact]:
    """The fact `opens-host` for settings by which others can reach the server, and without a secret."""
    servers = [document[name] for name in _SERVERS if isinstance(document.get(name), Mapping)]
    settings = {str(key): value for one in servers for key, value in one.items()}
    without = [name for name in ("token", "password", "hashed_password") if settings.get(name) == ""]
    reached = [name for name in ("allow_remote_access", "disable_check_xsrf") if settings.get(name) is True]
    reached += [name for name in ("ip", "allow_origin") if settings.get(name) in {"*", "0.0.0.0", "::"}]  # noqa: S104  read, not bound
    if without and reached:
        detail = f"a Jupyter server that anybody can enter: {', '.join([*without, *reached])}"
        moment = Moment.CALL if is_aside(path) else Moment.START
        yield CodeFact(behaviour="opens-host", moment=moment, member=path, line=0, sink="jupyter", detail=detail)
