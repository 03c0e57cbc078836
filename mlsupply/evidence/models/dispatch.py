"""What a piece of content is, told by its bytes and never by its name, and the reader that judges it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.named import NamedTuple

Reader = Callable[[Span, Look], None]


class Format(NamedTuple):
    """name as reported; claims: told by the content; module, function: imported when such content is met."""

    name: str
    claims: Callable[[Span], bool]
    module: str
    function: str

    def read(self, span: Span, look: Look) -> None:
        """Import the reader and let it look."""
        reader: Reader = getattr(import_module(f"mlsupply.evidence.models.{self.module}"), self.function)
        reader(span, look)


def _magic(*heads: bytes, at: int = 0) -> Callable[[Span], bool]:
    return lambda span: any(span.read(at, len(head)) == head for head in heads)


def _is_zip(span: Span) -> bool:
    if span.startswith(b"PK\x03\x04", b"PK\x05\x06"):
        return True
    from mlsupply.evidence.models.ziptable import has_end

    return has_end(span)


def _is_zlib(span: Span) -> bool:
    head = span.read(0, 2)
    return len(head) == 2 and head[0] == 0x78 and (head[0] << 8 | head[1]) % 31 == 0


def _is_hdf5(span: Span) -> bool:
    return any(span.read(at, 8) == b"\x89HDF\r\n\x1a\n" for at in (0, 512, 1024, 2048))


def _is_safetensors(span: Span) -> bool:
    head = span.read(0, 9)
    return len(head) == 9 and head[8:] == b"{" and head[7] == 0


def _is_json(span: Span) -> bool:
    head = span.read(0, 256).lstrip(b"\xef\xbb\xbf \t\r\n")
    return (head[:1] == b"{" and head[1:].lstrip()[:1] in {b'"', b"}", b""}) or (
        _ARRAY.match(head) is not None and _is_text(span)
    )


_ARRAY = re.compile(rb"\[\s*(?:[\[{\"\]]|-?\d|true\b|false\b|null\b|$)")  # not `[section]` of an INI file


def _is_text(span: Span) -> bool:
    """UTF-8 without control characters, judged by the first 4 KiB."""
    head = span.read(0, 4096)
    if any(code < 32 and code not in b"\t\r\n\f\x1b" for code in head):
        return False
    try:
        head[: len(head) - 4 if len(head) == 4096 else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_pickle(span: Span) -> bool:
    from mlsupply.evidence.models.pickles import is_pickle

    return is_pickle(span)


def _is_template(span: Span) -> bool:
    if not _is_text(span) or span.read(0, 64).lstrip().startswith(b"<!"):
        return False
    return any(span.find(begins) >= 0 and span.find(ends) >= 0 for begins, ends in ((b"{%", b"%}"), (b"{{", b"}}")))


def _is_onnx(span: Span) -> bool:
    from mlsupply.evidence.models.onnx import is_onnx

    return is_onnx(span)


def _is_savedmodel(span: Span) -> bool:
    from mlsupply.evidence.models.savedmodel import is_savedmodel

    return is_savedmodel(span)


def _is_xml(span: Span) -> bool:
    return span.read(0, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<PMML", b"<!DOCTYPE"))


def _is_fingerprint(span: Span) -> bool:
    """`fingerprint.pb` of a SavedModel: a few hashes, and nothing else."""
    from mlsupply.evidence.models.savedmodel import is_fingerprint

    return span.size < 200 and is_fingerprint(span)


_PICTURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF-",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"\x00\x00\x01\x00",
    b"wOFF",
    b"wOF2",
)
_NATIVE = (b"\x7fELF", b"MZ", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\x00asm")
_CLOSED = (b"Rar!", b"\x28\xb5\x2f\xfd", b"xar!", b"MSCF", b"\x04\x22\x4d\x19", b"ZCZC")

FORMATS: tuple[Format, ...] = (
    Format("npy", _magic(b"\x93NUMPY"), "npy", "look_at_npy"),
    Format("gguf", _magic(b"GGUF", b"FUGG"), "gguf", "look_at_gguf"),
    Format("hdf5", _is_hdf5, "keras", "look_at_hdf5"),
    Format("7z", _magic(b"7z\xbc\xaf\x27\x1c"), "sevenzip", "look_at_7z"),
    Format("gzip", _magic(b"\x1f\x8b"), "compressed", "look_at_gzip"),
    Format("bzip2", _magic(b"BZh"), "compressed", "look_at_bzip2"),
    Format("xz", _magic(b"\xfd7zXZ\x00"), "compressed", "look_at_xz"),
    Format("lzma", _magic(b"\x5d\x00\x00"), "compressed", "look_at_lzma"),
    Format("lz4", _magic(b"\x04\x22\x4d\x18"), "compressed", "look_at_lz4"),
    Format("tar", _magic(b"ustar", at=257), "tars", "look_at_tar"),
    Format("safetensors", _is_safetensors, "safetensors", "look_at_safetensors"),
    Format("zip", _is_zip, "zips", "look_at_zip_or_polyglot"),
    Format("zlib", _is_zlib, "compressed", "look_at_zlib"),
    Format("joblib-zfile", _magic(b"ZF0x"), "compressed", "look_at_zfile"),
    Format("pickle", _is_pickle, "pickles", "look_at_pickle"),
    Format("json", _is_json, "configs", "look_at_json"),
    Format("xml", _is_xml, "texts", "look_at_xml"),
    Format("jinja", _is_template, "templates", "look_at_template"),
    Format("text", _is_text, "texts", "look_at_text"),
    Format("tf-savedmodel", _is_savedmodel, "savedmodel", "look_at_savedmodel"),
    Format("onnx", _is_onnx, "onnx", "look_at_onnx"),
    Format("tf-fingerprint", _is_fingerprint, "texts", "look_at_text"),
    Format("tflite", _magic(b"TFL3", at=4), "tflite", "look_at_tflite"),
    Format("picture or document", _magic(*_PICTURES), "texts", "look_at_picture"),
    Format("native code", _magic(*_NATIVE), "texts", "look_at_native"),
    Format("closed archive", _magic(*_CLOSED), "texts", "look_at_closed"),
    Format("unknown", lambda span: True, "texts", "look_at_unknown"),
)
_ARCHIVES = frozenset({"7z", "gzip", "bzip2", "xz", "lzma", "lz4", "tar", "zip", "zlib", "closed archive"})


def format_of(span: Span) -> Format:
    """The first format that claims the content; `unknown` claims all."""
    return next(form for form in FORMATS if form.claims(span))


def head_format(span: Span) -> Format | None:
    """The format the first bytes show, of those that a loader accepts with a zip archive behind them."""
    return next((form for form in FORMATS if form.name in {"pickle", "npy"} and form.claims(span)), None)


def is_archive(span: Span) -> bool:
    """Whether the content is a container that may hold further files."""
    return format_of(span).name in _ARCHIVES


@contextmanager
def inside(look: Look, member: str) -> Iterator[None]:
    """Within a member of that name; what breaks or runs out there is marked there and nothing else is lost."""
    before = look.path
    look.path = (*before, member) if member else before
    try:
        yield
    except BrokenError as error:
        look.doubt(error.cause, error.detail, error.offset)
    except OverBudgetError as error:
        look.doubt(Cause.LIMIT, f"not looked at further: {error}")
    except RecursionError:
        look.doubt(Cause.LIMIT, "nested too deeply")
    finally:
        look.path = before


def enter(span: Span, look: Look, member: str) -> str:
    """Judge content of whatever format, as the member of that name; gives the format's name."""
    form = FORMATS[-1]
    with inside(look, member):
        look.entering()
        if span.size == 0:
            if not look.path:
                look.doubt(Cause.TRUNCATED, "an empty file: there is nothing to check", 0)
            return "empty"
        form = format_of(span)
        if form.name != "zip":  # a zip names itself by what it holds
            look.saw(form.name)
        form.read(span, look)
    return form.name
