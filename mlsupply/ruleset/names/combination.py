"""Does a name borrow another name and add words to it? For names outside the popular ones. Pure.

Adding words is also how honest plug-ins are named. What tells them apart: a prefix with many ranked siblings is an
ecosystem, where an unknown member is ordinary; words that promise nothing of their own (`lite`, `helper`, `v2`) are bait;
and some brands are borrowed far more often by impostors than by anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.named import NamedTuple
from mlsupply.ruleset.names.known import Known, Target
from mlsupply.ruleset.names.signs import Guess, Sign

_BASE = 2.0
_THEMES = {
    "crypto": (1.8, "wallets and exchanges are a favourite of impostors"),
    "chat": (1.5, "chat accounts are a favourite of impostors"),
    "ai": (1.3, "whoever installs it holds keys for AI services"),
    "http": (1.0, "everybody installs it"),
    "basics": (0.5, "everybody installs it"),
    "cloud": (0.5, "whoever installs it holds cloud or payment keys"),
    "framework": (0.0, ""),
}
_PLAIN = -0.6  # no reviewed brand
_RANKS = ((100, 1.4), (500, 1.2), (2000, 0.4))
_PLACES = {"lead": 0.6, "tail": -0.4, "middle": -0.3, "glued": -0.2, "misspelt": 0.6}
_BAIT = 1.3  # all added words are bait
_ADDED = {"language": 0.5, "quality": 0.4, "purpose": 0.1, "number": 0.1, "target": -0.3, "known": -0.8, "unknown": -0.5}
_SIBLINGS = ((30, -1.8), (10, -1.2), (1, -0.4))
_ECOSYSTEM = (100, -2.7)  # so many that any word may follow
_FOLLOWERS = ((10, -1.2), (1, -0.6))
_MOST_WORDS = 8
_MISSPELT_LENGTH = 6  # letters
_MOST_LETTERS = 40  # of a word that is taken apart


class Mention(NamedTuple):
    """A known name inside another. place: lead, tail, middle, glued or misspelt; words: how it is written; added: the rest;
    first, last: the span of words it lies in."""

    target: Target
    place: str
    words: str
    added: tuple[str, ...]
    first: int
    last: int


def combinations(name: str, known: Known) -> Iterator[Guess]:
    """Every known name the canonical name borrows, with its signs."""
    words = name.split("-")[:_MOST_WORDS]
    mentions = (*_whole(words, known), *_glued(words, known), *_misspelt(words, known))
    found = [mention for mention in mentions if mention.target.project != name]
    for mention in found:
        if not any(_inside(mention, other) for other in found):
            yield _guess(mention, known)


def _inside(one: Mention, other: Mention) -> bool:
    return one.words != other.words and one.words in other.words and other.first <= one.first and other.last >= one.last


def _whole(words: list[str], known: Known) -> Iterator[Mention]:
    """Known names written as words of their own, up to four of them together."""
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + 4) + 1):
            if last - first == len(words):
                continue
            added = (*words[:first], *words[last:])
            target = _target("".join(words[first:last]), known, several=last - first > 1)
            if target is not None and known.word_class(words[first]) != "language":
                spoken = all(known.word_class(word) == "language" for word in words[:first])
                place = "lead" if spoken else "tail" if last == len(words) else "middle"
                yield Mention(target, place, "-".join(words[first:last]), added, first, last)


def _target(letters: str, known: Known, *, several: bool) -> Target | None:
    target = known.spelled(letters)
    if target is None:
        target = known.spelled(letters.rstrip("0123456789"))  # chatgpt4 is chatgpt and a number
        return target if target is not None and target.brand else None
    return target if target.brand or several or (len(letters) >= 4 and target.rank <= 8000) else None


def _glued(words: list[str], known: Known) -> Iterator[Mention]:
    """Known names at the start or the end of a longer word."""
    for place, word in enumerate(words):
        for part, rest in _cuts(word[:_MOST_LETTERS]):
            target = known.spelled(part)
            if target is None or part == "python":
                continue
            if (len(part) >= 6 and target.rank <= 5000) or (len(part) >= 4 and target.brand):
                yield Mention(target, "glued", part, (*words[:place], rest, *words[place + 1 :]), place, place + 1)


def _misspelt(words: list[str], known: Known) -> Iterator[Mention]:
    """A brand with a slip in it, beside words that say nothing of their own (`anthropc-sdk`)."""
    for place, word in enumerate(words):
        added = (*words[:place], *words[place + 1 :])
        if len(word) < _MISSPELT_LENGTH or not added or known.is_word(word, 1) or not known.all_bait(added):
            continue
        for near in known.near(word):
            if near.target.brand and len(near.slips) == 1 and near.target.spelling[0] == word[0]:
                yield Mention(near.target, "misspelt", near.target.spelling, added, place, place + 1)


def _cuts(word: str) -> Iterator[tuple[str, str]]:
    """(part, rest) for every way to cut off a start or an end, once more behind a leading `py` or `python`."""
    for cut in range(2, len(word) - 1):
        yield word[:cut], word[cut:]
        yield word[cut:], word[:cut]
    for prefix in ("python", "py"):
        bare = word.removeprefix(prefix)
        if bare != word:
            yield from ((bare[:cut], bare[cut:]) for cut in range(4, len(bare) - 1))


def _guess(mention: Mention, known: Known) -> Guess:
    signs = [Sign(_BASE, f"it contains the name {mention.words}"), *_worth(mention, known), *_addition(mention, known)]
    signs += _family(mention, known)
    theme = known.theme(mention.words.replace("-", ""))
    technique = {"ai": "ai-brand combosquat", "cloud": "scope-confusion"}.get(theme, "combosquat")
    return Guess(mention.target, technique, tuple(signs))


def _worth(mention: Mention, known: Known) -> Iterator[Sign]:
    theme = known.theme(mention.words.replace("-", ""))
    weight, why = _THEMES.get(theme, (_PLAIN, ""))
    if theme == "cloud" and mention.place != "lead":
        weight, why = _PLAIN, ""  # google, azure and aws stand in the middle of many honest names
    yield Sign(weight, why and f"{mention.words} is a known brand: {why}")
    rank = mention.target.rank
    weight = next((weight for limit, weight in _RANKS if rank <= limit), 0.0)
    yield Sign(weight, known.standing(mention.target) if weight else "")
    yield Sign(_PLACES[mention.place], "")


def _addition(mention: Mention, known: Known) -> Iterator[Sign]:
    classes = {word: _class(word, known) for word in mention.added}
    if mention.place == "glued" and mention.added == ("py",):
        yield Sign(-1.0, "bindings for Python are called so")
    if known.all_bait(mention.added):
        yield Sign(_BAIT, f"what it adds says nothing of its own: {', '.join(mention.added)}")
    for kind in sorted(set(classes.values())):
        yield Sign(_ADDED[kind], "")
    if known.is_ai(mention.target.project) and any(known.theme(word) in ("ai", "framework") for word in mention.added):
        yield Sign(-1.2, "integrations of AI projects are named so")


def _class(word: str, known: Known) -> str:
    if kind := known.word_class(word):
        return kind
    target = known.spelled(word)
    if target is not None and len(word) >= 4 and (target.brand or target.rank <= 3000):
        return "target"
    return "known" if known.is_word(word) else "unknown"


def _family(mention: Mention, known: Known) -> Iterator[Sign]:
    """A prefix or last word that many popular names share is an ecosystem."""
    if mention.place not in ("lead", "tail"):
        return
    leads = mention.place == "lead"
    if leads and (count := known.siblings(mention.words.split("-")[0])) >= _ECOSYSTEM[0]:
        yield Sign(_ECOSYSTEM[1], f"{count} popular projects share this beginning")
        return
    count = known.siblings(mention.words) if leads else known.followers(mention.words)
    for least, weight in _SIBLINGS if leads else _FOLLOWERS:
        if count >= least:
            said = f"{count} popular projects share this {'beginning' if leads else 'ending'}"
            # A member of an ecosystem says what it adds to it; bait does not.
            yield Sign(weight / 2 if known.all_bait(mention.added) else weight, said)
            return
