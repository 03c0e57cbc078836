"""What the readers share: bytes to text, text to TOML or JSON, requirement lines to values, each with a located gap
instead of an exception."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from mlsupply.hints import Any, TypeVar
from mlsupply.lazy import expression
from mlsupply.model import Gap, Place, Reason, Requirement, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.world import Failure, Limits, Tree

CHECK = "inventory"
_Document = TypeVar("_Document")
MAX_TOML = 20 << 20  # characters; parsed it takes up to thirty times as much memory
_SHORTER = "scan an export of it instead: an SBOM or a list (`uv export`, `poetry export`, `pip freeze`)"
_AS_UTF_8 = "save the file as UTF-8"
_BEGIN = 64  # bytes that show UTF-16 without a mark: no format that is read begins with zeros
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Snippet(NamedTuple):
    """A piece of a file. line: where it begins, from 1; 0 where that cannot be seen."""

    text: str
    line: int


def gap(path: str, reason: Reason, detail: str, line: int = 0, hint: str = "", item: str = "") -> Gap:
    """A gap of the inventory check about a place in a file. item: what it is about where there may be many alike; it is put
    behind the sentence, which is the same for all of them."""
    words = safe(without_credentials(detail)[0], 400)  # it may quote a line that holds a password
    shown = safe(without_credentials(item)[0], 400) if item else ""
    said = f"{words}: {shown}" if shown else words
    return Gap(subject=path, check=CHECK, reason=reason, detail=said, hint=hint, place=Place(path, line), item=shown)


def quoted(text: str, limit: int = 80) -> str:
    """A piece of a file for a sentence about it. Credentials are removed before it is shortened: a password cut in the
    middle would no longer be recognised as one."""
    return safe(without_credentials(text)[0], limit)


def named(text: str) -> str:
    """The canonical form of what a file gives as the name of its project."""
    return canonical(quoted(text, 200))


def text_of(path: str, tree: Tree, limits: Limits) -> str | Gap:
    """The file as text: UTF-8, or what its byte order mark says (pip does the same); line ends become `\\n`."""
    data = tree.read(path, limits.manifest_bytes)
    if isinstance(data, Failure):
        return gap(path, data.reason, data.detail, hint=_SHORTER if data.reason is Reason.TOO_LARGE else "")
    return decode(path, data)


def opened(
    path: str, tree: Tree, limits: Limits, parse: Callable[[str, str], _Document | Gap]
) -> tuple[str, _Document] | Gap:
    """The text of a file and what `parse` (`toml_of`, `json_of`, `yaml_of`) makes of it, or the gap of whichever failed."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return text
    document = parse(path, text)
    return document if isinstance(document, Gap) else (text, document)


