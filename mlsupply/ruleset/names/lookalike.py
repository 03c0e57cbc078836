"""Does a name look like a slip of another name? For names outside the popular ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p, log10

from mlsupply.ruleset.names.edits import Slip, slips
from mlsupply.ruleset.names.known import Known, Near, Target, core, squashed, unstuttered
from mlsupply.ruleset.names.signs import MENTIONED, Guess, Sign

# Weights of the signs: fitted (logistic regression) on fresh slips of the AI stack and the 8,000 most popular names against
# popular names that were left out, names of Debian's and of real manifests' packages, and on labelled names; rounded.
_SAID = {
    "plural": (5.3, "an s too many or too few"),
    "doubled": (5.2, "a letter is doubled"),
    "swapped": (5.0, "two letters changed places"),
    "confusable": (5.0, "a look-alike character stands for another"),
    "vowel": (4.5, "a vowel is another"),
    "undoubled": (4.1, "a double letter is single"),
    "keyboard": (4.0, "a key beside the right one was struck"),
    "sound": (3.6, "a letter sounds like the right one"),
    "dropped": (3.3, "a letter is missing"),
    "inserted": (3.1, "a character was put in"),
    "clipped": (2.8, "the last letter is missing"),
    "appended": (2.6, "a letter was added at the end"),
    "substituted": (2.3, "a letter is another"),
    "beheaded": (1.8, "the first letter is missing"),
    "initial": (0.6, "another first letter"),
    "prepended": (0.0, "a letter was added in front"),
    "digit": (-0.6, "a digit was added"),
    "unnumbered": (-0.7, "the number is missing"),
    "version": (-1.3, "another number"),
}
_ODD = {name for name, (weight, _) in _SAID.items() if weight <= 3.1 or name == "sound"} | {"digit"}
_TWO = (
    (2.0, "two usual slips"),
    (-0.7, "two slips, one of them unusual"),
    (-0.9, "two unusual slips"),
)
_LENGTH = {1: -2.6, 2: -2.6, 3: -0.9, 4: 0.4, 5: 2.0, 6: 2.5, 7: 3.4, 8: 3.6, 9: 4.1, 10: 4.2, 11: 4.2}  # letters that agree
_LONG = 4.9  # weight of agreeing in twelve letters or more
_TENFOLD = 1.6  # what a target loses that is ten times less popular
_RANKS = ((100, 2.6), (500, 2.0), (2000, 1.4), (5000, 0.7), (15_000, 0.2))
_ONE_MEANING = ("swapped", "doubled", "undoubled", "plural", "digit")  # slips that make no other word
_SHORT_SAME = (-0.1, -0.6)  # such a slip in a word of three or four letters, of one or two
_SHORT_OTHER = (-1.1, -1.4)
_JOINED = 1.5  # the same letters, separated as words are: honest projects hit upon the same words ...
_CUT = 2.9  # ... but hardly cut a word in two
_BARE = 1.7  # `py` or `python` is set beside the slip
_NATURAL = -0.5
_USUAL = 4.0  # about fifty names
_GENERIC_ENDS = ("utils", "tools", "parser", "client", "python", "lib", "api", "sdk", "kit", "file", "data", "type", "core")
_DIGIT_LETTERS = {"0": "o", "1": "li", "3": "e", "4": "a", "5": "s", "7": "t"}
_PAIR_LETTERS = (("vv", "w"), ("rn", "m"))
_SOUND_LETTERS = (("ph", "f"), ("ks", "x"), ("kw", "qu"), ("tion", "sion"), ("oo", "u"), ("ee", "i"))
_MOST_SPELLINGS = 64
_FAR_MORE_POPULAR = 100  # times


def lookalikes(name: str, known: Known) -> Iterator[Guess]:
    """Every known name that the canonical name could be a slip of. Where the letters are exactly those of a known name,
    only of that one, or of one far more popular."""
    letters = squashed(name)
    forms = {letters: False}
    forms.setdefault(unstuttered(letters), False)
    forms.setdefault(squashed(core(name)), True)
    least = min((target.rank for form in forms if (target := known.spelled(form))), default=0)
    for form, bare in forms.items():
        for near in known.near(form):
            if not near.slips:
                yield from _same_letters(name, form, near.target, known, bare=bare)
            elif not least or near.target.rank * _FAR_MORE_POPULAR < least:
                yield _slipped(name, form, near, known, bare=bare)
    for meant in _undisguised(letters):
        if target := known.spelled(meant):
            signs = (
                Sign(_SAID["confusable"][0], f"digits or pairs of letters stand for letters of {target.project}"),
                *_standing(target, known),
            )
            yield Guess(target, "homoglyph", signs)
    for meant in _heard(letters):
        if target := known.spelled(meant):
            heard = Sign(_SAID["sound"][0], f"it sounds like {target.project}")
            yield Guess(target, "edit-distance", (heard, *_standing(target, known)))


def _same_letters(name: str, form: str, target: Target, known: Known, *, bare: bool) -> Iterator[Guess]:
    """The letters are a known spelling: stuttered, with other separators, or what people call a project by."""
    project = squashed(target.project)
    if form != squashed(name) and not bare:
        yield Guess(
            target,
            "edit-distance",
            (Sign(_SAID["doubled"][0], "a letter is written three times"), *_standing(target, known)),
        )
    elif target.spelling == project and target.project != name and not bare:
        weight = _CUT if name.count("-") > target.project.count("-") and not _of_words(name, known) else _JOINED
        signs = (Sign(weight, f"the letters of {target.project}, with other separators"), *worth(target, known))
        yield Guess(target, "separator", signs)
    elif target.brand and target.spelling != project:
        near = slips(form, project)
        said = Sign(1.8, f"people say {target.spelling} and mean the project {target.project}")
        yield Guess(target, "edit-distance" if near and len(near) == 1 else "slopsquat", (said, *worth(target, known)))


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


def _slipped(name: str, letters: str, near: Near, known: Known, *, bare: bool) -> Guess:
    signs = [_slip_sign(near), *_standing(near.target, known, slips=len(near.slips)), *_against(name, letters, near, known)]
    if bare:
        signs.append(Sign(_BARE, ""))
    if sum(sign.weight for sign in signs) >= MENTIONED:
        signs.append(_naturalness(letters, near.target.spelling, known))
    kinds = {slip.kind for slip in near.slips}
    technique = "swap" if kinds == {"swapped"} else "homoglyph" if kinds == {"confusable"} else "edit-distance"
    return Guess(near.target, technique, tuple(signs), successor=kinds <= {"digit", "version"})


def _naturalness(letters: str, known_letters: str, known: Known) -> Sign:
    """Whether the letters that the slip brought together also stand together in names of other projects: in `transfromers`
    nothing else explains `sfr`."""
    new = _triples(letters) - _triples(known_letters)
    if not new:
        return Sign(0.0, "")
    usual = sum(log1p(known.triples(triple)) for triple in new) / len(new)
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
        return Sign(weight, f"one slip away from {meant}: {text}")
    weight, text = _TWO[sum(slip.kind in _ODD for slip in near.slips)]
    return Sign(weight, f"{text} away from {meant}")


def _standing(target: Target, known: Known, *, slips: int = 1) -> list[Sign]:
    """How many letters agree, and what the target is worth."""
    agreeing = len(target.spelling) - slips
    length = _LENGTH.get(agreeing, _LONG)
    weight = _TENFOLD * (3 - log10(max(target.rank, 10)))
    brand = known.theme(target.spelling)
    loved = 1.8 if brand in ("ai", "crypto") and slips == 1 else 0.7 if brand else 0.0
    return [
        Sign(length, f"only {agreeing} letters agree" if length < 0 else ""),
        Sign(weight, known.standing(target) if weight > 0 else ""),
        Sign(loved, f"{_called(target)} is a brand that impostors like" if loved else ""),
    ]


def worth(target: Target, known: Known) -> list[Sign]:
    """What a target is worth to an impostor."""
    weight = next((weight for rank, weight in _RANKS if target.rank <= rank), 0.0)
    signs = [Sign(weight, known.standing(target))]
    theme = known.theme(target.spelling)
    if theme in ("ai", "crypto"):
        signs.append(Sign(1.3, f"{_called(target)} is a brand that impostors like best"))
    elif theme:
        signs.append(Sign(0.8, f"{_called(target)} is a brand that impostors use"))
    elif known.is_ai(target.project):
        signs.append(Sign(0.5, f"{target.project} belongs to the AI stack"))
    return signs


def _against(name: str, letters: str, near: Near, known: Known) -> Iterator[Sign]:
    """Reasons why the name may be a word of its own."""
    if known.is_word(letters):
        yield Sign(-3.0, "honest projects use this word")
    elif known.is_compound(letters):
        yield Sign(-1.1, "it is made of words that honest projects use")
    if "-" in name and _of_words(name, known):
        yield Sign(-2.8, "each of its words is in use by honest projects")
    if letters[0] != near.target.spelling[0]:
        yield Sign(-2.2, "it begins differently")
    if ("-" in name) != ("-" in near.target.project):
        yield Sign(-2.3, "its words are set apart otherwise")
    if near.target.brand and near.slips[0].kind != "version":
        yield Sign(2.2, "")
    if len(near.slips) == 2 and near.target.spelling.startswith(letters):
        yield Sign(-3.0, "it is only a beginning")
    if len(near.slips) == 1:
        changed = _changed_word(near.target, near.slips[0], known)
        if len(changed) <= 4 and changed != near.target.spelling:
            weights = _SHORT_SAME if near.slips[0].kind in _ONE_MEANING else _SHORT_OTHER
            yield Sign(weights[len(changed) <= 2], f"it differs in a short word, {changed}")


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
