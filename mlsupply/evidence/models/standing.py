"""How a name stands: may a pickle call it, does calling it run what the author chose, or is it unknown. Pure."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from mlsupply.evidence.models.names import PYTHON2, PYTHON2_MOVED, PYTHON2_NAMES
from mlsupply.evidence.models.names_allowed import (
    CALLERS,
    CALLS,
    HARMLESS,
    INERT_CLASSES,
    KNOWN_PACKAGES,
    REBUILDERS,
    SAFE_BELOW,
)
from mlsupply.evidence.models.names_hostile import (
    BUILTINS_ACTING,
    DANGEROUS_PACKAGES,
    DANGEROUS_PREFIXES,
    ESCAPES,
    STDLIB_BLOCKED,
    STDLIB_OTHER,
    STDLIB_QUIET,
    STRONG_VERBS,
    VERBS,
)


class Standing(Enum):
    """safe: only builds a value; inert: a class whose instances are data; caller: calls what it is handed; dangerous;
    unknown: in no list."""

    SAFE = "safe"
    INERT = "inert"
    CALLER = "caller"
    DANGEROUS = "dangerous"
    UNKNOWN = "unknown"


BY_NAME = "is named as if it loads, runs, fetches or changes something"
CONSTRUCTOR = "is a class whose constructor is not in the list"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_BELOW = DANGEROUS_PREFIXES


@lru_cache(maxsize=4096)
def resolve(module: str, name: str) -> tuple[str, str]:
    """The module and name that are meant: Python 2 names renamed, private twins (`_io`, `posix`) folded into the public
    module, and a path through a re-exported module (`random`, `_os.system`) cut down to that module."""
    module = PYTHON2.get(module, module)
    name = PYTHON2_NAMES.get((module, name), name)
    module, name = PYTHON2_MOVED.get((module, name), (module, name))
    parts = name.split(".")
    for index in range(len(parts) - 1, -1, -1):
        bare = parts[index].lstrip("_")
        if bare in _MODULES and parts[index].islower() and (index < len(parts) - 1):
            return PYTHON2.get(bare, bare), ".".join(parts[index + 1 :])
    return module, name


_MODULES = (STDLIB_BLOCKED | STDLIB_OTHER) - {
    # words that are attributes at least as often as modules
    *(
        "time",
        "date",
        "random",
        "types",
        "string",
        "copy",
        "code",
        "test",
        "select",
        "queue",
        "new",
        "token",
        "signal",
        "math",
    ),
    *(
        "array",
        "struct",
        "parser",
        "html",
        "email",
        "stat",
        "cmd",
        "trace",
        "profile",
        "user",
        "resource",
        "numbers",
        "operator",
    ),
    *(
        "enum",
        "json",
        "csv",
        "uuid",
        "decimal",
        "datetime",
        "calendar",
        "locale",
        "statistics",
        "sets",
        "dis",
        "this",
        "abc",
    ),
}


def is_class(name: str) -> bool:
    """By the naming convention: the last part starts with a capital, and no part before it is a variable."""
    return all(part.lstrip("_")[:1].isupper() for part in name.split("."))


def top(module: str) -> str:
    """The first part of a dotted name."""
    return module.partition(".")[0]


def is_stdlib(module: str) -> bool:
    """Whether a module comes with Python, by the list kept here and not by the machine."""
    return top(module) in STDLIB_BLOCKED or top(module) in STDLIB_OTHER


@lru_cache(maxsize=4096)
def standing(module: str, name: str, *, new: bool = False) -> tuple[Standing, str]:
    """How `module.name` (resolved) stands and why, in words that follow the name. new: only `__new__` runs, not the class
    itself."""
    for rule in (_listed, _escape, _stdlib, _below, _package):
        if answer := rule(module, name, new):
            return answer
    if not new and not is_class(name) and _words(name) & STRONG_VERBS:
        return Standing.DANGEROUS, "is named as if it runs, loads or fetches"
    return Standing.UNKNOWN, "belongs to no library the lists know"


def _listed(module: str, name: str, new: bool) -> tuple[Standing, str] | None:
    if name in CALLS.get(module, ()) or f"{module}.{name}" in SAFE_BELOW:
        return Standing.SAFE, "only builds a value"
    if name in CALLERS.get(module, ()):
        return Standing.CALLER, "calls what it is handed"
    if f"{module}.{name}" in INERT_CLASSES:
        return (Standing.INERT, "holds data") if new else (Standing.UNKNOWN, "is not a constructor that model files use")
    if name in HARMLESS.get(module, ()) or _method_of_plain(module, name):
        return Standing.UNKNOWN, "computes only, but nothing ordinary writes it"
    return None


def _method_of_plain(module: str, name: str) -> bool:
    """`str.split` and the like."""
    first, _, rest = name.partition(".")
    return module == "builtins" and bool(rest) and first in CALLS["builtins"] and not set(rest.split(".")) & ESCAPES


def _escape(module: str, name: str, new: bool) -> tuple[Standing, str] | None:
    if any(part in ESCAPES for part in name.split(".")):
        return Standing.DANGEROUS, "reaches into the interpreter"
    return None


def _stdlib(module: str, name: str, new: bool) -> tuple[Standing, str] | None:
    package = top(module)
    if package in STDLIB_BLOCKED:
        if new and is_class(name):
            return Standing.UNKNOWN, "is a class of the standard library that model files do not use"
        return Standing.DANGEROUS, "runs code, touches files, processes or hosts"
    if package in STDLIB_OTHER:
        if is_class(name):
            return Standing.UNKNOWN, "is a class of the standard library that model files do not use"
        return Standing.DANGEROUS, "is a function that no ordinary file calls"
    return None


def _below(module: str, name: str, new: bool) -> tuple[Standing, str] | None:
    package = top(module)
    if package in DANGEROUS_PACKAGES:
        if new and is_class(name):
            return Standing.UNKNOWN, "belongs to a library that runs or fetches"
        return Standing.DANGEROUS, "belongs to a library that runs, evaluates, unpickles or fetches"
    parts = f"{module}.{name}".split(".")
    if any(".".join(parts[:count]) in _BELOW for count in range(2, len(parts) + 1)) and not new:
        return Standing.DANGEROUS, "loads, runs, fetches or writes"
    return None


def _package(module: str, name: str, new: bool) -> tuple[Standing, str] | None:
    if top(module) not in KNOWN_PACKAGES:
        return None
    if new:
        return Standing.INERT, "is a class of a known library, restored from its attributes"
    if is_class(name):
        return Standing.UNKNOWN, CONSTRUCTOR
    return _function(module, name)


def _function(module: str, name: str) -> tuple[Standing, str]:
    """A function of a known library that no list names."""
    last = name.rpartition(".")[2]
    if last.startswith(REBUILDERS):
        return Standing.SAFE, "rebuilds an object of its own library"
    first = name.partition(".")[0]
    if "." in name and not is_class(first) and first not in CALLS.get(module, ()):
        return Standing.DANGEROUS, "reaches through another module's variable"
    if _words(last) & VERBS:
        return Standing.DANGEROUS, BY_NAME
    return Standing.UNKNOWN, "is a function that is not in the list"


def acts(module: str, name: str) -> bool:
    """Whether merely holding the callable, without calling it, is suspicious: no library keeps `os.system`."""
    parts = name.split(".")
    if set(parts) & ESCAPES:
        return True
    if module == "builtins":
        return parts[0] in BUILTINS_ACTING
    if is_class(name):
        return f"{module}.{name}" in _ACTING_CLASSES
    package = top(module)
    if package in STDLIB_BLOCKED:
        return package not in STDLIB_QUIET and not module.startswith("os.path") and parts[0] != "path"
    return package not in STDLIB_OTHER and (bool(_words(parts[-1]) & STRONG_VERBS) or package in DANGEROUS_PACKAGES)


_ACTING_CLASSES = {"subprocess.Popen", "ctypes.CDLL", "ctypes.PyDLL", "io.FileIO", "types.CodeType", "types.FunctionType"}


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORDS.findall(name)} | {name.strip("_").lower()}
