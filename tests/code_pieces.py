"""Sources and archives made at random from the pieces the analyser follows: for fuzzing, never for running."""

from __future__ import annotations

import io
import random
import zipfile

_VALUES = (
    "'a'", "b'x'", "0", "1 << 9", "None", "[1, 2]", "(3,)", "{'k': 1}", "lambda x: x", "__name__", "os.environ", "f'{a}{b}'",
    "open('~/.ssh/id_rsa').read()", "[a for a in b]", "{**a}", "a[::-1]", "chr(97)", "bytes([1, 2])", "b'%s' % a", "'x' * 9",
    "base64.b64decode('YQ==')", "zlib.decompress(a)", "requests.get('https://a.example').text", "getattr(os, 'sys' + 'tem')",
    "globals()['a']", "__import__('os')", "socket.socket()", "subprocess.run", "type('A', (), {})", "yield_", "a.b.c()",
    "(lambda *a, **k: a)(1, *b, k=2)", "str(a).encode('rot13')", "''.join(map(chr, [1, 2]))", "a if b else c", "not a", "-a",
)  # fmt: skip
_LINES = (
    "{n} = {v}", "{n} += {v}", "{n}.{n} = {v}", "{n}[{v}] = {v}", "exec({v})", "eval({v})", "{n}({v}, {n}={v})", "del {n}",
    "os.system({v})", "subprocess.Popen([{v}, '-c', {v}])", "requests.post({v}, json={v})", "open({v}, 'w').write({v})",
    "import {n}", "from . import {n}", "from {n} import *", "global {n}", "return {v}", "assert {v}", "raise {v}", "pass",
    "{n}, *{n} = {v}", "with {v} as {n}: pass", "threading.Thread(target={n}).start()", "setattr({v}, 'a', {v})",
    "sys.path.insert(0, {v})", "{n}: int = {v}", "while {v}: break", "for {n} in {v}: {n}({v})", "print({v})",
)  # fmt: skip
_HEADS = (
    "def {n}(a, *b, c=1, **d):",
    "class {n}({n}):",
    "if {v}:",
    "for {n} in {v}:",
    "try:",
    "async def {n}():",
    "with {v} as {n}:",
)
_NAMES = ("a", "b", "c", "d", "os", "base64", "setup", "__getattr__")


def source(chance: random.Random, lines: int = 40) -> str:
    """Python that mostly parses."""
    out = ["import os, sys, base64, zlib, socket, subprocess, requests, threading"]
    depth = 0
    for _ in range(chance.randint(1, lines)):
        if depth < 4 and chance.random() < 0.2:
            head = _filled(chance.choice(_HEADS), chance)
            out.append("  " * depth + head)
            if head == "try:":
                out += ["  " * (depth + 1) + "pass", "  " * depth + "except Exception:"]
            depth += 1
            out.append("  " * depth + "pass")
        else:
            out.append("  " * depth + _filled(chance.choice(_LINES), chance))
            depth = max(0, depth - (chance.random() < 0.2))
    return "\n".join(out) + "\n"


def _filled(shape: str, chance: random.Random) -> str:
    while "{n}" in shape:
        shape = shape.replace("{n}", chance.choice(_NAMES), 1)
    while "{v}" in shape:
        shape = shape.replace("{v}", chance.choice(_VALUES), 1)
    return shape


def spoiled_archive(chance: random.Random) -> bytes:
    """A small wheel with some of its bytes changed, cut or doubled."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(chance.randint(1, 4)):
            archive.writestr(f"demo/{number}.py", chance.randbytes(chance.randint(0, 300)))
    data = bytearray(out.getvalue())
    for _ in range(chance.randint(0, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    cut = chance.randrange(len(data)) if chance.random() < 0.3 else len(data)
    return bytes(data[:cut]) + (bytes(data[: chance.randrange(99)]) if chance.random() < 0.2 else b"")
