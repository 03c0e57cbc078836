"""What a command line for a shell, PowerShell or cmd does, judged by its text: download and run, send data, persist, hide,
destroy. The patterns are in `shell_kinds`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from mlsupply.evidence.python.commands import printed_files, private_files
from mlsupply.evidence.python.commands.shell_kinds import KINDS, OVERLAP
from mlsupply.evidence.python.places import MAKERS
from mlsupply.evidence.python.values.value import HOLE
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_SHORT = 500  # characters of a line whose deeds are cached
MAX_LINE = 20_000  # characters judged at a time; a longer line is judged in overlapping pieces
MAX_COMMAND = 1 << 20  # characters; a Linux system takes 128 kB as one argument (execve(2))
_BLANKS = expression(r"[ \t]{2,}")


class Deed(NamedTuple):
    """Something suspicious that a command line does. behaviour: as in `facets.CodeFact`; what: one phrase for people; text:
    the part that shows it; url: that it contacts, or ""; source: kind of what is sent; maker: does it fetch only the
    installer of a well-known tool, from its maker? variant: as in `facets.CodeFact`, or `OTHERS_KEY`."""

    behaviour: str
    what: str
    text: str
    url: str = ""
    source: str = ""
    maker: bool = False
    variant: str = ""


# A test whether a port answers: at most a constant word is sent, and the answer is not read.
_PORT_TEST = expression(
    r"(?:^|[\n;]|&&|\|\||(?<![$<>])\(|\s-c\s{1,9}[\"']|\b(?:if|while|until|then|do|timeout \S{1,9})\s|!)\s{0,9}"
    r"(?:(?:echo|printf)(?: -\w{1,3})?(?: [\w.:-]{1,30}| \"[\w.: -]{0,30}\"| '[\w.: -]{0,30}')?|:|true|"
    r"cat\s?<\s?/dev/null)?\s?"
    rf"[<>]\s?/dev/(?:tcp|udp)/(?:[\w.:{HOLE}-]{{1,100}}|\$\{{?\w{{1,40}}\}}?)/(?:[\w{HOLE}]{{1,20}}|\$\{{?\w{{1,40}}\}}?)"
    r"(?=\s{0,9}(?:2?>\s?/dev/null\s{0,9})?(?:2>&1\s{0,9})?(?:$|[\n;)\"']|&&|\|\|))"
)
_PATTERNS = tuple(
    (
        kind,
        expression("|".join(plain), re.IGNORECASE)
        if (plain := [one for one in kind.parts if isinstance(one, str)])
        else None,
        tuple(one for one in kind.parts if not isinstance(one, str)),
    )
    for kind in KINDS
)
_SENDERS = (
    r"\b(?:curl|wget|nc|ncat|https?(?=\s)|xh|Invoke-WebRequest|Invoke-RestMethod|iwr|irm|scp|rsync|ftp|sftp|"
    r"socat|telnet)\b|/dev/tcp/"
)
_SENDS = expression(_SENDERS, re.IGNORECASE)
# The key file of an SSH client, which signs with it and does not send it.
_IDENTITY = expression(r"(?<=\s)-(?:i\s?|oIdentityFile=|o IdentityFile=)[\w.~/$\"'-]{2,200}(?=[\s\"']|$)")
# The same in programs for Node, Ruby, Perl and PHP, which a command line may hold.
_SENDS_IN_CODE = expression(
    r"\bfetch\(|\bhttps?\.(?:request|get|post)\(|\brequire\([\"'](?:node:)?https?[\"']\)\.(?:request|get)\(|\baxios\b|"
    r"\bXMLHttpRequest\b|\bsendBeacon\(|\bnew WebSocket\(|\bnet\.(?:connect|createConnection)\(|"
    r"\bNet::HTTP\b|\bTCPSocket\b|\bHTTP::Tiny\b|\bLWP::|\bIO::Socket\b|\bcurl_exec\(|\bfile_get_contents\(\s{0,9}[\"']https?:"
)
_ENVIRONMENT_IN_CODE = expression(
    r"(?:[{(,]\s{0,9}(?:\.{3})?|\bin\s{1,9}|=\s{0,9}\.{3}|\bbody:\s{0,9})process\.env\s{0,9}[),;}]|"
    r"\bENV\.(?:to_\w{1,9}|inspect|map|each)\b|[%\\]%?ENV\b|\(\s{0,9}(?:\$_ENV|getenv\(\s{0,9}\))"
)
# What every command holds that sends, looks up, mines, or hides what it runs: for a first, cheap search.
MAY_TAKE_OR_HIDE = expression(
    "|".join(
        (
            _SENDERS,
            r"\b(?:nslookup|dig|host|ping|Resolve-DnsName)\b|\b(?:base64|xxd|openssl)\b|powershell",
            *(one for kind in KINDS if kind.behaviour == "mines" for one in kind.parts if isinstance(one, str)),
        )
    ),
    re.IGNORECASE,
)
_NEXT = expression(r"\|\||&&|[;\n]")
_UPLOADS = expression(
    r"(?<!\S)-(?:[dFT]|X ?P)|--(?:data|form|upload|post|body)|@|\b(?:scp|rsync|nc|ncat|socat|telnet)\b|/dev/tcp/|\$\(|[`|<]|"
    r"-InFile|-Body",
)
_LOOKS_UP = expression(r"\b(?:nslookup|dig|host|ping|Resolve-DnsName)\b", re.IGNORECASE)
_URL = expression(r"(?:https?|ftp|wss?)://[^\s\"'|;<>)`]{3,300}|\b(?:\d{1,3}\.){3}\d{1,3}\b")
_ENCODED = expression(r"(?i)powershell(?:\.exe)?\b[^\n]{0,200}?\s-e(?:c|nc\w*)?\s+[\"']?(?P<text>[A-Za-z0-9+/=]{24,})")
_PYTHON_C = expression(r"python[\d.]*(?:\.exe)?[\"']?\s+(?:-\w+\s+)*-c\s+(?P<quote>[\"']?)(?P<code>.{8,})", re.DOTALL)


def deeds(text: str, depth: int = 0) -> list[Deed]:
    """The suspicious things that a command line does; an empty list does not make it safe. depth: of commands in
    commands."""
    return [*_cached(text, depth)] if len(text) < _SHORT else _judged(text, depth)


@lru_cache(maxsize=256)
def _cached(text: str, depth: int) -> tuple[Deed, ...]:
    """A line is judged each time that the function around it is followed."""
    return tuple(_judged(text, depth))


def _judged(text: str, depth: int) -> list[Deed]:
    text = _BLANKS.sub(" ", text[:MAX_COMMAND])
    if len(text) <= MAX_LINE:
        return _deeds(text, depth)
    pieces = (text[at : at + MAX_LINE] for at in range(0, len(text) - OVERLAP, MAX_LINE - OVERLAP))
    found = {(deed.behaviour, deed.what): deed for piece in pieces for deed in _deeds(piece, depth)}
    return list(found.values())


def _deeds(text: str, depth: int) -> list[Deed]:
    urls = _URL.findall(text)
    url, maker = (urls[0], all(map(MAKERS.match, urls))) if urls else ("", False)
    done = []
    tied = _PORT_TEST.sub(" ", text) if "/dev/" in text else text
    for (behaviour, what, _, variant), pattern, apart in _PATTERNS:
        looked_at = tied if behaviour == "remote-control" else text
        found = pattern.search(looked_at) if pattern is not None else None
        shown = found[0] if found else next(filter(None, (one.search(looked_at) for one in apart)), "")
        if shown:
            makers = maker and behaviour == "runs-downloaded"
            done.append(Deed(behaviour, what, shown, url, maker=makers, variant=variant))
    text = _IDENTITY.sub(" ", text)
    if (sends := _SENDS.search(text) or _LOOKS_UP.search(text)) and (reads := private_files.read_in(text)):
        source = reads.kind
        piped = source != "environment" or "|" in text[reads.place :] or "$(" in text or "`" in text
        if piped and (source in _OF_NO_FILE or _sends_file(text)):
            done.append(Deed("sends", f"{source} sent by {sends[0]}", text, url, source))
    done += kept_and_sent(text, url)
    if sends := _SENDS_IN_CODE.search(text):
        done += _sent_in_code(text, sends[0].rstrip("("), url)
    if depth < 3:
        done += _inner(text, depth)
    return done


def kept_and_sent(text: str, url: str) -> Iterator[Deed]:
    """The deed of commands that print something private into a file, and then send the file. url: that they name."""
    for kept in printed_files.printed_files(text) if _SENDS.search(text) else ():
        if (reads := private_files.printed_by(kept.what)) is not None:
            for command in _NEXT.split(text[kept.end :]):
                if _SENDS.search(command) and _UPLOADS.search(command) and kept.file in printed_files.names_in(command):
                    yield Deed("sends", f"{reads.kind} kept in a file that is sent", text, url, reads.kind)
                    return


def _sent_in_code(text: str, how: str, url: str) -> Iterator[Deed]:
    """The deed of a program in another language that sends (how: the words that show it) and reads a credential or the
    whole environment."""
    reads = private_files.read_in(text)
    if reads is not None and reads.kind not in _OF_NO_FILE:
        yield Deed("sends", f"{reads.kind} sent by {how}", text, url, reads.kind)
    elif _ENVIRONMENT_IN_CODE.search(text):
        yield Deed("sends", f"environment sent by {how}", text, url, "environment")


_OF_NO_FILE = frozenset({"environment", "host-identity"})


def _sends_file(text: str) -> bool:
    """Does one command of the line both name a private file and send, or one that sends upload anything? Downloading a tool
    and using a credential with it afterwards is how every cloud client is set up."""
    commands = _NEXT.split(text)
    return any(private_files.names_one(one) and _SENDS.search(one) for one in commands) or any(
        _SENDS.search(one) and _UPLOADS.search(one) for one in commands
    )


def _inner(text: str, depth: int) -> list[Deed]:
    """The deeds of encoded PowerShell in the line."""
    found = _ENCODED.search(text)
    if not found:
        return []
    try:
        script = base64.b64decode(found["text"] + "=" * (-len(found["text"]) % 4)).decode("utf-16-le", "replace")
    except (binascii.Error, ValueError):
        return [Deed("runs-decoded", "encoded PowerShell", found[0])]
    return [Deed("runs-decoded", "encoded PowerShell", script), *deeds(script, depth + 1)]


_COMMANDED = expression(
    rf"(?:^|[\n;&|({{`]|(?<![\w./-])(?:then|do|else|eval|exec|sudo|nohup|time|xargs|env|iex|Invoke-Expression|-\w{{0,3}}c|-[cC]ommand)\s)"
    rf"[ \t]{{0,20}}[\"']?{HOLE}(?![\w.-]{{0,60}}[/\\])|{HOLE}[^\n]{{0,200}}\|\s{{0,9}}(?:sudo )?(?:ba|z|da|k)?sh\b"
)


def commanded(text: str) -> bool:
    """May an unknown part of the script be a command, rather than an argument or a part of a path?"""
    return HOLE not in text or _COMMANDED.search(text[:MAX_LINE]) is not None or HOLE in text[MAX_LINE:]


def python_in(text: str) -> str:
    """The code of `python -c CODE` in a command line, or ""."""
    found = _PYTHON_C.search(text[:MAX_LINE])
    if not found:
        return ""
    code = found["code"]
    return code.rsplit(found["quote"], 1)[0] if found["quote"] and found["quote"] in code else code
