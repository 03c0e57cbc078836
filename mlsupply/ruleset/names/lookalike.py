"""Does a name look like a slip of another name? For names outside the popular ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p, log10

from mlsupply.ruleset.names.edits import Slip, slips
from mlsupply.ruleset.names.forms import Form, forms, squashed
from mlsupply.ruleset.names.known import Known, Near, Target
from mlsupply.ruleset.names.signs import MENTIONED, Guess, Sign

# Weights of the signs: fitted (logistic regression) on slips of the AI stack and of the 8,000 most popular names against
# popular names that were left out, names of Debian's and of real manifests' packages, and on labelled names; rounded.
# `python -m tests.bench.names_fit` fits them anew and tells what they find of names that took no part.
_SAID = {
    "plural": (5.4, "one s too many or too few"),
    "doubled": (5.4, "a letter is doubled"),
    "held": (5.4, "a letter is written three times"),
    "again": (4.0, "the same name is written twice"),
    "swapped": (5.4, "two letters changed places"),
    "confusable": (5.3, "a look-alike character stands for another"),
    "vowel": (5.0, "a vowel differs"),
    "undoubled": (4.5, "a double letter is written once"),
    "keyboard": (4.4, "a key next to the right one was hit"),
    "sound": (3.3, "a letter sounds like the right one"),
    "dropped": (4.4, "a letter is missing"),
    "inserted": (3.4, "a character was inserted"),
    "clipped": (3.4, "the last letter is missing"),
    "appended": (1.9, "a letter was added at the end"),
    "substituted": (2.4, "a letter differs"),
    "beheaded": (1.6, "the first letter is missing"),
    "initial": (-0.8, "another first letter"),
    "prepended": (-0.6, "a letter was added in front"),
    "digit": (-0.7, "a digit was added"),
    "unnumbered": (-0.5, "the number is missing"),
    "version": (-0.7, "another number"),
}
_WHOLE = ("", "stutter", "language")  # readings that say all the name says
_AGAIN = {"stutter": "held", "twice": "again", "plurals": "plural"}
_ODD = {
    *("sound", "inserted", "clipped", "appended", "substituted", "beheaded"),
    *("initial", "prepended", "digit", "unnumbered", "version"),
}
_TWO = (
    (1.8, "two usual slips"),
    (-0.9, "two slips, one of them unusual"),
    (-1.1, "two unusual slips"),
)
_LENGTH = {1: -2.7, 2: -3.1, 3: 0.4, 4: 1.4, 5: 2.0, 6: 2.3, 7: 2.9, 8: 3.6, 9: 4.1, 10: 3.9, 11: 4.3}  # letters that agree
_LONG = 5.9  # weight of agreeing in twelve letters or more
_TENFOLD = 2.1  # what a target loses that is ten times less popular
_RANKS = ((100, 2.6), (500, 2.0), (2000, 1.4), (5000, 0.7), (15_000, 0.2))
_ONE_MEANING = ("swapped", "doubled", "undoubled", "plural", "digit")  # slips that make no other word
_SHORT_SAME = (-0.5, -0.6)  # such a slip in a word of three or four letters, of one or two
_SHORT_OTHER = (-0.8, -1.4)
_JOINED = 1.5  # the same letters, separated as words are: honest projects hit upon the same words ...
_CUT = 3.3  # ... but hardly cut a word in two ...
_PARTLY = 2.0  # ... nor join some of its words and leave others apart
_COINCIDENCE = -0.8  # ... and far down the list others hit upon the same letters: half of the popular twins are there
_COINCIDENCE_RANK = 5_000
_NUMBERED = 1.1  # ... nor put a number behind them as well
_WITHOUT = {
    "stutter": (0.0, ""),
    "language": (-1.3, "it adds python"),
    "glued": (-3.4, "it adds py, as names of bindings do"),
    "number": (-1.2, "it adds a number"),
    "twice": (0.0, ""),
    "plurals": (0.0, "other words have an s added too"),
}
_NATURAL = -0.45
_BRAND_LIKED = 2.8  # a brand of AI or money, one slip away
_BRAND = 0.2  # any other brand
_SAID_FOR = 1.8  # a brand stands for a project of another name
_A_WORD = -3.3  # honest projects use the word
_A_RARE_WORD = -1.5  # one or two of them do
_A_COMPOUND = -1.1  # it is made of such words
_ALL_WORDS = -2.4  # each of several words is such a word
_ENGLISH = (
    -7.5
)  # the name is a word of the language: of 3,500 slips none made one, but plurals; so letters alone do not accuse
_ORDINARY = -0.075  # for each nat by which the name is likelier than random letters (see `wording`)
_READABLE = -0.6  # ... and once it reads like a name of its own
_MADE_UP = 2.0  # the most a name of unlikely letters gains by that, about
_BEYOND_DOUBT = 9.0  # how ordinary such a name is would change nothing
_OTHER_START = -2.3
_OTHER_DASHES = -3.0
_REVIEWED = 1.9  # the target is a reviewed brand
_ONLY_BEGINNING = -3.1
_CROWDED = -1.0  # for each e-fold of known names it could as well be a slip of: where many are, more is a coincidence
_DISTINCT = {0: -0.7, 1: -0.7, 2: -0.7, 3: -0.5, 4: 0.1, 5: 0.5}  # letters that agree beside usual beginnings and endings
_RARE = -0.4  # of a target far down the list
_RARE_RANK = 5_000
_USUAL = 4.0  # about fifty names
_READS_WELL = 6.0  # nats
_GENERIC_ENDS = ("utils", "tools", "parser", "client", "python", "lib", "api", "sdk", "kit", "file", "data", "type", "core")
_ENDINGS = ("s", "es", "d", "ed")
_DIGIT_LETTERS = {"0": "o", "1": "li", "3": "e", "4": "a", "5": "s", "7": "t"}
_PAIR_LETTERS = (("vv", "w"), ("rn", "m"))
_SOUND_LETTERS = (("ph", "f"), ("ks", "x"), ("kw", "qu"), ("tion", "sion"), ("oo", "u"), ("ee", "i"))
_MOST_SPELLINGS = 64
_MOST_DISTINCT = 5
_MANY = 15  # names that share a beginning or an ending
_FAR_MORE_POPULAR = 100  # times


def lookalikes(name: str, known: Known) -> Iterator[Guess]:
    """Every known name that the canonical name could be a slip of. Where the letters are exactly those of a known name,
    only of that one, or of one far more popular."""
    readings = list(forms(name))
    whole = [form.letters for form in readings if form.without in _WHOLE]
    least = min((target.rank for letters in whole if (target := known.spelled(letters))), default=0)
    for form in readings:
        nears = list(known.near(form.letters, 2 if form.without in _WHOLE else 1))
        for near in nears:
            if not near.slips:
                yield from _same_letters(name, form, near.target, known)
            elif not least or near.target.rank * _FAR_MORE_POPULAR < least:
                yield _slipped(form, near, known, crowd=len(nears))
    for meant in _undisguised(squashed(name)):
        if target := known.spelled(meant):
            signs = (
                Sign(_SAID["confusable"][0], f"digits or pairs of letters stand for letters of {target.project}"),
                *_standing(target, known),
            )
            yield Guess(target, "homoglyph", signs)
    for meant in _heard(squashed(name)):
        if target := known.spelled(meant):
            heard = Sign(_SAID["sound"][0], f"it sounds like {target.project}")
            yield Guess(target, "edit-distance", (heard, *_standing(target, known)))


def _same_letters(name: str, form: Form, target: Target, known: Known) -> Iterator[Guess]:
    """The letters are a known spelling: stuttered, with other separators, or what people call a project by."""
    project = squashed(target.project)
    if form.without in _AGAIN:
        weight, text = _SAID[_AGAIN[form.without]]
        yield Guess(target, "edit-distance", (Sign(weight, text), *_standing(target, known)))
    elif form.without == "number" and form.said != target.project and target.spelling == project:
        weight = _separated(form.said, target.project, known) + _NUMBERED
        signs = (Sign(weight, f"the letters of {target.project} and a number, with other separators"), *worth(target, known))
        yield Guess(target, "separator", signs)
    elif form.without:
        return
    elif target.spelling == project and target.project != name:
        weight = _separated(name, target.project, known) + (_COINCIDENCE if target.rank > _COINCIDENCE_RANK else 0.0)
        signs = (Sign(weight, f"the letters of {target.project}, with other separators"), *worth(target, known))
        yield Guess(target, "separator", signs)
    elif target.brand and target.spelling != project:
        near = slips(form.letters, project)
        said = Sign(_SAID_FOR, f"people say {target.spelling} and mean the project {target.project}")
        yield Guess(target, "edit-distance" if near and len(near) == 1 else "slopsquat", (said, *worth(target, known)))


def _separated(name: str, project: str, known: Known) -> float:
    """What the same letters weigh, by how the name sets its words apart."""
    more = name.count("-") - project.count("-")
    if more > 0:
        return _JOINED if _of_words(name, known) else _CUT
    return _PARTLY if more and "-" in name else _JOINED


def _of_words(name: str, known: Known) -> bool:
    return all(map(known.is_word, name.split("-")))


def _undisguised(letters: str) -> list[str]:
    """The spellings meant where digits stand for letters (`xgb00st`) or two letters for one (`vvandb`)."""
    spellings = [""]
    for character in letters:
        meant = _DIGIT_LETTERS.get(character, character)
        spellings = [spelling + letter for spelling in spellings for letter in meant][:_MOST_SPELLINGS]
    spellings += [letters.replace(pair, single) for pair, single in _PAIR_LETTERS if pair in letters]
    return [spelling for spelling in spellings if spelling != letters]


def _heard(letters: str) -> list[str]:
    """The spellings meant where other letters make the same sound (`tensorphlow`)."""
    pairs = ((one, other) for both in _SOUND_LETTERS for one, other in (both, both[::-1]))
    return [letters.replace(one, other, 1) for one, other in pairs if one in letters]


def _slipped(form: Form, near: Near, known: Known, *, crowd: int = 1) -> Guess:
    letters = form.letters
    signs = [_slip_sign(near), *_standing(near.target, known, slips=len(near.slips)), *_against(form, near, known)]
    if form.without:
        signs.append(Sign(*_WITHOUT[form.without]))
    others = f"it resembles {crowd - 1} other known names as well" if crowd > 2 else ""
    signs.append(Sign(_CROWDED * log1p(crowd - 1), others))
    if known.typed(near.target) > _RARE_RANK:
        signs.append(Sign(_RARE, ""))
    if MENTIONED - _MADE_UP <= sum(sign.weight for sign in signs) < _BEYOND_DOUBT:
        usual = known.wording.ordinary(form.said, near.target.project, near.target.spelling)
        signs.append(Sign(_ORDINARY * usual, ""))
        if usual >= _READS_WELL:
            signs.append(Sign(_READABLE, "it reads like a name of its own"))
    if sum(sign.weight for sign in signs) >= MENTIONED - _DISTINCT[_MOST_DISTINCT]:
        signs.append(Sign(_DISTINCT.get(_distinct(letters, near, known), 0.0), ""))
    if sum(sign.weight for sign in signs) >= MENTIONED:
        signs.append(_naturalness(letters, near.target.spelling, known))
    kinds = {slip.kind for slip in near.slips}
    technique = "swap" if kinds == {"swapped"} else "homoglyph" if kinds == {"confusable"} else "edit-distance"
    return Guess(near.target, technique, tuple(signs), successor=kinds <= {"digit", "version"})


def _distinct(letters: str, near: Near, known: Known) -> int:
    """How many letters agree with the known name beside a beginning and an ending that many names share: `py` and `utils`
    say nothing of which project is meant."""
    spelling = near.target.spelling
    start = _common(letters, spelling)
    end = min(_common(letters[::-1], spelling[::-1]), min(len(letters), len(spelling)) - start)
    own = known.beginning(spelling)
    usual_start = next((cut for cut in range(start, 1, -1) if known.beginning(spelling[:cut]) >= own + _MANY), 0)
    own = known.ending(spelling)
    usual_end = next((cut for cut in range(end, 1, -1) if known.ending(spelling[-cut:]) >= own + _MANY), 0)
    return max(len(spelling) - len(near.slips) - usual_start - usual_end, 0)


def _common(one: str, other: str) -> int:
    """How many characters agree from the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _naturalness(letters: str, known_letters: str, known: Known) -> Sign:
    """Whether the letters that the slip brought together also stand together in names of other projects: in `transfromers`
    nothing else explains `sfr`."""
    new = _triples(letters) - _triples(known_letters)
    if not new:
        return Sign(0.0, "")
    usual = sum(log1p(known.wording.count(triple)) for triple in new) / len(new)
    return Sign(_NATURAL * usual, "many names have such letters side by side" if usual >= _USUAL else "")


