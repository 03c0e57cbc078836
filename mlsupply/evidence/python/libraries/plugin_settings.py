"""Settings and options of pytest plugins: what `config.getini(name)` and `config.getoption(name)` give, by the files of the
project or by default (pytest's documentation, "Writing plugins"). An address there is the author's choice, as one in the
code is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlsupply.evidence.data_files import SETTINGS_OF_PYTEST
from mlsupply.evidence.python.values import documents
from mlsupply.evidence.python.values.value import HOLE, Value, constant, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MOST = 512  # options of one module
_ADDRESS = expression(r"(?:https?|wss?|ftp)://")
_DECLARES = {"addini": "ini ", "addoption": "option "}  # method of a parser -> how its names are told apart
_ASKS = {"getini": "ini ", "getoption": "option ", "getvalue": "option "}
NAMES = frozenset((*_DECLARES, *_ASKS))
_HOOK = "pytest_addoption"


def modelled(machine: Analyser, call: Call, name: str, result: Value) -> None:
    """Keeps an address that a plugin declares as a default, or puts the one that is asked for into `result`. name: of the
    method, one of `NAMES`."""
    if name in _DECLARES:
        _declared(machine, call, _DECLARES[name])
        return
    asked = _ASKS[name] + _dest(text_of(call.args[0])) if call.args else ""
    if asked not in machine.option_defaults:
        _ask_hooks(machine)
    found = _written(machine, text_of(call.args[0])) if name == "getini" and call.args else HOLE
    result.text = found if found != HOLE else machine.option_defaults.get(asked, result.text)


def _declared(machine: Analyser, call: Call, kind: str) -> None:
    default = call.keywords.get("default") or (call.args[3] if kind == "ini " and len(call.args) > 3 else Value())
    if not _ADDRESS.match(text_of(default)) or len(machine.option_defaults) >= _MOST:
        return
    flags = [text_of(one) for one in call.args] if kind == "option " else [text_of(one) for one in call.args[:1]]
    if (dest := call.keywords.get("dest")) is not None:
        flags.append(text_of(dest))
    for flag in flags:
        machine.option_defaults[kind + _dest(flag)] = text_of(default)


def _dest(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _ask_hooks(machine: Analyser) -> None:
    """Follows the hook that declares options, which pytest calls first, wherever it stands."""
    for _, closure in list(machine.closures):
        if closure.name.rpartition(".")[2] == _HOOK and closure not in machine.ever_entered:
            machine.enter(closure, machine.implicit_arguments(closure), {}, closure.node)


def _written(machine: Analyser, name: str) -> str:
    """The setting in the project's files, where they were read; HOLE where it is in none."""
    for path in sorted(machine.data, key=lambda one: one.count("/")):
        file = path.rpartition("/")[2]
        if file not in SETTINGS_OF_PYTEST:
            continue
        text = machine.data[path].decode("utf-8", "replace")
        found: Mapping[str, object]
        if file.endswith(".toml"):
            read = documents.parsed("tomllib.loads", constant(text))
            found = _below(read.const if read is not None and read.known else {}, "tool", "pytest", "ini_options")
        else:
            sections = documents.ini_sections(text)
            found = sections.get("pytest") or sections.get("tool:pytest") or {}
        if isinstance(value := found.get(name), str) and _ADDRESS.match(value):
            return value
    return HOLE


def _below(table: object, *keys: str) -> dict[str, object]:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}
