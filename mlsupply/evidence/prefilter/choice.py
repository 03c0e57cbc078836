"""Which Python files are worth parsing: a file is left out where nothing in its bytes could matter to the analyser.

Whatever runs, sends, loads or hides something needs a module, a builtin or a path that `imports` or `signs` names, or a name
put together from such. The search goes from cheap to costly: the set of the file's words says which strings it can hold at
all (`tokens`); these are searched for as plain bytes; regular expressions see only what stands around them, import lines and
overlong lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

from mlsupply.evidence.prefilter import clients, signs
from mlsupply.evidence.prefilter.imports import FROM_OS, MODULES, Lines, brings_power, joins_lines
from mlsupply.evidence.prefilter.tokens import Strings, words_of
from mlsupply.hints import TypeVar
from mlsupply.lazy import expression

_AROUND = 160  # bytes before and behind a word that its pattern may look at
_MOST_COMMENTED = 3  # matches around one word that are passed over because they stand in comments
_LONG = 160  # bytes of a line from which on its shape is looked at
_BLOB = 300  # letters and digits in a row that are taken for encoded data
_IN_BLOB = bytes(byte if chr(byte) in f"{ascii_letters}{digits}+/=_-" else 32 for byte in range(256))  # others as blanks
# Code far to the right, behind blanks; a long list of small numbers.
_SHAPES = expression(rb"[;\t ][\t ]{60}[^\s#\"']|(?:\d{1,3},\s?){60}")
_BLANKS, _COMMAS = b" " * 60, 60  # what a line of such a shape holds in any case
# Characters that turn the reading direction or look like others: (bytes they begin with, pattern of the whole).
_DECEPTIVE = (
    (b"\xe2\x80", expression(rb"\xe2\x80[\xaa-\xae]")),
    (b"\xe2\x81", expression(rb"\xe2\x81[\xa6-\xa9]")),
    (b"\xf3\xa0", expression(rb"(?:\xf3\xa0[\x84-\x87][\x80-\xbf]){16}")),
    (b"\xf0\x9d", expression(rb"\xf0\x9d[\x90-\x9f]")),
    (b"\xef\xbd", expression(rb"\xef\xbd[\x81-\x9a]")),
)
_ASCII = bytes(range(128))
_COOKIE = expression(rb"[ \t\f]*#[^\n]{0,200}?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_ASCII_ALIKE = expression(
    rb"(?i)utf[-_]?8(?:[-_].*)?|(?:us-)?ascii|(?:latin|iso)[-_].*|cp125\d"
)  # ASCII bytes read as ASCII

_Pair = TypeVar("_Pair")
# All strings that are searched for, in groups. `possible`, below, is an integer with a bit for each of them in this order,
# and one more for a module of `imports.MODULES`: set where the file may hold the string.
_TABLES: tuple[signs.Words, ...] = (
    signs.WORDS, signs.PAIRS, signs.MORE, signs.ADDRESSES, signs.PRIVATE, clients.CLIENTS, signs.ORDERS,
)  # fmt: skip
_GROUPS: tuple[tuple[bytes, ...], ...] = (
    *(tuple(word for word, _ in table) for table in _TABLES), signs.ASKING, signs.SENDING, signs.SECRETS, (b" os ",),
)  # fmt: skip
_STRINGS = Strings((word for group in _GROUPS for word in group), (MODULES,))
_STARTS = [sum(map(len, _GROUPS[:place])) for place in range(len(_GROUPS) + 1)]  # bit of the first string of each group
_ANY = [((1 << len(group)) - 1) << start for group, start in zip(_GROUPS, _STARTS, strict=False)]
_OF_WORDS, _OF_PAIRS, _OF_MORE, _OF_ADDRESSES, _OF_PRIVATE, _OF_CLIENTS = range(6)
_OF_ORDERS, _OF_ASKING, _OF_SENDING, _OF_SECRETS, _OF_OS = range(6, len(_GROUPS))
_OF_MODULES = 1 << _STARTS[-1]


def worth_parsing(data: bytes) -> bool:
    """Is there anything in the file that could matter to the analyser?"""
    return left_out([data])[0] is None


def left_out(files: Sequence[bytes]) -> list[bytes | None]:
    """For each file: None where it is worth parsing, otherwise its distinct words, one a line. The words of all files are
    judged together, which is faster than one by one."""
    texts = [_normalised(data) for data in files]
    words = [words_of(text or b"") for text in texts]
    each = zip(texts, words, _STRINGS.possible(words), strict=True)
    return [None if text is None or _worth(text, possible) else b"\n".join(held) for text, held, possible in each]


def _worth(data: bytes, possible: int) -> bool:
    return (_may_import(data, possible) and brings_power(data)) or _has_sign(data, possible) or _has_odd_line(data)


def _normalised(data: bytes) -> bytes | None:
    """The text as Python compares its names (PEP 3131: NFKC); None where it reads otherwise than its bytes look: another
    encoding, deceptive characters, no UTF-8."""
    if _declares_encoding(data):
        return None
    if data.isascii():
        return data
    foreign = data.translate(None, _ASCII)  # NFKC leaves ASCII as it is, and composes no ASCII from other letters
    if any(start in foreign and whole.search(foreign) for start, whole in _DECEPTIVE):
        return None
    try:
        text = data.decode("utf-8-sig")
        normal = unicodedata.is_normalized("NFKC", foreign.decode())
    except UnicodeDecodeError:
        return None
    return data if normal else unicodedata.normalize("NFKC", text).encode()


def _may_import(data: bytes, possible: int) -> bool:
    """Could an import name one of `imports.MODULES`, or be a statement over several lines?"""
    if possible & _OF_MODULES or joins_lines(data):
        return True
    return bool(possible & _ANY[_OF_OS]) and FROM_OS.search(data) is not None


def _has_sign(data: bytes, possible: int) -> bool:
    """Does one of the strings of `signs` stand in the file as it would where it matters?"""
    if _stands(data, signs.WORDS, possible >> _STARTS[_OF_WORDS], Lines(data)):
        return True
    if _stands(data, signs.ORDERS, possible >> _STARTS[_OF_ORDERS]):
        return True
    if _has_pair(data, possible >> _STARTS[_OF_PAIRS]):
        return True
    if possible & _ANY[_OF_CLIENTS] and _may_use_client(data, possible):
        return True
    return bool(possible & (_ANY[_OF_ASKING] | _ANY[_OF_SENDING])) and _may_request(data, possible)


def _has_pair(data: bytes, possible: int) -> bool:
    """Does one of the words of `signs.PAIRS` stand in the file, and its pattern too? possible: bits of those that can."""
    absent = set[re.Pattern[bytes]]()  # many words share one pattern
    for word, other in _chosen(signs.PAIRS, possible):
        if other in absent or word not in data:
            continue
        if other.search(data):
            return True
        absent.add(other)
    return False


def _may_use_client(data: bytes, possible: int) -> bool:
    """Does it name something worth sending, and a client library to send it with?"""
    named, private = possible >> _STARTS[_OF_CLIENTS], possible >> _STARTS[_OF_PRIVATE]
    return _stands(data, signs.PRIVATE, private, Lines(data)) and _stands(data, clients.CLIENTS, named)


def _chosen(pairs: Sequence[_Pair], possible: int) -> Iterator[_Pair]:
    """The pairs whose bit is set."""
    possible &= (1 << len(pairs)) - 1
    while possible:
        last = possible & -possible
        possible ^= last
        yield pairs[last.bit_length() - 1]


def _stands(data: bytes, words: signs.Words, possible: int, lines: Lines | None = None) -> bool:
    """Does one of the words stand in the file, with its pattern around it? possible: bits of the words that can be there;
    lines: given where a word in a comment does not count."""
    for word, near in _chosen(words, possible):
        at = data.find(word)
        while at >= 0:
            if lines is not None and (end := lines.commented_until(at)):
                at = data.find(word, end)
                continue
            if near is None or _fits(data, near, max(0, at - _AROUND), at + _AROUND, lines):
                return True
            at = data.find(word, at + _AROUND // 2)
    return False


def _fits(data: bytes, near: re.Pattern[bytes], start: int, end: int, lines: Lines | None) -> bool:
    """Does the pattern match between these places, and still if it sees what follows them?"""
    found, commented = near.search(data, start, end), 0
    while found is not None:
        whole = near.match(data, found.start(), end + _AROUND)
        if whole is not None:
            if lines is None or commented == _MOST_COMMENTED or not lines.commented_until(whole.end() - 1):
                return True
            commented += 1
        found = near.search(data, found.start() + 1, end)
    return False


def _may_request(data: bytes, possible: int) -> bool:
    """Could it send a secret with a client that another module made? That takes a call that may send, a secret and an
    address."""
    more, addresses = possible >> _STARTS[_OF_MORE], possible >> _STARTS[_OF_ADDRESSES]
    if not possible & _ANY[_OF_ADDRESSES] or not possible & (_ANY[_OF_SECRETS] | _ANY[_OF_MORE]):
        return False
    sends = possible & _ANY[_OF_SENDING] and signs.SENDS.search(data)
    if not sends and not signs.ASKS.search(data):
        return False
    if not (sends and possible & _ANY[_OF_SECRETS]) and not _stands(data, signs.MORE, more, Lines(data)):
        return False
    return _stands(data, signs.ADDRESSES, addresses)


def _declares_encoding(data: bytes) -> bool:
    """Does one of the first two lines declare an encoding in which ASCII bytes are no ASCII text?"""
    lines = data[:600].split(b"\n", 2)[:2]
    return any((found := _COOKIE.match(line)) and not _ASCII_ALIKE.fullmatch(found[1]) for line in lines)


def _has_odd_line(data: bytes) -> bool:
    """Is there an overlong line with encoded data, with many numbers, or with code far to the right?"""
    return any(_is_odd(line) for line in data.split(b"\n") if len(line) > _LONG)


def _is_odd(line: bytes) -> bool:
    if len(line) >= _BLOB and max(map(len, line.translate(_IN_BLOB).split()), default=0) >= _BLOB:
        return True
    shaped = _BLANKS in line.replace(b"\t", b" ") or line.count(b",") >= _COMMAS
    return shaped and _SHAPES.search(line) is not None
