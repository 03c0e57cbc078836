"""Weights checked against a lock or a signature, as facts for rules and as gaps."""

from __future__ import annotations

from collections.abc import Iterable

from mlsupply.evidence.models.locking import Checked, Outcome
from mlsupply.evidence.models.signing import Proof, Proved
from mlsupply.evidence.references.facets import ModelIntegrityFacet
from mlsupply.model import Gap, Place, Reason
from mlsupply.ruleset import Fact
from mlsupply.text import safe

CHECK = "models"
_REASONS = {Outcome.MISSING: Reason.NOT_FOUND, Outcome.UNLISTED: Reason.UNPINNED, Outcome.UNREADABLE: Reason.FORBIDDEN}


def integrity_facts(rows: Iterable[Checked], proof: Proved | None, source: str) -> list[Fact]:
    """What differs. source: the lock or signature file, as the user wrote it."""
    against = "lock" if proof is None else "signature"
    facts = [
        ModelIntegrityFacet(
            outcome="changed",
            against=against,  # type: ignore[arg-type]  # one of the two words above
            model=safe(row.model),
            path=safe(row.path),
            detail=row.detail,
        )
        for row in rows
        if row.outcome is Outcome.CHANGED
    ]
    if proof and proof.proof is Proof.REFUSED:
        facts.append(ModelIntegrityFacet(outcome="refused", against="signature", model=safe(source), detail=proof.detail))
    return [
        Fact(fact, places=(Place(safe(source), member=fact.path),), subject=f"{fact.model} {fact.path}") for fact in facts
    ]


def integrity_gaps(rows: Iterable[Checked], proof: Proved | None, source: str) -> tuple[Gap, ...]:
    """What could not be compared, and a signer that is not proven."""
    gaps = [
        Gap(
            subject=safe(f"{row.model} {row.path}"),
            check=CHECK,
            reason=_REASONS[row.outcome],
            detail=f"{row.outcome.value}: {row.detail}",
            place=Place(safe(source), member=safe(row.path)),
        )
        for row in rows
        if row.outcome in _REASONS
    ]
    if proof and proof.proof is Proof.UNPROVEN:
        gaps.append(Gap(subject=safe(source), check=CHECK, reason=Reason.UNSUPPORTED, detail=proof.detail, hint=proof.hint))
    return tuple(gaps)
