"""Constant folding within bounds: f-strings, slices, methods of strings and sequences, a few builtins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from mlsupply.evidence.python.values.decoders import by_codec, is_codec, is_slow
from mlsupply.evidence.python.values.effort import EFFORT, LARGE, begun, is_endless, longest_put
from mlsupply.evidence.python.values.entry_names import key_of
from mlsupply.evidence.python.values.value import (
    HOLE,
    MAX_TEXT,
    NOTHING,
    Taint,
    Value,
    constant,
    layers_of,
    taint_of,
    text_of,
    unknown,
)

# What Python raises where the operands do not suit an operation.
ERRORS = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
)
_PLACED = re.compile(r"%(?:\((\w{1,40})\))?[-#0 +]{0,4}\d{0,4}(?:\.\d{1,4})?[a-zA-Z]")


def percent(shape: str, parts: list[Value], named: Mapping[str, Value] | None = None) -> str:
    """`shape % parts` with HOLE for what is not known. named: values for `%(name)s`."""
    texts = iter([text_of(part) for part in parts])

    def put(found: re.Match[str]) -> str:
        if named and found[1]:
            return text_of(named[found[1]]) if found[1] in named else HOLE
        return next(texts, HOLE)

    return _PLACED.sub(put, shape)[:MAX_TEXT]


def pattern_of(text: str) -> re.Pattern[str]:
    """A pattern for the names that a partly known text (its first 200 characters) may be; HOLE stands for up to 80
    characters."""
    parts = re.split(f"({HOLE})", text[:200])
    return re.compile("".join(".{0,80}" if part == HOLE else re.escape(part) for part in parts))


def joined(values: list[Value]) -> str:
    """The texts concatenated, HOLE for what is not known, cut at MAX_TEXT, or where the allowance is spent at LARGE."""
    text = begun("", map(text_of, values), LARGE if EFFORT.spent else MAX_TEXT)
    text = re.sub(f"{HOLE}+", HOLE, text) if HOLE * 2 in text else text
    return text if len(text) <= LARGE or EFFORT.keeps(text) else HOLE


def joined_text(values: list[Value]) -> Value:
    """The text of an f-string with these parts, HOLE for what is not known."""
    if all(value.known and isinstance(value.const, str | int | float | bytes) for value in values):
        try:
            return constant("".join(str(value.const) for value in values), layers_of(*values), taint_of(*values))
        except ERRORS:
            return unknown(*values)
    result = unknown(*values)
    result.text = joined(values)
    return result


def joined_path(values: list[Value]) -> str:
    """`os.path.join` of these parts, where one that is absolute discards those before it. `~` counts as absolute."""
    path = ""
    for value in values:
        text = text_of(value)
        path = text if text.startswith(("/", "~")) or not path else f"{path.rstrip('/')}/{text}"
    return path[:MAX_TEXT]


def items_of(value: Value) -> list[Value]:
    """The items that a loop over the value goes through, at most 65,536 of a constant sequence; [] where they are not
    known."""
    if value.items is not None:
        return value.items
    if value.ref == "io.file()" and isinstance(value.const, str | bytes):
        return [constant(line, value.layers, value.taint) for line in value.const.splitlines(keepends=True)[:65_536]]
    if isinstance(value.const, list | tuple | str | bytes | range | set | frozenset):
        several = list(islice(value.const, 65_536))
        return [constant(item, value.layers, value.taint) for item in several] if EFFORT.opens(len(several)) else []
    if isinstance(value.const, dict):
        return [constant(key, value.layers, value.taint) for key in value.const]
    if value.keys is not None:
        return [key_of(key) for key in value.keys]
    return []


_DIGITS = 20  # of a number: nothing that is run fits into them
_ORDERED = (str, bytes, list, tuple)
_LISTS = ("builtins.list()", "builtins.sorted()", "builtins.tuple()")


def _list_of_others(value: Value) -> bool:
    """Whether this is a list with no constant in it, which is not a text that reversing could hide."""
    return value.ref.startswith(_LISTS) or (value.items is not None and not any(item.known for item in value.items))


def _is_run(part: slice) -> bool:
    """Is this a part of neighbouring items, its ends known?"""
    return part.step is None and all(end is None or isinstance(end, int) for end in (part.start, part.stop))


def index(value: Value, key: Value) -> Value:
    """`value[key]` where that is known, else an unknown with the taint of the value. A negative or strided slice adds a
    layer."""
    if value.known and key.known:
        try:
            layers = value.layers
            if isinstance(key.const, slice) and value.const:  # reversing an empty sequence hides nothing
                if key.const.step == -1 and isinstance(value.const, _ORDERED):
                    if isinstance(value.const, str) and _is_number(value.const):
                        return constant(value.const[key.const], layers, value.taint)
                    layers = (*layers, "reversed")
                elif key.const.step not in {None, 1}:
                    layers = (*layers, "strided")
            return constant(value.const[key.const], layers, value.taint)
        except ERRORS:
            return unknown(value)
    if value.keys is not None and isinstance(key.const, str) and key.const in value.keys:
        return value.keys[key.const]
    if value.items is not None and isinstance(key.const, int) and -len(value.items) <= key.const < len(value.items):
        return value.items[key.const]
    if value.items is not None and isinstance(key.const, slice) and _is_run(key.const) and not value.ref:
        return listed(value.items[key.const], value.layers, value.taint)
    result = unknown(value)
    if isinstance(key.const, slice) and key.const.step == -1 and not _list_of_others(value):
        result.layers = (*result.layers, "reversed")
    return result


_STRING_METHODS = frozenset(
    {
        "strip", "lstrip", "rstrip", "lower", "upper", "title", "swapcase", "capitalize", "casefold", "split",
        "rsplit", "splitlines", "partition", "rpartition", "removeprefix", "removesuffix", "startswith", "endswith",
        "find", "rfind", "index", "count", "hex", "to_bytes", "bit_length", "keys", "values", "isdigit", "isalpha",
        "isalnum", "isspace", "isupper", "islower", "isdecimal", "items", "copy", "get", "union",
    }
)  # fmt: skip
_SCRAMBLES = {"swapcase": "swapcase", "translate": "translate", "replace": "replace"}


def _coded(const: str | bytes, args: list[Value], layers: tuple[str, ...], taint: Taint) -> Value | None:
    """`const.encode(codec)` or `const.decode(codec)`."""
    codec = args[0].const if args and isinstance(args[0].const, str) else "utf-8"
    done = by_codec(const, codec) if isinstance(const, bytes) or codec.lower().replace("-", "") not in _PLAIN else None
    if done is not None:
        return constant(done[1], (*layers, done[0]) if done[0] else layers, taint)
    if not is_codec(codec) or is_slow(const, codec):
        return Value("", NOTHING, taint, HOLE, (*layers, "own codec"))
    return _try(lambda: const.encode(codec) if isinstance(const, str) else const.decode(codec), layers, taint)


def method(value: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """`value.name(*args)` where value is a constant, or a text known in part; None where it is not folded here."""
    const = value.const
    if not value.known or not EFFORT.reads(const):
        return _of_partly_known(value, name, args, keywords) if value.text != HOLE else None
    shown = args[1:] if name == "replace" else args  # the text that is replaced is not in the result
    layers, taint = layers_of(value, *shown), taint_of(value, *shown)
    if name in {"encode", "decode"} and isinstance(const, str | bytes):
        return _coded(const, args, layers, taint)
    if name == "tobytes" and isinstance(const, bytes):
        return constant(const, layers, taint)
    if name in {"tobytes", "tostring"} and (numbers := _ints(const)) is not None:
        return _try(lambda: bytes(numbers), (*layers, "integers"), taint)
    if name == "join" and isinstance(const, str | bytes) and args:
        return _join(value, args[0], layers, taint)
    if name == "format" and isinstance(const, str) and not re.search(r"\d{5}", const):
        return _format(const, args, keywords, layers, taint)
    if not all(arg.known for arg in args) or keywords:
        return _with_unknown_argument(value, name, args)
    values = [arg.const for arg in args]
    if _too_long(const, name, values):
        return None
    if name in _SCRAMBLES and isinstance(const, str | bytes):
        return _try(lambda: getattr(const, name)(*values), (*layers, _SCRAMBLES[name]), taint)
    if name in _STRING_METHODS and isinstance(const, str | bytes | int | dict | list | tuple | set):
        return _try(lambda: _listed(getattr(const, name)(*values)), layers, taint)
    return None


def _too_long(const: Any, name: str, values: list[Any]) -> bool:
    """Whether the result of a method of a constant could be longer than is kept. values: its arguments."""
    if name == "replace":
        return isinstance(const, str | bytes) and not _short_enough(const, *values[1:2])
    if name == "translate":
        return isinstance(const, str | bytes) and len(const) * longest_put(values) > MAX_TEXT
    return name == "to_bytes" and any(isinstance(value, int) and value > MAX_TEXT for value in values)


def _of_partly_known(value: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """A method of a text that is known in part."""
    if name == "replace":
        return replaced(value, args)
    if name == "format" and not re.search(r"\d{5}", value.text):
        return _format(value.text, args, keywords, layers_of(value, *args), taint_of(value, *args))
    return None


_PLAIN = {"utf8", "ascii", "latin1", "iso88591", "utf16", "utf16le", "cp1252", "us-ascii", "utf8sig"}


def _with_unknown_argument(value: Value, name: str, args: list[Value]) -> Value | None:
    """A method of a constant text whose arguments are not all known, or are given by name."""
    text = value.const
    if name == "translate":
        return Value("", NOTHING, taint_of(value, *args), HOLE, (*layers_of(value, *args), "translate"))
    return replaced(value, args) if name == "replace" and isinstance(text, str) else None


def replaced(value: Value, args: list[Value]) -> Value | None:
    """`value.replace(*args)` where the text, or what is put in, is known in part. None where the result could be too long,
    or what is looked for is not known."""
    text = text_of(value)
    if len(args) != 2 or not isinstance(args[0].const, str) or not _short_enough(text, put := text_of(args[1])):
        return None
    whole, put_in = text.replace(args[0].const, put)[:MAX_TEXT], args[1]
    return Value("", NOTHING, taint_of(value, put_in), whole, layers_of(value, put_in))


def _short_enough(text: str | bytes, put: object = None) -> bool:
    """Whether the result stays within bounds even if `put` replaces each letter of `text`; False if `put` is no text."""
    return isinstance(put, str | bytes) and len(put) * max(1, len(text)) <= MAX_TEXT * 4


def _listed(value: Any) -> Any:
    return value if isinstance(value, str | bytes | int | bool | list | tuple | dict | set) or value is None else list(value)


def _try(work: Callable[[], Any], layers: tuple[str, ...], taint: frozenset[str]) -> Value | None:
    try:
        return constant(work(), layers, taint)
    except ERRORS:
        return None


def _join(separator: Value, parts: Value, layers: tuple[str, ...], taint: frozenset[str]) -> Value:
    items = items_of(parts)
    short = len(separator.const) * len(items) + sum(len(text_of(item)) for item in items) <= MAX_TEXT
    if items and short and all(isinstance(item.const, str | bytes) for item in items):
        found = _try(lambda: separator.const.join(item.const for item in items), layers_of(separator, parts, *items), taint)
        if found is not None:
            return found
    result = Value("", NOTHING, taint | taint_of(*items), HOLE, layers)
    if items:
        result.text = begun(text_of(separator), map(text_of, items), MAX_TEXT)
    return result


def _format(
    shape: str, args: list[Value], keywords: dict[str, Value], layers: tuple[str, ...], taint: frozenset[str]
) -> Value:
    taint |= taint_of(*keywords.values())
    texts = [text_of(arg) for arg in args]
    named = {name: text_of(value) for name, value in keywords.items()}
    plain = re.sub(r"\{(\w{0,40})[^{}]{0,40}\}", r"{\1}", shape)
    try:
        text = plain.format(*texts, **named)
    except (*ERRORS, RecursionError):
        text = HOLE
    if HOLE not in text:
        return constant(text, layers, taint)
    return Value("", NOTHING, taint, text[:MAX_TEXT], layers)


def _ints(value: Any) -> list[int] | None:
    if isinstance(value, range):
        value = list(value[:65_536])
    return list(value) if isinstance(value, list | tuple) and all(isinstance(item, int) for item in value) else None


def _says_nothing(items: list[Value]) -> bool:
    """Whether this is a single word, or the digits of a number, which is written from its end."""
    texts = [item.const for item in items if isinstance(item.const, str)]
    return len(texts) == len(items) and (len(items) == 1 or _is_number("".join(texts[: _DIGITS + 1])))


def _is_number(text: str) -> bool:
    return len(text) <= _DIGITS and text.isdecimal()


# What these give without arguments; a bytearray is kept as bytes.
_EMPTY: dict[str, Callable[[], Any]] = {
    "str": str, "bytes": bytes, "list": list, "dict": dict, "tuple": tuple, "bytearray": bytes,
}  # fmt: skip


def builtin(name: str, args: list[Value]) -> Value | None:
    """The result of `builtins.name(*args)`; None where that is not folded. Functions that hide text, such as `chr` and
    `reversed`, add a layer."""
    if not args:
        return constant(_EMPTY[name]()) if name in _EMPTY else None
    first = args[0]
    if name in {"list", "tuple", "set", "sorted", "iter", "frozenset", "reversed"} and (
        first.known or first.items is not None
    ):
        items = items_of(first)
        # a list without constants hides no text, nor does one of a single word
        text = not isinstance(first.const, range) and any(item.known for item in items) and not _says_nothing(items)
        layers = (*first.layers, "reversed") if name == "reversed" and text else first.layers
        items = items[::-1] if name == "reversed" else items
        return listed(items, layers, first.taint)
    if name in {"bytes", "bytearray", "sum"} and first.items and first.instance is None:
        args = [listed(first.items, first.layers, first.taint), *args[1:]]
    if not all(arg.known for arg in args):
        if name == "len" and first.items and all(item.known for item in first.items):
            return constant(len(first.items))
        if name in {"zip", "enumerate"} and all(arg.known or arg.items is not None for arg in args):
            columns = [items_of(arg) for arg in args]
            if name == "enumerate":
                columns = [[constant(place) for place in range(len(columns[0]))], columns[0]]
            return listed([listed(list(row)) for row in zip(*columns, strict=False)], layers_of(*args), taint_of(*args))
        if name == "chr":
            made = unknown(*args)
            made.layers = made.layers if "chr" in made.layers else (*made.layers, "chr")
            return made
        return None
    if name == "str.maketrans":
        return _try(lambda: str.maketrans(*[arg.const for arg in args]), layers_of(*args), taint_of(*args))
    return _fold_builtin(name, [arg.const for arg in args], layers_of(*args), taint_of(*args))


# Characters that honest code writes as `chr(10)` where escapes are awkward; no word can be made of them.
_PLAIN_SIGNS = frozenset(map(ord, "\t\n\r \"'\\"))


# Folded by calling them, whatever constants they are given.
_AS_IT_IS: dict[str, Callable[..., Any]] = {
    "ord": ord, "len": len, "abs": abs, "hex": hex, "oct": oct, "bin": bin, "min": min, "max": max, "sum": sum,
    "repr": repr, "ascii": ascii, "bool": bool, "float": float, "divmod": divmod,
}  # fmt: skip


def _fold_builtin(name: str, values: list[Any], layers: tuple[str, ...], taint: frozenset[str]) -> Value | None:
    """`builtin` for constant arguments. layers, taint: of the arguments."""
    first = values[0]
    if name == "chr" and isinstance(first, int):
        hides = "chr" not in layers and first not in _PLAIN_SIGNS
        return _try(lambda: chr(first), (*layers, "chr") if hides else layers, taint)
    if name in {"bytes", "bytearray"} and (numbers := _ints(first)) is not None:
        return _try(
            lambda: bytes(numbers), layers if "integers" in layers or "xor" in layers else (*layers, "integers"), taint
        )
    if name in {"bytes", "bytearray", "memoryview", "str"} and isinstance(first, bytes | str):
        if name == "str" and isinstance(first, bytes) and len(values) < 2:
            return _try(lambda: repr(first), layers, taint)
        if name == "str" and len(values) > 1 and isinstance(first, bytes) and isinstance(values[1], str):
            return _coded(first, [constant(values[1])], layers, taint)
        convert = {"bytes": bytes, "bytearray": bytes, "memoryview": bytes, "str": str}[name]
        return _try(lambda: first if type(first) is convert and len(values) == 1 else convert(*values), layers, taint)
    if name == "str" and isinstance(first, int | float):
        return _try(lambda: str(first), layers, taint)
    if name == "int" and isinstance(first, str | int | float | bytes) and len(str(first)) < 4_000:
        return _try(lambda: int(*values), layers, taint)
    if name == "range" and all(isinstance(value, int) for value in values):
        return _try(lambda: range(*values), layers, taint)
    if (function := _AS_IT_IS.get(name)) is not None and not is_endless(first):
        return _try(lambda: function(*values), layers, taint)
    if name in {"zip", "enumerate"}:
        return _try(lambda: _paired(name, values), layers, taint)
    if name == "slice":
        return _try(lambda: slice(*values), layers, taint)
    return None


def _paired(name: str, values: list[Any]) -> list[Any]:
    made = zip(*values, strict=False) if name == "zip" else enumerate(*values)
    return [item for item, _ in zip(made, range(65_536), strict=False)]


def listed(items: list[Value], layers: tuple[str, ...] = (), taint: frozenset[str] = frozenset()) -> Value:
    """A list of these values: a constant where all of them are, else a value with `items`. layers, taint: of the value that
    the items were taken from."""
    taint = taint | taint_of(*items)
    longest = layers_of(*items)
    layers = longest if len(longest) > len(layers) else layers
    if all(item.known and not item.ref and item.instance is None for item in items):
        return constant([item.const for item in items], layers, taint)
    result = Value("", NOTHING, taint, HOLE, layers)
    result.items = items
    return result
