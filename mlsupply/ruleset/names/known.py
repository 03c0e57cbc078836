"""The names that are worth imitating and what the list of popular names teaches about words and families. Pure.

Everything is derived from a list of popular names in rank order: which spelling leads to which project, how many ranked
siblings a prefix has (a prefix with many is an ecosystem), which words names are made of.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.ruleset.names.edits import Slip, slips
from mlsupply.ruleset.names.forms import core, squashed
from mlsupply.ruleset.names.wording import Wording
from mlsupply.value import field, value

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_BITS = {character: 2 << place for place, character in enumerate(_ALPHABET)}
_MAX_LENGTH = 64  # longer names are compared by their words alone
_TWO_SLIPS_RANK = 8_000  # two slips are looked for only towards names this popular ...
_TWO_SLIPS_LENGTH = 5  # ... and this long
_USES = (8, 3)  # popular names that must use a word of three letters, or a longer one, before it counts as known
_AI_THEMES = ("ai", "framework")
_BRAND_LENGTH = 5  # a shorter brand that is no project's own name is met by too many honest names
_NUMBER = expression(r"v?\d{1,6}[a-z]?\d{0,3}")
_PY_ENDS = ("-py", "-py2", "-py3", "-python", "-python2", "-python3")
_WORST = 1 << 30
_BY_HAND_RANK = 500  # of what people install by hand
_BRAND_RANK = 1_000  # of a brand whose project is not in the list


class Target(NamedTuple):
    """A name someone could pretend to be. project: the canonical project name a user most likely means; rank: its place
    in the list, from 1; spelling: the letters that were compared, without separators; brand: it is a reviewed brand."""

    project: str
    rank: int
    spelling: str
    brand: bool = False


@value
class Reviewed:
    """What people looked through. brands: word -> (project, theme), for what users call a project by; words: word ->
    class (`language`, `quality` or `purpose`) of words that say nothing of their own; imports: import name -> project;
    neighbours: honest names that look like others; mistaken: popular project -> the one that many want who install it;
    english: words of the language that resemble popular names; services: what libraries connect to; by_hand:
    projects whose names are typed more often than downloads tell. All canonical."""

    brands: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    neighbours: frozenset[str] = frozenset()
    mistaken: Mapping[str, str] = field(default_factory=dict)
    english: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    by_hand: frozenset[str] = frozenset()


_Candidate = tuple[int, str]
"""(signature, spelling)"""
_NONE_ALIKE: tuple[list[_Candidate], list[_Candidate]] = ([], [])


class Near(NamedTuple):
    """A target within two slips of a name."""

    target: Target
    slips: tuple[Slip, ...]


class Known:
    """Look-ups derived from the popular names. ranked: canonical names, most popular first. Derived tables are built when
    first asked for."""

    def __init__(self, ranked: Sequence[str], reviewed: Reviewed | None = None) -> None:
        self.ranked = ranked
        self.reviewed = reviewed or Reviewed()
        self._buckets: dict[str, dict[int, tuple[list[_Candidate], list[_Candidate]]]] = {}

    @cached_property
    def rank(self) -> dict[str, int]:
        """Place among the most downloaded, from 1, by name."""
        return {name: place for place, name in enumerate(self.ranked, 1)}

    @cached_property
    def _text(self) -> str:
        """All names, one a line: counting in one text is quicker than building a table that is asked twice."""
        return "\n" + "\n".join(self.ranked) + "\n"

    def target(self, project: str, spelling: str, *, brand: bool = False) -> Target:
        """The project a spelling is held against."""
        return Target(project, self.rank.get(project, _BRAND_RANK), spelling, brand)

    def typed(self, target: Target) -> int:
        """The place of a target among names as people type them, from 1."""
        return min(target.rank, _BY_HAND_RANK) if target.project in self.reviewed.by_hand else target.rank

    def standing(self, target: Target) -> str:
        """How popular a target is, in words; "" where it is not in the list."""
        listed = self.rank.get(target.project)
        return f"{target.project} is number {listed:,} among the most downloaded projects" if listed else ""

    def spelled(self, letters: str) -> Target | None:
        """The most popular project spelled so, without separators; a brand leads to its project."""
        place = self._spellings.get(letters)
        if place is None:
            return None
        return self._brands[letters] if place == 0 else Target(self.ranked[place - 1], place, letters)

    def brand(self, word: str) -> Target | None:
        """The project people mean by a brand, however short; not by `aws` or `gcp`, which many put before their own."""
        project, theme = self.reviewed.brands.get(word, ("", ""))
        return self.target(project, word, brand=True) if theme not in ("", "cloud") else None

    def vendor(self, word: str) -> Target | None:
        """The project people mean by the name of a cloud, however short: for where nothing else is said at all."""
        project, theme = self.reviewed.brands.get(word, ("", ""))
        return self.target(project, word, brand=True) if theme == "cloud" else None

    def imported(self, word: str) -> Target | None:
        """The project whose import name the word is."""
        project = self.reviewed.imports.get(word)
        return self.target(project, word) if project else None

    @cached_property
    def _brands(self) -> dict[str, Target]:
        """Letters of a brand -> its project. Short ones count only as whole words (see `theme`)."""
        return {
            squashed(word): self.target(project, squashed(word), brand=True)
            for word, (project, _) in self.reviewed.brands.items()
            if len(squashed(word)) >= _BRAND_LENGTH or word == project
        }

    @cached_property
    def _spellings(self) -> dict[str, int]:
        """Letters without separators -> place in the list, 0 for a brand; of several the most popular."""
        found = dict(zip(reversed(self._squashed_text.split()), range(len(self.ranked), 0, -1), strict=True))
        for name in [name for name in self.ranked if name.startswith("py") or name.endswith(_PY_ENDS)]:
            bare = squashed(core(name))
            found[bare] = min(self.rank[name], found.get(bare, _WORST))
        found.update(dict.fromkeys(self._brands, 0))
        return found

    @cached_property
    def _initials(self) -> dict[str, list[str]]:
        """First letter -> known spellings."""
        found: dict[str, list[str]] = {}
        for spelling in self._spellings:
            found.setdefault(spelling[:1], []).append(spelling)
        return found

    def _alike(self, initial: str, length: int) -> tuple[list[_Candidate], list[_Candidate]]:
        """Known spellings of this first letter and length: those that one slip is looked for towards, and those with two."""
        if initial not in self._buckets:
            lengths: dict[int, tuple[list[_Candidate], list[_Candidate]]] = {}
            for spelling in self._initials.get(initial, ()):
                twice = len(spelling) >= _TWO_SLIPS_LENGTH and self._spellings[spelling] <= _TWO_SLIPS_RANK
                lengths.setdefault(len(spelling), ([], []))[twice].append((_signature(spelling), spelling))
            self._buckets[initial] = lengths
        return self._buckets[initial].get(length, _NONE_ALIKE)

    def near(self, letters: str, most: int = 2) -> Iterator[Near]:
        """Targets within one slip of the squashed name, and popular ones within `most` that share its first letter."""
        if not 2 <= len(letters) <= _MAX_LENGTH:
            return
        found = {spelling for spelling in _other_initial(letters) if spelling in self._spellings}
        signature = _signature(letters)
        for longer in range(-most, most + 1):
            # Each edit changes two bits of the signature at most, one that makes the name longer or shorter a single one.
            one = -1 if abs(longer) > 1 else 2 if longer else 4
            for alike, allowed in zip(self._alike(letters[0], len(letters) + longer), (one, 4 - abs(longer)), strict=True):
                most_bits = allowed if most > 1 else one
                found.update([spelling for other, spelling in alike if (other ^ signature).bit_count() <= most_bits])
        found.update(self._turned(letters))
        for spelling in sorted(found):
            yield from self._near(letters, spelling, most)

    def _turned(self, letters: str) -> Iterator[str]:
        """Known spellings that begin with the first two letters swapped and differ from the rest by one slip at most: it
        leaves one half of the rest as it is."""
        names, start, half = self._by_beginning, letters[1::-1], max((len(letters) - 3) // 2, 1)
        front, back = letters[2 : 2 + half], letters[-half:]
        for place in range(bisect_left(names, start), bisect_left(names, f"{start}~")):
            name = names[place]
            if abs(len(name) - len(letters)) < 2 and (name.startswith(front, 2) or name.endswith(back)):
                yield name

    def _near(self, letters: str, spelling: str, most: int) -> Iterator[Near]:
        target = self.spelled(spelling)
        made = slips(letters, spelling)
        if target is not None and made is not None:
            popular = most > 1 and target.rank <= _TWO_SLIPS_RANK and len(spelling) >= _TWO_SLIPS_LENGTH
            if len(made) < 2 or popular:
                yield Near(target, made)

    @cached_property
    def _themes(self) -> dict[str, str]:
        return {squashed(word): theme for word, (_, theme) in self.reviewed.brands.items()}

    def theme(self, letters: str) -> str:
        """The theme of a brand written without separators, "" where it is none."""
        return self._themes.get(letters) or self._themes.get(letters.rstrip("0123456789"), "")

    @cached_property
    def _ai(self) -> frozenset[str]:
        """Words and projects of the AI stack."""
        brands = self.reviewed.brands.items()
        return frozenset(text for word, (project, theme) in brands if theme in _AI_THEMES for text in (word, project))

    def is_ai(self, project: str) -> bool:
        """Whether the project, or a word of its name, belongs to the AI stack."""
        return project in self._ai or any(word in self._ai for word in project.split("-"))

    def word_class(self, word: str) -> str:
        """`number`, `language`, `quality` or `purpose` for a word that says nothing of its own, otherwise ""."""
        if _NUMBER.fullmatch(word):
            return "number"
        return self.reviewed.words.get(word) or self.reviewed.words.get(word.rstrip("0123456789"), "")

    def all_bait(self, words: Iterable[str]) -> bool:
        """Whether none of the words says anything of its own."""
        return all(self.word_class(word) for word in words)

    @cached_property
    def _words(self) -> Counter[str]:
        """Word -> in how many popular names it stands between separators."""
        return Counter(self._words_text.split())

    @cached_property
    def _words_text(self) -> str:
        return self._text.replace("-", "\n")

    @cached_property
    def wording(self) -> Wording:
        """How ordinary names are that resemble popular ones."""
        return Wording(self._words, self._words_text)

    @cached_property
    def _squashed_text(self) -> str:
        return self._text.replace("-", "")

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.ranked)

    def siblings(self, words: str) -> int:
        """How many popular names go on after these words (`langchain` of `langchain-openai`)."""
        return bisect_left(self._sorted, f"{words}.") - bisect_left(self._sorted, f"{words}-")  # a dot follows the dash

    def followers(self, words: str) -> int:
        """How many popular names end in these words after another (`pandas` of `types-pandas`)."""
        return self._text.count(f"-{words}\n")

    @cached_property
    def _by_beginning(self) -> list[str]:
        return sorted(self._spellings)

    @cached_property
    def _by_ending(self) -> list[str]:
        return sorted(spelling[::-1] for spelling in self._spellings)

    def beginning(self, letters: str) -> int:
        """How many known spellings begin with these letters."""
        return _with_beginning(self._by_beginning, letters)

    def ending(self, letters: str) -> int:
        """How many known spellings end in these letters."""
        return _with_beginning(self._by_ending, letters[::-1])

    def uses(self, text: str) -> int:
        """In how many popular names the text stands as a word of its own."""
        return self._words[text]

    def is_word(self, text: str, least: int = 3) -> bool:
        """Whether popular names use the text as a word of their own, at least so many of them."""
        return self._words[text] >= least

    def is_compound(self, letters: str) -> bool:
        """Whether the letters fall into two words that popular names use (`type` `frame`), each of three letters or
        more, or `py` and such a word."""
        if letters.startswith("py") and self.is_word(letters[2:]) and len(letters) > 4:
            return True
        halves = ((letters[:at], letters[at:]) for at in range(3, len(letters) - 2))
        return any(self.is_word(one, _USES[len(one) > 3]) and self.is_word(two, _USES[len(two) > 3]) for one, two in halves)


def _with_beginning(ordered: list[str], letters: str) -> int:
    return bisect_left(ordered, f"{letters}~") - bisect_left(ordered, letters)  # a tilde follows every letter and digit


def _signature(text: str) -> int:
    """One bit for each character that occurs, and another for each that occurs twice or more."""
    once = twice = 0
    for character in text:
        bit = _BITS.get(character, 1)
        twice |= once & bit
        once |= bit
    return once | twice << 40


def _other_initial(text: str) -> Iterator[str]:
    """Spellings one slip away that begin with another letter."""
    rest = text[1:]
    yield rest
    yield rest[0] + text[0] + rest[1:]
    yield rest[:2] + text[0] + rest[2:]
    if len(text) > 2:
        yield text[2] + text[:2] + text[3:]
    for character in _ALPHABET:
        yield character + rest
        yield character + text
