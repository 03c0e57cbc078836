"""Settings of `logging`: the handlers, filters and formatters that a dict (`dictConfig`), an INI file (`fileConfig`) or a
call of `basicConfig` names, made and put together as code would do it (documentation of `logging.config`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries import configured, log_records, package_data
from mlsupply.evidence.python.values import containers, documents, folding
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import Value, constant, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_MOST = 64  # parts of one kind in a configuration; what is beyond is a gap
_PLACED = "*args"  # stands for the key of the arguments by place, which only an INI file has
_OF_READER = frozenset({"class", "()", "level", "formatter", "filters", "propagate", ".", _PLACED})
_BUILT_IN = re.compile(r"logging\.(?:Stream|File|Null)Handler$|logging\.Formatter$")
_NAMES = re.compile(r"[\w.]{1,200}$")
_ADDING = {"filters": ".addFilter", "formatters": ".setFormatter", "handlers": ".addHandler"}

Part = TypeVar("Part")
Parts = dict[str, dict[str, Value]]  # kind -> name -> what was made of the settings under that name


def applied(machine: Analyser, call: Call) -> None:
    """Applies what a call configures; does nothing for any other call."""
    if call.ref == "logging.basicConfig" and (handlers := call.keywords.get("handlers")) is not None:
        for handler in _bounded(machine, folding.items_of(handlers)):
            _add(machine, call, log_records.named(machine, call, log_records.ROOT), "handlers", handler)
    elif call.ref == "logging.config.dictConfig" and call.args:
        _put_together(machine, call, _entries(call.args[0]))
    elif call.ref == "logging.config.fileConfig" and call.args:
        _put_together(machine, call, _of_file(machine, call, call.args[0]))


def _put_together(machine: Analyser, call: Call, config: dict[str, Value]) -> None:
    """Makes the parts of a configuration and adds them to one another and to its loggers."""
    made = {
        kind: {name: _made(machine, call, of) for name, of in _several(machine, config, kind)}
        for kind in ("filters", "formatters", "handlers")
    }
    for name, of in _several(machine, config, "handlers"):
        _put_on(machine, call, made["handlers"][name], of, made)
    loggers = [(log_records.named(machine, call, name), of) for name, of in _several(machine, config, "loggers")]
    if "root" in config:
        loggers.append((log_records.named(machine, call, log_records.ROOT), config["root"]))
    for log, of in loggers:
        _put_on(machine, call, log, of, made)


def _entries(value: Value) -> dict[str, Value]:
    return containers.entries(value) if value.keys is not None or isinstance(value.const, dict) else {}


def _several(machine: Analyser, config: dict[str, Value], kind: str) -> Iterator[tuple[str, Value]]:
    """(name, settings) of the parts of a kind."""
    yield from _bounded(machine, list(_entries(config[kind]).items()) if kind in config else [])


def _bounded(machine: Analyser, parts: list[Part]) -> list[Part]:
    machine.cut_off |= len(parts) > _MOST
    return parts[:_MOST]


def _made(machine: Analyser, call: Call, of: Value) -> Value:
    """The object that settings describe; an unknown for those of the library that keep everything on this machine."""
    entries = _entries(of)
    target = entries.get("()") or entries.get("class") or Value()
    if not (text_of(target).strip("\0") or target.closure is not None) or _BUILT_IN.match(text_of(target)):
        return Value()
    placed = folding.items_of(entries[_PLACED]) if _PLACED in entries else []
    given = {name: value for name, value in entries.items() if name not in _OF_READER}
    return machine.call(configured.function_of(machine, target, call), placed, given, call.node)


def _put_on(machine: Analyser, call: Call, target: Value, of: Value, made: Parts) -> None:
    """Adds to a handler or logger the parts that its settings name."""
    entries = _entries(of)
    for kind, key in (("filters", "filters"), ("formatters", "formatter"), ("handlers", "handlers")):
        named = entries.get(key, Value())
        for name in [named] if isinstance(named.const, str) else _bounded(machine, folding.items_of(named)):
            if (part := made[kind].get(text_of(name))) is not None:
                _add(machine, call, target, kind, part)


def _add(machine: Analyser, call: Call, target: Value, kind: str, part: Value) -> None:
    adding = Call(target.ref + _ADDING[kind], Value(), [part], {}, call.node, target)
    log_records.called(machine, adding)


def _of_file(machine: Analyser, call: Call, source: Value) -> dict[str, Value]:
    """The configuration in a data file of the package, or in a parser that has read one, as `dictConfig` takes it."""
    said = package_data.content_of_file(machine, text_of(source)) if "package-file" in kinds_in(source.taint) else None
    sections = documents.ini_sections(said) if isinstance(said, str) else {}
    for name, value in _entries(source).items() if not sections else ():
        sections[name] = {key: text_of(one) for key, one in _entries(value).items()}
    config: dict[str, Value] = {}
    for kind in ("handlers", "formatters", "loggers"):
        config[kind] = Value()
        config[kind].keys = {
            section.get("qualname", name): _of_section(machine, call, section)
            for name in _words(sections.get(kind, {}).get("keys", ""))
            if (section := sections.get(f"{kind[:-1]}_{name}")) is not None
        }
    config["root"] = _of_section(machine, call, sections.get("logger_root", {}))
    return config


def _of_section(machine: Analyser, call: Call, section: dict[str, str]) -> Value:
    """A section of an INI file as settings of a part. Its `class`, `args` and `kwargs` are run as expressions."""
    made = Value()
    made.keys = {"handlers": folding.listed([constant(name) for name in _words(section.get("handlers", ""))])}
    if name := section.get("formatter"):
        made.keys["formatter"] = constant(name)
    if name := section.get("class"):
        full = f"logging.{name}" if name.startswith("handlers.") or "." not in name else name
        made.keys["class"] = constant(full) if _NAMES.match(name) else machine.run_text(name, (), call.line)
    if text := section.get("args"):
        made.keys[_PLACED] = machine.run_text(text, (), call.line)
    if text := section.get("kwargs"):
        made.keys |= _entries(machine.run_text(text, (), call.line))
    return made


def _words(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
