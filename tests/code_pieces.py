"""Sources and archives made at random from the pieces the analyser follows: for fuzzing, never for running."""

from __future__ import annotations

import ast
import io
import random
import zipfile
from functools import cache
from pathlib import Path

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


_RECEIVED = "__import__('requests').get('https://a.example').text"


@cache
def _seeds() -> list[str]:
    """The corpus: every way, source and sink the tests know."""
    here = Path(__file__).parent
    texts = [(here / name).read_text(encoding="utf-8") for name in ("code_paths.txt", "code_ends.txt")]
    blocks = [block.partition("\n")[2] for text in texts for block in text.split("## ")[1:]]
    return [
        block.split("\n# ")[0].replace("SINK(", "exec(").replace("SRC", _RECEIVED).replace("RUN(", "eval(")
        for block in blocks
    ]


class _Swap(ast.NodeTransformer):
    """Puts expressions of another seed in the place of some."""

    def __init__(self, chance: random.Random, others: list[ast.expr]) -> None:
        self.chance, self.others = chance, others

    def generic_visit(self, node: ast.AST) -> ast.AST:
        plain = isinstance(node, ast.Call | ast.Name | ast.Attribute | ast.Constant | ast.BinOp | ast.Lambda | ast.Subscript)
        loads = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if plain and loads and self.others and self.chance.random() < 0.06:
            return self.chance.choice(self.others)
        return super().generic_visit(node)


def spliced(chance: random.Random) -> str:
    """A seed of the corpus with expressions, and sometimes whole statements, of another one."""
    one, other = (ast.parse(chance.choice(_seeds())) for _ in range(2))
    others = [
        node for node in ast.walk(other) if isinstance(node, ast.Call | ast.Name | ast.Attribute | ast.Lambda | ast.Dict)
    ]
    if chance.random() < 0.5:
        one.body += other.body
        chance.shuffle(one.body)
    swapped = _Swap(chance, [node for node in others if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)]).visit(one)
    try:
        return ast.unparse(swapped)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ""


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
