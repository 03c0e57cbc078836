"""What the text of a module shows beside its meaning: code far to the right, look-alike identifiers, blobs that are code."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator

from mlsupply.evidence.python.decode import looks_like_code, peel, unxor
from mlsupply.evidence.python.survey import Survey
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_FAR = 120  # columns
_WIDE_GAP = re.compile(r"[;\s]\s{60,}(?=[^\s#\"'])")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_WORD = re.compile(r"[^\W\d]\w*")
_POWERFUL = frozenset(
    {"exec", "eval", "compile", "__import__", "open", "getattr", "globals", "system", "popen", "subprocess", "os"}
)
_MAX_BLOBS = 200


class Sight(NamedTuple):
    """behaviour: as in `facets.CodeFact`."""

    behaviour: str
    line: int
    detail: str
    layers: tuple[str, ...] = ()
    decoded: str = ""


def sights(text: str, tree: ast.Module, survey: Survey) -> Iterator[Sight]:
    """All that is there to see, in no order."""
    lines = text.split("\n")
    yield from _far_right(lines, tree)
    if not text.isascii():
        yield from _odd_names(lines)
        for number, line in enumerate(lines, 1):
            if _BIDI.search(line):
                yield Sight("bidi", number, "text that is shown in another order than it is read")
                break
    yield from _blobs(survey)


def _far_right(lines: list[str], tree: ast.Module) -> Iterator[Sight]:
    """Statements that start where nobody scrolls to."""
    suspects = {number for number, line in enumerate(lines, 1) if len(line) > _FAR and _WIDE_GAP.search(line)}
    if not suspects:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno in suspects and node.col_offset > _FAR:
            before = lines[node.lineno - 1].encode()[: node.col_offset].decode("utf-8", "replace")
            if len(before) - len(before.rstrip(" \t;")) >= 60:
                yield Sight("far-right", node.lineno, f"a statement starts in column {node.col_offset}")
                suspects.discard(node.lineno)


def _odd_names(lines: list[str]) -> Iterator[Sight]:
    """Identifiers that Python reads as another, powerful name (PEP 3131: NFKC)."""
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        for found in _WORD.finditer(line):
            word = found[0]
            if not word.isascii() and (plain := unicodedata.normalize("NFKC", word)) in _POWERFUL:
                yield Sight("hides-name", number, f"{safe(plain)} is written in look-alike letters")
                return


def _blobs(survey: Survey) -> Iterator[Sight]:
    """Constants that are code under their encodings, whether or not anything here is seen to run them."""
    seen = 0
    for node in survey.blobs:
        if isinstance(node, ast.Constant):
            data = node.value if isinstance(node.value, bytes) else str(node.value).encode("utf-8", "replace")
        else:
            data = _numbers(node)
        if not data or len(data) > 4 << 20 or (isinstance(node, ast.Constant) and b" " in data[:200] and b"\0" not in data):
            continue  # encodings hold no blanks; text does
        seen += 1
        if seen > _MAX_BLOBS:
            return
        if (found := peel(data)) is not None:
            yield Sight("hidden-code", node.lineno, "a constant is code under its encoding", found[0], _shown(found[1]))
        elif not isinstance(node, ast.Constant) or isinstance(node.value, bytes):
            if looks_like_code(data) and not isinstance(node, ast.Constant):
                yield Sight("hidden-code", node.lineno, "a list of numbers is code", ("integers",), _shown(data))
            elif (xored := unxor(data)) is not None:
                yield Sight("hidden-code", node.lineno, f"code XORed with {xored[0]}", ("xor",), _shown(xored[1]))


def _numbers(node: ast.List | ast.Tuple) -> bytes:
    values = [element.value for element in node.elts if isinstance(element, ast.Constant) and isinstance(element.value, int)]
    return bytes(values) if len(values) == len(node.elts) and all(0 <= value < 256 for value in values) else b""


def _shown(code: bytes) -> str:
    return safe(code.decode("utf-8", "replace"))
