"""Is a name what people call a project, although the project has another name? For names outside the popular ones. Pure.

People who type an import name, a brand or the words of a name in another order get whatever somebody else registered under
it; language models make the same mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from mlsupply.lazy import expression
from mlsupply.ruleset.names.forms import squashed
from mlsupply.ruleset.names.known import Known
from mlsupply.ruleset.names.lookalike import worth
from mlsupply.ruleset.names.signs import MENTIONED, Guess, Sign

_SPOKEN = 2.4
_HALF_SPOKEN = 1.5
_FORMS = {
    **dict.fromkeys(("python-{}", "{}-python", "py{}", "{}py", "{}-py", "{}-python3-runtime"), _SPOKEN),
    **dict.fromkeys(("django-{}", "{}-sdk-python", "{}-python-sdk"), _SPOKEN),
    **dict.fromkeys(("apache-{}", "{}-sdk"), _HALF_SPOKEN),  # the bare word is as often the service or server itself
}
"""How projects are named whose import name is the bare word."""
_SAME = (
    ("pytorch", "torch"),
    ("huggingface", "hf"),
    ("tensorflow", "tf"),
    ("attention", "attn"),
)
_KNOWN_BY_IMPORT = 2_000  # rank to which the import name is what everybody says ...
_LITTLE_KNOWN = -0.3  # ... and beyond which others hit upon it too
_A_WORD = -1.0  # which anybody may call a project by
_AFFIXES = ("py{}", "python-{}", "{}-python", "{}-py", "{}py", "py-{}")
_SAID_SO = expression(r"^(?:python[23]?|py)-?(?=.)|(?<=.)-?(?:python[23]?|py)$")
_OTHER_AFFIX = 2.0  # of 15,000 popular names 30 have such a twin, so that two of one name are hardly a chance
_SHORTEST = 3
_MOST_PERMUTED = 4  # words
_TURNED = 2.2


def mistaken(name: str, known: Known) -> Guess:
    """The project that many people want who install this one, which is popular for that reason alone."""
    target = known.target(known.reviewed.mistaken[name], name)
    said = Sign(MENTIONED, f"{name} is a project of its own, and many who install it want {target.project}")
    return Guess(target, "slopsquat", (said,))


def aliases(name: str, known: Known) -> Iterator[Guess]:
    """Projects that people mean by the canonical name."""
    if target := known.imported(name):
        said = Sign(3.0, f"{name} is the import name of the project {target.project}")
        yield Guess(target, "slopsquat", (said, *worth(target, known)))
    if len(name) >= _SHORTEST:
        yield from _bare(name, known)
    yield from _turned(name, known)
    yield from _affixed(name, known)
    yield from _renamed(name, known)


def _bare(name: str, known: Known) -> Iterator[Guess]:
    plain = (Sign(_A_WORD, f"{name} is an English word"),) if name in known.reviewed.english else ()
    for form, weight in _FORMS.items():
        project = form.format(name)
        if project in known.rank:
            target = known.target(project, name)
            little = _LITTLE_KNOWN if target.rank > _KNOWN_BY_IMPORT else 0.0
            said = Sign(weight + little, f"{name} alone is how {project} is called or imported")
            yield Guess(target, "slopsquat", (said, *worth(target, known), *plain))


def _turned(name: str, known: Known) -> Iterator[Guess]:
    digits = len(name) - len(name.lstrip("0123456789"))
    if digits and (rolled := known.spelled(squashed(name[digits:] + name[:digits]))):
        said = Sign(_TURNED, f"the letters of {rolled.project}, with its number in front")
        yield Guess(rolled, "word-order", (said, *worth(rolled, known)))
    words = name.split("-")
    if not 2 <= len(words) <= _MOST_PERMUTED:
        return
    turned = ("-".join(order) for order in permutations(words))
    project = min((other for other in turned if other in known.rank), key=lambda other: known.rank[other], default="")
    if project:
        target = known.target(project, name)
        yield Guess(target, "word-order", (Sign(_TURNED, f"the words of {project} in another order"), *worth(target, known)))


def _affixed(name: str, known: Known) -> Iterator[Guess]:
    """The project that says `python` or `py` elsewhere, or otherwise (`python-mongo`), where none has the bare name."""
    bare = _SAID_SO.sub("", name)
    if bare == name or len(bare) < _SHORTEST or bare in known.rank:
        return
    said = [project for form in _AFFIXES if (project := form.format(bare)) in known.rank]
    for project in said:
        target = known.target(project, name)
        sign = Sign(_OTHER_AFFIX, f"{project} says python elsewhere, and no popular project is called {bare}")
        yield Guess(target, "word-order", (sign, *worth(target, known)))


def _renamed(name: str, known: Known) -> Iterator[Guess]:
    """Projects that are meant where one of their words is said otherwise (`pytorch-vision`)."""
    words = name.split("-")
    for one, other in ((one, other) for both in _SAME for one, other in (both, both[::-1])):
        if one in words:
            meant = known.spelled("".join(other if word == one else word for word in words))
            if meant is not None:
                said = Sign(_SPOKEN, f"{meant.project} says {other} where this says {one}")
                yield Guess(meant, "slopsquat", (said, *worth(meant, known)))
