"""Which of many strings a file may hold, from one pass over the set of its words.

A string that holds identifiers can occur in a file only if each of them occurs in a word of the file (at its beginning or
end, where the string requires that). Files of one package share most words, and each word is judged once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlsupply.lazy import expression

_MOST = 1 << 18  # words remembered
_RUN = re.compile(rb"\w+")
_BREAKS = bytes(byte if _RUN.match(bytes([byte])) else 32 for byte in range(256))  # what is no part of a word, as blanks


def words_of(data: bytes) -> set[bytes]:
    """What stands in a text between what is no part of a word."""
    return set(data.translate(_BREAKS).split())


def word_in(text: bytes) -> bytes:
    """What must be among the words of every file that contains this text: the text itself where it is a word, otherwise
    nothing."""
    return text if _RUN.fullmatch(text) else b""


class Strings:
    """Strings to look for. A string without an identifier can always be there."""

    def __init__(self, strings: Iterable[bytes], patterns: Iterable[re.Pattern[bytes]] = ()) -> None:
        """strings: what is looked for; patterns: of what words begin with, numbered after the strings."""
        shapes = [_shapes(string) for string in strings]
        self._always = sum(1 << place for place, parts in enumerate(shapes) if not parts)
        begin = [expression(rb"\n(?=%s)" % pattern.pattern) for pattern in patterns]  # a line feed is found at once
        self._patterns = [(1 << place, pattern) for place, pattern in enumerate(begin, len(shapes))]
        self._whole: list[tuple[int, int]] = []  # (bits of the parts, bit of the string) of strings of several
        self._shapes: dict[bytes, int] = {}
        free = len(shapes) + len(begin)
        for place, parts in enumerate(shapes):
            bits = [1 << place] if len(parts) == 1 else [1 << free + at for at in range(len(parts))]
            for shape, bit in zip(parts, bits, strict=True):
                self._shapes[shape] = self._shapes.get(shape, 0) | bit
            if len(parts) > 1:
                self._whole.append((sum(bits), 1 << place))
                free += len(parts)
        self._known: tuple[set[bytes], dict[bytes, int]] = (set(), {})  # words judged, those of them that tell something

    def possible(self, files: Sequence[set[bytes]]) -> list[int]:
        """Of each file, given as its words, the bits of the strings that it can hold: bit 0 for the first. May be asked from
        several threads."""
        judged, telling = self._known
        words = set[bytes]().union(*files)
        if new := words - judged:
            if len(judged) + len(new) > _MOST:
                judged, telling = self._known = set(), {}
                new = words
            for word, bits in self._told(new):
                telling[word] = telling.get(word, 0) | bits
            judged |= new  # last: what is judged for one thread holds for all
        some = set(telling)
        return [self._of(words & some, telling) for words in files]

    def _of(self, words: set[bytes], telling: Mapping[bytes, int]) -> int:
        found = self._always
        for word in words:
            found |= telling[word]
        for parts, bit in self._whole:
            if found & parts == parts:
                found |= bit
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
                yield text[found.end() : text.index(b"\n", found.end())], bit


def _shapes(string: bytes) -> tuple[bytes, ...]:
    """The identifiers in the string, each with a line's end where a word ends there."""
    return tuple(b"\n" * (run.start() > 0) + run[0] + b"\n" * (run.end() < len(string)) for run in _RUN.finditer(string))
