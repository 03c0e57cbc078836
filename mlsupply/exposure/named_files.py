"""Files that a manifest names and whose own names do not show what they are: `-r deps/base.list`, files from which
setuptools takes dependencies. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from mlsupply.inventory import SCRIPT_FORMATS, known_by_name
from mlsupply.inventory.parsing import table, toml_of
from mlsupply.model import Gap

_FILE_WORD = re.compile(rb"""[^\s"',\[\]]+""")
_OPTION = rb"""(?:-[rc][ \t=]*|--(?:requirements?|constraints?)(?:[ \t]+|=))([^\s"';&|\\]{1,300})"""
_INSTALLS = re.compile(rb"\binstall\b((?:\\\r?\n|[^;&|\n]){0,2000})")
_ASKED_FOR = re.compile(rb"(?<=\s)" + _OPTION)
_NAMES_FILES = {
    "requirements": re.compile(rb"^[ \t]*" + _OPTION, re.MULTILINE),
    "environment.yml": re.compile(rb"""^[ \t]*-[ \t]+["']?""" + _OPTION, re.MULTILINE),
    "pip settings": re.compile(rb"^[ \t]*(?:requirement|constraint)[ \t]*[=:]([^\n]{1,1000})", re.MULTILINE),
    "Cog": re.compile(rb"^[ \t]*python_requirements:([^\n]{1,1000})", re.MULTILINE),
    "BentoML": re.compile(rb"^[ \t]*requirements_txt:([^\n]{1,1000})", re.MULTILINE),
    "setup.cfg": re.compile(rb"^[ \t]*install_requires[ \t]*=[ \t]*file:([^\n]{1,1000})", re.MULTILINE),
}
_FROM_THE_CHECKOUT = frozenset({"GitHub workflow", "CI pipeline"})  # formats whose steps begin there
_RUN = frozenset(
    {
        *_FROM_THE_CHECKOUT,
        "Dockerfile",
        "Earthfile",
        "Compose file",
        "dev container",
        "pre-commit",
        "deployment",
        *SCRIPT_FORMATS,
    }
)


def named_by(form: str, path: str, data: bytes) -> Iterator[str]:
    """The files a manifest of this format and path names as requirements that no reader would know by their names. Those
    outside the repository are left out."""
    starts = [""] if form in _FROM_THE_CHECKOUT else [path]
    if form in SCRIPT_FORMATS and "/" in path:
        starts = ["", path]  # it may be started from either
    for words in _words(form, data):
        for word in _FILE_WORD.findall(words):
            for start in starts if b"://" not in word else ():
                target = inside(start, word.decode("utf-8", "replace"))
                if target and not known_by_name(target):
                    yield target


def inside(path: str, target: str) -> str:
    """Where a relative name in the file at `path` leads, "" where that is outside the repository."""
    found = normpath(join(dirname(path), target))
    outside = found.startswith(("../", "/")) or found in {"..", "."} or not found.isprintable()
    return "" if outside else found


def _words(form: str, data: bytes) -> Iterator[bytes]:
    if form in _RUN:
        for command in _INSTALLS.finditer(data):
            yield from _ASKED_FOR.findall(command[1])
    elif form == "pyproject.toml":
        yield from _dynamic(data)
    elif form in _NAMES_FILES:
        yield from _NAMES_FILES[form].findall(data)


def _dynamic(data: bytes) -> Iterator[bytes]:
    """The files setuptools takes dependencies from."""
    if b"setuptools" not in data or b"dynamic" not in data:
        return
    document = toml_of("", data.decode("utf-8", "replace"))
    place = {} if isinstance(document, Gap) else table(table(table(document, "tool"), "setuptools"), "dynamic")
    for named in (table(place, "dependencies"), *table(place, "optional-dependencies").values()):
        files = named.get("file") if isinstance(named, dict) else None
        for file in files if isinstance(files, list) else [files]:
            if isinstance(file, str):
                yield file.encode("utf-8", "replace")
