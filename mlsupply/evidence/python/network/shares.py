r"""Shared folders of other machines, by their names for Windows (`\\host\share`, `//host/share`).

Whoever opens one signs in there: Windows shows the host a hash of the user's password (MITRE ATT&CK T1187). What is
written or copied there is sent, and what is loaded from there comes from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.run_facts import from_network
from mlsupply.evidence.python.libraries.storage import content_of, taint_below
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values.value import HOLE, Taint, Value, legible, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_FILES = know.Calls(
    r"^(?:builtins\.(?:open|print)|(?:io|codecs|gzip|bz2|lzma|aiofiles)\.open(?:_code)?|io\.file\(\)w\.write\w*|"
    r"os\.(?:open|write|listdir|scandir|walk|stat|lstat|access|chdir|startfile|mkdir|makedirs|rename|replace|remove|link|symlink|"
    r"path\.(?:exists|lexists|isfile|isdir|getsize|getmtime|realpath|samefile))|"
    r"pathlib\.Path\(\)\.(?:exists|is_\w+|stat|open|read_\w+|write_\w+|iterdir|glob|rglob|mkdir|touch|resolve|rename|replace|copy\w*)|"
    r"logging\.(?:handlers\.)?(?:basicConfig|\w{0,40}FileHandler)|shutil\.(?:copy\w*|move|make_archive|disk_usage)|glob\.i?glob|zipfile\.ZipFile|tarfile\.open|"
    r"(?:json|pickle|yaml|marshal|joblib|torch|numpy)\.(?:dump|save|load)|pandas\.read_\w+)$"
)
_LOADS = know.Calls(
    r"^(?:ctypes\.(?:\w{1,40}\.){0,2}(?:CDLL|WinDLL|OleDLL|PyDLL|LoadLibrary\w{0,4})|os\.add_dll_directory|sys\.path\.(?:insert|append|extend)|"
    r"site\.addsitedir|runpy\.run_path|imp\.load_\w+|importlib\.util\.spec_from_file_location|importlib\.machinery\.\w+Loader)$"
)
_SHARE = expression(rf"(?:\\\\(?:\?\\UNC\\)?|//)(?P<host>[\w.{HOLE}-]{{4,253}})(?:@(?:SSL|\d{{1,5}})){{0,2}}[\\/]", 0)
_IN_COMMAND = expression(rf"(?:^|[\s\"'=])(\\\\[\w.{HOLE}-]{{4,253}}(?:@(?:SSL|\d{{1,5}})){{0,2}}\\\S)")
_MOST = 4  # arguments that are looked at


def reaches(ref: str) -> bool:
    """Does a call of this name open, look for, write or load files by their names?"""
    return _FILES.match(ref) or _LOADS.match(ref)


def reached(machine: Analyser, call: Call) -> None:
    """Notes that such a call signs in at a host that is constant in the module, and what it sends or loads."""
    named = [*([call.receiver] if call.receiver is not None else []), *call.all[:_MOST]]
    for place, value in enumerate(named):
        address = _address(text_of(value))
        if not address:
            continue
        _signs_in(machine, call, address)
        others = [one for at, one in enumerate(named) if at != place]
        sending.note(machine, call, "body", _content(machine, others, call.line), address, "fixed")
        sending.note(machine, call, "address", value.taint, address, "fixed")
        if _LOADS.match(call.ref):
            value.taint |= machine.origin("received", address, call.line)


def commanded(machine: Analyser, call: Call, text: str) -> None:
    """Notes that a command line reaches such a host, or starts a program from there."""
    found = _IN_COMMAND.search(text) if "\\\\" in text else None
    address = _address(found[1]) if found is not None else ""
    if found is None or not address:
        return
    _signs_in(machine, call, address)
    if found.start() == 0:
        taint = machine.origin("received", address, call.line)
        from_network(machine, call, taint, "runs-downloaded", "a program on a shared folder of another machine is started")


def _signs_in(machine: Analyser, call: Call, address: str) -> None:
    detail = f"Windows shows a hash of the user's password to {legible(address, 100)}"
    machine.fact("shows-password", call.node, sink=call.ref, destination="fixed", detail=detail)


def _address(path: str) -> str:
    """The address of the share that a path leads to, where its host is constant and may be outside of the local network;
    "" for any other path."""
    if path[:2] not in {"\\\\", "//"} or (found := _SHARE.match(path)) is None:
        return ""
    known = found["host"].rpartition(HOLE)[2].lstrip(".")
    address = f"smb://{found['host']}/"
    inside = places.LOCAL.match(f"smb://{known}/") or _INSIDE.search(known)
    return address if "." in known and not inside and addresses.destination(f"smb://{known}/") == "fixed" else ""


# Hosts that no other network can have (RFC 1918, 3927, 6762, 8375), and names for sockets of this machine.
_INSIDE = expression(
    r"^(?:172\.(?:1[6-9]|2\d|3[01])|169\.254|192\.168|10)\.|\.(?:local|lan|internal|localdomain|home\.arpa|corp|intranet)$"
)


def _content(machine: Analyser, given: list[Value], line: int) -> Taint:
    """The labels of the values, and of the files and folders that these are paths of."""
    found: Taint = frozenset().union(*(value.taint for value in given))
    for value in given:
        text = text_of(value)
        if kind := places.file_kind(text):
            found |= machine.origin(kind, text, line)
        found |= taint_below(machine, text)
        if (written := content_of(machine, value)) is not None:
            found |= written.taint
    return found
