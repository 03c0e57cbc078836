"""Tar archives: NeMo, torch's oldest format, and plain ones, judged member by member without unpacking to disk."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator

from mlsupply.evidence.models.calls import Judge, item_size
from mlsupply.evidence.models.dispatch import enter, inside
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, Span
from mlsupply.evidence.models.pickles import Stream
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_BLOCK = 512
_TORCH = {"pickle", "storages", "tensors", "sys_info"}


class Member(NamedTuple):
    """kind: the type flag, `0` file, `1` hard link, `2` link, `5` folder; offset: of its header."""

    name: str
    kind: str
    target: str
    data: Span
    offset: int


def look_at_tar(span: Span, look: Look) -> None:
    """Judge every file; links and names that lead out of the folder are blocked."""
    members = list(_members(span, look))
    names = {posixpath.basename(member.name) for member in members}
    torch = {"pickle", "storages", "tensors"} <= names
    if torch:
        look.notes.append("torch tar format")
    links: dict[str, str] = {}
    for member in members:
        with inside(look, member.name):
            _escapes(member, links, look)
            if member.kind in {"0", "\0", "7"}:
                _file(member, look, torch=torch)


def _members(span: Span, look: Look) -> Iterator[Member]:
    at = 0
    long_name = ""
    while at + _BLOCK <= span.size:
        head = span.read(at, _BLOCK)
        if not head.strip(b"\0"):
            return
        size = _octal(head[124:136], at)
        if at + _BLOCK + size > span.size:
            look.doubt(Cause.TRUNCATED, "the tar file ends inside a member", at)
        kind = chr(head[156])
        data = span.sub(at + _BLOCK, size)
        if kind in "Lx":
            long_name = _long_name(kind, data) or long_name
        elif kind not in "gK":
            prefix = _text(head[345:500]) if head[257:262] == b"ustar" else ""
            name = long_name or (f"{prefix}/" if prefix else "") + _text(head[:100])
            long_name = ""
            yield Member(safe(name, 300), kind, _text(head[157:257]), data, at)
        at += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
    if at > span.size or span.size - at not in {0}:
        look.doubt(Cause.TRUNCATED, "the tar file has no end", at)


def _text(raw: bytes) -> str:
    return safe(raw.split(b"\0", 1)[0].decode("utf-8", "replace"), 300)


def _octal(raw: bytes, at: int) -> int:
    if raw[:1] == b"\x80":
        return int.from_bytes(raw[1:], "big")
    try:
        return int(raw.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise BrokenError("a tar header whose size is no number", at) from error


def _long_name(kind: str, data: Span) -> str:
    """A GNU long name, or the path record of a pax header."""
    body = data.read(0, 1 << 14)
    if kind == "L":
        return _text(body)
    found = body.find(b"path=")
    return _text(body[found + 5 :].split(b"\n", 1)[0]) if found >= 0 and body[found - 1 : found] == b" " else ""


def _outside(path: str) -> bool:
    flat = posixpath.normpath(path)
    return flat.startswith(("/", "../")) or flat == ".." or "\\" in path


def _escapes(member: Member, links: dict[str, str], look: Look) -> None:
    if _outside(member.name):
        look.block(Cause.PATH, "a member whose name leads out of the folder it is unpacked to", member.offset)
    if member.kind in {"1", "2"}:
        target = member.target if member.kind == "1" else posixpath.join(posixpath.dirname(member.name), member.target)
        links[member.name] = target
        if _outside(target):
            look.block(Cause.PATH, f"a link to {member.target}, outside the folder it is unpacked to", member.offset)
    elif any(member.name.startswith(f"{link}/") for link in links):
        look.block(Cause.PATH, "a member written through a link in the same archive", member.offset)
    elif member.kind in {"3", "4", "6"}:
        look.block(Cause.PATH, "a device or pipe", member.offset)


def _file(member: Member, look: Look, *, torch: bool) -> None:
    base = posixpath.basename(member.name)
    if torch and base in _TORCH:
        look.saw("torch tar part")
        _torch_part(base, member.data, look)
    elif base.endswith((".yaml", ".yml")):
        from mlsupply.evidence.models.yamls import look_at_yaml

        look.saw("yaml")
        look_at_yaml(member.data, look)
    else:
        enter(member.data, look, "")


def _torch_part(part: str, span: Span, look: Look) -> None:
    """`storages` and `tensors` hold a count and then, per item, a pickle and raw numbers (torch.serialization's
    legacy_load); `pickle` and `sys_info` hold one pickle."""
    stream = Stream(span, look, torch=True)
    stream.judge = Judge(look, stream.nested, torch=True)
    if not stream.next() or part in {"pickle", "sys_info"}:
        return
    count = stream.result
    for _ in range(count if isinstance(count, int) and count < look.limits.records else 0):
        if not stream.next():
            return
        stream.at += _raw(part, span, stream)
    if stream.at != span.size:
        look.doubt(Cause.TRAILING, "bytes that the count does not account for", stream.at)


def _raw(part: str, span: Span, stream: Stream) -> int:
    """Length of the numbers behind one record's pickle."""
    head = span.read(stream.at, 8)
    if len(head) < 8:
        raise BrokenError("a record that is cut off", stream.at, Cause.TRUNCATED)
    if part == "storages":
        record = stream.result
        width = item_size(record[2]) if isinstance(record, tuple) and len(record) > 2 else 1
        return 8 + int(struct.unpack("<q", head)[0]) * width
    dimensions: int = struct.unpack("<i", head[:4])[0]
    if not 0 <= dimensions <= 64:
        raise BrokenError("a tensor with an impossible number of dimensions", stream.at)
    return 8 + dimensions * 16 + 8
