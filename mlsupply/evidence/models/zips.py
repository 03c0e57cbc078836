"""Zip archives: torch checkpoints, TorchScript, numpy's npz, Keras, skops, and plain ones. Every member is judged by its
content, whatever its name, its flags and its checksum say."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from mlsupply.evidence.models.dispatch import enter, inside
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.pickles import ends_with_it, is_pickle, look_at_pickle
from mlsupply.evidence.models.ziptable import CENTRAL, LOCAL, Entry, Table, read_table, unpack

_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_SLACK = 40  # bytes between members that data descriptors and padding explain


def look_at_zip(span: Span, look: Look) -> None:
    """Judge all members, and the bytes that belong to none. Raises `BrokenError` where there is no archive to read."""
    table = read_table(span, look.limits.members)
    look.saw(kind := kind_of(table))
    if not table.whole:
        look.doubt(Cause.TRUNCATED, "the zip file has no table of contents; members were found by their headers", span.size)
    if table.disputed:
        look.doubt(
            Cause.DISGUISE, "the end records tell of different tables of contents: readers disagree on them", table.tail
        )
    _around(span, table, look)
    reader = _KINDS.get(kind, _plain)
    reader(table, look)


def look_at_zip_or_polyglot(span: Span, look: Look) -> None:
    """What ends like a zip but begins like something else is both: each reading is judged."""
    from mlsupply.evidence.models.dispatch import head_format

    form = None if span.startswith(LOCAL, b"PK\x05\x06") else head_format(span)
    if form and form.name == "pickle" and ends_with_it(span):
        _carried(span, look)
        return
    if form:
        look.doubt(Cause.DISGUISE, f"a {form.name} and a zip archive in one file: loaders disagree on what it is", 0)
        with inside(look, f"as {form.name}"):
            form.read(span, look)
    look_at_zip(span, look)


def _carried(span: Span, look: Look) -> None:
    """A pickle that holds an archive among its bytes, as pickled Keras models do: both are judged, and neither is hidden."""
    look_at_pickle(span, look)
    table = read_table(span, look.limits.members)
    enter(span.sub(table.prefix, table.tail - table.prefix), look, f"bytes at {table.prefix}")


def kind_of(table: Table) -> str:
    """torch, torchscript, keras, npz, skops, mar or zip, by the members' names."""
    names = {entry.name for entry in table.entries}
    if any(name.rpartition("/")[2].lower() == "data.pkl" for name in names):
        return "torchscript" if any("/code/" in f"/{name}" and name.endswith(".py") for name in names) else "torch"
    if any(re.fullmatch(r"[^/]+/(?:version|byteorder|\.data/serialization_id)", name) for name in names):
        return "torch"
    if "metadata.json" in names or {"config.json", "model.weights.h5"} <= names:
        return "keras"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    if "schema.json" in names:
        return "skops"
    return "mar" if "MAR-INF/MANIFEST.json" in names else "zip"


def _around(span: Span, table: Table, look: Look) -> None:
    """Bytes before, between and behind the members."""
    if table.prefix > 0:
        look.doubt(Cause.TRAILING, f"{table.prefix:,} bytes before the archive", 0)
        with inside(look, "before the archive"):
            enter(span.sub(0, table.prefix), look, "")
    if table.tail < span.size and span.read(table.tail, 64).strip(b"\0"):
        look.doubt(Cause.TRAILING, f"{span.size - table.tail:,} bytes after the archive", table.tail)
        enter(span.sub(table.tail), look, "after the archive")
    at = table.prefix
    for entry in sorted(table.entries, key=lambda entry: entry.start):
        if entry.start > at + _SLACK and span.read(at, 4) == LOCAL:
            look.doubt(Cause.DISGUISE, "a member that the table of contents does not list", at)
            enter(span.sub(at, entry.start - at), look, "unlisted")
        at = max(at, entry.data.end - span.start)
    if span.read(at, 4) == LOCAL and (end := span.find(CENTRAL, at)) > at:
        look.doubt(Cause.DISGUISE, "members that the table of contents does not list", at)
        enter(span.sub(at, end - at), look, "unlisted")


def _each(table: Table, look: Look, skip: Callable[[Entry], bool], judge: Callable[[Entry, Span], object]) -> None:
    """Unpack every member that is not skipped and judge it inside its name."""
    for entry in table.entries:
        if entry.name.endswith("/") and entry.size == 0:
            continue
        if look.exhausted:
            look.doubt(Cause.LIMIT, "the remaining members are not opened: a budget has run out", entry.start)
            return
        with inside(look, entry.name):
            _oddities(entry, look)
            if not skip(entry):
                judge(entry, contents(entry, look))


def contents(entry: Entry, look: Look) -> Span:
    """A member's bytes, at most the limit. Raises `BrokenError`, `OverBudgetError`."""
    unpacked = unpack(entry, look.room(entry.data.size) if entry.method else 1 << 62)
    size = unpacked.span.size
    if not unpacked.whole:
        look.cut(size, entry.data.size, "the member")
    elif entry.size not in {size, 0xFFFFFFFF}:
        look.doubt(Cause.MALFORMED, f"declares {entry.size:,} bytes and holds {size:,}", 0)
    if entry.method:
        look.spend(size)
    if size < 1 << 20 and unpacked.whole and zlib.crc32(unpacked.span.read(0, size)) != entry.crc:
        look.doubt(Cause.MALFORMED, "the checksum does not fit; some loaders read on, so the content was judged", 0)
    return unpacked.span


