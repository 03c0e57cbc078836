"""Which of many strings a file can hold, told from the set of its words without searching its text.

A string can occur in a file only if each of its identifiers occurs in a word of the file: `b"os.environ"` needs a word that
ends in `os` and one that begins with `environ`. Files of one package share most words, and each word is judged only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlsupply.lazy import expression

_MOST = 1 << 18  # words that are remembered with what they tell
_RUN = re.compile(rb"\w+")
_BREAKS = bytes(byte if _RUN.match(bytes([byte])) else 32 for byte in range(256))  # turns all but word characters to blanks


def words_of(data: bytes) -> set[bytes]:
    """The distinct words of a text: runs of ASCII letters, digits and underscores."""
    return set(data.translate(_BREAKS).split())


def word_in(text: bytes) -> bytes:
    """The text itself where it is one word, otherwise b"", which is a part of every text."""
    return text if _RUN.fullmatch(text) else b""


class Strings:
    """A set of strings, asked which of them a file can hold. A string without an identifier always can."""

    def __init__(self, strings: Iterable[bytes], patterns: Iterable[re.Pattern[bytes]] = ()) -> None:
        """patterns: matched at the beginning of words; numbered behind the strings."""
        shapes = [_shapes(string) for string in strings]
        self._always = sum(1 << place for place, parts in enumerate(shapes) if not parts)
        begin = [expression(rb"\n(?=%s)" % pattern.pattern) for pattern in patterns]  # `re` finds a line feed fastest
        self._patterns = [(1 << place, pattern) for place, pattern in enumerate(begin, len(shapes))]
        self._whole: list[tuple[int, int]] = []  # of strings with several identifiers: (bits of these, bit of the string)
        self._shapes: dict[bytes, int] = {}
        free = len(shapes) + len(begin)
        for place, parts in enumerate(shapes):
            bits = [1 << place] if len(parts) == 1 else [1 << free + at for at in range(len(parts))]
            for shape, bit in zip(parts, bits, strict=True):
                self._shapes[shape] = self._shapes.get(shape, 0) | bit
            if len(parts) > 1:
                self._whole.append((sum(bits), 1 << place))
                free += len(parts)
        self._known: tuple[set[bytes], dict[bytes, int]] = (set(), {})  # words judged; those of them with any bits

    def possible(self, files: Sequence[set[bytes]]) -> list[int]:
        """For each file, given as its words, an integer with the bits of the strings it can hold: bit 0 for the first. Safe
        to call from several threads."""
        judged, telling = self._known
        words = set[bytes]().union(*files)
        if new := words - judged:
            if len(judged) + len(new) > _MOST:
                judged, telling = self._known = set(), {}
                new = words
            for word, bits in self._matches(new):
                telling[word] = telling.get(word, 0) | bits
            judged |= new  # last, as other threads take a judged word to have its bits
        some = set(telling)
        return [self._bits(words & some, telling) for words in files]

    def _bits(self, words: set[bytes], telling: Mapping[bytes, int]) -> int:
        found = self._always
        for word in words:
            found |= telling[word]
        for parts, bit in self._whole:
            if found & parts == parts:
                found |= bit
        return found

    def _matches(self, words: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
        """(word, bits) of words that hold an identifier or match a pattern. All words are searched as one text."""
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
    """The identifiers in the string, each with a line feed where a word must begin or end."""
    return tuple(b"\n" * (run.start() > 0) + run[0] + b"\n" * (run.end() < len(string)) for run in _RUN.finditer(string))
