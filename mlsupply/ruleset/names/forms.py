"""What is left of a name without its additions: `py`, a number, a letter held down, the same name again. Pure.

A slip is seldom the only change: people who skim a list of names overlook `python-reqeusts`, `numpyy3` and `toorchtoorch`.
Each form is compared on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_AFFIX = expression(r"^(?:python[23]?|py[23]?)-(?=.)|(?<=.)-(?:python[23]?|py[23]?)$")
_NUMBER = expression(r"(?:(?<=[a-z]{3})|-)v?\d{1,3}$")  # not that of `s3` or `ec2`
_RUN = expression(r"(.)\1{2,}")
_PAIR = expression(r"([a-z])\1")
_PAIRS = 2  # from so many on, letters were doubled on purpose or by a bad key
_PLURAL = expression(r"(?<=[a-z]{2}[a-rt-z])s(?=-|$)")
_SHORTEST = 5  # letters that must be left
_SHORTEST_TWICE = 4


class Form(NamedTuple):
    """One reading of a name. said: with its separators; letters: without; without: what was left out of the name: `` for
    nothing, `stutter`, `language`, `glued` (`py` without a separator), `number`, `twice` or `plurals`."""

    said: str
    letters: str
    without: str


def squashed(name: str) -> str:
    """The canonical name without separators."""
    return name.replace("-", "")


def core(name: str) -> str:
    """The canonical name without a leading or trailing `python` or `py` word."""
    return _AFFIX.sub("", name) or name


def forms(name: str) -> Iterator[Form]:
    """The readings of a canonical name, each spelling once, the whole name first."""
    seen: set[str] = set()
    for said, without in _readings(name):
        letters = squashed(said)
        if letters not in seen and (len(letters) >= _SHORTEST or without in ("", "stutter", "language", "twice")):
            seen.add(letters)
            yield Form(said, letters, without)


def _readings(name: str) -> Iterator[tuple[str, str]]:
    yield name, ""
    yield _RUN.sub(r"\1\1", name), "stutter"
    if len(_PAIR.findall(name)) >= _PAIRS:
        yield _PAIR.sub(r"\1", name), "stutter"
    bare = core(name)
    yield bare, "language"
    yield _NUMBER.sub("", name), "number"
    if bare == name:
        yield name.removeprefix("py").strip("-"), "glued"
        yield name.removesuffix("py").strip("-"), "glued"
    half = name[: len(name) // 2]
    if len(half) >= _SHORTEST_TWICE and name == half * 2:
        yield half, "twice"
    if _PLURAL.search(name, 0, name.rfind("-") + 1):  # behind a word that is not the last
        yield _PLURAL.sub("", name), "plurals"
