"""Decoders for the encodings that hide payloads. They run nothing from the payload, and their output is bounded."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import html
import lzma
import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from mlsupply.evidence.python.values.effort import LARGE

MAX_OUT = 4 << 20  # bytes that one step may give
MAX_LAYERS = 6  # encodings within one another that `peel` undoes

Decoder = Callable[[bytes], bytes]


def _inflate(data: bytes) -> bytes:
    out = zlib.decompressobj(wbits=47 if data[:2] != b"\x1f\x8b" else 31)
    return out.decompress(data, MAX_OUT)


def _b64(data: bytes) -> bytes:
    data = bytes(data).translate(_URLSAFE, b" \t\r\n")
    return base64.b64decode(data + b"=" * (-len(data) % 4))


_URLSAFE = bytes.maketrans(b"-_", b"+/")

_B85 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z85 = bytes.maketrans(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#", _B85)

# Dotted name of a decoder -> (layer, function).
BY_NAME: dict[str, tuple[str, Decoder]] = {
    "base64.b64decode": ("base64", _b64),
    "base64.standard_b64decode": ("base64", _b64),
    "base64.urlsafe_b64decode": ("base64", _b64),
    "base64.decodebytes": ("base64", _b64),
    "base64.decodestring": ("base64", _b64),
    "binascii.a2b_base64": ("base64", _b64),
    "base64.b32decode": ("base32", base64.b32decode),
    "base64.b32hexdecode": ("base32", base64.b32hexdecode),
    "base64.b16decode": ("hex", lambda data: base64.b16decode(data, casefold=True)),
    "base64.b85decode": ("base85", base64.b85decode),
    "base64.a85decode": ("ascii85", base64.a85decode),
    "base64.z85decode": ("base85", lambda data: base64.b85decode(data.translate(_Z85))),  # Python 3.13
    "binascii.unhexlify": ("hex", binascii.unhexlify),
    "binascii.a2b_hex": ("hex", binascii.unhexlify),
    "builtins.bytes.fromhex": ("hex", lambda data: bytes.fromhex(data.decode("ascii"))),
    "builtins.bytearray.fromhex": ("hex", lambda data: bytes.fromhex(data.decode("ascii"))),
    "binascii.a2b_uu": ("uu", binascii.a2b_uu),
    "binascii.a2b_qp": ("quoted-printable", binascii.a2b_qp),
    "quopri.decodestring": ("quoted-printable", binascii.a2b_qp),
    "zlib.decompress": ("zlib", _inflate),
    "gzip.decompress": ("gzip", _inflate),
    "bz2.decompress": ("bz2", lambda data: bz2.BZ2Decompressor().decompress(data, MAX_OUT)),
    "lzma.decompress": ("lzma", lambda data: lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, MAX_OUT)),
    "urllib.parse.unquote_to_bytes": ("percent", lambda data: unquote(data.decode("latin-1")).encode("latin-1", "replace")),
    "urllib.parse.unquote": ("percent", lambda data: unquote(data.decode("utf-8", "replace")).encode()),
    "urllib.parse.unquote_plus": ("percent", lambda data: unquote(data.decode("utf-8", "replace")).encode()),
    "html.unescape": ("html", lambda data: html.unescape(data.decode("utf-8", "replace")).encode()),
}
# Those of them that give `str`; the others give `bytes`.
TEXT_RESULT = {"urllib.parse.unquote", "urllib.parse.unquote_plus", "html.unescape"}

# Decoders whose result cannot be computed here: the layer is known, the content is not.
OPAQUE = {
    "marshal.loads": "marshal",
    "marshal.load": "marshal",
    "dill.loads": "pickle",
    "cloudpickle.loads": "pickle",
    "cryptography.fernet.Fernet().decrypt": "decrypted",
    "Fernet().decrypt": "decrypted",
    "Crypto.Cipher.AES.new().decrypt": "decrypted",
    "Cryptodome.Cipher.AES.new().decrypt": "decrypted",
    "Crypto.Util.Padding.unpad": "decrypted",
    "pyaes.AESModeOfOperationCTR().decrypt": "decrypted",
    "brotli.decompress": "brotli",
    "zstandard.ZstdDecompressor().decompress": "zstd",
    "compression.zstd.ZstdDecompressor().decompress": "zstd",
    "compression.zstd.decompress": "zstd",
    "lz4.frame.decompress": "lz4",
    "base58.b58decode": "base58",
}

# Name of a codec -> layer, for the codecs that hide a text.
CODECS = {
    "rot13": "rot13", "rot_13": "rot13", "rot-13": "rot13", "hex": "hex", "hex_codec": "hex", "base64": "base64",
    "base64_codec": "base64", "base_64": "base64", "zlib": "zlib", "zlib_codec": "zlib", "zip": "zlib", "bz2": "bz2",
    "bz2_codec": "bz2", "unicode_escape": "escapes", "unicode-escape": "escapes", "uu": "uu", "punycode": "punycode",
    "utf-7": "utf-7", "utf_7": "utf-7", "utf7": "utf-7",
}  # fmt: skip
_SAFE_ERRORS = (ValueError, zlib.error, lzma.LZMAError, EOFError, OSError, TypeError, LookupError, MemoryError)


def decoded(name: str, data: str | bytes) -> tuple[str, str | bytes] | None:
    """(layer, result) of the decoder with this dotted name; None where there is none, the data does not fit it, or the
    result is longer than MAX_OUT."""
    entry = BY_NAME.get(name)
    if entry is None:
        return None
    layer, decoder = entry
    try:
        result = decoder(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
    except _SAFE_ERRORS:
        return None
    if len(result) > MAX_OUT:
        return None
    return layer, result.decode("utf-8", "replace") if name in TEXT_RESULT else result


def by_codec(data: str | bytes, codec: str) -> tuple[str, Any] | None:
    """(layer, result) of `codecs.decode(data, codec)`, the layer "" for plain text encodings; None where decoding fails."""
    layer = CODECS.get(codec.lower(), "")
    if is_slow(data, codec):
        return None
    try:
        if layer == "zlib":
            return layer, _inflate(data if isinstance(data, bytes) else data.encode("latin-1"))
        if layer == "bz2":
            return layer, BY_NAME["bz2.decompress"][1](data if isinstance(data, bytes) else data.encode("latin-1"))
        if layer == "rot13":
            return layer, codecs.decode(data if isinstance(data, str) else data.decode("latin-1"), "rot13")
        raw = data if isinstance(data, bytes) else data.encode("latin-1")
        return layer, codecs.decode(raw, codec) if layer else raw.decode(codec)
    except (*_SAFE_ERRORS, AssertionError):
        return None


def is_slow(data: str | bytes, codec: str) -> bool:
    """Whether this codec of names of hosts would take for ever with a text of this length, which no such name has."""
    return codec.lower() in {"idna", "punycode"} and len(data) > LARGE


@lru_cache(maxsize=256)
def is_codec(name: str) -> bool:
    """Whether Python itself has a codec of this name; packages may register others."""
    if name.lower() in {"mbcs", "oem", "ansi", "dbcs"}:
        return True  # on Windows
    try:
        codecs.lookup(name)
    except (LookupError, ValueError, TypeError):
        return False
    return True


_B64_TEXT = re.compile(rb"[A-Za-z0-9+/_=\s-]+\Z")
_HEX_TEXT = re.compile(rb"(?:[0-9a-fA-F]{2})+\Z")
_CODE_WORDS = re.compile(
    rb"(?:^|[\n;:(\s])(?:import |from \w+ import |exec\(|eval\(|__import__|subprocess|os\.system|socket\.|def \w+\(|#!/)"
)


def looks_like_code(data: bytes) -> bool:
    """Whether this is Python, a shell script or an executable rather than data: it has two words of code, or a magic
    number."""
    if data.startswith((b"\x7fELF", b"MZ\x90", b"\xcf\xfa\xed\xfe", b"#!/")):
        return True
    head = data[:20_000]
    if not head or sum(byte < 9 or 13 < byte < 32 for byte in head[:400]):
        return False
    return len(_CODE_WORDS.findall(head)) >= 2


def _steps(data: bytes) -> list[tuple[str, Decoder]]:
    """(layer, decoder) of the encodings that the data could be in, the likely ones first."""
    stripped = data.strip()
    if stripped[:2] in {b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x1f\x8b"}:
        return [("zlib", _inflate)]
    if stripped[:3] == b"BZh":
        return [BY_NAME["bz2.decompress"]]
    if stripped[:6] == b"\xfd7zXZ\x00":
        return [BY_NAME["lzma.decompress"]]
    if _HEX_TEXT.match(stripped):
        return [("hex", lambda raw: bytes.fromhex(raw.strip().decode("ascii")))]
    if _B64_TEXT.match(stripped):
        return [("base64", _b64), ("reversed", lambda raw: raw[::-1])]
    if stripped[-2:] in {b"\x9c\x78", b"\xda\x78", b"\x8b\x1f"}:
        return [("reversed", lambda raw: raw[::-1])]
    if len(stripped) < 100_000 and stripped.isascii():
        return [("base85", lambda raw: base64.b85decode(raw.strip())), ("reversed", lambda raw: raw[::-1])]
    return []


def peel(data: bytes, depth: int = 0) -> tuple[tuple[str, ...], bytes] | None:
    """(layers, code) where undoing up to MAX_LAYERS encodings of `data` gives code; None otherwise. depth: layers undone
    already."""
    if looks_like_code(data):
        return ((), data) if depth else None
    if depth >= MAX_LAYERS or len(data) < 40 or len(data) > MAX_OUT:
        return None
    for layer, step in _steps(data):
        try:
            out = step(data)
        except _SAFE_ERRORS:
            continue
        if (
            out
            and out != data
            and (found := peel(out, depth + 1 if layer != "reversed" else max(depth + 1, MAX_LAYERS - 3)))
        ):
            return (layer, *found[0]), found[1]
    return None


_LINE_OF_CODE = re.compile(rb"(?:import|from|exec\(|eval\(|__import__\()[ -~\s]{16,}\Z")


def unxor(data: bytes) -> tuple[int, bytes] | None:
    """(key, code) where XOR with one byte turns `data` into code; None otherwise."""
    if not 24 <= len(data) <= 1 << 16:
        return None
    for key in range(1, 256):
        out = data[:4096].translate(_XOR[key])
        if (b"import " in out or b"exec(" in out) and (looks_like_code(out) or _LINE_OF_CODE.match(out)):
            return key, data.translate(_XOR[key])
    return None


_XOR = [bytes(value ^ key for value in range(256)) for key in range(256)]


# Layers that hide content from a reader; `replace`, `join` and the like do not.
HIDING = frozenset(
    {
        "base64", "base32", "hex", "base85", "ascii85", "zlib", "gzip", "bz2", "lzma", "xor", "rot13", "reversed", "strided",
        "chr", "marshal", "decrypted", "integers", "escapes", "translate", "utf-7", "base58", "brotli", "swapcase", "uu",
        "pickle", "zstd", "lz4", "own codec", "tags", "percent", "punycode", "quoted-printable", "uuid", "addresses",
    }
)  # fmt: skip


def hiding(layers: tuple[str, ...]) -> tuple[str, ...]:
    """The layers that are in `HIDING`."""
    return tuple(layer for layer in layers if layer in HIDING)
