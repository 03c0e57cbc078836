"""What the module looks for and writes to: files of the user, modules of all packages, code of other projects, disks."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, legible, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

IN_SITE: Taint = frozenset(("place:site-packages",))  # of a path that was made of the folder of all packages
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
_FOUND = expression(r"[*\0][^/\\]{0,20}$")  # the path of a file as it was found, with nothing put behind
_ANY_FOLDER = r"(?:(?=[^/*\0]{0,60}[*\0])[^/]{1,120}/){1,6}"  # one way to read it: no pattern here may blow up
_OF_ALL_PACKAGES = expression(rf"(?:site|dist)-packages/{_ANY_FOLDER}[^/]{{0,60}}\.py$")
_CODE = (
    r"(?:\.pyw?|\.ipynb|requirements[^/]{0,20}\.txt|package\.json|pyproject\.toml|setup\.(?:py|cfg)|Dockerfile|Makefile|"
    r"\.github/workflows/[^/]{1,60}\.ya?ml|\.gitlab-ci\.yml)"
)
_OF_PROJECTS = expression(rf"(?:(?:\.|~|/home|/Users|\0)/)?{_ANY_FOLDER}[^/]{{0,60}}{_CODE}$")


_FILES_OF = frozenset({"inspect.getfile", "inspect.getsourcefile", "inspect.getabsfile"})
_MODULE = re.compile(r"[a-zA-Z_]\w{0,60}(?:\.[a-zA-Z_]\w{0,60}){0,8}")
_KNOWN_HOSTS = re.compile(r"\.ssh[/\\](?:known_hosts\d?|config)$|^/etc/hosts$")


def neighbours(machine: Analyser, path: str, line: int) -> Taint:
    """The label for a file that lists other machines; empty for any other."""
    return machine.origin("neighbour", path, line) if _KNOWN_HOSTS.search(path) else CLEAN


def of_packages(machine: Analyser, call: Call) -> Value | None:
    """Where packages are installed, or a module of one of them; None for any other call."""
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
    """Does this path, made of the folder of all packages, lead to the package itself, as far as can be said? What installs
    it puts its own files there."""
    if not has(path.taint, "place"):
        return False
    package = text_of(path).rpartition("site-packages/")[2].partition("/")[0]
    if HOLE in package or "*" in package:
        return False
    return machine.path.rpartition("/")[2] == "setup.py" or package == machine.dotted.partition(".")[0]


def overwritten(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes facts about what is written over files that were found by looking for them, or over a disk."""
    text = text_of(path)
    if _DISK.match(text):
        machine.fact("destroys", call.node, sink=call.ref, detail=f"{legible(text, 60)} is overwritten")
    if _is_user_file(path) and not has(content.taint, "home-files", "received"):
        machine.fact("destroys", call.node, sink=call.ref, detail="files of the user are overwritten")
    if machine.path.rpartition("/")[2] == "setup.py":
        return  # where it is started, all files are its own
    what = ""
    if _OF_ALL_PACKAGES.search(text):
        what = "modules of all packages"
    elif _OF_PROJECTS.match(text) and _is_found(path, text):
        what = "code of other projects"
    if what:
        # a tool that rewrites code does so where its user starts it, heard or not
        machine.fact("persists", call.node, sink=call.ref, silent=False, detail=f"{what}: {legible(text, 100)}")


def _is_found(path: Value, text: str) -> bool:
    """Was it looked for, where anybody's files may be? A folder of which nothing is known may well be the module's own."""
    return "*" in text or has(path.taint, "work-files", "home-files") or text.startswith(_ANYBODYS)


_ANYBODYS = ("~", "./", "/home/", "/Users/")


def _is_user_file(path: Value) -> bool:
    return has(path.taint, "home-files") and _FOUND.search(text_of(path)) is not None


def emptied(machine: Analyser, call: Call) -> None:
    """`open(path, "w").close()`."""
    node = call.node.func if isinstance(call.node, ast.Call) else None
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Call):
        return  # something may have been written to it
    path = (call.receiver.keys or {}).get("name") if call.receiver is not None else None
    if path is not None and _is_user_file(path):
        machine.fact("destroys", call.node, sink="builtins.open", detail="files of the user are emptied")
