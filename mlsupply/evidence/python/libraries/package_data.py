"""Data files of the package itself: what reading one, or a parser of settings that read one, gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values import documents, folding
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, constant, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_WHOLE = frozenset({"io.file().read", "io.file().readlines"})
_PARSES = (".read", ".read_file", ".read_string", ".readfp")


def content_of_file(machine: Analyser, path: str, *, binary: bool = False) -> Any:
    """The content of the package's data file at this path, as bytes (`binary`) or text; NOTHING where it is not known."""
    data = machine.data_file(path)
    if data is None:
        return NOTHING
    return data if binary else data.decode("utf-8", "replace")


_SETTINGS = expression(r"[\w.-]{1,80}\.(?:toml|json|ya?ml|ini|cfg|conf)$")
# A line of a module that is a build backend: it has the hooks of PEP 517, or takes them from another backend.
_BACKEND = expression(rf"(?:def|from|import)\b[^\n]{{0,200}}\b(?:{'|'.join(sorted(know.BACKEND_HOOKS))}|build_meta)\b")


def settings_of_source(machine: Analyser, path: str, *, binary: bool) -> Any:
    """The content of a file of settings in the folder of the source, as bytes (`binary`) or text, where the code is run in
    that folder: in a build backend (PEP 517). NOTHING for any other path, or where it is not known."""
    if not machine.data or _SETTINGS.fullmatch(path) is None or not any(map(_BACKEND.search, machine.lines)):
        return NOTHING
    found = sorted((one for one in machine.data if one.rpartition("/")[2] == path), key=lambda one: one.count("/"))
    if not found or not machine.path.startswith(found[0].removesuffix(path)):
        return NOTHING
    data = machine.data[found[0]]
    return data if binary else data.decode("utf-8", "replace")


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The content of a known file that is read whole, or of settings that a parser has read; None for other calls."""
    ref = call.ref
    if ref not in _WHOLE and not ref.startswith("configparser."):
        return None  # decided by the name alone, so that `no_model_knows` can be cached
    receiver = call.receiver
    if receiver is None:
        return None
    if ref in _WHOLE:
        return _read(ref, receiver) if isinstance(receiver.const, str | bytes) and not call.args else None
    if ref.endswith(_PARSES):
        _read_into(machine, call, receiver)
    return _setting(call, receiver) if ref.endswith((".get", ".items")) else None


def _read(ref: str, file: Value) -> Value:
    if not ref.endswith("lines"):
        return constant(file.const, file.layers, file.taint)
    return folding.listed(folding.items_of(file), file.layers, file.taint)


def _read_into(machine: Analyser, call: Call, parser: Value) -> None:
    """`parser.read(path)` and the like. What setup.py reads from its own package is labelled as encoded data."""
    first = call.args[0] if call.args else Value()
    name, said = text_of(first), first.const
    if call.ref.endswith(".read"):
        if machine.path.rpartition("/")[2] == "setup.py" and name and not name.startswith((HOLE, "/", "~")):
            parser.taint |= machine.origin("encoded", f"data file {name}", call.line)
        said = content_of_file(machine, name) if "package-file" in kinds_in(first.taint) else NOTHING
    if isinstance(said, str):
        parser.taint |= first.taint
        sections = {part: constant(values, (), parser.taint) for part, values in documents.ini_sections(said).items()}
        parser.keys = {**(parser.keys or {}), **sections}


def _setting(call: Call, parser: Value) -> Value | None:
    """`parser.get(section, option)` or `parser.items(section)`, None where it is not known."""
    section = (parser.keys or {}).get(text_of(call.args[0])) if call.args else None
    if section is None or not isinstance(section.const, dict):
        return None
    if call.ref.endswith(".items") or len(call.args) < 2:
        return constant([list(pair) for pair in section.const.items()], (), section.taint)
    return constant(section.const.get(text_of(call.args[1]).lower()), (), section.taint)