def _triples(letters: str) -> set[str]:
    marked = f"\n{letters}\n"
    return {marked[at : at + 3] for at in range(len(marked) - 2)}


def _called(target: Target) -> str:
    """The project, or the brand that leads to it."""
    return target.project if squashed(target.project) == target.spelling else target.spelling


def _slip_sign(near: Near) -> Sign:
    meant = _called(near.target)
    if len(near.slips) == 1:
        weight, text = _SAID[near.slips[0].kind]
        return Sign(weight, f"one slip away from {meant} ({text})")
    weight, text = _TWO[sum(slip.kind in _ODD for slip in near.slips)]
    return Sign(weight, f"{text} away from {meant}")


def _standing(target: Target, known: Known, *, slips: int = 1) -> list[Sign]:
    """How many letters agree, and what the target is worth."""
    agreeing = len(target.spelling) - slips
    length = _LENGTH.get(agreeing, _LONG)
    weight = _TENFOLD * (3 - log10(max(known.typed(target), 10)))
    brand = known.theme(target.spelling)
    loved = _BRAND_LIKED if brand in ("ai", "crypto") and slips == 1 else _BRAND if brand else 0.0
    return [
        Sign(length, f"only {agreeing} letters agree" if length < 0 else ""),
        Sign(weight, known.standing(target) if weight > 0 else ""),
        Sign(loved, f"{_called(target)} is a brand that is often imitated" if loved else ""),
    ]


