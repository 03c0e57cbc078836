"""What is known of a name and what is said of it. Values only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mlsupply.value import value


class Technique(StrEnum):
    """How a name pretends to be another."""

    NONE = "none"
    EDIT_DISTANCE = "edit-distance"  # a slip of the finger or the ear
    SWAP = "swap"  # letters changed places
    HOMOGLYPH = "homoglyph"  # look-alike characters
    SEPARATOR = "separator"  # the same letters, separated otherwise
    WORD_ORDER = "word-order"  # the same words, ordered otherwise
    COMBOSQUAT = "combosquat"  # a known name and words beside it
    AI_BRAND = "ai-brand combosquat"  # the same with the brand of an AI service
    SCOPE_CONFUSION = "scope-confusion"  # a vendor's name as prefix, or an npm or conda scope spelled into the name
    SLOPSQUAT = "slopsquat"  # what people or language models call a project, which is not its name


SLIPS = frozenset({Technique.EDIT_DISTANCE, Technique.SWAP, Technique.HOMOGLYPH, Technique.SEPARATOR, Technique.WORD_ORDER})
"""Techniques that change the spelling of the target and add nothing."""


class Likeness(StrEnum):
    """How likely it is that a name pretends to be another, by the weight of its signs."""

    NONE = "none"
    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"  # as certain as a name alone can make it


@value
class NameEvidence:
    """What the registry, the lock file or the user knows of a name beside its letters; None is "not asked". first_release:
    UTC; claims_repository_of: canonical name of another project whose repository its links point to; copies: canonical
    name of a project whose description it repeats; required_by: a popular project that requires it; required_through: a
    popular project at the head of a chain of requirements that leads to it; in_step_with: names of other packages of the
    same project at the same version; advised: published advisories are about flaws of its own, none about malware;
    monthly_downloads, releases, owners: counts."""

    exists: bool | None = None
    first_release: datetime | None = None
    releases: int | None = None
    owners: int | None = None
    monthly_downloads: int | None = None
    claims_repository_of: str | None = None
    copies: str | None = None
    empty_description: bool | None = None
    required_by: str | None = None
    required_through: str | None = None
    in_step_with: frozenset[str] = frozenset()
    advised: bool = False


@value
class NameVerdict:
    """What the engine says of one name. name: canonical; target: canonical name of the project imitated, None where
    there is none; weight: the sum of the signs in log odds, 0 where none was found; reasons: short sentences, the
    strongest first; listed: its place among the popular names, 0 where it is not; confirmed: the letters alone
    make it likely, and what is beside them speaks for it too, on balance."""

    name: str
    target: str | None = None
    technique: Technique = Technique.NONE
    likeness: Likeness = Likeness.NONE
    weight: float = 0.0
    reasons: tuple[str, ...] = ()
    listed: int = 0
    confirmed: bool = False
