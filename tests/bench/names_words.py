"""The words of the English language that resemble popular names, for `mlsupply/data/names/english.txt`.

    python -m tests.bench.names_words WORDS.txt > mlsupply/data/names/english.txt

WORDS.txt holds one word a line, as does /usr/share/dict/american-english of Debian's package wamerican, which is made of
SCOWL (https://wordlist.aspell.net). To be run anew with the list of popular names: kept is what the letters, without this
list, would come near to accusing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlsupply.evidence.name_data import reviewed
from mlsupply.evidence.popular import popular
from mlsupply.ruleset.names import Names
from mlsupply.ruleset.names.signs import MENTIONED
from mlsupply.value import replace

HEAD = (
    "# English words that resemble popular names; source: SCOWL 2020.12.07 (https://wordlist.aspell.net), copyright"
    " 2000-2011 Kevin Atkinson, who permits use, copies and changes for any purpose, without warranty, under this notice"
)
_WORD = re.compile(r"[a-z]{4,}")
_MARGIN = 0.5  # below what is told: weights change


def resembling(words: Iterable[str], names: Names) -> Iterator[str]:
    """Those that are no popular names, and near one."""
    for word in sorted(words):
        if word not in names.known.rank and any(guess.weight >= MENTIONED - _MARGIN for guess in names.guesses(word)):
            yield word


def main(path: Path) -> None:
    words = {word for word in path.read_text(encoding="utf-8").splitlines() if _WORD.fullmatch(word)}
    names = Names(popular().names, replace(reviewed(), english=frozenset()))
    print("\n".join((HEAD, *resembling(words, names))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