def worth(target: Target, known: Known) -> list[Sign]:
    """What a target is worth to an impostor."""
    weight = next((weight for rank, weight in _RANKS if target.rank <= rank), 0.0)
    signs = [Sign(weight, known.standing(target))]
    theme = known.theme(target.spelling)
    if theme in ("ai", "crypto"):
        signs.append(Sign(1.3, f"{_called(target)} is a brand of the kind most often imitated"))
    elif theme:
        signs.append(Sign(0.8, f"{_called(target)} is a brand that has been imitated"))
    elif known.is_ai(target.project):
        signs.append(Sign(0.5, f"{target.project} belongs to the AI stack"))
    return signs


def _against(form: Form, near: Near, known: Known) -> Iterator[Sign]:
    """Reasons why the name may be a word of its own."""
    name, letters = form.said, form.letters
    if form.without in _WHOLE and letters in known.reviewed.english and not _inflected(letters, near.target.spelling):
        yield Sign(_ENGLISH, f"{letters} is an English word")
    if known.is_word(letters):
        yield Sign(_A_WORD, "honest projects use this word")
    elif known.is_word(letters, 1):
        yield Sign(_A_RARE_WORD, "an honest project uses this word")
    elif known.is_compound(letters):
        yield Sign(_A_COMPOUND, "it is made of words that honest projects use")
    if "-" in name and _of_words(name, known):
        yield Sign(_ALL_WORDS, "each of its words is in use by honest projects")
    if letters[0] != near.target.spelling[0]:
        yield Sign(_OTHER_START, "it begins differently")
    if ("-" in name) != ("-" in near.target.project):
        yield Sign(_OTHER_DASHES, "its words are separated differently")
    if near.target.brand and near.slips[0].kind != "version":
        yield Sign(_REVIEWED, "")
    if len(near.slips) == 2 and near.target.spelling.startswith(letters):
        yield Sign(_ONLY_BEGINNING, "it is only the beginning of that name")
    if len(near.slips) == 1:
        changed = _changed_word(near.target, near.slips[0], known)
        if len(changed) <= 4 and changed != near.target.spelling:
            weights = _SHORT_SAME if near.slips[0].kind in _ONE_MEANING else _SHORT_OTHER
            yield Sign(weights[len(changed) <= 3], f"the slip is in a short word, {changed}")


def _inflected(one: str, other: str) -> bool:
    """Whether one is the other with an ending: `request` is no other word than `requests`."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short) :] in _ENDINGS


def _changed_word(target: Target, slip: Slip, known: Known) -> str:
    """The word of the target the slip falls into."""
    own = squashed(target.project) == target.spelling
    words = [part for word in (target.project.split("-") if own else [target.spelling]) for part in _parts(word, known)]
    left = slip.at
    for word in words:
        if left < len(word):
            return word
        left -= len(word)
    return words[-1]


def _parts(word: str, known: Known) -> list[str]:
    """`cssutils` -> css, utils; `openml` -> open, ml; a word that falls into no known words stays whole."""
    for end in _GENERIC_ENDS:
        if word.endswith(end) and word != end:
            return [word.removesuffix(end), end]
    for at in range(len(word) - 2, 3, -1):
        if known.is_word(word[:at], 8) and known.is_word(word[at:], 8):
            return [word[:at], word[at:]]
    return [word]
