"""Is this name pretending to be another? The engine behind the `names` check: letters in, verdict out. Pure.

Only names outside the popular ones are compared with anything: being popular is strong evidence of being honest. Each
comparison gives a guess with signs for and against it; the heaviest guess wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from mlsupply.lazy import expression
from mlsupply.ruleset.names.aliases import aliases, mistaken
from mlsupply.ruleset.names.circumstances import circumstances
from mlsupply.ruleset.names.combination import combinations
from mlsupply.ruleset.names.foreign import foreign_spelling, is_ascii
from mlsupply.ruleset.names.known import Known, Reviewed
from mlsupply.ruleset.names.lookalike import lookalikes
from mlsupply.ruleset.names.signs import CERTAIN, MENTIONED, SUSPECT, Guess, Sign
from mlsupply.ruleset.names.verdict import SLIPS, Likeness, NameEvidence, NameVerdict, Technique
from mlsupply.text import canonical
from mlsupply.value import replace

_MOST_REASONS = 3  # for it, and ...
_MOST_AGAINST = 1  # ... against it
_MAX_LENGTH = 200
_SCOPE = expression(r"^@|/|::")  # npm and conda scopes: @scope/name, channel::name
_CHANNEL = expression(r"^conda-forge-(?=.)")  # says conda and nothing more
_PARTIAL = (Technique.COMBOSQUAT, Technique.AI_BRAND, Technique.SCOPE_CONFUSION)
_WHOLE = (Technique.SEPARATOR, Technique.WORD_ORDER)  # accounts for every letter of the name
_NOTHING = NameEvidence()
_NO_DATE = datetime.min.replace(tzinfo=UTC)
_CONFIRMING = 1.0  # weight of the circumstances from which they confirm the letters


class Names:
    """Judges names. ranked: canonical names of popular projects, most popular first; reviewed: see `Reviewed`;
    neighbours: further names the user vouches for. Tables are built when the first unknown name needs them."""

    def __init__(self, ranked: Sequence[str], reviewed: Reviewed | None = None, neighbours: frozenset[str] = frozenset()):
        self.known = Known(ranked, reviewed)
        self._vouched = frozenset(canonical(name) for name in neighbours) | self.known.reviewed.neighbours

    def judge(self, name: str, evidence: NameEvidence = _NOTHING, now: datetime | None = None) -> NameVerdict:
        """The verdict on a name as written or canonical. evidence: what is known beside the letters; now: the clock,
        UTC, wanted only with a date in the evidence."""
        name = canonical(_SCOPE.sub("-", name[:_MAX_LENGTH])).strip("-")
        if (place := self.known.rank.get(name)) and name in self.known.reviewed.mistaken and name not in self._vouched:
            meant = mistaken(name, self.known)
            wanted = NameEvidence(required_by=evidence.required_by, required_through=evidence.required_through)
            return replace(_verdict(name, meant, wanted, _NO_DATE), listed=place)
        if place:
            return NameVerdict(name=name, listed=place)
        if name in self._vouched:
            return NameVerdict(name=name, reasons=("it is on the list of reviewed names",))
        guess = _best(list(self.guesses(name)))
        if guess is None:
            return NameVerdict(name=name)
        return _verdict(name, guess, evidence, now or datetime.now(UTC))

    def guesses(self, name: str) -> Iterator[Guess]:
        """Everything the canonical name may be taken for, with the signs; likely or not."""
        if not is_ascii(name):
            yield from foreign_spelling(name, self.known)
            return
        parts = _CHANNEL.sub("conda-", name)
        for source, said in ((lookalikes, name), (aliases, name), (combinations, parts)):
            for guess in source(said, self.known):
                if guess.target.project != name:
                    yield guess


def _best(guesses: list[Guess]) -> Guess | None:
    """The heaviest. Of several that are heavy enough, one that accounts for the whole name is more likely than one that
    explains a part of it, and the brand a name begins with is more likely meant than another inside it."""
    heavy = [guess for guess in guesses if guess.weight >= SUSPECT]
    whole = [guess for guess in heavy if guess.technique in _WHOLE]
    leading = [guess for guess in heavy if guess.leads]
    heaviest = max(guesses, key=_weight, default=None)
    if heaviest is None or Technique(heaviest.technique) not in _PARTIAL:
        return heaviest
    return max(whole or leading or [heaviest], key=_weight)


def _weight(guess: Guess) -> float:
    return guess.weight


def _verdict(name: str, guess: Guess, evidence: NameEvidence, now: datetime) -> NameVerdict:
    beside = tuple(circumstances(evidence, guess, now))
    weight = guess.weight + sum(sign.weight for sign in beside)
    likeness = _likeness(weight, guess)
    if likeness is Likeness.NONE:
        return NameVerdict(name=name, weight=round(weight, 2))
    return NameVerdict(
        name=name,
        target=guess.target.project or None,
        technique=Technique(guess.technique),
        likeness=likeness,
        weight=round(weight, 2),
        reasons=tuple(_reasons(guess, beside)),
        confirmed=guess.weight >= SUSPECT and sum(sign.weight for sign in beside) >= _CONFIRMING,
    )


def _reasons(guess: Guess, beside: tuple[Sign, ...]) -> Iterator[str]:
    """What the guess rests on first, then what the circumstances say for it, then what else the letters say, in the order
    of the signs; last what speaks against it."""
    first, *others = (sign for sign in guess.signs if sign.text)
    speaking = sorted((sign for sign in beside if sign.weight > 0), key=lambda sign: -sign.weight)
    told = [first, *speaking, *(sign for sign in others if sign.weight > 0)]
    yield from (sign.text for sign in told[:_MOST_REASONS])
    against = sorted((sign for sign in (*others, *beside) if sign.weight < 0), key=lambda sign: sign.weight)
    yield from (f"but {sign.text}" for sign in against[:_MOST_AGAINST] if sign.text)


def _likeness(weight: float, guess: Guess) -> Likeness:
    """Words or a number beside a name are never certain by themselves: honest projects and successors are named so too."""
    if weight >= CERTAIN and Technique(guess.technique) in SLIPS and not guess.successor:
        return Likeness.CERTAIN
    return Likeness.LIKELY if weight >= SUSPECT else Likeness.POSSIBLE if weight >= MENTIONED else Likeness.NONE
