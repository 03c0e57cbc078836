"""What the source text of a module hides from a reader, whatever the code does: statements far to the right, look-alike
identifiers, text in another order than it is shown, invisible characters, constants that are encoded code."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator

from mlsupply.evidence.prefilter.choice import worth_parsing
from mlsupply.evidence.python.syntax import far_right, quietly
from mlsupply.evidence.python.syntax.survey import Survey
from mlsupply.evidence.python.values.decoders import looks_like_code, peel, unxor
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.text import safe

_FAR = 120  # the column from which on a statement is out of sight
_WIDE_GAP = expression(r"(?:;|(?<!\s)\s)\s{60,}+(?=[^#\"'])")  # from the first blank on, so that a long gap is passed once
_BIDI = expression("[\u202a-\u202e\u2066-\u2069]")
_EMBEDS = expression("[\u202a\u202b\u202d\u202e]")
_ISOLATES = expression("[\u2066-\u2068]")
# Words by which a text tells an agent to keep something from its user.
_NOT = r"(?:do not|don't|never|without|no need to|need not|should not|shouldn't|must not|mustn't|rather than)"
_USER = r"(?:the )?(?:user|human)"
_KEPT_FROM_USER = expression(
    rf"(?i){_NOT} (?:mention|tell|inform|reveal|show|notify|alert|bother|disturb|warn)[a-z ,]{{0,30}} {_USER}|"
    rf"{_NOT} ask(?:ing)? for (?:confirmation|permission|approval|consent)\b|"
    rf"{_NOT} (?:[a-z]{{1,12}} ){{0,6}}ask(?:ing)? {_USER}(?! (?:for|to|about|if|whether|wh[a-z]{{2,4}}|again)\b)|"
    r"(?:user|human) (?:(?:does|do|need|must|should)(?: not|n't)|never) (?:[a-z]{1,8} ){0,2}"
    r"(?:see|know|notice|informed|told|aware)\b|"
    rf"\b(?:hide|keep|conceal) (?:[a-z]{{1,12}} ){{1,3}}(?:secret )?from {_USER}|\bbetween us\b"
)
# One of these is in every match of `_SECRET_PLACE`: looked for first, since a plain search is many times as fast.
_IN_SECRET_PLACE = (
    ".ssh", "id_", ".aws", ".env", "mcp.", ".netrc", ".kube", "/etc/", "claude", ".gnupg", "curl", "wget", "crontab",
)  # fmt: skip
_SECRET_PLACE = expression(
    r"(?i)\.ssh\b|id_rsa|id_ed25519|\.aws\b|\.env\b|mcp\.json|\.netrc|\.kube\b|/etc/passwd|claude_desktop_config|\.gnupg|"
    r"\b(?:curl|wget)\b[^\n]{0,200}(?:\|\s{0,9}(?:ba|z)?sh\b|\s-(?:[a-zA-Z]{0,6}T|d|F)\b|--(?:data|upload|post))|\bcrontab -"
)
_WORD = expression(r"[^\W\d]\w*")
_POWERFUL = frozenset(
    {
        "exec", "eval", "compile", "__import__", "__lazy_import__", "open", "getattr", "globals", "system", "popen",
        "subprocess", "os",
    }
)  # fmt: skip
_MAX_BLOBS = 200  # constants of a module that are tried for hidden code
# Control characters alone between quotes: an entry of a table, or what a program puts into its own output.
_TABLE = expression(r"\"[^\w\"'#\\\s]{1,80}\"|'[^\w\"'#\\\s]{1,80}'")
# Words between quotes with nothing but the end of the line behind them: neither can pass for code.
_WORDS_ALONE = expression(
    r"\"[^#()=;{}\[\]'\"\\]{0,200}\"(?=[\s,)\]}:]{0,20}$)|'[^#()=;{}\[\]'\"\\]{0,200}'(?=[\s,)\]}:]{0,20}$)"
)


class Sight(NamedTuple):
    """One thing that the text hides. All fields are as in `facets.CodeFact`."""

    behaviour: str
    line: int
    detail: str
    layers: tuple[str, ...] = ()
    decoded: str = ""
    hidden: bool = False
    variant: str = ""


def sights(text: str, tree: ast.Module, survey: Survey) -> Iterator[Sight]:
    """Everything that the source text of a module hides, in no particular order. tree, survey: of the same text."""
    lines = text.split("\n")
    yield from _far_right(lines, tree)
    if not text.isascii():
        yield from _lookalikes(lines, tree)
        yield from _reordered(lines, survey)
        yield from _invisible(lines)
    yield from _agent_orders(survey)
    yield from _hidden_constants(survey)


def _reordered(lines: list[str], survey: Survey) -> Iterator[Sight]:
    """The first line with a character that changes the reading direction, and the first that does not change it back (UAX
    #9)."""
    marked = [(number, line) for number, line in enumerate(lines, 1) if not line.isascii() and _BIDI.search(line)]
    if marked:
        yield Sight("bidi", marked[0][0], "text that is shown in another order than it is read")
    for number, shown in marked:
        line = _WORDS_ALONE.sub("", _TABLE.sub("", shown))
        embedded = len(_EMBEDS.findall(line)) - line.count("\u202c")
        isolated = len(_ISOLATES.findall(line)) - line.count("\u2069")
        if (embedded > 0 or isolated > 0) and not _is_inside_text(number, shown, lines, survey):
            yield Sight("bidi", number, "a control character makes the rest of the line show elsewhere", hidden=True)
            return


# The quotes that end a text over several lines -> characters that look like a part of them.
_QUOTES = {
    '"""': frozenset('"\u201c\u201d\u201e\u201f\u2033\u02ba\u02dd\u02ee\u3003\uff02'),
    "'''": frozenset("'`\u2018\u2019\u201a\u201b\u2032\u00b4\u02b9\u02bb\u02bc\u02c8\uff07"),
}


def _is_inside_text(number: int, line: str, lines: list[str], survey: Survey) -> bool:
    """Whether the whole line is in a longer text and holds no character that could pass for the end of that text."""
    for node in survey.blobs:
        if isinstance(node, ast.Constant) and node.lineno < number < (node.end_lineno or 0):
            end = lines[(node.end_lineno or 1) - 1].encode()[: node.end_col_offset or 0].decode("utf-8", "replace")
            return end[-3:] in _QUOTES and _QUOTES[end[-3:]].isdisjoint(line)
    return False


_SELECTORS = expression("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{24}")


def _invisible(lines: list[str]) -> Iterator[Sight]:
    """The first row of variation selectors (UTS #37): 256 characters without a shape of their own, so each can carry a
    byte."""
    for number, line in enumerate(lines, 1):
        if not line.isascii() and (found := _SELECTORS.search(line)):
            row = map(_selector_number, line[found.start() :][:200])
            shown = "".join(chr(number & 0x7F) for number in row if number >= 0)
            yield Sight("hidden-code", number, "text is hidden in variation selectors", ("selectors",), safe(shown))
            return


def _selector_number(character: str) -> int:
    """The number of a variation selector, 0 to 255; -1 for any other character."""
    point = ord(character)
    if 0xFE00 <= point <= 0xFE0F:
        return point - 0xFE00
    return point - 0xE0100 + 16 if 0xE0100 <= point <= 0xE01EF else -1


def _agent_orders(survey: Survey) -> Iterator[Sight]:
    """The first text (a prompt, the description of a tool) that tells an agent to fetch a secret and hide that from its
    user."""
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
    """Statements that start beyond column _FAR, behind a wide gap. Of each line the first that is more than plain data, else
    the first."""
    suspects = {number for number, line in enumerate(lines, 1) if len(line) > _FAR and _WIDE_GAP.search(line)}
    if not suspects:
        return
    plain, found = far_right.plain_data(tree), dict[int, Sight]()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno in suspects and node.col_offset > _FAR:
            before = lines[node.lineno - 1].encode()[: node.col_offset].decode("utf-8", "replace")
            if node.lineno not in found and len(before) - len(before.rstrip(" \t;")) < 60:
                continue
            sight = Sight("far-right", node.lineno, f"a statement starts in column {node.col_offset}")
            if id(node) in plain:
                found.setdefault(node.lineno, sight._replace(variant="data"))
            elif node.lineno not in found or found[node.lineno].variant:
                found[node.lineno] = sight
    yield from found.values()


def _lookalikes(lines: list[str], tree: ast.Module) -> Iterator[Sight]:
    """The first identifier in look-alike letters that Python reads as a powerful name (NFKC, PEP 3131)."""
    identifiers = set[tuple[int, str]]()  # a text may hold such a word without using it as a name
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        for found in _WORD.finditer(line):
            word = found[0]
            if word.isascii() or (plain := unicodedata.normalize("NFKC", word)) not in _POWERFUL:
                continue
            identifiers = identifiers or {pair for node in ast.walk(tree) for pair in _identifiers(node)}
            if (number, plain) in identifiers:
                yield Sight("hides-name", number, f"{safe(plain)} is written in look-alike letters")
                return


def _identifiers(node: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, identifier) of a node, for each of its first 20 lines: the tree does not say on which the identifier is."""
    name = next(
        (found for field in ("id", "attr", "name", "arg") if isinstance(found := getattr(node, field, None), str)), ""
    )
    first = getattr(node, "lineno", 0)
    last = min(getattr(node, "end_lineno", first) or first, first + 20)
    if name and first:
        yield from ((line, name) for line in range(first, last + 1))


def _acts(code: bytes) -> bool:
    """Whether this code could do anything but compute and print. Always true for code that is not Python."""
    try:
        quietly.tree_of(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return worth_parsing(code)


def _hidden_constants(survey: Survey) -> Iterator[Sight]:
    """Constants that are code under an encoding, whether or not the module is seen to run them."""
    tried = 0
    for node in survey.blobs:
        if isinstance(node, ast.Constant):
            data = node.value if isinstance(node.value, bytes) else str(node.value).encode("utf-8", "replace")
        else:
            data = _numbers(node)
        if not data or len(data) > 4 << 20 or (isinstance(node, ast.Constant) and b" " in data[:200] and b"\0" not in data):
            continue  # encodings hold no blanks; text does
        tried += 1
        if tried > _MAX_BLOBS:
            return
        if (sight := _hidden_code(node, data)) is not None:
            yield sight


def _hidden_code(node: ast.Constant | ast.List | ast.Tuple, data: bytes) -> Sight | None:
    """What the data of a constant or list is, where that is code; None otherwise."""
    if (found := peel(data)) is not None and _acts(found[1]):
        what, variant = ("an object file", "object-file") if _is_object(found[1]) else ("code", "")
        said = f"a constant is {what} under its encoding"
        return Sight("hidden-code", node.lineno, said, found[0], _shown(found[1]), variant=variant)
    if isinstance(node, ast.Constant) and not isinstance(node.value, bytes):
        return None
    if looks_like_code(data) and not isinstance(node, ast.Constant):
        return Sight("hidden-code", node.lineno, "a list of numbers is code", ("integers",), _shown(data))
    if (xored := unxor(data)) is not None:
        return Sight("hidden-code", node.lineno, f"code XORed with {xored[0]}", ("xor",), _shown(xored[1]))
    return None


def _is_object(data: bytes) -> bool:
    """Whether it is an ELF file that must be linked before it can run: relocatable, without segments or an entry point (ELF
    specification, chapter 4)."""
    if data[:4] != b"\x7fELF" or len(data) < 64 or data[4] not in {1, 2} or data[5] not in {1, 2}:
        return False
    kind = data[16:18] if data[5] == 1 else data[17:15:-1]  # as little-endian
    entry, segments = (data[24:32], data[56:58]) if data[4] == 2 else (data[24:28], data[44:46])
    return kind == b"\x01\0" and not any(entry) and not any(segments)


def _numbers(node: ast.List | ast.Tuple) -> bytes:
    """The bytes that a list of numbers stands for; b"" where an element is no constant from 0 to 255."""
    values = [element.value for element in node.elts if isinstance(element, ast.Constant) and isinstance(element.value, int)]
    return bytes(values) if len(values) == len(node.elts) and all(0 <= value < 256 for value in values) else b""


def _shown(code: bytes) -> str:
    return safe(code.decode("utf-8", "replace"))
