"""Jinja templates as text: what they would reach if they were rendered. Never rendered, never compiled.

A chat template is rendered by many programs, some with jinja2's plain environment (CVE-2024-34359), so a template that
walks from a value to Python's internals is blocked however it spells the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.yamls import look_at_yaml
from mlsupply.lazy import expression

_OPENS = re.compile(r"\{[{%]")
_TOKEN = expression(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|%\}|[({\[\])}]", re.DOTALL)
_STRINGS = expression(
    r"'(?:[^'\\]|\\.)*+('?)|\"(?:[^\"\\]|\\.)*+(\"?)", re.DOTALL
)  # one that is not closed goes on to the end
_DUNDER = re.compile(r"__[a-z]+(?:_[a-z]+)*__", re.IGNORECASE)
_INNER = (
    r"class|mro|base|bases|subclasses|globals|builtins|init|import|dict|code"
    r"|getattribute|loader|reduce|self|func|module|closure|call"
)
_SPLIT = re.compile(r"_\s*+['\"]?\s*+[~+,|%]?\s*+['\"]?\s*+_?(?:" + _INNER + r")\b.{0,20}_", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:x5f|137|u005f|U0000005f|N\{LOW LINE\})", re.IGNORECASE)
# jinja2's own globals and undocumented attributes that hold Python functions
_GLOBALS = re.compile(r"\b(?:lipsum|cycler|joiner|self|request|config|url_for|get_flashed_messages)\s*(?:\.|\[|\|\s*attr)")
_FRAMES = re.compile(
    r"\b(?:gi_frame|f_globals|f_builtins|func_globals|tb_frame|cr_frame|gi_code|_TemplateReference__context|_module)\b"
)
_CALLS = re.compile(
    r"(?:\.|\[\s*['\"])(?:popen|system|eval|exec|getattr|__import__|import_module|check_output|open)(?:['\"]\s*\])?\s*\("
)
_ATTR = re.compile(r"\|\s*attr\s*\(|\bmap\s*\(\s*attribute\s*=\s*(?!['\"][\w.]+['\"])")
_LOADS = re.compile(r"\{%-?\s*(?:include|import|from|extends)\b")
_MOST = 2 << 20


def look_at_template(span: Span, look: Look) -> None:
    """A template file (`chat_template.jinja`); what looks like one may be YAML too."""
    judge_template(span.read(0, _MOST).decode("utf-8", "replace"), look, 0, "template")
    if span.size > _MOST:
        look.doubt(Cause.LIMIT, f"a template of {span.size:,} bytes; the first {_MOST:,} were read", _MOST)
    look_at_yaml(span, look)


def judge_template(text: str, look: Look, offset: int, name: str) -> None:
    """Mark what the code parts of a template reach for. name: the key it stands under."""
    if len(text) > _MOST:
        detail = f"{name}: a template of {len(text):,} characters; the first {_MOST:,} were read"
        look.doubt(Cause.LIMIT, detail, offset + _MOST if offset >= 0 else -1)
    parts = list(_code(text[:_MOST]))
    scored = any("_" in string[0] for _, code in parts for string in _STRINGS.finditer(code))
    for start, code in parts:
        bare = _STRINGS.sub(_unquoted, code)
        at = offset + start if offset >= 0 else -1
        if why := _reach(code, bare):
            look.block(Cause.TEMPLATE, f"{name}: the template {why}: {code[:120]}", at)
        elif _computed(code, bare, scored):
            look.block(Cause.TEMPLATE, f"{name}: the template selects by a name it puts together: {code[:120]}", at)
        elif _ATTR.search(bare):
            look.doubt(
                Cause.TEMPLATE,
                f"{name}: the template reads an attribute by a computed name: {code[:120]}",
                offset + start,
            )
        elif _LOADS.match(code):
            look.doubt(Cause.TEMPLATE, f"{name}: the template loads another: {code[:120]}", at)


_OUT = re.compile(r"(?i)__(?:globals|builtins|subclasses|import|mro|bases?|loader)__|f_(?:globals|builtins)|gi_frame")


def way_out(text: str) -> str:
    """The code of a template that gets hold of any function of Python, however it spells their names; "" without one. Less
    than what `judge_template` blocks: a program's own templates do read `__name__`, and call blocks of `self`."""
    for _, code in _code(text[:_MOST]):
        bare = _STRINGS.sub(_unquoted, code)
        if _reach(code, bare) and (_OUT.search(code) or _ESCAPE.search(code) or _computed(code, bare, True)):
            return code
    return ""


def _code(text: str) -> Iterator[tuple[int, str]]:
    """(start, text with its marks) of each `{{ }}` and `{% %}`. As in jinja's lexer a mark closes nothing within a string or
    brackets. Where these are not closed the template is none; from there on the first mark closes."""
    at, broken = 0, False
    unclosed: set[str] = set()
    while found := _OPENS.search(text, at):
        at = found.end()
        closes = "}}" if found[0] == "{{" else "%}"
        end = -1 if broken else _closed(text, at, closes)
        if end < 0 and closes not in unclosed:
            broken, end = True, text.find(closes, at)
        if end < 0:
            unclosed.add(closes)
            continue
        at = end + 2
        yield found.start(), text[found.start() : at]


def _closed(text: str, start: int, closes: str) -> int:
    """Where the mark stands that closes the code, -1 where none does."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if not depth and text.startswith(closes, token.start()):
            return token.start()
        if token[0] in "({[":
            depth += 1
        elif token[0][-1] in ")}]":
            depth = max(0, depth - 1)
    return -1


_PUT_TOGETHER = re.compile(r"(?:\|\s*attr\s*\(|\[)[^\[\]]{0,200}(?:~|\+\s*''|\|\s*(?:join|format|replace|reverse)|%)")
_PIECE = re.compile(r"^_{1,2}[a-z]*$|^[a-z]+_{1,2}$|^[a-z]*(?:class|globals|builtins|subclasses|import)[a-z]*$")
_ATTR_OF = re.compile(r"\|\s*attr\s*\(\s*(?!'')")


def _computed(code: str, bare: str, scored: bool) -> bool:
    """An attribute filter whose argument is no constant, or a subscript put together from pieces of inner names.
    scored: some text in the template's code has an underscore."""
    if _ATTR_OF.search(bare):
        return True
    pieces = any(_PIECE.match(text[0][1:-1]) for text in _STRINGS.finditer(code))
    return pieces and scored and bool(_PUT_TOGETHER.search(bare))


def _unquoted(found: re.Match[str]) -> str:
    """Strings lose their content; a dunder in a subscript or as a filter argument is told by `_reach` from the whole."""
    return "''" if found[1] or found[2] else found[0]


def _reach(code: str, bare: str) -> str:
    """What the code reaches for, in words, or "". Dunders inside plain strings are text unless they select something."""
    if _DUNDER.search(bare) or _FRAMES.search(bare):
        return "walks Python's internals"
    if _GLOBALS.search(bare):
        return "reaches through jinja's own objects"
    selects = "[" in bare or "attr" in bare or "~" in bare or "join" in bare or "format" in bare or "map" in bare
    if selects and (_DUNDER.search(code) or _ESCAPE.search(code) or _SPLIT.search(code) or _FRAMES.search(code)):
        return "selects Python's internals by name"
    if _ESCAPE.search(code):
        return "spells underscores as escapes"
    return "calls out of the template" if _CALLS.search(code) else ""
