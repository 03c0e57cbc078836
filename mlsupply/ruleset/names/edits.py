"""How one spelling differs from another: which slips of eye, ear or finger turn the second into the first. Pure.

The distance is the restricted Damerau-Levenshtein distance (optimal string alignment), with each edit named. It is our
own because the kind of edit matters as much as the count, and because the only candidates that come here have passed a
filter; loading a distance library takes longer than all the distances of a scan.
"""

from __future__ import annotations

from mlsupply.named import NamedTuple

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_CONFUSABLE = frozenset(
    frozenset(pair)
    for pair in ("0o", "1l", "1i", "il", "5s", "3e", "4a", "7t", "8b", "9g", "gq", "2z", "uv", "6b", "9q", "nm", "ij")
)  # ASCII letters that look alike in common fonts or in leet spelling
_SOUNDS = frozenset(
    frozenset(pair) for pair in ("ck", "sz", "iy", "kq", "cs", "fv", "dt", "bp", "gj", "vw", "gk", "mn", "xs", "cz")
)
_VOWELS = frozenset("aeiouy")
_DIGITS = frozenset("0123456789")


class Slip(NamedTuple):
    """One edit. kind: see `KINDS`; at: index in the known name, counted from its start."""

    kind: str
    at: int


KINDS = (
    "swapped",  # two neighbouring characters change places, or one is written two places off
    "doubled",  # a character is written twice
    "undoubled",  # one of a double character is missing
    "dropped",  # an inner character is missing
    "clipped",  # the last character is missing
    "beheaded",  # the first character is missing
    "keyboard",  # a neighbour on the keyboard instead, or struck beside it
    "confusable",  # a look-alike instead
    "vowel",  # another vowel
    "sound",  # a letter that sounds alike
    "substituted",  # any other character instead
    "inserted",  # an inner character too many
    "appended",  # a letter at the end
    "plural",  # an s at the end, too many or missing
    "digit",  # a digit too many at the end or the start
    "unnumbered",  # a digit is missing, or a letter stands instead
    "version",  # one digit instead of another
    "prepended",  # a letter at the start
    "initial",  # another first letter
)


def _neighbours() -> frozenset[frozenset[str]]:
    """Pairs of keys that touch on a QWERTY keyboard: side by side, or one row up or down, each row shifted half a key."""
    pairs = set()
    for y, row in enumerate(_ROWS):
        for x, key in enumerate(row):
            for other_y, other_x in ((y, x + 1), (y + 1, x), (y + 1, x - 1)):
                if other_y < len(_ROWS) and 0 <= other_x < len(_ROWS[other_y]):
                    pairs.add(frozenset((key, _ROWS[other_y][other_x])))
    return frozenset(pairs)


_TOUCHING = _neighbours()


def slips(written: str, known: str, most: int = 2) -> tuple[Slip, ...] | None:
    """The edits that make `written` of `known`, none where they are equal, None where there are more than `most`."""
    start = 0
    shortest = min(len(written), len(known))
    if abs(len(written) - len(known)) > most:
        return None
    while start < shortest and written[start] == known[start]:
        start += 1
    end = 0
    while end < shortest - start and written[-1 - end] == known[-1 - end]:
        end += 1
    core = _aligned(written[start : len(written) - end], known[start : len(known) - end], most)
    if core is None:
        return None
    if len(core) == 2 and _moved(core, written[start:], known[start:]):
        return (Slip("swapped", start + min(core[0][2], core[1][2])),)
    return tuple(Slip(_kind(edit, written, known, start), start + edit[2]) for edit in core)


def _moved(edits: list[_Edit], written: str, known: str) -> bool:
    """Whether the two edits take a character out and put the same one in no more than two places away."""
    by_operation = {edit[0]: edit for edit in edits}
    if set(by_operation) != {"insert", "delete"}:
        return False
    put, taken = by_operation["insert"], by_operation["delete"]
    return written[put[1]] == known[taken[2]] and abs(put[1] - taken[2]) <= 2


_Edit = tuple[str, int, int]  # operation, index in the written core, index in the known core


def _aligned(written: str, known: str, most: int) -> list[_Edit] | None:
    """The edits of one cheapest alignment, in order, by the full table: both cores are short."""
    if max(len(written), len(known)) > 4 * most + 2 and not set(written) & set(known):
        return None
    table = [list(range(len(known) + 1))]
    for i, a in enumerate(written, 1):
        row = [i]
        above = table[i - 1]
        for j, b in enumerate(known, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == known[j - 2] and b == written[i - 2]:
                cost = min(cost, table[i - 2][j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
        table.append(row)
    return _traced(written, known, table) if table[-1][-1] <= most else None


def _traced(written: str, known: str, table: list[list[int]]) -> list[_Edit]:
    """Walk the table back from its end; a swap is preferred to two substitutions of the same cost."""
    edits: list[_Edit] = []
    i, j = len(written), len(known)
    while i or j:
        here = table[i][j]
        swap = i > 1 and j > 1 and written[i - 1] == known[j - 2] and written[i - 2] == known[j - 1] != written[i - 1]
        if swap and here == table[i - 2][j - 2] + 1:
            edits.append(("swap", i - 2, j - 2))
            i, j = i - 2, j - 2
            continue
        if i and j and here == table[i - 1][j - 1] + (written[i - 1] != known[j - 1]):
            i, j = i - 1, j - 1
            if written[i] != known[j]:
                edits.append(("replace", i, j))
        elif i and here == table[i - 1][j] + 1:
            i -= 1
            edits.append(("insert", i, j))
        else:
            j -= 1
            edits.append(("delete", i, j))
    return edits[::-1]


def _kind(edit: _Edit, written: str, known: str, start: int) -> str:
    operation, i, j = edit[0], start + edit[1], start + edit[2]
    if operation == "swap":
        return "swapped"
    if operation == "replace":
        return _replaced(written[i], known[j], j)
    if operation == "insert":
        return _inserted(written, i)
    return _deleted(known, j)


def _replaced(new: str, old: str, at: int) -> str:
    pair = frozenset((new, old))
    if old in _DIGITS:
        return _renumbered(new, pair)
    if pair in _CONFUSABLE:
        return "confusable"
    if new in _VOWELS and old in _VOWELS:
        return "vowel"
    if pair in _TOUCHING:
        return "keyboard"
    if at == 0:
        return "initial"
    return "sound" if pair in _SOUNDS else "substituted"


def _renumbered(new: str, pair: frozenset[str]) -> str:
    """What stands in place of a digit."""
    if new in _DIGITS:
        return "version"
    if pair in _CONFUSABLE:
        return "confusable"
    return "keyboard" if pair in _TOUCHING else "unnumbered"


def _inserted(written: str, at: int) -> str:
    new = written[at]
    beside = written[max(at - 1, 0) : at] + written[at + 1 : at + 2]
    last = at == len(written) - 1
    if new in _DIGITS:
        return "digit" if last or at == 0 else "inserted"
    if new in beside:
        return "doubled"
    if last:
        return "plural" if new == "s" else "appended"
    if at == 0:
        return "prepended"
    return "keyboard" if any(frozenset((new, key)) in _TOUCHING for key in beside) else "inserted"


def _deleted(known: str, at: int) -> str:
    old = known[at]
    if old in _DIGITS:
        return "unnumbered"
    if old in known[max(at - 1, 0) : at] + known[at + 1 : at + 2]:
        return "undoubled"
    if at == len(known) - 1:
        return "plural" if old == "s" else "clipped"
    return "beheaded" if at == 0 else "dropped"
