"""Functions of Windows that are called through ctypes or pywin32: keys of the registry, services, and what is downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.libraries import windows_registry
from mlsupply.evidence.python.libraries.storage import kept_key
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_PROTOTYPE = expression(r"^ctypes\.(?:C|WIN|PY)FUNCTYPE\(\)$")
_OPENS_KEY = expression(r"^ctypes\..{0,120}\.(?:Reg(?:Open|Create)Key(?:Ex|Transacted)?|SHRegOpenUSKey)[AW]?$")
_OF_PYWIN32 = expression(r"^win32api\.Reg(?:Open|Create)Key(?:Ex|Transacted)?$")
_SETS_VALUE = expression(r"^ctypes\..{0,120}\.(?:RegSet(?:Key)?Value(?:Ex)?|SHSetValue|SHRegSetUSValue)[AW]?$")
_MAKES_SERVICE = expression(r"^ctypes\..{0,120}\.CreateService[AW]?$")
_DOWNLOADS = expression(r"^ctypes\..{0,120}\.URLDownloadTo(?:Cache)?File[AW]?$")
_READS = expression(r"^ctypes\..{0,120}\.(?:InternetReadFile(?:Ex[AW]?)?|WinHttpReadData(?:Ex)?)$")


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of such a function, which writes what it gives into its arguments; None for any other call."""
    ref = call.ref
    if not ref.startswith(("ctypes.", "win32api.")):
        return None
    if _PROTOTYPE.match(ref):
        return _of_prototype(call)
    if ref in {"ctypes.byref", "ctypes.pointer"}:
        return call.args[0] if call.args else None
    if _DOWNLOADS.match(ref):
        return _downloaded(machine, call)
    if _READS.match(ref):
        for buffer in call.args[1:2]:
            buffer.taint |= machine.origin("received", HOLE, call.line)
        return Value(ref + "()")
    if _OF_PYWIN32.match(ref):
        return Value(ref + "()", NOTHING, taint_of(*call.args), _path_of_key(call))
    if _OPENS_KEY.match(ref):
        _opened(call)
        return Value(ref + "()") if "Open" in ref else None
    if _MAKES_SERVICE.match(ref):
        machine.fact("persists", call.node, sink=ref.rpartition(".")[2], detail="a service of Windows")
        return Value(ref + "()")
    if _SETS_VALUE.match(ref):
        windows_registry.set_by_shape(machine, call, ref.rpartition(".")[2])
        return Value(ref + "()")
    return None


def _of_prototype(call: Call) -> Value | None:
    """The function of a library that a prototype makes of its name there; None for one of a function or address."""
    parts = folding.items_of(call.args[0]) if call.args else []
    if len(parts) != 2 or not isinstance(parts[0].const, str) or not parts[1].ref.startswith("ctypes."):
        return None
    return Value(f"{parts[1].ref}.{parts[0].const}")


def _opened(call: Call) -> None:
    """Gives the handle of the key the path it was opened by: of another handle, and of the key below that."""
    path = _path_of_key(call)
    for handle in call.args[2:]:
        if not handle.known:
            handle.text = path


def _path_of_key(call: Call) -> str:
    return "\\".join(text for value in call.args[:2] if (text := text_of(value)) != HOLE)


def _downloaded(machine: Analyser, call: Call) -> Value:
    """A file, or the path of one in a buffer, that is what an address gives."""
    address, target = call.arg(1) or Value(), call.arg(2)
    text = text_of(address)
    made = Value(call.ref + "()", NOTHING, machine.origin("received", text, call.line))
    where = addresses.destination(text)
    machine.fact("contacts", call.node, sink=call.ref, destination=where, detail=addresses.shown(text))
    if target is not None:
        machine.files[kept_key(machine, target)] = made
        if "Cache" in call.ref:
            target.taint |= made.taint
    return Value(call.ref + "()")
