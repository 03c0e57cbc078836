"""Which of many strings a file can hold, told from the set of its words in one pass.

A string that holds an identifier stands in a file only where a word of the file holds that identifier too, from its
beginning or to its end where the string says so. Files of one package share their words: each is judged once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MOST = 1 << 18  # words remembered
_RUN = re.compile(rb"\w+")
_BREAKS = bytes(byte if _RUN.match(bytes([byte])) else 32 for byte in range(256))  # what is no part of a word, as blanks


class Strings:
    """Strings to look for. A string without an identifier can always be there."""

    def __init__(self, strings: Iterable[bytes], patterns: Iterable[re.Pattern[bytes]] = ()) -> None:
        """strings: what is looked for; patterns: found in single words, numbered after the strings."""
        shapes = [_shape(string) for string in strings]
        self._always = sum(1 << place for place, shape in enumerate(shapes) if not shape)
        self._shapes: dict[bytes, int] = {}
        for place, shape in enumerate(shapes):
            if shape:
                self._shapes[shape] = self._shapes.get(shape, 0) | 1 << place
        self._patterns = [(1 << place, pattern) for place, pattern in enumerate(patterns, len(shapes))]
        self._known: tuple[set[bytes], dict[bytes, int]] = (set(), {})  # words judged, those of them that tell something

    def possible(self, data: bytes) -> int:
        """The bits of the strings that the file can hold: bit 0 for the first. May be asked from several threads."""
        words = set(data.translate(_BREAKS).split())
        judged, telling = self._known
        if new := words - judged:
            if len(judged) + len(new) > _MOST:
                judged, telling = self._known = set(), {}
                new = words
            for word, bits in self._told(new):
                telling[word] = telling.get(word, 0) | bits
            judged |= new  # last: what is judged for one thread is told for all
        found = self._always
        for word in telling.keys() & words:
            found |= telling[word]
        return found

    def _told(self, words: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
        """(word, bits) of those that hold one of the strings, all searched at once."""
        text = b"\n%s\n" % b"\n".join(words)
        for shape, bits in self._shapes.items():
            at = text.find(shape)
            while at >= 0:
                start, end = text.rfind(b"\n", 0, at + 1) + 1, text.find(b"\n", at + 1)
                yield text[start:end], bits
                at = text.find(shape, end)
        for bit, pattern in self._patterns:
            for found in pattern.finditer(text):
                yield found[0], bit


def _shape(string: bytes) -> bytes:
    """The longest identifier in the string, with a line's end where it ends there; b"" for none."""
    longest = max(_RUN.finditer(string), key=lambda run: run.end() - run.start(), default=None)
    if longest is None:
        return b""
    return b"\n" * (longest.start() > 0) + longest[0] + b"\n" * (longest.end() < len(string))
