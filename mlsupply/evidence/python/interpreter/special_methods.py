"""Special methods: which of them implements an operator or builtin for an object of the module ("Data model" in the language
reference)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.expressions import Expressions

# Builtin or operator -> the special methods that implement it, in the order they are looked up.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "str": ("__str__", "__repr__"), "repr": ("__repr__",), "format": ("__format__", "__str__", "__repr__"),
    "len": ("__len__",), "int": ("__int__", "__index__"), "float": ("__float__",), "bytes": ("__bytes__", "__iter__"),
    "hash": ("__hash__",), "round": ("__round__",), "reversed": ("__reversed__",),
    "complex": ("__complex__",), "divmod": ("__divmod__",), "pow": ("__pow__",), "index": ("__index__",),
    "bool": ("__bool__", "__len__"), "abs": ("__abs__",), "dir": ("__dir__",),
    "iter": ("__iter__", "__aiter__", "keys", "__getitem__"), "next": ("__next__", "__anext__"), "await": ("__await__",),
    "enter": ("__enter__", "__aenter__"), "exit": ("__exit__", "__aexit__"), "print": ("__str__", "__repr__"),
    "Add": ("__add__", "__iadd__"), "Sub": ("__sub__", "__isub__"), "Mult": ("__mul__", "__imul__"),
    "Div": ("__truediv__", "__itruediv__"), "FloorDiv": ("__floordiv__",), "Mod": ("__mod__",), "Pow": ("__pow__",),
    "LShift": ("__lshift__", "__ilshift__"), "RShift": ("__rshift__", "__irshift__"), "BitOr": ("__or__", "__ior__"),
    "BitAnd": ("__and__", "__iand__"), "BitXor": ("__xor__", "__ixor__"), "MatMult": ("__matmul__", "__imatmul__"),
    "RAdd": ("__radd__",), "RSub": ("__rsub__",), "RMult": ("__rmul__",), "RDiv": ("__rtruediv__",), "RMod": ("__rmod__",),
    "RLShift": ("__rlshift__",), "RRShift": ("__rrshift__",), "RBitOr": ("__ror__",), "RBitAnd": ("__rand__",),
    "RBitXor": ("__rxor__",), "RMatMult": ("__rmatmul__",),
    "Eq": ("__eq__",), "NotEq": ("__ne__", "__eq__"), "Lt": ("__lt__",), "Gt": ("__gt__",), "LtE": ("__le__",),
    "GtE": ("__ge__",), "In": ("__contains__", "__iter__"), "NotIn": ("__contains__",),
    "named": ("__set_name__",), "bases": ("__mro_entries__",),
    "get": ("get",), "[]": ("__getitem__", "__missing__"), "[]=": ("__setitem__",), "del[]": ("__delitem__",),
    "del": ("__delattr__",),
    "USub": ("__neg__",), "UAdd": ("__pos__",), "Invert": ("__invert__",), "Not": ("__bool__", "__len__"),
}  # fmt: skip


def operated(machine: Expressions, value: Value, what: str, args: list[Value], node: ast.AST | None) -> Value | None:
    """The result of an operation on an object of this module, by following its special method; None where value is no such
    object or its class has none. what: a key of `OPERATIONS`."""
    if value.instance is None:
        return None
    for name in OPERATIONS.get(what, ()):
        if name in value.instance.methods:
            return machine.enter(value.instance.methods[name], [value, *args], {}, node)
    return None
