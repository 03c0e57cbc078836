"""Does a name borrow another name and add words to it? For names outside the popular ones. Pure.

Adding words is also how honest plug-ins are named. What tells them apart: a prefix with many ranked siblings is an
ecosystem, where an unknown member is ordinary; words that promise nothing of their own (`lite`, `helper`, `v2`) are bait;
and some brands are borrowed far more often by impostors than by anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p, log10

from mlsupply.named import NamedTuple
from mlsupply.ruleset.names.known import Known, Target
from mlsupply.ruleset.names.signs import Guess, Sign

# Weights of the signs: fitted (logistic regression) as those of `lookalike`, on fresh and labelled combinations against
# honest names; rounded.
_BASE = 3.95
_THEMES = {
    "crypto": (3.2, "wallets and exchanges are a favourite of impostors"),
    "chat": (1.8, "chat accounts are a favourite of impostors"),
    "ai": (0.6, "whoever installs it holds keys for AI services"),
    "basics": (0.3, "everybody installs it"),
    "cloud": (-0.1, "whoever installs it holds cloud or payment keys"),
    "http": (-0.3, "everybody installs it"),
    "framework": (-1.9, ""),
}
_PLAIN = -2.0  # no reviewed brand
_PLAIN_TOP = 0.9  # ... but everybody has it
_TOP = 300
_INNER_CLOUD = -2.6  # google, azure and aws stand inside many honest names
_TENFOLD = 1.1  # what a target loses that is ten times less popular
_PLACES = {"lead": -0.2, "tail": 0.9, "middle": 0.7, "glued": -0.9, "misspelt": 1.0}
_GLUED = {"": -1.0, "framework": -0.7}  # to a name that is no favourite: honest portmanteaus; plain ones where more is said
_BAIT = 0.7  # all added words are bait
_ONLY_LANGUAGE = 1.1  # all added words are `python` or the like
_ADDED = {"number": 1.0, "quality": 1.3, "purpose": 0.7, "language": 0.0, "target": -0.2, "known": -0.3, "unknown": -0.7}
_SAYING = {"target", "known", "unknown"}  # classes of words that say something of their own; the others are bait
_KNOWN_TOP = -1.2  # an ordinary word beside what everybody has: there are many who add to it
_EVERYBODYS = 100  # rank
_LETTER = 0.05  # for each letter of the borrowed name more than eight: short ones are met by chance
_LETTERS_USUAL = 8
_LETTERS_MOST = 14
_USUAL = -0.05  # for each e-fold of popular names that use the least usual of the added words
_LEADS_MANY = -0.7  # for each e-fold of popular names that begin with the borrowed name ...
_LEADS_BAIT = -0.6  # ... less where bait follows, for bait does not say what a member adds; nothing where `python` does
_WIDER_FAMILY = -0.2  # ... that begin with the first words of the borrowed name, and so belong to a larger family ...
_ENDS_MANY = -0.5  # ... that end in it where it stands last ...
_OTHER_FAMILY = -1.0  # ... or that begin with the words before it
_OTHERS_PART = -0.8  # ... or the words before it are a project: such a part of it is honest
_AI_PAIR = -0.9  # set by judgement: the fresh squats have more of them than the index
_ANOTHERS = -1.0  # words of another's in front ...
_ANOTHERS_AI = -1.7  # ... and `acme-openai` is what Acme names its part for OpenAI; both by judgement
_BINDINGS = -1.0  # `py` in front without a separator
_SECOND_TENFOLD = 0.7  # what is lost where an added known name is ten times less popular
_TWO_KNOWN = 0.6  # two projects everybody has, one behind the other, where the first is no host of plug-ins; by judgement
_TWO_KNOWN_RANK = 500
_CONNECTS = -1.0  # a service behind it is what it connects to
_HOST = 12  # popular names that begin with it
_MORE_BAIT = 1.0  # two words of bait or more
_MOST_WORDS = 8
_AS_PORTS = (("python2",), ("python3",), ("py2",), ("py3",))
_PORT = -0.9  # such a word behind a name: ports to another Python were called so
_REPEATED = ("py",)  # stands for a name that is only said twice
_MISSPELT_LENGTH = 6  # letters
_TOP_MISSPELT = 1_000  # rank of a project that is no brand
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
            yield _guess(mention, words, known)


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
            if target is None and last - first == 1 and added and known.all_bait(added):
                target = known.brand(words[first])  # too short to be seen anywhere, but here nothing else is said
            if target is None and last - first == 1 and all(known.word_class(word) == "language" for word in words[:first]):
                target = known.imported(words[first])
            if target is not None and known.word_class(words[first]) != "language":
                spoken = all(known.word_class(word) == "language" or _is_same(word, target, known) for word in words[:first])
                place = "lead" if spoken else "tail" if last == len(words) else "middle"
                said = tuple(word for word in added if word not in words[first:last])  # `stripe-stripe-js` says stripe once
                yield Mention(target, place, "-".join(words[first:last]), said or _REPEATED, first, last)


def _target(letters: str, known: Known, *, several: bool) -> Target | None:
    target = known.spelled(letters)
    if target is None:
        target = known.spelled(letters.rstrip("0123456789"))  # chatgpt4 is chatgpt and a number
        return target if target is not None and target.brand else None
    return target if target.brand or several or (len(letters) >= 4 and target.rank <= 8000) else None


def _glued(words: list[str], known: Known) -> Iterator[Mention]:
    """Known names at the start or the end of a longer word."""
    if len(words) == 1 and words[0] in known.reviewed.english:
        return
    for place, word in enumerate(words):
        for part, rest in _cuts(word[:_MOST_LETTERS]):
            added = (*words[:place], rest, *words[place + 1 :])
            if len(words) > 1 and (vendor := known.vendor(part)) is not None and known.all_bait(added):
                yield Mention(vendor, "glued", part, added, place, place + 1)
                continue
            target = known.spelled(part)
            if target is None or part == "python":
                continue
            if (len(part) >= 6 and target.rank <= 5000) or (len(part) >= 4 and target.brand):
                yield Mention(target, "glued", part, added, place, place + 1)


def _misspelt(words: list[str], known: Known) -> Iterator[Mention]:
    """A brand with a slip in it, beside words that say nothing of their own (`anthropc-sdk`)."""
    for place, word in enumerate(words):
        added = (*words[:place], *words[place + 1 :])
        if not added or not known.all_bait(added):
            continue
        if (rolled := known.spelled(_rolled(word))) is not None and rolled.brand:
            yield Mention(rolled, "misspelt", rolled.spelling, added, place, place + 1)
        if len(word) < _MISSPELT_LENGTH or known.is_word(word, 1):
            continue
        for near in known.near(word):
            wanted = near.target.brand or near.target.rank <= _TOP_MISSPELT
            if wanted and len(near.slips) == 1 and near.target.spelling[0] == word[0]:
                yield Mention(near.target, "misspelt", near.target.spelling, added, place, place + 1)


def _rolled(word: str) -> str:
    """`3web` -> web3; "" for a word that begins with no digit."""
    bare = word.lstrip("0123456789")
    return bare + word[: len(word) - len(bare)] if bare != word else ""


def _cuts(word: str) -> Iterator[tuple[str, str]]:
    """(part, rest) for every way to cut off a start or an end, once more behind a leading `py` or `python`."""
    for cut in range(2, len(word) - 1):
        yield word[:cut], word[cut:]
        yield word[cut:], word[:cut]
    for prefix in ("python", "py"):
        bare = word.removeprefix(prefix)
        if bare != word:
            yield from ((bare[:cut], bare[cut:]) for cut in range(4, len(bare) - 1))


def _guess(mention: Mention, words: list[str], known: Known) -> Guess:
    signs = [Sign(_BASE, f"it contains the name {mention.words}"), *_addition(mention, known), *_worth(mention, known)]
    signs += _family(mention, words, known)
    theme = known.theme(mention.words.replace("-", ""))
    technique = {"ai": "ai-brand combosquat", "cloud": "scope-confusion"}.get(theme, "combosquat")
    return Guess(mention.target, technique, tuple(signs), leads=mention.place == "lead" and mention.target.brand)


def _worth(mention: Mention, known: Known) -> Iterator[Sign]:
    theme = known.theme(mention.words.replace("-", ""))
    weight, why = _THEMES.get(theme, (_PLAIN, ""))
    if not theme and mention.target.rank <= _TOP:
        yield Sign(_PLAIN_TOP, "")
    if theme == "cloud" and mention.place != "lead":
        weight, why = weight + _INNER_CLOUD, ""
    yield Sign(weight, why and f"{mention.words} is a known brand: {why}")
    weight = _TENFOLD * (3 - log10(max(mention.target.rank, 10)))
    yield Sign(weight, known.standing(mention.target) if weight > 0 else "")
    yield Sign(_PLACES[mention.place], "")
    letters = min(len(mention.words.replace("-", "")), _LETTERS_MOST)
    yield Sign(_LETTER * (letters - _LETTERS_USUAL), "")
    if mention.place == "glued" and (theme or _classes(mention, known) & _SAYING):
        yield Sign(_GLUED.get(theme, 0.0), "")


def _addition(mention: Mention, known: Known) -> Iterator[Sign]:
    classes = _classes(mention, known)
    bait = not classes & _SAYING
    if mention.place == "glued" and mention.added == ("py",):
        yield Sign(_BINDINGS, "bindings for Python are often named this way")
    if bait:
        weight = _BAIT + _ONLY_LANGUAGE * (classes == {"language"})
        yield Sign(weight, f"all it adds is {' and '.join(mention.added)}")
    if mention.first == 0 and mention.added in _AS_PORTS:
        yield Sign(_PORT, "ports to another version of Python used to be named this way")
    if known.is_ai(mention.target.project) and any(_is_another(word, mention.target, known) for word in mention.added):
        yield Sign(_AI_PAIR, "integrations of AI projects are named this way")
    if mention.place in ("tail", "middle") and not bait:
        yield Sign(_ANOTHERS_AI if known.is_ai(mention.target.project) else _ANOTHERS, "")
    for kind in sorted(classes):
        yield Sign(_ADDED[kind], "")
    if "known" in classes and mention.target.rank <= _EVERYBODYS:
        yield Sign(_KNOWN_TOP, "many packages extend what everybody has")
    others = [o.rank for w in mention.added if (o := known.spelled(w)) is not None and _class(w, known) == "target"]
    if mention.place == "lead" and set(mention.added) <= known.reviewed.services:
        yield Sign(_CONNECTS, f"{mention.words} may connect to {' and '.join(mention.added)}")
    elif others:
        yield Sign(_SECOND_TENFOLD * (3 - log10(max(min(others), 10))), "")
        if _joins_two(mention, max(others), known):
            yield Sign(_TWO_KNOWN, "it joins two projects that everybody has")
    if bait and len(mention.added) > 1:
        yield Sign(_MORE_BAIT, "")
    yield Sign(_USUAL * log1p(min(map(known.uses, mention.added))), "")


def _joins_two(mention: Mention, rank: int, known: Known) -> bool:
    """Whether a name is two very popular ones and nothing else. rank: of the second."""
    if mention.place != "lead" or len(mention.added) != 1 or max(rank, mention.target.rank) > _TWO_KNOWN_RANK:
        return False
    return not known.is_ai(mention.target.project) and known.siblings(mention.words) < _HOST


def _classes(mention: Mention, known: Known) -> set[str]:
    """Classes of the added words; another word for the same project says as little as `python`."""
    return {"language" if _is_same(word, mention.target, known) else _class(word, known) for word in mention.added}


def _is_another_project(name: str, mention: Mention, known: Known) -> bool:
    return name in known.rank and name != mention.words and not known.word_class(name)


def _is_same(word: str, target: Target, known: Known) -> bool:
    project, _ = known.reviewed.brands.get(word, ("", ""))
    return project == target.project


def _is_another(word: str, target: Target, known: Known) -> bool:
    """Whether a word is that of another project of the AI stack."""
    return known.theme(word) in ("ai", "framework") and not _is_same(word, target, known)


def _class(word: str, known: Known) -> str:
    if kind := known.word_class(word):
        return kind
    target = known.spelled(word)
    if target is not None and len(word) >= 4 and (target.brand or target.rank <= 3000):
        return "target"
    return "known" if known.is_word(word) else "unknown"


def _family(mention: Mention, words: list[str], known: Known) -> Iterator[Sign]:
    """A beginning or last word that many popular names share is an ecosystem, in which an unknown member is ordinary."""
    if mention.place == "lead":
        count = known.siblings(mention.words)
        classes = _classes(mention, known)
        weight = _LEADS_MANY if classes & _SAYING else _LEADS_BAIT
        wider = max((known.siblings("-".join(words[:end])) for end in range(mention.first + 1, mention.last)), default=0)
        yield Sign(_WIDER_FAMILY * log1p(wider), _share(wider, "its first word"))
        if classes != {"language"}:
            yield Sign(weight * log1p(count), _share(count, "this beginning"))
    elif mention.place in ("tail", "middle"):
        count = max((known.siblings("-".join(words[:end])) for end in range(1, mention.first + 1)), default=0)
        yield Sign(_OTHER_FAMILY * log1p(count), _share(count, "its beginning"))
        before = "-".join(words[: mention.first])
        if mention.place == "tail" and not count and _is_another_project(before, mention, known):
            yield Sign(_OTHERS_PART, f"{before} is a project that may have such a part")
    if mention.place == "tail":
        count = known.followers(mention.words)
        yield Sign(_ENDS_MANY * log1p(count), _share(count, "this ending"))


def _share(count: int, part: str) -> str:
    return f"{count} popular projects share {part}" if count > 1 else ""
