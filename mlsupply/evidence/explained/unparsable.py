"""Files that are Python in name only: templates, test data, Python 2. What no Python 3 can run need not be looked at.

But code for a newer Python than this one cannot be parsed here either, and a payload may be written that way and put into a
folder of tests. So its place excuses a file only if nothing outside that folder imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.lazy import expression

_ASIDE = expression(r"(?:^|/)(?:tests?|testing|templates?|testdata)/|cookiecutter|lib2to3")
_COPIED = expression(r"(?:^|/)_?vendor(?:ed)?/|(?:^|[/_-])py2(?:[/_.-]|$)")
_LINE = expression(r"line (\d{1,9})$")
_PYTHON_2 = expression(rb"\s*(?:print[ \t]+[^(=\s]|print[ \t]*>>|exec[ \t]+[^(=\s]|raise[ \t]+[\w.]+[ \t]*,)")
_IMPORTS = expression(
    rb"\bfrom[ \t]+[\w.]{1,300}|"
    rb"\b(?:import|import_module|__import__|run_path|run_module)\b[ \t]*(?:\([^)]{0,2000}|[^\n;]{0,300})"
)
_WORD = expression(rb"\w+")


class Unparsable:
    """Decides for the modules of one package. sources: path -> text of all of them."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources

    def is_excused(self, module: ModuleFacts) -> bool:
        """Whether the module is expected not to parse, and nothing is lost by not looking at it."""
        path = module.path
        aside = _ASIDE.search(path) is not None
        if (aside or _COPIED.search(path)) and _PYTHON_2.match(self._line(module)):
            return True
        *folders, name = path.removesuffix(".py").split("/")
        stem = folders[-1] if name == "__init__" and folders else name
        return aside and stem.encode("utf-8", "replace") not in self._imported

    def _line(self, module: ModuleFacts) -> bytes:
        """The line at which the parser gave up."""
        found = _LINE.search(module.stopped)
        lines = self._sources.get(module.path, b"").split(b"\n")
        return lines[int(found[1]) - 1] if found and 0 < int(found[1]) <= len(lines) else b""

    @cached_property
    def _imported(self) -> frozenset[bytes]:
        """Every word of an import outside the folders of tests and templates."""
        texts = (text for path, text in self._sources.items() if not _ASIDE.search(path))
        return frozenset(word for text in texts for found in _IMPORTS.finditer(text) for word in _WORD.findall(found[0]))
