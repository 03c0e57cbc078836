"""Signs beside the letters: what the registry, the lock file and the clock say of a name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mlsupply.ruleset.names.signs import Guess, Sign
from mlsupply.ruleset.names.verdict import SLIPS, NameEvidence, Technique

_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_YEARS = timedelta(days=3 * 365)


def circumstances(evidence: NameEvidence, guess: Guess, now: datetime) -> Iterator[Sign]:
    """Signs for and against the guess. now: UTC."""
    target = guess.target.project
    yield from _age(evidence.first_release, now)
    yield from _standing(evidence)
    if evidence.claims_repository_of == target:
        yield Sign(2.0, f"its links point to the repository of {target}")
    if evidence.copies == target:
        yield Sign(3.0, f"its description repeats that of {target}")
    elif evidence.empty_description:
        yield Sign(0.7, "it has no description")
    if evidence.required_by:
        yield Sign(-4.0, f"the popular project {evidence.required_by} requires it")
    elif evidence.required_through:
        yield Sign(-3.0, f"the popular project {evidence.required_through} leads to it through others")
    if evidence.advised:
        yield Sign(-4.0, "published advisories are about flaws of its own, as of a project that others use")
    if Technique(guess.technique) not in SLIPS:
        yield from _in_step(evidence, target)


def _in_step(evidence: NameEvidence, target: str) -> Iterator[Sign]:
    """Parts of one project have the same version: the target's own, or that of others whose names begin like its name."""
    family = sorted(name for name in evidence.in_step_with if name.startswith(f"{target.partition('-')[0]}-"))
    if target in evidence.in_step_with:
        yield Sign(-3.0, f"it stands at the same version as {target}, as parts of one project do")
    elif family:
        yield Sign(-2.0, f"it stands at the same version as {family[0]}, as parts of one project do")


def _age(first: datetime | None, now: datetime) -> Iterator[Sign]:
    if first is None:
        return
    age = now - first
    if age <= _WEEK:
        yield Sign(2.5, "its first release is less than a week old")
    elif age <= _MONTH:
        yield Sign(1.5, "its first release is less than a month old")
    elif age >= _YEARS:
        yield Sign(-2.5, f"it has been on the index for {age.days // 365} years")
    elif age >= _YEARS / 3:
        yield Sign(-1.5, "it has been on the index for more than a year")


def _standing(evidence: NameEvidence) -> Iterator[Sign]:
    if evidence.releases is not None and evidence.releases <= 1:
        yield Sign(0.7, "it has one release")
    elif evidence.releases is not None and evidence.releases >= 20:
        yield Sign(-1.5, f"it has {evidence.releases} releases")
    if evidence.monthly_downloads is not None and evidence.monthly_downloads >= 100_000:
        yield Sign(-3.0, f"it is downloaded {evidence.monthly_downloads:,} times a month")
    if evidence.owners is not None and evidence.owners >= 3:
        yield Sign(-0.7, f"{evidence.owners} people own it")
