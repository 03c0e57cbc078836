"""Bytes written as UUIDs, IP addresses, arrays or packed structures, as loaders of shellcode like to keep them."""

from __future__ import annotations

import ast
import ipaddress
import struct
from typing import TYPE_CHECKING, Any

from mlsupply.evidence.python.values import ip_addresses, operators
from mlsupply.evidence.python.values.value import NOTHING, Taint, Value, constant, layers_of, taint_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_ERRORS = (ValueError, TypeError, OverflowError, struct.error, MemoryError)
_ADDRESSES = frozenset(
    {
        "ipaddress.ip_address", "ipaddress.IPv4Address", "ipaddress.IPv6Address", "socket.inet_aton", "socket.inet_pton",
        "socket.inet_ntoa", "socket.inet_ntop", "netaddr.IPAddress",
    }
)  # fmt: skip
_NETWORKS = frozenset(
    {
        "ipaddress.ip_network", "ipaddress.IPv4Network", "ipaddress.IPv6Network", "ipaddress.ip_interface",
        "ipaddress.IPv4Interface", "ipaddress.IPv6Interface", "netaddr.IPNetwork",
    }
)  # fmt: skip
_ARRAYS = frozenset({"numpy.array", "numpy.asarray", "numpy.uint8", "array.array", "torch.tensor"})
_OPERATIONS: dict[str, type[ast.operator]] = {
    "operator.xor": ast.BitXor, "operator.add": ast.Add, "operator.sub": ast.Sub, "operator.mul": ast.Mult,
    "operator.mod": ast.Mod, "operator.and_": ast.BitAnd, "operator.or_": ast.BitOr, "operator.lshift": ast.LShift,
    "operator.rshift": ast.RShift, "operator.concat": ast.Add, "operator.floordiv": ast.FloorDiv,
}  # fmt: skip
_UNPACKS = frozenset({"struct.unpack", "struct.unpack_from", "struct.iter_unpack"})
_FUNCTIONS = frozenset(
    {*_ADDRESSES, *_NETWORKS, *_ARRAYS, *_OPERATIONS, "uuid.UUID", "itertools.cycle", "struct.pack", *_UNPACKS,
     "int.from_bytes", "builtins.int.from_bytes"}
)  # fmt: skip
_MAX_SHAPE = 64  # characters of a format string
_MAX_COUNT = 1 << 16  # bytes or items of a result


def modelled(call: Call) -> Value | None:
    """The result of a call that packs or unpacks bytes (`struct`, `uuid`, `ipaddress`, `array`), where its arguments are
    constants; None for any other call."""
    ref = call.ref
    if ref not in _FUNCTIONS:
        return None
    args = call.args[-1:] if ref in _ADDRESSES else call.args[:1] if ref in _NETWORKS else call.args
    consts = [arg.const for arg in args]
    if not consts or any(const is NOTHING for const in consts):
        return None
    try:
        return _computed(ref, consts, call.args)
    except _ERRORS:
        return None


def _computed(ref: str, consts: list[Any], args: list[Value]) -> Value | None:
    """The result of one of `_FUNCTIONS`. consts: of the arguments. Raises one of `_ERRORS` where they do not suit it."""
    layers, taint = layers_of(*args), taint_of(*args)
    if ref == "uuid.UUID" and isinstance(consts[0], str):
        import uuid

        number = uuid.UUID(consts[0])
        return _parts((*layers, "uuid"), taint, bytes=number.bytes, bytes_le=number.bytes_le, hex=number.hex)
    if ref in _ADDRESSES and isinstance(consts[-1], str | int | bytes):
        return _address(ref, ipaddress.ip_address(consts[-1]), (*layers, "addresses"), taint)
    if ref in _NETWORKS and isinstance(consts[0], str | int | bytes | list | tuple):
        given = tuple(consts[0]) if isinstance(consts[0], list) else consts[0]
        whole = ipaddress.ip_interface(given)
        if ref.endswith("nterface"):
            return _address(ref, whole.ip, (*layers, "addresses"), taint)
        return ip_addresses.network(whole.network, (*layers, "addresses"), taint)
    if ref == "itertools.cycle" and isinstance(consts[0], str | bytes | list | tuple | range) and consts[0]:
        around = list(consts[0][:_MAX_COUNT])
        return constant((around * (_MAX_COUNT // len(around) + 1))[:_MAX_COUNT], layers, taint)
    if ref in _ARRAYS and isinstance(consts[-1], list | tuple):
        return constant(list(consts[-1]), layers, taint)
    if (kind := _OPERATIONS.get(ref)) is not None and len(args) == 2:
        return operators.binary(kind, *args)
    if ref.startswith("struct."):
        return constant(_packed(consts) if ref == "struct.pack" else _unpacked(ref, consts), (*layers, "integers"), taint)
    if ref in {"int.from_bytes", "builtins.int.from_bytes"} and isinstance(consts[0], bytes) and len(consts[0]) <= 1 << 16:
        order = consts[1] if len(consts) > 1 else "big"
        return constant(int.from_bytes(consts[0], "little" if order == "little" else "big"), layers, taint)
    return None


def _address(
    ref: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, layers: tuple[str, ...], taint: Taint
) -> Value:
    """An address of `ipaddress`, or the form that a function of `socket` gives it."""
    if ref.startswith("socket."):
        return constant(str(address) if "nto" in ref else address.packed, layers, taint)
    return ip_addresses.address(address, layers, taint)


def _packed(consts: list[Any]) -> bytes:
    """`struct.pack(*consts)`. Raises ValueError where the result would be too long."""
    shape = consts[0]
    if not isinstance(shape, str) or len(shape) > _MAX_SHAPE or struct.calcsize(shape) > _MAX_COUNT:
        raise ValueError
    return struct.pack(shape, *consts[1:])


def _unpacked(ref: str, consts: list[Any]) -> list[Any]:
    """What `ref(*consts)` of `struct` unpacks. Raises ValueError where the format asks for too much."""
    shape, data = consts[0], consts[-1]
    if (
        not isinstance(shape, str)
        or not isinstance(data, bytes)
        or len(shape) > _MAX_SHAPE
        or len(consts) != 2
        or struct.calcsize(shape) > _MAX_COUNT
    ):
        raise ValueError
    if ref == "struct.iter_unpack":
        return [list(found) for found in struct.iter_unpack(shape, data[:_MAX_COUNT])]
    return list(struct.unpack_from(shape, data))


def _parts(layers: tuple[str, ...], taint: frozenset[str], **parts: object) -> Value:
    """An object with these constants as attributes."""
    made = Value("", NOTHING, taint)
    made.layers = layers
    made.keys = {name: constant(part, layers, taint) for name, part in parts.items()}
    return made
