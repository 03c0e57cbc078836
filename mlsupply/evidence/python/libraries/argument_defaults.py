"""Defaults of options and settings: what a value is where whoever starts the program, or writes its configuration, says
nothing. An address that is a default is the author's choice, as one in the code is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_MOST = 512  # options of one module
_OF_PARSER = expression(r"(?:argparse|configargparse|jsonargparse)\..*\(\)\.add_argument$")
_PARSED = expression(r"(?:argparse|configargparse|jsonargparse)\..*\(\)\.parse_(?:known_)?args\(\)(?:\[\])?$")
_ADDRESS = expression(r"(?:https?|wss?|ftp)://")
_SETTING = frozenset({"get", "getstr", "get_str", "getattr"})


def declared(machine: Analyser, call: Call) -> None:
    """Keeps the address that `parser.add_argument("--name", default=TEXT)` declares."""
    if not call.ref.endswith(".add_argument") or _OF_PARSER.match(call.ref) is None:
        return
    default = call.keywords.get("default")
    if default is None or not _ADDRESS.match(text_of(default)) or len(machine.option_defaults) >= _MOST:
        return
    named = call.keywords.get("dest")
    flags = [text_of(one) for one in call.args]
    longest = max(flags, key=lambda flag: (flag.startswith("--"), len(flag)), default="")
    name = text_of(named) if named is not None else longest.lstrip("-").replace("-", "_")
    machine.option_defaults[name] = text_of(default)


def of_option(defaults: dict[str, str], owner: Value, name: str) -> str:
    """What the attribute of parsed arguments is by default, as text; HOLE where that is not known. defaults: by name."""
    return defaults.get(name, HOLE) if _PARSED.match(owner.ref) else HOLE


def of_setting(call: Call, name: str) -> str:
    """What a look-up in a configuration gives by default: `config.get(section, name, fallback=TEXT)`. name: of the
    method."""
    fallback = call.keywords.get("fallback") if name in _SETTING else None
    if fallback is None or has(call.receiver.taint if call.receiver is not None else CLEAN, "credential-file"):
        return HOLE  # the file that holds a login says where that is used
    return text_of(fallback) if _ADDRESS.match(text_of(fallback)) else HOLE


def of_parameter(default: ast.expr, machine: Analyser) -> Value | None:
    """The value that a decorator's `default=` gives a parameter: the result of a function, or a text that whoever starts the
    program may replace; None where nothing is known of it."""
    made = machine.value(default)
    if made.closure is not None:
        return machine.call(made, [], {}, default)
    text = text_of(made)
    return Value("", taint=made.taint, text=text) if _ADDRESS.match(text) else None
