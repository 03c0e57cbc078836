"""What the text of a module shows, whatever it does: code far to the right, look-alike identifiers, text in another order
than it is read, constants that are code."""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Iterator

from mlsupply.evidence.prefilter import worth_parsing
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.decoders import looks_like_code, peel, unxor
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_FAR = 120  # columns
_WIDE_GAP = expression(r"[;\s]\s{60,}(?=[^\s#\"'])")
_BIDI = expression("[\u202a-\u202e\u2066-\u2069]")
_EMBEDS = expression("[\u202a\u202b\u202d\u202e]")
_ISOLATES = expression("[\u2066-\u2068]")
_KEPT_FROM_USER = expression(
    r"(?i)(?:do not|don't|never|without) (?:mention|tell|inform|reveal|show|notify)[a-z ]{0,30} (?:the )?(?:user|human)"
)
# what that pattern holds in every case: looked for first, since a plain search is many times as fast
_IN_SECRET_PLACE = (".ssh", "id_", ".aws", ".env", "mcp.", ".netrc", ".kube", "/etc/", "claude")
_SECRET_PLACE = expression(
    r"(?i)\.ssh/|id_rsa|id_ed25519|\.aws/|\.env\b|mcp\.json|\.netrc|\.kube/|/etc/passwd|claude_desktop_config"
)
_WORD = expression(r"[^\W\d]\w*")
_POWERFUL = frozenset(
    {"exec", "eval", "compile", "__import__", "open", "getattr", "globals", "system", "popen", "subprocess", "os"}
)
_MAX_BLOBS = 200


# Controls by themselves between quotes: a table of them, or what a program turns a line with.
_TABLE = expression(r"\"[^\w\"'#\\\s]{1,80}\"|'[^\w\"'#\\\s]{1,80}'")


# Words between quotes with nothing but the end of the line behind them: neither can be taken for code.
_WORDS_ALONE = expression(
    r"\"[^#()=;{}\[\]'\"\\]{0,200}\"(?=[\s,)\]}:]{0,20}$)|'[^#()=;{}\[\]'\"\\]{0,200}'(?=[\s,)\]}:]{0,20}$)"
)


class Sight(NamedTuple):
    """Something the text shows. behaviour, layers, decoded, hidden, variant: as in `facets.CodeFact`."""

    behaviour: str
    line: int
    detail: str
    layers: tuple[str, ...] = ()
    decoded: str = ""
    hidden: bool = False
    variant: str = ""


def sights(text: str, tree: ast.Module, survey: Survey) -> Iterator[Sight]:
    """Everything of this kind in the text of a module, in no order. tree, survey: of the same text."""
    lines = text.split("\n")
    yield from _far_right(lines, tree)
    if not text.isascii():
        yield from _odd_names(lines, tree)
        yield from _turned(lines, survey)
        yield from _unseen(lines)
    yield from _orders(survey)
    yield from _blobs(survey)


def _turned(lines: list[str], survey: Survey) -> Iterator[Sight]:
    """The first line that turns the reading direction, and the first that does not turn it back (UAX #9)."""
    turning = [(number, line) for number, line in enumerate(lines, 1) if not line.isascii() and _BIDI.search(line)]
    if turning:
        yield Sight("bidi", turning[0][0], "text that is shown in another order than it is read")
    for number, shown in turning:
        line = _WORDS_ALONE.sub("", _TABLE.sub("", shown))
        embedded = len(_EMBEDS.findall(line)) - line.count("\u202c")
        isolated = len(_ISOLATES.findall(line)) - line.count("\u2069")
        if (embedded > 0 or isolated > 0) and not _is_shown(number, shown, lines, survey):
            yield Sight("bidi", number, "a control character makes the rest of the line show elsewhere", hidden=True)
            return


# How a text over several lines ends, and the signs that look like a part of that.
_QUOTES = {
    '"""': frozenset('"\u201c\u201d\u201e\u201f\u2033\u02ba\u02dd\u02ee\u3003\uff02'),
    "'''": frozenset("'`\u2018\u2019\u201a\u201b\u2032\u00b4\u02b9\u02bb\u02bc\u02c8\uff07"),
}


def _is_shown(number: int, line: str, lines: list[str], survey: Survey) -> bool:
    """Is the whole line a line of a longer text, in which no quote could pass for the end of it?"""
    for node in survey.blobs:
        if isinstance(node, ast.Constant) and node.lineno < number < (node.end_lineno or 0):
            end = lines[(node.end_lineno or 1) - 1].encode()[: node.end_col_offset or 0].decode("utf-8", "replace")
            return end[-3:] in _QUOTES and _QUOTES[end[-3:]].isdisjoint(line)
    return False


