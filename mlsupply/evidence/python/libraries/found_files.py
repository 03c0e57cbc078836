"""Files that a module finds by looking for them, and writes to: of the user, of other packages and projects, whole disks."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.libraries import named_files
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, legible, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

IN_SITE: Taint = frozenset(("place:site-packages",))  # the label of a path below the folder of all packages
# The folders in which packages are installed.
_SITE = frozenset(
    {
        "site.getsitepackages", "site.getusersitepackages", "sysconfig.get_path", "sysconfig.get_paths",
        "distutils.sysconfig.get_python_lib", "sysconfig.get_python_lib",
    }
)  # fmt: skip
_DISK = expression(
    r"/dev/(?:sd[a-z]|nvme\d|[hv]d[a-z]|xvd[a-z]|r?disk\d|mmcblk\d|mapper/)|\\\\\.\\PhysicalDrive\d", re.IGNORECASE
)
_FOUND = expression(r"[*\0][^/\\]{0,20}$")  # a path that ends as it was found
# Folders, at least one of them unknown; it matches in one way only, so that it cannot blow up.
_ANY_FOLDER = r"(?:(?=[^/*\0]{0,60}[*\0])[^/]{1,120}/){1,6}"
_OF_ALL_PACKAGES = expression(rf"(?:site|dist)-packages/{_ANY_FOLDER}[^/]{{0,60}}\.py$")
_CODE = (
    r"(?:\.pyw?|\.ipynb|requirements[^/]{0,20}\.txt|package\.json|pyproject\.toml|setup\.(?:py|cfg)|Dockerfile|Makefile|"
    r"\.github/workflows/[^/]{1,60}\.ya?ml|\.gitlab-ci\.yml)"
)
_OF_PROJECTS = expression(rf"(?:(?:\.|~|/home|/Users|\0)/)?{_ANY_FOLDER}[^/]{{0,60}}{_CODE}$")


_FILES_OF = frozenset({"inspect.getfile", "inspect.getsourcefile", "inspect.getabsfile"})
_MODULE = re.compile(r"[a-zA-Z_]\w{0,60}(?:\.[a-zA-Z_]\w{0,60}){0,8}")
_KNOWN_HOSTS = re.compile(r"\.ssh[/\\](?:known_hosts\d?|config)$|^/etc/hosts$")


def lists_machines(machine: Analyser, path: str, line: int) -> Taint:
    """The label `neighbour` for a file that lists other machines (`known_hosts`, `/etc/hosts`); none for any other."""
    return machine.origin("neighbour", path, line) if _KNOWN_HOSTS.search(path) else CLEAN


def of_packages(machine: Analyser, call: Call) -> Value | None:
    """The path that a call gives of the folder of all packages, or of a module of another package; None for any other
    call."""
    if call.ref in _FILES_OF:
        module = call.args[0].ref if call.args else ""
        own = module.partition(".")[0] in {machine.dotted.partition(".")[0], "builtins"}
        if own or not _MODULE.fullmatch(module):
            return None
        return Value("", NOTHING, CLEAN, f"{HOLE}/site-packages/{module.replace('.', '/')}.py")
    if call.ref not in _SITE:
        return None
    name = text_of(call.args[0]) if call.args else "purelib"
    if call.ref == "sysconfig.get_path" and name not in {"purelib", "platlib"}:
        return None
    made = Value(call.ref + "()", NOTHING, IN_SITE, f"{HOLE}/site-packages")
    if call.ref.endswith("packages") and "user" not in call.ref:
        made.items = [Value("", NOTHING, IN_SITE, made.text)]
    elif call.ref.endswith("get_paths"):
        made.keys = {name: Value("", NOTHING, IN_SITE, made.text) for name in ("purelib", "platlib")}
        made.taint, made.text = CLEAN, HOLE
    return made


def is_own(machine: Analyser, path: Value) -> bool:
    """Does this path below the folder of all packages lead to the package itself? True for any known one in its setup.py,
    which installs the package there."""
    if not has(path.taint, "place"):
        return False
    package = text_of(path).rpartition("site-packages/")[2].partition("/")[0]
    if HOLE in package or "*" in package:
        return False
    return machine.path.rpartition("/")[2] == "setup.py" or package == machine.dotted.partition(".")[0]


def overwritten(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes where `content` is written over files that were found by looking for them, or over a disk."""
    text = text_of(path)
    if _DISK.match(text):
        machine.fact("destroys", call.node, sink=call.ref, detail=f"{legible(text, 60)} is overwritten")
    if is_user_file(path) and not has(content.taint, "home-files", "received"):
        variant = "everything" if named_files.are_all(machine, path, call.line) else ""
        machine.fact("destroys", call.node, sink=call.ref, variant=variant, detail="files of the user are overwritten")
    if _is_noise(content) and has(path.taint, "home-files") and ("*" in text or HOLE in text):
        detail = "files of the user are overwritten with bytes that say nothing"
        machine.fact("destroys", call.node, sink=call.ref, variant="shredded", detail=detail)
    if machine.path.rpartition("/")[2] == "setup.py":
        return  # it works on the source of its own package
    what = ""
    if _OF_ALL_PACKAGES.search(text):
        what = "modules of all packages"
    elif _OF_PROJECTS.match(text) and _is_found(path, text):
        what = "code of other projects"
    if what:
        # not `silent`: tools that rewrite code often print nothing
        machine.fact("persists", call.node, sink=call.ref, silent=False, detail=f"{what}: {legible(text, 100)}")


_NOISE = re.compile(r"(?:os\.urandom|secrets\.token_bytes|random\.(?:\w{1,20}\(\)\.)?randbytes)\(\)$")


def _is_noise(content: Value) -> bool:
    """Is this made of chance, or of one byte again and again, so that nothing of the file is left?"""
    if isinstance(content.const, str | bytes):
        return len(content.const) > 1 and len(set(content.const)) == 1
    return _NOISE.match(content.ref) is not None


def _is_found(path: Value, text: str) -> bool:
    """Was the file looked for, where the files of others may be? An unknown folder may be the module's own."""
    return "*" in text or has(path.taint, "work-files", "home-files") or text.startswith(_SHARED_PLACES)


_SHARED_PLACES = ("~", "./", "/home/", "/Users/")


def is_user_file(path: Value) -> bool:
    """Is this the path of any file that was found in the home?"""
    return has(path.taint, "home-files") and _FOUND.search(text_of(path)) is not None


def emptied(machine: Analyser, call: Call) -> None:
    """Notes `open(path, "w").close()` on a file of the user."""
    node = call.node.func if isinstance(call.node, ast.Call) else None
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Call):
        return  # something may have been written to it
    path = (call.receiver.keys or {}).get("name") if call.receiver is not None else None
    if path is not None and is_user_file(path):
        everything = named_files.are_all(machine, path, call.line)
        variant = "everything" if everything else "" if named_files.may_be_cleared(text_of(path)) else "shredded"
        machine.fact("destroys", call.node, sink="builtins.open", variant=variant, detail="files of the user are emptied")
