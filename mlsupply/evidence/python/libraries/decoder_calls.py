"""Content that is decoded before it is used: by decoders, by ciphers, from data files of the package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values import decoders
from mlsupply.evidence.python.values.taint import kinds_in
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, constant, text_of, unknown

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

DATA_NAME = re.compile(
    r"\.(?:txt|dat|data|bin|png|jpe?g|gif|ico|svg|bmp|wav|json|md|csv|db|pak|ttf|woff2?|css|html|xml|enc|np[yz]|h5|"
    r"parquet|arrow|feather|safetensors|onnx|pt|sqlite3?|mp3|ogg|flac|hex|b64|b85|vocab|merges|bpe|spm|idx|lst|tsv|jsonl|"
    r"p[pgbn]m|pcx|tiff?|webp|tga|avif|heic|icns|psd|exr|dds|xpm|aiff?|au|midi?|m4a|aac|opus|avi|mov|mkv|webm|mp4|glb|stl|ply)$|"
    r"(?:^|[/\\])(?:py\.typed|LICEN[CS]E|NOTICE|COPYING|AUTHORS|INSTALLER|WHEEL|RECORD|METADATA|\.gitkeep|\.keep)$|\.mo$|"
    r"(?:^|[/\\])[^\0/\\*?]+\.(?:ya?ml|toml)$",  # of these one that is named: which of many is read, a user says
    re.I,
)


def unpacked(machine: Analyser, path: Value, line: int) -> Taint:
    """The label `encoded` for what a library reads from a data file of the package, such as a picture or table, which may
    hold anything; none for any other path."""
    if "package-file" not in kinds_in(path.taint) or not DATA_NAME.search(text := text_of(path)):
        return CLEAN
    return machine.origin("encoded", f"data file {text.rpartition('/')[2]}", line)


# Pictures, sounds and the like: an installation reads settings and texts of its own folder, and runs none of these.
_NO_TEXT = re.compile(
    r"\.(?:dat|data|bin|png|jpe?g|gif|ico|bmp|wav|pak|ttf|otf|woff2?|enc|np[yz]|h5|parquet|arrow|feather|safetensors|onnx|pt|"
    r"p[pgbn]m|pcx|tiff?|webp|tga|avif|heic|icns|psd|exr|xpm|aiff?|au|midi?|m4a|aac|opus|avi|mov|mkv|webm|"
    r"sqlite3?|mp3|mp4|ogg|flac|hex|b64|b85|spm|idx|pdf|zip|gz|xz|bz2|zst)$",
    re.I,
)


def beside_setup(machine: Analyser, path: str, line: int) -> Taint:
    """The label `encoded` for a file that `setup.py` reads by a relative path, so from its own package; none in any other
    module, and for settings and texts."""
    if machine.path.rpartition("/")[2] != "setup.py" or path.startswith((HOLE, "/", "~")) or not _NO_TEXT.search(path):
        return CLEAN
    return machine.origin("encoded", f"data file {path}", line)


def joined_resource(machine: Analyser, call: Call, result: Value) -> None:
    """Labels the result of `files(package).joinpath(name)` as a data file of the package."""
    name = text_of(call.args[-1]) if call.args else ""
    if "package-file" in kinds_in(result.taint) and DATA_NAME.search(name):
        result.taint |= machine.origin("encoded", f"data file {name}", call.line)


_DECRYPTS = frozenset({"decrypt", "decrypt_and_verify", "decrypt_message", "update"})


def decrypted(machine: Analyser, call: Call, result: Value) -> None:
    """Marks the result as decrypted where a method of an unknown object is called like that of a cipher, with a constant or
    data of the package."""
    name = call.ref.rpartition(".")[2]
    if name not in _DECRYPTS or not call.args or (name == "update" and not call.ref.endswith("decryptor().update")):
        return
    data = call.args[0]
    written_here = isinstance(data.const, str | bytes) and len(data.const) >= 16
    if written_here or "package-file" in kinds_in(data.taint):
        result.taint |= machine.origin("encoded", "decrypted", call.line)
        result.layers = (*result.layers, "decrypted")


_PLAIN = frozenset({"percent", "html", "quoted-printable"})


def decoded(machine: Analyser, call: Call) -> Value:
    """The result of a decoder: the content where its input is known, otherwise an unknown with one layer more."""
    ref = call.ref
    data = call.arg(0, "s", "obj", "data", "string", "hexstr", "bytes_object")
    if data is None:
        return Value()
    if ref in decoders.OPAQUE:
        label = machine.origin("encoded", decoders.OPAQUE[ref], call.line)
        from_caller = any(one.startswith("parameter:") for one in data.taint)
        made = Value("", NOTHING, data.taint | (label if data.known or (data.layers and not from_caller) else CLEAN), HOLE)
        made.layers = (*data.layers, decoders.OPAQUE[ref])
        from mlsupply.evidence.python.libraries import execution

        if ref in know.RUNS_CODE:
            execution.unpickled(machine, call, data)
        return made
    layer = decoders.BY_NAME[ref][0]
    if layer in _PLAIN and not data.known and not data.layers:
        return unknown(data)  # every address and page is read this way; it hides what is written here
    if isinstance(data.const, str | bytes):
        result = decoders.decoded(ref, data.const)
        if result is not None:
            return constant(result[1], (*data.layers, result[0]), data.taint)
    label = machine.origin("encoded", layer, call.line) if data.known else CLEAN
    return Value("", NOTHING, data.taint | label, HOLE, (*data.layers, layer))
