"""YAML as the loaders read it that build objects from it: tags of Python objects (PyYAML's unsafe loaders) and `_target_`
(Hydra, NeMo). YAML's own grammar tells them from words about them, however they are written; nothing is built.

Sources: https://yaml.org/spec/1.1/, https://pyyaml.org/wiki/PyYAMLDocumentation,
https://hydra.cc/docs/advanced/instantiate_objects/overview/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.standing import Standing, resolve, standing
from mlsupply.lazy import expression
from mlsupply.text import safe

_PARSED = 4 << 20  # bytes
_MOST = 20_000  # lines with a mark that are looked at in one text
_LINE = 1_024  # bytes of a line before its mark, and from there on
# without one of these nothing is built: a tag may also be written in full, by a handle of the text's own, or with escapes
_MAY_BUILD = re.compile(rb"_target_|!!python/|tag:yaml\.org|%TAG|![\w!-]{0,20}%[0-9A-Fa-f]{2}")
_BUILDS = tuple(f"tag:yaml.org,2002:python/{kind}" for kind in ("object", "module", "name"))
_TARGET = re.compile(rb"[ \t-]{0,200}_target_[ \t]*:[ \t]*['\"]?([\w.:]{1,300})")
# behind a key, a dash, a bracket or at the start of a line, and not within a sentence
_TAG = expression(
    rb"[ \t]{0,200}+(?:- {1,40}+){0,9}+(?:[\w.'\"-]{1,200}+[ \t]*+:[ \t]++)?[\[{]?[ \t]*+"
    rb"(!!python/(?:object|module|name)[\w/:]{0,40}:?[\w.]{0,200})"
)

# names something, and calls nothing but what is called as tests are
_NAMES = re.compile(r"!!python/(?:(?:name|module|object):|object/(?:new|apply):test_)")


def look_at_yaml(span: Span, look: Look) -> None:
    """What loading the text would build. Where it is YAML to its end, its grammar decides; where it is not, or longer than
    is parsed, what stands on lines of its own is told too."""
    if span.startswith(b"\xff\xfe", b"\xfe\xff"):
        look.doubt(Cause.UNSUPPORTED, "YAML in UTF-16", 0)
    if _MAY_BUILD.search(span.data, span.start, span.end) is None:
        return
    marked: set[int] = set()
    whole = _parsed(span.read(0, _PARSED), look, marked)
    if span.size > _PARSED:
        look.doubt(Cause.LIMIT, f"YAML of {span.size:,} bytes, looked through by line", _PARSED)
    elif whole:
        return
    for at, line in _lines_with(b"_target_", span, marked):
        if found := _TARGET.match(line):
            judge_target(found[1].decode("latin-1"), look, at)
    for at, line in _lines_with(b"!!python/", span, marked):
        if found := _TAG.match(line):
            _tag(found[1].decode("latin-1"), look, at)


def _parsed(raw: bytes, look: Look, marked: set[int]) -> bool:
    """Judge what the grammar finds, noting the lines; whether the text is YAML to its end."""
    import yaml

    lines, is_target = _Lines(raw), False
    try:
        for event in yaml.parse(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            tag, value = getattr(event, "tag", None) or "", getattr(event, "value", None)
            index = event.start_mark.index if event.start_mark else 0
            if tag.startswith(_BUILDS):
                marked.add(line := lines.of(index))
                _tag(tag.replace("tag:yaml.org,2002:", "!!"), look, line)
            if is_target and isinstance(value, str):
                marked.add(line := lines.of(index))
                judge_target(value, look, line)
            is_target = value == "_target_"
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return True


class _Lines:
    """The bytes at which lines begin, asked for by the index of a character, ascending."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._text = raw.decode("utf-8", "replace")
        self._index = self._at = 0

    def of(self, index: int) -> int:
        """Where the line of the character of this index begins."""
        self._at += len(self._text[self._index : index].encode())
        self._index = max(index, self._index)
        return max(self._raw.rfind(b"\n", 0, self._at), self._raw.rfind(b"\r", 0, self._at)) + 1


def _lines_with(mark: bytes, span: Span, marked: set[int]) -> Iterator[tuple[int, bytes]]:
    """(where it begins, the line) of each line that holds the mark within its first `_LINE` bytes and is not told yet."""
    for number, at in enumerate(span.places(mark)):
        if number == _MOST:
            return
        before = span.read(at - _LINE, min(at, _LINE))
        begin = at - len(before) + max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        if begin > at - _LINE and begin not in marked:
            yield begin, span.read(begin, at - begin + _LINE)


def _tag(tag: str, look: Look, at: int) -> None:
    variant = "names" if _NAMES.match(tag) else ""
    look.block(Cause.CONFIG, f"a YAML tag that builds a Python object: {safe(tag, 120)}", at, variant)


def judge_target(target: str, look: Look, offset: int) -> None:
    """`_target_` of Hydra and NeMo: imported and called."""
    module, _, name = safe(target, 300).rpartition(".")
    how, why = standing(*resolve(module, name or "x"))
    if how is Standing.DANGEROUS:
        look.block(Cause.CONFIG, f"_target_ {module}.{name} {why}", offset)
    elif how is Standing.UNKNOWN and why.startswith("belongs to no library"):
        look.doubt(Cause.UNKNOWN, f"_target_ {module}.{name} {why}", offset)
