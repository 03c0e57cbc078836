"""Scripts and sources in other languages inside a Python package: what plainly steals, hides code or takes orders.

By patterns, not by parsing; no answer says that a file is harmless. Each pattern needs two things that do not occur together
in honest files of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.python.commands import private_files
from mlsupply.evidence.python.commands.printed_files import PrintedFile, printed_files
from mlsupply.evidence.python.commands.shell import MAX_LINE, MAY_TAKE_OR_HIDE, Deed, deeds, kept_and_sent
from mlsupply.lazy import expression
from mlsupply.text import safe

MAX_SOURCE = 16 << 20  # bytes of one file
# Templates, and the settings of tokenizers that hold some, which whoever loads them renders.
_TEMPLATES = r"\.(?:j2|jinja2?)$|(?:^|[/\\])(?:tokenizer_config|chat_templates?|processor_config)\.(?:json|ya?ml)$"
_SUFFIXES = expression(rf"\.(?:sh|bash|zsh|ps1|bat|cmd|vbs|[cm]?js|rs)$|{_TEMPLATES}", re.IGNORECASE)
_TEMPLATE = expression(_TEMPLATES, re.IGNORECASE)
# A template that reaches the internals of Python objects (server-side template injection).
_REACHES = expression(rb"\{[{%][^{}]{0,400}?__(?:globals|subclasses|builtins|import)__[^{}]{0,400}")
_SHELL = expression(r"\.(?:sh|bash|zsh|ps1|bat|cmd)$", re.IGNORECASE)
_SCRIPT = expression(r"\.[cm]?js$", re.IGNORECASE)
_SHELL_FIRST = expression(rb"#![^\n]{0,200}?\b(?:ba|da|z|k|a)?sh\b")
_SCRIPT_FIRST = expression(rb"#![^\n]{0,200}?\b(?:node|deno|bun)\b")
_MAX_LINES = 20_000
_COMMENTS = (b"#", b"REM ", b"::")
_CARRIED_ON = expression(rb"(?:\\|\|[ \t]{0,20})\r?$")  # the command goes on in the next line
# Rust that starts a shell or downloader with an address.
_STARTS = expression(
    rb"Command::new\(\s*\"(?:/bin/)?(?:sh|bash|curl|wget|powershell|cmd)\"[^;]{0,400}?(?:curl|wget|iwr|https?://)[^;]{0,200}"
)
_OBEYS = expression(rb"\bsh -i\b[^\n]{0,80}/dev/tcp/|/dev/tcp/[^\n]{0,80}0>&1")  # a plain /dev/tcp may wait for a port
_SECRETS = expression(
    rb"\.ssh[/\\\"'](?!config\b|known_hosts)|id_rsa|id_ed25519|\.aws[/\\\"'][/\\\"', ]{0,6}credentials|\.npmrc|\.pypirc|"
    rb"\.netrc|\.git-credentials|\.kube[/\\\"'][/\\\"', ]{0,6}config|wallet\.dat"
)
# Plain strings of which `_SECRETS`, and below `_READS`, hold one in any case: ten times faster to search for.
_IN_SECRETS = (
    b".ssh", b"id_rsa", b"id_ed25519", b".aws", b".npmrc", b".pypirc", b".netrc", b".git-credentials", b".kube",
    b"wallet.dat",
)  # fmt: skip
# A module is imported, whatever the script calls it.
_BRINGS = rb"(?:\brequire\(|\bfrom|\bimport\b\(?)\s{0,9}[\"'`](?:node:)?(?:%s)[\"'`]"
_LEAVES = expression(
    rb"https?\.request|fetch\(|XMLHttpRequest|axios|net\.connect|createConnection|\.post\(|sendBeacon\(|new WebSocket\(|"
    + _BRINGS % rb"https?|http2|net|tls|dgram|dns(?:/promises)?|undici|got|node-fetch|superagent|request|needle|ws"
)
_READS = expression(
    rb"readFileSync|readFile\(|createReadStream|child_process|Bun\.(?:file|spawn)|Deno\.(?:read|Command)|"
    + _BRINGS % rb"fs(?:/promises)?"
)
_IN_READS = (b"readFile", b"createReadStream", b"child_process", b"Bun.", b"Deno.", b'fs"', b"fs'", b"fs`", b"fs/promises")
_SCRAMBLED = expression(rb"\b_0x[0-9a-f]{4,6}\b")  # names that the common obfuscators of JavaScript make
_EXECUTES = expression(rb"\bexec(?:Sync)?\(\s{0,20}[\"'`]([^\"'`\n]{6,400})[\"'`]")
_MAX_COMMANDS = 200
_MANY = 60  # scrambled names that make a file obfuscated
_NEAR = 20_000  # bytes between what must stand together; a bundle of megabytes holds everything somewhere
_MAX_PLACES = 50


_Found = tuple[str, bytes, int]
"""(what the file does, the text that shows it, where that text begins)"""


def is_foreign(path: str) -> bool:
    """Is this, by its suffix, a script or source that is looked at here? Not what npm installed."""
    return bool(_SUFFIXES.search(path)) and "node_modules/" not in path


def is_foreign_program(data: bytes) -> bool:
    """Is this, by its first line, a shell or JavaScript program?"""
    return _SHELL_FIRST.match(data) is not None or _SCRIPT_FIRST.match(data) is not None


def _is_shell(path: str, data: bytes) -> bool:
    return _SHELL.search(path) is not None or (not _SUFFIXES.search(path) and _SHELL_FIRST.match(data) is not None)


def foreign_facts(path: str, data: bytes, allowance: Allowance | None = None) -> Iterator[CodeFact]:
    """At most one fact `foreign-code` for the file. Its commands are searched as far as the allowance goes."""
    found: _Found | None
    if _is_shell(path, data):
        found = _shell(data, allowance or Allowance())
    elif _SCRIPT.search(path) or _SCRIPT_FIRST.match(data):
        found = _javascript(data, allowance or Allowance())
    elif _TEMPLATE.search(path):
        found = _matched(_REACHES, data, "a template that reaches for Python's own functions")
    else:
        found = _matched(_STARTS, data, "a shell is started that asks the network")
    if found is not None:
        line = data.count(b"\n", 0, found[2]) + 1
        shown = safe(found[1].decode("utf-8", "replace"))
        yield CodeFact(behaviour="foreign-code", moment=Moment.CALL, member=path, line=line, detail=found[0], decoded=shown)


def _matched(pattern: re.Pattern[bytes], data: bytes, what: str) -> _Found | None:
    found = pattern.search(data)
    return (what, found[0], found.start()) if found is not None else None


def unseen(path: str, data: bytes) -> str:
    """The part of a file that `foreign_facts` does not look at, as text for a gap; "" where it looks at all."""
    if _is_shell(path, data):
        return f"the lines after the first {_MAX_LINES:,}" if data.count(b"\n") > _MAX_LINES else ""
    if not (_SCRIPT.search(path) or _SCRIPT_FIRST.match(data)):
        return ""
    commands = _EXECUTES.finditer(data) if b"child_process" in data else iter(())
    if next(islice(commands, _MAX_COMMANDS, None), None) is not None:
        return f"the commands after the first {_MAX_COMMANDS} it starts"
    places = _SECRETS.finditer(data) if _may_take(data) else iter(())
    if next(islice(places, _MAX_PLACES, None), None) is not None:
        return f"the places of secrets after the first {_MAX_PLACES} it names"
    return ""


@lru_cache(maxsize=1)
def _may_take(data: bytes) -> bool:
    """Does the file read files or start programs, and name a place of secrets? Cached, as it is asked twice for each
    file."""
    return any(word in data for word in _IN_READS) and any(word in data for word in _IN_SECRETS)


_MAX_KEPT = 8  # lines that print something private into a file


def _shell(data: bytes, allowance: Allowance) -> _Found | None:
    kept = list[PrintedFile]()
    for start, line in _whole_lines(data):
        if line.lstrip().startswith(_COMMENTS):
            continue
        if _OBEYS.search(line):
            return "a shell is opened to the network", line, start
        command = line.decode("utf-8", "replace")
        kept += [one for one in printed_files(command) if len(kept) < _MAX_KEPT and private_files.printed_by(one.what)]
        if not MAY_TAKE_OR_HIDE.search(command):
            continue
        if not allowance.take(command):
            return None
        before = "\n".join(f"{one.what} > '{one.file}'" for one in kept)
        for deed in (*deeds(command), *kept_and_sent(f"{before}\n{command}", "")):
            if _is_hostile(deed):
                return deed.what, line, start
    return None


def _whole_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(where it begins, command): each line, joined with the next where it ends in a backslash or a pipe."""
    start, end, joined = 0, 0, b""
    for line in data.split(b"\n")[:_MAX_LINES]:
        joined, end = joined + line, end + len(line) + 1
        if _CARRIED_ON.search(line) and len(joined) < MAX_LINE and not joined.lstrip().startswith(_COMMENTS):
            joined = joined.rstrip(b"\\\r") + b" "
            continue
        yield start, joined
        start, joined = end, b""
    yield start, joined


