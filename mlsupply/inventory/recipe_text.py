"""Recipes of conda-build (meta.yaml) as plain YAML: their templates are lines of Jinja. Nothing of a template is run; what a
plain `{% set version = "1.0" %}` says is filled in, and every other expression becomes a word that no release has. Pure.

Source: https://docs.conda.io/projects/conda-build/en/stable/resources/define-metadata.html
"""

from __future__ import annotations

import re

_SET = re.compile(
    r"""(?m)^[ \t]*\{%-?[ \t]*set[ \t]+([A-Za-z_][A-Za-z0-9_]{0,60})[ \t]*=[ \t]*["']([^"'\n]{0,200})["'][ \t]*-?%\}"""
)
_CONTEXT = re.compile(r"(?m)^context:[ \t]*\n((?:[ \t]+[^\n]*\n|[ \t]*\n){1,500})")
_OF_CONTEXT = re.compile(r"""(?m)^[ \t]+([A-Za-z_][A-Za-z0-9_]{0,60}):[ \t]*["']?([^"'\n#{}]{1,200}?)["']?[ \t]*$""")
_STATEMENT = re.compile(r"\{%[^\n]*?%\}|\{#[^\n]*?#\}")
_EXPRESSION = re.compile(r"(?:\$)?\{\{([^{}\n]{0,300})\}\}")
_NAME = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]{0,60})[ \t]*(?:\|[ \t]*(?:lower|string)[ \t]*)?")
_SELECTOR = re.compile(r"(?m)[ \t]#[ \t]*\[[^\]\n]{0,200}\][ \t]*$")
UNKNOWN = "_unknown_"
"""What an expression becomes whose value is not known here."""


def filled_in(text: str) -> str:
    """The same lines without statements and comments of the template and without selectors."""
    known = dict(_SET.findall(text))
    if context := _CONTEXT.search(text):
        known |= dict(_OF_CONTEXT.findall(context[1]))
    plain = _SELECTOR.sub("", _STATEMENT.sub("", text))
    return _EXPRESSION.sub(lambda found: _value(found[1], known), plain)


def _value(expression: str, known: dict[str, str]) -> str:
    found = _NAME.fullmatch(expression)
    return known.get(found[1], UNKNOWN) if found else UNKNOWN
