"""What the variables of a script are set to in the script itself, where that is plain text. Pure.

A variable may be set in several places: which of them holds where it is used only a run tells, so it stands for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod

from mlsupply.named import NamedTuple

_MOST_TEXTS = 16  # of one variable
_MOST_FORMS = 32  # of one piece of text
_LONGEST = 20_000  # characters of one value
_MOST_FILLED = 2_000_000  # characters that are filled in in one script
_REFERENCE = re.compile(
    r"""\\(?P<escaped>["\\$`\n])
      | \$\{\{[ \t]*(?P<expression>[A-Za-z_][\w.-]{0,100})[ \t]*\}\}
      | \$\{(?P<braced>[A-Za-z_]\w{0,100}|[0-9]{1,2}(?=:?-))
            (?:(?P<default>:?[-=])(?P<other>[^{}$`\\]{0,500})|(?P<all>\[[@*]\]))?\}
      | \$(?P<bare>[A-Za-z_]\w{0,100})
      | (?P<unknown>\$[{(0-9@*#?$!-]|`|\{\{|\{%)
    """,
    re.VERBOSE,
)
_OWN_FOLDER = re.compile(r"\bdirname\b|BASH_SOURCE|rev-parse --show-toplevel|^\$\(pwd\)$|^\$PWD$")


class Filled(NamedTuple):
    """A text with its variables filled in. texts: at least one; open: a variable or substitution of unknown text stands in
    it; varies: another text may be given; several: an array of words stood in it."""

    texts: list[str]
    open: bool = False
    varies: bool = False
    several: bool = False


@dataclass(slots=True)
class _Value:
    texts: tuple[str, ...] = ()
    varies: bool = False


@dataclass(slots=True)
class Values:
    """Name -> the texts a variable may hold. above: what is known besides; spent: characters filled in so far, shared by all
    that lie above each other; cloned: folder -> address of the repositories that are cloned, shared likewise."""

    known: dict[str, _Value] = field(default_factory=dict)
    above: Values | None = None
    spent: list[int] = field(default_factory=lambda: [0])
    cloned: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Values:
        """The same, to add others to."""
        return Values({}, self, self.spent, self.cloned) if self.above else Values({}, self)

    def find(self, name: str) -> _Value | None:
        """What a variable holds; None where nothing is known of it."""
        at: Values | None = self
        while at is not None:
            if (value := at.known.get(name)) is not None:
                return value
            at = at.above
        return None

    def set(self, name: str, texts: Iterable[str], *, varies: bool = False, behind: str | None = None) -> None:
        """One more way the variable is set. texts: none where they are not known; varies: another may be given; behind: they
        are put behind what it holds, with this between. Of more or longer texts than are kept, others count as possible."""
        before = self.find(name) or _Value()
        value = self.known.setdefault(name, _Value(before.texts, before.varies))
        given = [*texts]
        is_cut = len(given) > _MOST_TEXTS
        adds = behind is not None and bool(value.texts)
        if adds:
            given = [f"{old}{behind}{new}" for old, new in product(value.texts, given[:_MOST_TEXTS])]
        held = dict.fromkeys((*(() if adds else value.texts), *(text for text in given if len(text) <= _LONGEST)))
        value.texts = tuple(held)[:_MOST_TEXTS]
        is_cut = is_cut or len(held) > _MOST_TEXTS or any(len(text) > _LONGEST for text in given)
        value.varies = value.varies or varies or not given or is_cut

    def filled(self, text: str, *, quotes: bool) -> Filled:
        """The text as a shell would fill it in. quotes: it stood between double quotes, where a backslash escapes a few."""
        parts: list[list[str]] = []
        at, is_open, varies, several = 0, False, False, False
        for found in _REFERENCE.finditer(text):
            kind = found.lastgroup
            if kind == "escaped":
                parts.append([text[at : found.start()] + (found[0] if not quotes else found[1].strip("\n"))])
                at = found.end()
                continue
            value = self._value(found)
            if value is None:
                is_open = True
                continue
            parts += [[text[at : found.start()]], list(value.texts)]
            at, varies, several = found.end(), varies or value.varies, several or found["all"] is not None
        parts.append([text[at:]])
        made = ["".join(forms) for forms in islice(product(*parts), _MOST_FORMS)]
        return Filled(made, is_open, varies or prod(map(len, parts)) > _MOST_FORMS, several)

    def _value(self, found: re.Match[str]) -> _Value | None:
        """What stands for a variable; None where that is not known."""
        name = found["expression"] or found["braced"] or found["bare"]
        if not name:
            return None
        value = self.find(name)
        if value is not None and value.texts and self.spent[0] < _MOST_FILLED:
            self.spent[0] += sum(map(len, value.texts)) if self.above else 0
            held = tuple(text for text in value.texts if text)  # `V=` before what sets it says nothing
            if held or not value.varies:
                return _Value(held or ("",), value.varies)
        return _Value((found["other"],), varies=True) if found["default"] else None


_PLACES = ("PWD", "PSScriptRoot", "CURDIR", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "github.workspace")
NOTHING = Values({name: _Value((".",)) for name in _PLACES})  # folders of the project


_BEFORE = frozenset({"then", "do", "else", "if", "!", "elif", "while"})


def take_settings(words: Sequence[tuple[str, bool]], values: Values) -> None:
    """Add what one command sets: `V=1`, `export V=1`, `for V in 1 2`, `read V`. words: (text, whether it is open)."""
    words = words[1:] if words and words[0][0] in _BEFORE else words
    first = words[0][0] if words else ""
    if first == "for" and len(words) > 3 and words[2][0] == "in":
        texts = [text for text, is_open in words[3:] if not is_open]
        several = [values.filled(text, quotes=False) for text, is_open in words[3:] if is_open]
        texts += [word for one in several if not one.open for text in one.texts for word in text.split()]
        values.set(words[1][0], texts[:_MOST_TEXTS], varies=any(one.open for one in several) or len(texts) > _MOST_TEXTS)
        return
    if first == "read":
        for text, _ in words[1:]:
            values.set(text, ())
        return
    if first in {"export", "local", "readonly", "declare", "typeset", "set", "setx"}:
        words = [one for one in words[1:] if not one[0].startswith("-")]
    if any(not _ASSIGNED.match(text) for text, _ in words):
        return
    for text, is_open in words:
        found = _ASSIGNED.match(text)
        if found is None:
            continue
        given, behind = text[found.end() :], "" if found[2] else None
        if not is_open:
            values.set(found[1], [given], behind=behind)
        elif _OWN_FOLDER.search(given):
            values.set(found[1], ["."])
        else:
            filled = values.filled(given, quotes=False)
            values.set(found[1], () if filled.open else filled.texts, varies=filled.varies, behind=behind)


_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,100})(\+?)=")
_DEFAULT = re.compile(r"\$\{([A-Za-z_]\w{0,100}):?=([^{}$`]{0,500})\}")
_ARRAY = re.compile(r"(?:^|(?<=[\s;]))([A-Za-z_]\w{0,100})(\+?)=\(([^()]{1,20000})\)")


def take_defaults(text: str, values: Values) -> None:
    """Add what a script sets where nothing else did: `${V:=1}`."""
    for found in _DEFAULT.finditer(text):
        values.set(found[1], [found[2]], varies=True)


def arrays(text: str) -> Iterable[re.Match[str]]:
    """Where arrays of words are set (`NAME=(a b)`): name, `+` where it adds, what stands between the brackets."""
    return _ARRAY.finditer(text)
