"""Which Python files need a look, decided from their bytes many times faster than by parsing.

The set of the file's words shows what can be in it at all. What can be there is searched for as plain bytes, and regular
expressions look only at import lines, at overlong lines and around what was found. A file that is left out can neither run,
send, load nor hide anything the analyser knows of: all of that needs a module, a builtin or a path that `signs` names, or a
name put together from them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

from mlsupply.evidence.prefilter import signs
from mlsupply.evidence.prefilter.imports import FROM_OS, MODULES, Lines, brings_power, joins_lines
from mlsupply.evidence.prefilter.tokens import Strings, words_of
from mlsupply.hints import TypeVar
from mlsupply.lazy import expression

_AROUND = 160  # bytes before and behind a word
_SAID_AROUND = 3  # times a word may stand in comments there
_LONG = 160  # characters of a line from which on its shape is looked at
_BLOB = 300  # letters and digits in a row
_IN_BLOB = bytes(byte if chr(byte) in f"{ascii_letters}{digits}+/=_-" else 32 for byte in range(256))  # others as blanks
_SHAPES = expression(rb"[;\t ][\t ]{60}[^\s#\"']|(?:\d{1,3},\s?){60}")
_FAR, _NUMBERS = b" " * 60, 60  # what these hold in every case: blanks, commas
_LETTERS = (  # what turns the reading direction, letters that look like others: beginning, and the whole
    (b"\xe2\x80", expression(rb"\xe2\x80[\xaa-\xae]")),
    (b"\xe2\x81", expression(rb"\xe2\x81[\xa6-\xa9]")),
    (b"\xf3\xa0", expression(rb"(?:\xf3\xa0[\x84-\x87][\x80-\xbf]){16}")),
    (b"\xf0\x9d", expression(rb"\xf0\x9d[\x90-\x9f]")),
    (b"\xef\xbd", expression(rb"\xef\xbd[\x81-\x9a]")),
)
_ASCII = bytes(range(128))
_COOKIE = expression(rb"[ \t\f]*#[^\n]{0,200}?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_PLAIN = expression(rb"(?i)utf[-_]?8(?:[-_].*)?|(?:us-)?ascii|(?:latin|iso)[-_].*|cp125\d")  # where ASCII reads as ASCII


_Pair = TypeVar("_Pair")
_TABLES: tuple[signs.Words, ...] = (
    signs.WORDS, signs.PAIRS, signs.MORE, signs.ADDRESSES, signs.PRIVATE, signs.CLIENTS, signs.ORDERS,
)  # fmt: skip
_GROUPS: tuple[tuple[bytes, ...], ...] = (
    *(tuple(word for word, _ in table) for table in _TABLES), signs.ASKING, signs.SENDING, signs.SECRETS, (b" os ",),
)  # fmt: skip
_STRINGS = Strings((word for group in _GROUPS for word in group), (MODULES,))
_STARTS = [sum(map(len, _GROUPS[:place])) for place in range(len(_GROUPS) + 1)]  # bit of the first string of each group
_ANY = [((1 << len(group)) - 1) << start for group, start in zip(_GROUPS, _STARTS, strict=False)]
_OF_WORDS, _OF_PAIRS, _OF_MORE, _OF_ADDRESSES, _OF_PRIVATE, _OF_CLIENTS = range(6)
_OF_ORDERS, _OF_ASKING, _OF_SENDING, _OF_SECRETS, _OF_OS = range(6, len(_GROUPS))
_POWER = 1 << _STARTS[-1]


def worth_parsing(data: bytes) -> bool:
    """Does the file name or show anything that could matter?"""
    return left_out([data])[0] is None


def left_out(files: Sequence[bytes]) -> list[bytes | None]:
    """Of each of many files, whose words are judged together: None where it is worth parsing, otherwise its different words,
    one a line."""
    texts = [_shown(data) for data in files]
    words = [words_of(text or b"") for text in texts]
    each = zip(texts, words, _STRINGS.possible(words), strict=True)
    return [None if text is None or _worth(text, possible) else b"\n".join(held) for text, held, possible in each]


def _worth(data: bytes, possible: int) -> bool:
    return (_imports(data, possible) and brings_power(data)) or _says(data, possible) or _odd(data)


def _shown(data: bytes) -> bytes | None:
    """The text as Python compares its names (PEP 3131: NFKC); None for one that is read otherwise than it looks."""
    if _other_encoding(data):
        return None
    if data.isascii():
        return data
    foreign = data.translate(None, _ASCII)  # no letter of ASCII changes by itself, and none comes of letters put together
    if any(start in foreign and whole.search(foreign) for start, whole in _LETTERS):
        return None
    try:
        text = data.decode("utf-8-sig")
        normal = unicodedata.is_normalized("NFKC", foreign.decode())
    except UnicodeDecodeError:
        return None
    return data if normal else unicodedata.normalize("NFKC", text).encode()


def _imports(data: bytes, possible: int) -> bool:
    """Could an import line of it name what matters, or go on over lines? Every such name is a word of its own."""
    if possible & _POWER or joins_lines(data):
        return True
    return bool(possible & _ANY[_OF_OS]) and FROM_OS.search(data) is not None


def _says(data: bytes, possible: int) -> bool:
    """Does one of the words stand in it as it would if it mattered?"""
    if _stands(data, signs.WORDS, possible >> _STARTS[_OF_WORDS], Lines(data)):
        return True
    if _stands(data, signs.ORDERS, possible >> _STARTS[_OF_ORDERS]):
        return True
    if any(word in data and other.search(data) for word, other in _these(signs.PAIRS, possible >> _STARTS[_OF_PAIRS])):
        return True
    if possible & _ANY[_OF_CLIENTS] and _entrusts(data, possible):
        return True
    return bool(possible & (_ANY[_OF_ASKING] | _ANY[_OF_SENDING])) and _requests(data, possible)


def _entrusts(data: bytes, possible: int) -> bool:
    """Does it have something worth sending, and a client to send it with?"""
    clients, private = possible >> _STARTS[_OF_CLIENTS], possible >> _STARTS[_OF_PRIVATE]
    return _stands(data, signs.PRIVATE, private, Lines(data)) and _stands(data, signs.CLIENTS, clients)


def _these(pairs: Sequence[_Pair], possible: int) -> Iterator[_Pair]:
    """Those whose bits are set."""
    possible &= (1 << len(pairs)) - 1
    while possible:
        last = possible & -possible
        possible ^= last
        yield pairs[last.bit_length() - 1]


def _stands(data: bytes, words: signs.Words, possible: int, lines: Lines | None = None) -> bool:
    """Is one of the words there, with what must stand around it? possible: bits of those that can be there; lines: of the
    data, where a word in a comment is nothing."""
    for word, near in _these(words, possible):
        at = data.find(word)
        while at >= 0:
            if lines is not None and (end := lines.said(at)):
                at = data.find(word, end)
                continue
            if near is None or _fits(data, near, max(0, at - _AROUND), at + _AROUND, lines):
                return True
            at = data.find(word, at + _AROUND // 2)
    return False


def _fits(data: bytes, near: re.Pattern[bytes], start: int, end: int, lines: Lines | None) -> bool:
    """Is it there between these bytes, and does it fit what comes right behind them too?"""
    found, said = near.search(data, start, end), 0
    while found is not None:
        whole = near.match(data, found.start(), end + _AROUND)
        if whole is not None:
            if lines is None or said == _SAID_AROUND or not lines.said(whole.end() - 1):
                return True
            said += 1
        found = near.search(data, found.start() + 1, end)
    return False


def _requests(data: bytes, possible: int) -> bool:
    """Could it send a secret through an object that another module made?"""
    more, addresses = possible >> _STARTS[_OF_MORE], possible >> _STARTS[_OF_ADDRESSES]
    if not possible & _ANY[_OF_ADDRESSES] or not possible & (_ANY[_OF_SECRETS] | _ANY[_OF_MORE]):
        return False
    sends = possible & _ANY[_OF_SENDING] and signs.SENDS.search(data)
    if not sends and not signs.ASKS.search(data):
        return False
    if not (sends and possible & _ANY[_OF_SECRETS]) and not _stands(data, signs.MORE, more, Lines(data)):
        return False
    return _stands(data, signs.ADDRESSES, addresses)


def _other_encoding(data: bytes) -> bool:
    """Does one of the first two lines say that the bytes are not to be read as they look?"""
    lines = data[:600].split(b"\n", 2)[:2]
    return any((found := _COOKIE.match(line)) and not _PLAIN.fullmatch(found[1]) for line in lines)


def _odd(data: bytes) -> bool:
    """Overlong lines that hold a blob or code far to the right."""
    return any(_is_odd(line) for line in data.split(b"\n") if len(line) > _LONG)


def _is_odd(line: bytes) -> bool:
    if len(line) >= _BLOB and max(map(len, line.translate(_IN_BLOB).split()), default=0) >= _BLOB:
        return True
    shaped = _FAR in line.replace(b"\t", b" ") or line.count(b",") >= _NUMBERS
    return shaped and _SHAPES.search(line) is not None
