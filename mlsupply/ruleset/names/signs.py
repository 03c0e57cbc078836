"""A guess at what a name pretends to be, and the signs for and against it. Pure.

Weights are in units of log odds, so that they add up; `SUSPECT` is where a guess becomes a finding of medium severity.
They were fitted to imitations and honest names alike; `tests/bench/names_fit.py` tells how far they carry over to others.
"""

from __future__ import annotations

from mlsupply.named import NamedTuple
from mlsupply.ruleset.names.known import Target

MENTIONED = 2.0  # from here a guess is told, at low severity
SUSPECT = 3.0  # from here at medium
CERTAIN = 5.5  # from here at high, where the letters themselves are a slip of the target's


class Sign(NamedTuple):
    """One reason. weight: above 0 it speaks for the guess, below against it; text: a short sentence."""

    weight: float
    text: str


class Guess(NamedTuple):
    """What a name may imitate. technique: a `verdict.Technique`; successor: the name is the target's with a number, as
    that of a later version may be; leads: it begins with a brand."""

    target: Target
    technique: str
    signs: tuple[Sign, ...]
    successor: bool = False
    leads: bool = False

    @property
    def weight(self) -> float:
        """Of all signs together."""
        return sum(sign.weight for sign in self.signs)
