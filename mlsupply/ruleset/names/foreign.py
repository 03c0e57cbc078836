"""Names with characters that no project name may hold: letters of other scripts that look like Latin ones. Pure.

The index accepts ASCII names alone (PEP 508), so such a name is a mistake or a trap; it can still reach a file that people
copy from. The pairs follow Unicode's confusables (UTS #39), as far as Cyrillic, Greek and Armenian letters go that fonts
draw like Latin ones.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mlsupply.ruleset.names.forms import squashed
from mlsupply.ruleset.names.known import Known, Target
from mlsupply.ruleset.names.signs import CERTAIN, Guess, Sign

_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04cf\u051b\u051d\u0475\u0432\u043d\u043a\u043c\u0442\u0433"
    "\u03b1\u03b5\u03bf\u03c1\u03c5\u03bd\u03b9\u03ba\u03c4\u03c7\u0578\u057d\u0570\u0585\u0131\u0261\u2010\u2011\u2013\u2212",
    "aeopcyxijsdlqwvbhkmtr" + "aeopuviktx" + "nuho" + "ig----",
)


def is_ascii(name: str) -> bool:
    """Whether it is written as the index asks for. What `safe` puts where it cut a name too long was no letter of it."""
    return name.removesuffix("…").isascii()


def foreign_spelling(name: str, known: Known) -> Iterator[Guess]:
    """The project whose name the letters draw, or a guess without one: such a name is never right."""
    plain = unicodedata.normalize("NFKD", name).translate(_LATIN).encode("ascii", "ignore").decode()
    target = known.spelled(squashed(plain)) or Target("", 0, plain)
    drawn = f"; it looks like {target.project}" if target.project else ""
    yield Guess(target, "homoglyph", (Sign(CERTAIN, f"it holds letters of another script{drawn}"),))
