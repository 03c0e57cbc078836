"""Names that somebody is about to install, as an inventory: nothing is resolved, nothing downloaded. Pure but for the
files that list further names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlsupply.inventory.parsing import gap, quoted, requirement
from mlsupply.inventory.pinned import pinned
from mlsupply.inventory.requirement_files import follow
from mlsupply.model import COMMAND_LINE, STANDARD_INPUT, Coordinate, Gap, Inventory, Package, Place, Reason, Requirement
from mlsupply.text import canonical, safe
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_NPM = re.compile(r"@?[\w.-]{1,200}(?:/|::)[\w.-]{1,200}(?:@[\w.-]{1,100})?")
_NAME = re.compile(r"\w[\w.-]{0,199}")
_ADDRESS = re.compile(r"(?:git\+)?[a-z]{2,8}://")
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+)+[A-Za-z0-9.+!-]{0,60}\Z")  # NAME VERSION, with a blank between them
_PURL = re.compile(r"pkg:pypi/([A-Za-z0-9._-]{1,200})@([A-Za-z0-9._+!-]{1,200})", re.IGNORECASE)
_FILE = re.compile(r"(?:[.~]{0,2}/|\S{1,500}\.(?:whl|tar\.gz|txt|toml|lock)$)")  # where pip would take these for names
_VERSIONED = re.compile(r"([A-Za-z0-9][\w.-]{0,199})\s{0,9}(===?|=|@|:|\s(?=\d))\s{0,9}([^\s=:]{0,100})")
_AT_VERSION = re.compile(r"[\w.-]{1,200}@\d[\w.]{0,99}")  # by its letters an address too
_SPELT = "write it as NAME==VERSION"
_NO_NAMES = (
    (_VERSION, "a version", f"{_SPELT}, without a blank between them"),
    (_ADDRESS, "an address", "write it as NAME @ ADDRESS"),
    (_FILE, "a file", "mlsupply inspect looks inside archives, --from reads lists"),
)


def named(
    texts: Iterable[str], files: Iterable[str], tree: Tree, limits: Limits, piped: bytes | None = None
) -> tuple[Inventory, ...]:
    """One inventory of the names as typed (`name`, `name==1.0`, any PEP 508 requirement), one of those on standard input
    (piped: all of it, or one byte more than a manifest may have), one for each file of them (anything
    pip reads with `-r`). A name without a version becomes a package without one."""
    typed = [(text, Place(COMMAND_LINE)) for text in texts]
    listed = (follow(path, Place(COMMAND_LINE), tree, limits) for path in files)
    return (
        *((_inventory(COMMAND_LINE, typed),) if typed else ()),
        *((_piped(piped, limits),) if piped is not None else ()),
        *map(_with_packages, listed),
    )


def _piped(piped: bytes, limits: Limits) -> Inventory:
    """What stands on standard input, a name a line; more than the limits allow is not read."""
    if len(piped) > limits.manifest_bytes:
        detail = f"more than {limits.manifest_bytes:,} bytes"
        return Inventory(path=STANDARD_INPUT, format="names", gaps=(gap(STANDARD_INPUT, Reason.TOO_LARGE, detail),))
    return _inventory(STANDARD_INPUT, _lines(piped.decode("utf-8", "replace")))


def _lines(text: str) -> Iterator[tuple[str, Place]]:
    """The lines that name something, without comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if said := _COMMENT.sub("", line).strip():
            yield said, Place(STANDARD_INPUT, number)


def _inventory(path: str, texts: Iterable[tuple[str, Place]]) -> Inventory:
    asked = [_asked(text, place) for text, place in texts]
    return Inventory(
        path=path,
        format="names",
        packages=_packages(item for item in asked if isinstance(item, Requirement)),
        requirements=tuple(item for item in asked if isinstance(item, Requirement)),
        gaps=tuple(item for item in asked if isinstance(item, Gap)),
    )


def _asked(text: str, place: Place) -> Requirement | Gap:
    found = requirement(text, place)
    odd = _FILE.match(text) or _AT_VERSION.fullmatch(text) or _VERSION.fullmatch(text)
    if isinstance(found, Requirement) and not odd:
        return found
    if not text.isascii() and _NAME.fullmatch(text):
        return Requirement(name=canonical(text), place=place, text=safe(text))  # for the check of names to judge
    said = instead(text)
    return found if said is None else gap(place.file, Reason.UNSUPPORTED, said[0], place.line, said[1])


def instead(text: str) -> tuple[str, str] | None:
    """What a text is that is no requirement, and what to write or ask instead, where that can be told."""
    shown = quoted(text)
    if purl := _PURL.fullmatch(text):
        return f"{shown} is a package URL, and names are expected here", f"{_SPELT}: {purl[1]}=={purl[2]}"
    for form, what, hint in _NO_NAMES:
        if form.match(text):
            return f"{shown} is {what}, and names are expected here", hint
    if _NPM.fullmatch(text):
        detail = f"{shown} is an npm, conda or repository name: the index of Python packages has no such names"
        return detail, "look up what the Python project is called"
    if versioned := _VERSIONED.fullmatch(text):
        name, sign, version = versioned.groups()
        if sign in ("==", "==="):
            return f"{shown} names no valid version (PEP 440)", f"{_SPELT}, such as {name}==1.0"
        return f"{shown} asks for a version in a way Python does not", f"{_SPELT}: {name}=={safe(version)}"
    return None


def _packages(requirements: Iterable[Requirement]) -> tuple[Package, ...]:
    return tuple({package.key: package for one in requirements for package in _package(one)}.values())


def _package(one: Requirement) -> Iterator[Package]:
    if one.name and not one.constraint:
        bare = Package(coordinate=Coordinate("pypi", one.name), source=one.source, places=(one.place,), direct=True)
        yield pinned(one) or bare


def _with_packages(inventory: Inventory) -> Inventory:
    return replace(inventory, packages=_packages(inventory.requirements))