def _oddities(entry: Entry, look: Look) -> None:
    if entry.local != entry.name:
        words = f"is called {entry.local!r} in its own header" if entry.local else "has no header of its own"
        look.doubt(Cause.DISGUISE, f"the member {words}: readers disagree on it", entry.start)
    if entry.flags & 0x2041:
        look.doubt(Cause.ENCRYPTED, "marked as encrypted; judged as if it were not, as some loaders do", entry.start)
    if ".." in re.split(r"[/\\]", entry.name) or entry.name.startswith(("/", "\\")) or _DRIVE.match(entry.name):
        look.block(Cause.PATH, "a member whose name leads out of the folder it is unpacked to", entry.start)
    if "\x00" in entry.name:
        look.doubt(Cause.DISGUISE, "a member with a zero byte in its name", entry.start)


def _plain(table: Table, look: Look) -> None:
    _each(table, look, lambda entry: False, lambda entry, span: enter(span, look, ""))
    named = {note.removeprefix("auto_map: ").split(".")[0] for note in look.notes if note.startswith("auto_map: ")}
    if named:
        _code(table, look, {f"{module}.py" for module in named})


def _code(table: Table, look: Look, files: set[str]) -> None:
    """The code that a configuration in the archive names."""
    from mlsupply.evidence.models.pycode import judge_code

    skip = [entry for entry in table.entries if entry.name.rpartition("/")[2] not in files]
    _each(table, look, lambda entry: entry in skip, lambda entry, span: judge_code(span, look, "auto_map names it"))


def _torch(table: Table, look: Look, *, script: bool = False) -> None:
    raw = re.compile(r"(?:.*/)?(?:data|constants|tensors)/\d+|(?:.*/)?(?:version|byteorder|\.data/.*|\.format_version)")
    if not any(entry.name.rpartition("/")[2].lower() == "data.pkl" for entry in table.entries):
        look.doubt(Cause.MALFORMED, "laid out as a torch checkpoint, but without data.pkl")

    def judge(entry: Entry, span: Span) -> None:
        name = entry.name.lower()
        if script and name.endswith((".py", ".debug_pkl")):
            _script(span, look) if name.endswith(".py") else None
        elif name.endswith(".pkl") and is_pickle(span):
            look.saw("pickle")
            look_at_pickle(span, look, torch=True, script=script)
        else:
            enter(span, look, "")

    _each(table, look, lambda entry: raw.fullmatch(entry.name) is not None, judge)


_SCRIPT_ACTS = re.compile(
    rb"\b(?:aten::save|aten::from_file|torch\.from_file|torch\.save|ops\.aten\.(?:save|from_file)|prim::PythonOp)\b"
)


def _script(span: Span, look: Look) -> None:
    """TorchScript source: its own language, in which few operators reach files."""
    if found := _SCRIPT_ACTS.search(span.data, span.start, min(span.end, span.start + (8 << 20))):
        words = bytes(found[0]).decode("latin-1")
        look.block(Cause.OPERATOR, f"TorchScript code uses {words}, which touches files", found.start() - span.start)


def _torchscript(table: Table, look: Look) -> None:
    _torch(table, look, script=True)


def _keras(table: Table, look: Look) -> None:
    from mlsupply.evidence.models.keras import look_at_archive

    look_at_archive(table, look, contents)
    skip = {"metadata.json", "config.json"}
    _each(table, look, lambda entry: entry.name.lower() in skip, lambda entry, span: enter(span, look, ""))


def _skops(table: Table, look: Look) -> None:
    from mlsupply.evidence.models.skops import look_at_schema

    def judge(entry: Entry, span: Span) -> None:
        if entry.name == "schema.json":
            look_at_schema(span, look)
        else:
            enter(span, look, "")

    _each(table, look, lambda entry: False, judge)


def _npz(table: Table, look: Look) -> None:
    """numpy's archives: of an array of numbers only the header is unpacked, however far the zeros behind it expand."""
    from mlsupply.evidence.models.npy import holds_numbers

    def numbers(entry: Entry) -> bool:
        return entry.method != 0 and holds_numbers(unpack(entry, 1 << 16).span, entry.size, look)

    _each(table, look, numbers, lambda entry, span: enter(span, look, ""))


def _mar(table: Table, look: Look) -> None:
    """TorchServe archives: the handler is Python that the server imports."""
    from mlsupply.evidence.models.pycode import judge_code

    def judge(entry: Entry, span: Span) -> None:
        if entry.name.endswith(".py"):
            judge_code(span, look, "the server imports it")
        else:
            enter(span, look, "")

    _each(table, look, lambda entry: False, judge)


_KINDS: dict[str, Callable[[Table, Look], None]] = {
    "npz": _npz,
    "mar": _mar,
    "torch": _torch,
    "torchscript": _torchscript,
    "keras": _keras,
    "skops": _skops,
}