def decode(path: str, data: bytes) -> str | Gap:
    """See `text_of`."""
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    data = data[len(mark) :]
    if not mark and is_unmarked_utf_16(data):
        return gap(path, Reason.MALFORMED, "UTF-16 without a byte order mark, by its zero bytes", 1, _AS_UTF_8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"byte {error.start} is not {encoding.upper()}: {error.reason}"
        return gap(path, Reason.MALFORMED, detail, line, _AS_UTF_8)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_unmarked_utf_16(data: bytes) -> bool:
    """Whether every other byte at the beginning is zero, in UTF-16 a letter's upper half."""
    one, other = data[:_BEGIN:2], data[1:_BEGIN:2]
    return bool(other) and ((all(one) and not any(other)) or (all(other) and not any(one)))


def beginning(path: str, tree: Tree, size: int) -> bytes | Failure:
    """The first bytes of a file, or why there are none: one that opens may still not be readable (a failing disk, a share
    whose host is gone)."""
    handle = tree.open(path)
    if isinstance(handle, Failure):
        return handle
    try:
        with handle:
            return handle.read(size)
    except OSError as error:
        return Failure(Reason.NOT_FOUND, f"{path} could not be read: {error.strerror}")


def toml_of(path: str, text: str) -> dict[str, Any] | Gap:
    """The parsed document, or a gap with the line where TOML ends."""
    if len(text) > MAX_TOML:
        return gap(path, Reason.LIMIT, f"TOML longer than {MAX_TOML:,} characters is not read", hint=_SHORTER)
    import tomli  # compiled: three times faster than the standard library's tomllib on a large lock

    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also an integer of more digits than Python converts
        found = re.search(r"\(at line (\d{1,9})|\(at (end) of document", str(error))
        line = 0 if found is None else text.rstrip().count("\n") + 1 if found[2] else int(found[1])
        return gap(path, Reason.MALFORMED, f"not TOML: {error}", line, "fix it, or let its tool write it again")


def json_of(path: str, text: str) -> Any | Gap:
    """The parsed document, or a gap with the line where JSON ends."""
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return gap(path, Reason.MALFORMED, f"not JSON: {error.msg}", error.lineno, "fix it, or let its tool write it again")
    except (RecursionError, ValueError) as error:  # ValueError: an integer of more digits than Python converts
        hint = "fix it, or let its tool write it again"
        return gap(path, Reason.MALFORMED, f"not JSON that can be read: {error}", hint=hint)


def string(table: Mapping[str, Any], key: str, limit: int = 2000) -> str:
    """The value made safe where it is a string, otherwise ""."""
    value = table.get(key)
    return safe(value, limit) if isinstance(value, str) else ""


def table(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The sub-table, or an empty one where the value is missing or something else."""
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def tables(mapping: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The tables of an array; what is not a table is left out."""
    value = mapping.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def strings(mapping: Mapping[str, Any], key: str) -> list[str]:
    """The strings of an array, unchanged; what is not a string is left out."""
    value = mapping.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def requirement(
    text: str, place: Place, *, groups: Sequence[str] = (), constraint: bool = False, hashes: Sequence[tuple[str, str]] = ()
) -> Requirement | Gap:
    """One PEP 508 requirement. Direct references become a git or URL source, their credentials cut off."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(text)
        marker = safe(str(parsed.marker or ""), 2000)
    except (InvalidRequirement, RecursionError) as error:
        why = next(iter(str(error).splitlines()), "")
        detail = f"not a requirement: {quoted(text)!r} ({quoted(why, 120)})"
        return gap(place.file, Reason.MALFORMED, detail, place.line, "write it as PEP 508 says: name[extra]>=1.0; marker")
    return Requirement(
        name=canonical(parsed.name),
        specifier=safe(str(parsed.specifier), 1000),
        extras=tuple(sorted(canonical(extra) for extra in parsed.extras)),
        marker=marker,
        source=source_of_url(parsed.url) if parsed.url else Source(),
        place=place,
        groups=tuple(groups),
        hashes=tuple(hashes),
        constraint=constraint,
        text=safe(without_credentials(text)[0], 300),
    )


_VCS = expression(r"^(?:git|hg|svn|bzr)\+")


def source_of_url(url: str) -> Source:
    """The source a direct reference names: `git+https://host/x@rev#egg=y` is git at `rev`; `file:` is a path."""
    clean = without_credentials(url)[0]
    if _VCS.match(clean):
        bare = clean.split("#", 1)[0]
        scheme_end = bare.find("://") + 3
        at = bare.rfind("@")
        has_revision = at > max(bare.find("/", scheme_end), scheme_end)
        return Source(SourceKind.GIT, bare[:at] if has_revision else bare, bare[at + 1 :] if has_revision else "")
    if clean.startswith("file:"):
        return Source(SourceKind.PATH, clean)
    return Source(SourceKind.URL, clean)


def source_of_table(entry: Mapping[str, Any], local: Sequence[str], *, editable: str) -> Source | None:
    """The repository, address or path that an entry of poetry's or uv's tables names; None where it names none. local: the
    keys a path may stand under; editable: the key that says it is installed in place."""
    if git := string(entry, "git"):
        revision = string(entry, "rev") or string(entry, "tag") or string(entry, "branch")
        return Source(SourceKind.GIT, without_credentials(git)[0], revision)
    if url := string(entry, "url"):
        return source_of_url(url)
    path = next((path for key in local if (path := string(entry, key))), "")
    return Source(SourceKind.EDITABLE if entry.get(editable) is True else SourceKind.PATH, path) if path else None
