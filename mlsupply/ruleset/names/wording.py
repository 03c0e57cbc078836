"""How plausible is a name as a name of its own, whatever it resembles? Pure.

A noisy-channel model weighs two explanations of a name against each other: somebody altered a known name, or somebody gave a
project this name. The second is likely if the name is made of words that projects use, and less likely if its letters hardly
ever occur side by side. Words count by how many popular names use them; other parts by their letters, each given the two
before it (interpolated trigrams; Jelinek and Mercer 1980). What the known name itself brings in is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from math import log

_LEAST_USES = 2  # popular names, beside the one imitated
_WORD = log(0.5)  # the share of names that are words in use ...
_STRANGE = log(0.15)  # ... and of pieces between them that are not, each
_LETTERS = 37  # and digits, and the start of a name
_TRUST = 4.0  # counts from which a context is believed as much as the shorter one
_LONGEST_WORD = 14
_AT_RANDOM = 2.8  # what a letter costs on the average, in nats
_MOST = 64  # characters
_HIDDEN = 1 << 30
_MANY = 150  # pieces of text that are searched for one by one


class Wording:
    """What popular names are made of. words: word -> in how many of them it stands; text: the words, one a line."""

    def __init__(self, words: Counter[str], text: str) -> None:
        self._words = words
        self._text = text
        self._kept: dict[str, int] = {}

    def ordinary(self, name: str, project: str, spelling: str) -> float:
        """By how many nats a canonical name is more likely than so many letters of average likelihood. project, spelling:
        the known name it resembles, whose own words and letters do not count."""
        own = Counter(project.split("-"))
        own[spelling] += _HIDDEN
        letters = Counter(_pieces("".join(f"\n{word}" for word in project.split("-"))))
        words = name[:_MOST].split("-")
        return sum(self._likelihood(word, own, letters) + _AT_RANDOM * len(word) for word in words)

    def _likelihood(self, word: str, own: Counter[str], without: Counter[str]) -> float:
        """The log likelihood of the likeliest way to cut the letters into words and strange pieces."""
        costs = self._costs(word, without)
        best = [0.0]
        strange = -1e9  # of the best way whose last piece is strange
        for end in range(1, len(word) + 1):
            strange = max(strange, best[end - 1] + _STRANGE) + costs[end - 1]
            ways = [
                best[start] + _WORD + log(uses / self._total)
                for start in range(max(0, end - _LONGEST_WORD), end - 1)
                if (uses := self._words[word[start:end]] - own[word[start:end]]) >= _LEAST_USES
            ]
            best.append(max(strange, *ways) if ways else strange)
        return best[-1]

    def _costs(self, word: str, without: Counter[str]) -> list[float]:
        """The log likelihood of each letter after the two before it."""
        marked, found = f"\n{word}", []
        for at in range(1, len(marked)):
            one, two, three = marked[at], marked[at - 1 : at + 1], marked[at - 2 : at + 1] if at > 1 else ""
            chance = self._share(two, without, self._share(one, without, 1 / _LETTERS))
            found.append(log(self._share(three, without, chance) if three else chance))
        return found

    def _share(self, letters: str, without: Counter[str], otherwise: float) -> float:
        """How likely the last of the letters is after the others. otherwise: the same after one letter less."""
        together = max(self.count(letters) - without[letters], 0)
        before = letters[:-1]
        alone = max((self.count(before) if before else len(self._text)) - without[before], 0)
        return (together + _TRUST * otherwise) / (alone + _TRUST)

    def count(self, letters: str) -> int:
        """How many times one to three characters stand side by side in the words; a line break stands for their ends."""
        if letters not in self._kept:
            if len(self._kept) == _MANY:  # by now the whole table is cheaper than further searches
                self._kept = self._table()
            if isinstance(self._kept, Counter):
                return 0
            self._kept[letters] = self._text.count(letters)
        return self._kept[letters]

    def _table(self) -> Counter[str]:
        """All runs of one to three characters. The shorter ones are told from the longest: each begins as they do."""
        table = Counter(map("".join, zip(self._text, self._text[1:], self._text[2:], strict=False)))
        for length in (2, 1):
            for letters, times in [item for item in table.items() if len(item[0]) == length + 1]:
                table[letters[:length]] += times
        return table

    @cached_property
    def _total(self) -> int:
        return self._words.total()


def _pieces(text: str) -> Iterator[str]:
    """All runs of one to three characters."""
    yield from text
    yield from map("".join, pairwise(text))
    yield from map("".join, zip(text, text[1:], text[2:], strict=False))
