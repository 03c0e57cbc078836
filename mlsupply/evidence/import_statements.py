"""What the import statements of a module name, read without parsing it: in files that may be broken, and in many of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.lazy import expression

NAME = r"[^\W\d]\w{0,100}(?:\.[^\W\d]\w{0,100}){0,10}"
WORD = re.compile(NAME)
_STATEMENT = expression(
    rf"^[ \t]*(?:import[ \t]+([^;#\n]{{1,2000}})|"
    rf"from[ \t]++(\.{{0,10}}(?:{NAME})?)[ \t]+import[ \t]*(?:\(([^)]{{1,4000}})|([^;#\n]{{1,2000}})))",
    re.MULTILINE,
)


def imported_names(text: str, package: str) -> Iterator[str]:
    """What the import statements of a module name, absolute: `from a import b` gives `a` and `a.b`. package: the one it lies
    in, "" for none."""
    for found in _STATEMENT.finditer(text):
        if found[1]:
            yield from listed(found[1])
            continue
        base = _absolute(found[2], package)
        if base:
            yield base
        yield from (f"{base}.{name}".lstrip(".") for name in listed(found[3] or found[4]))


def listed(text: str) -> Iterator[str]:
    """The names in `a, b.c as d`."""
    for part in text.split(","):
        if found := WORD.match(part.strip(" \t\r\n\\")):
            yield found[0]


def _absolute(written: str, package: str) -> str:
    """`..a` in the package `x.y` is `x.a`."""
    name = written.lstrip(".")
    if name == written:
        return name
    parents = package.split(".")[: len(package.split(".")) - (len(written) - len(name) - 1)] if package else []
    return ".".join([*parents, *([name] if name else [])])