def _is_hostile(deed: Deed) -> bool:
    """Is this nothing that an honest script of a package does?"""
    if deed.behaviour == "sends":
        return deed.source in {"credential-file", "environment"}
    return deed.behaviour in {"mines", "runs-decoded"}


def _javascript(data: bytes, allowance: Allowance) -> _Found | None:
    if b"_0x" in data and len(list(islice(_SCRAMBLED.finditer(data), _MANY))) == _MANY and (hit := _SCRAMBLED.search(data)):
        return "JavaScript whose names were made unreadable", hit[0], hit.start()
    if b"child_process" in data:
        for hit in islice(_EXECUTES.finditer(data), _MAX_COMMANDS):
            line = hit[1]
            if not allowance.take(line):
                break
            if any(
                _is_hostile(deed) or deed.behaviour == "runs-downloaded" for deed in deeds(line.decode("utf-8", "replace"))
            ):
                return "JavaScript that has a shell run what is downloaded", line, hit.start()
    for hit in islice(_SECRETS.finditer(data), _MAX_PLACES) if _may_take(data) else ():
        start, end = max(0, hit.start() - _NEAR), hit.end() + _NEAR
        if _LEAVES.search(data, start, end) and _READS.search(data, start, end):
            return "JavaScript that reads places of secrets and asks the network", hit[0], hit.start()
    return None