_SELECTORS = expression("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{24}")


def _unseen(lines: list[str]) -> Iterator[Sight]:
    """A row of characters that are not shown, each of which chooses among 256 shapes of the one before (UTS #37): one is."""
    for number, line in enumerate(lines, 1):
        if not line.isascii() and (found := _SELECTORS.search(line)):
            shown = "".join(chr(_value(ord(sign)) & 0x7F) for sign in line[found.start() :][:200] if _value(ord(sign)) >= 0)
            yield Sight("hidden-code", number, "text is hidden in variation selectors", ("selectors",), safe(shown))
            return


def _value(sign: int) -> int:
    if 0xFE00 <= sign <= 0xFE0F:
        return sign - 0xFE00
    return sign - 0xE0100 + 16 if 0xE0100 <= sign <= 0xE01EF else -1


def _orders(survey: Survey) -> Iterator[Sight]:
    """Texts that tell an agent to fetch a secret and to keep it from the user: descriptions of tools, prompts."""
    for node in survey.blobs:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if not text or len(text) > 20_000:
            continue
        low = text.casefold()
        if not any(word in low for word in _IN_SECRET_PLACE) or not _SECRET_PLACE.search(text):
            continue
        if (found := _KEPT_FROM_USER.search(text)) is not None:
            yield Sight("agent-order", node.lineno, f"a text orders an agent: {safe(found[0], 80)}", (), safe(text))
            return


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


def _odd_names(lines: list[str], tree: ast.Module) -> Iterator[Sight]:
    """Identifiers that Python reads as another, powerful name (PEP 3131: NFKC)."""
    written = set[tuple[int, str]]()  # texts may speak of such names
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        for found in _WORD.finditer(line):
            word = found[0]
            if word.isascii() or (plain := unicodedata.normalize("NFKC", word)) not in _POWERFUL:
                continue
            written = written or {pair for node in ast.walk(tree) for pair in _named(node)}
            if (number, plain) in written:
                yield Sight("hides-name", number, f"{safe(plain)} is written in look-alike letters")
                return


def _named(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Each line of the node, with a name that stands in it."""
    name = next(
        (found for field in ("id", "attr", "name", "arg") if isinstance(found := getattr(node, field, None), str)), ""
    )
    first = getattr(node, "lineno", 0)
    last = min(getattr(node, "end_lineno", first) or first, first + 20)
    if name and first:
        yield from ((line, name) for line in range(first, last + 1))


def _acts(code: bytes) -> bool:
    """Could it do something? Python that only computes or prints does nothing, whoever runs it; of programs and of other
    languages that is not known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return worth_parsing(code)


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
        if (found := peel(data)) is not None and _acts(found[1]):
            what, variant = ("an object file", "object-file") if _is_object(found[1]) else ("code", "")
            said = f"a constant is {what} under its encoding"
            yield Sight("hidden-code", node.lineno, said, found[0], _shown(found[1]), variant=variant)
        elif not isinstance(node, ast.Constant) or isinstance(node.value, bytes):
            if looks_like_code(data) and not isinstance(node, ast.Constant):
                yield Sight("hidden-code", node.lineno, "a list of numbers is code", ("integers",), _shown(data))
            elif (xored := unxor(data)) is not None:
                yield Sight("hidden-code", node.lineno, f"code XORed with {xored[0]}", ("xor",), _shown(xored[1]))


def _is_object(data: bytes) -> bool:
    """Is it an ELF file that has to be linked before anything can run it: relocatable, with no segments and no entry (ELF
    specification, chapter 4)?"""
    if data[:4] != b"\x7fELF" or len(data) < 64 or data[4] not in {1, 2} or data[5] not in {1, 2}:
        return False
    kind = data[16:18] if data[5] == 1 else data[17:15:-1]  # in the order of its bytes
    entry, segments = (data[24:32], data[56:58]) if data[4] == 2 else (data[24:28], data[44:46])
    return kind == b"\x01\0" and not any(entry) and not any(segments)


def _numbers(node: ast.List | ast.Tuple) -> bytes:
    values = [element.value for element in node.elts if isinstance(element, ast.Constant) and isinstance(element.value, int)]
    return bytes(values) if len(values) == len(node.elts) and all(0 <= value < 256 for value in values) else b""


def _shown(code: bytes) -> str:
    return safe(code.decode("utf-8", "replace"))
