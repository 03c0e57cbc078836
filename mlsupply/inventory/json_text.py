"""JSON with comments and commas too many, as editors and platforms read their settings: made YAML, character for character,
so that its values know their lines. Pure."""

from __future__ import annotations

import re

from mlsupply.lazy import expression

_PIECE = expression(
    r'(?P<text>"(?:[^"\\]|\\.)*+"?)|(?P<line>//[^\n]*)|(?P<block>/\*(?:[^*]|\*(?!/))*+(?:\*/)?)|(?P<tab>\t)', re.DOTALL
)
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_UNSEEN = re.compile(r"[^\n]")


def as_yaml(text: str) -> str:
    """The same without comments and tabs. What YAML cannot write, halves of characters, becomes the mark of one that is
    unknown."""
    return _PIECE.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    if found.lastgroup == "text":
        return _SURROGATES.sub(r"\\ufffd", found[0]) if "\\u" in found[0] else found[0]
    return _UNSEEN.sub(" ", found[0])
