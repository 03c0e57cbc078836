"""The fields of a release that rules can test, and what a lock alone says of them. Pure, and quick to import: offline runs
need no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from mlsupply.evidence.provenance import Standing
from mlsupply.model import Package


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacet:
    """One release, as the index it was locked from shows it. None: this index does not tell, or was not asked.

    index: its host; listed: the release is there, project_listed: any release is; yanked (PEP 592) with yanked_reason;
    status: PEP 792 (`active`, `archived`, `deprecated`, `quarantined`; "" none given) with status_reason; uploaded: time
    of its first file; releases_before: how many the project had by then; silence_days: since the release before it (0
    where there is none); size and size_before: bytes of the largest file of the kind that grew most, growth: their ratio
    (1 where there is nothing to compare); kinds: `sdist`, `pure wheel`, `native wheel`, `other`; new_kinds: none of the
    last releases had; lost_kinds: all of them had; late_files: uploaded a day or more after the first one, late_days: at
    most how long after; missing_files: in the lock and not on the index; changed_files: there with another sha256;
    missing_hashes: sha256 in the lock that no file of the release has; attested: a file has provenance (PEP 740);
    attested_before: one of the last few before it had; unattested_files: without, where others of the release have it and
    all of the release before had; publisher, publisher_before: who the provenance of one of their files names; provenance,
    provenance_before: `verified` against signature, log, sha256 and identity (only with the optional library), `claimed`
    by the index, `refused` (provenance_why says what does not hold) or `none`; provenance_file: the file that was looked
    at; provenance_refused: None where it could not be decided; publisher_changed; publisher_elsewhere: the publishing
    repository is none the project links to; owners_added, owners_removed: against what an earlier run saw, none where
    there was none; fixes: advisories that name this version as their fix; exempt: the configuration exempts the package or
    its index from waiting.
    """

    index: str
    version: Annotated[str, "version"]
    listed: bool | None = None
    project_listed: bool | None = None
    yanked: bool | None = None
    yanked_reason: str = ""
    status: str | None = None
    status_reason: str = ""
    uploaded: datetime | None = None
    releases_before: int | None = None
    silence_days: float | None = None
    size: int | None = None
    size_before: int | None = None
    growth: float | None = None
    kinds: tuple[str, ...] | None = None
    new_kinds: tuple[str, ...] | None = None
    lost_kinds: tuple[str, ...] | None = None
    late_files: tuple[str, ...] | None = None
    late_days: float | None = None
    missing_files: tuple[str, ...] | None = None
    changed_files: tuple[str, ...] | None = None
    missing_hashes: tuple[str, ...] | None = None
    attested: bool | None = None
    attested_before: bool | None = None
    unattested_files: tuple[str, ...] | None = None
    provenance: Standing | None = None
    provenance_before: Standing | None = None
    provenance_file: str = ""
    provenance_why: str = ""
    provenance_refused: bool | None = None
    publisher: str | None = None
    publisher_before: str | None = None
    publisher_changed: bool | None = None
    publisher_elsewhere: bool | None = None
    owners_added: tuple[str, ...] | None = None
    owners_removed: tuple[str, ...] | None = None
    fixes: tuple[str, ...] = ()
    exempt: bool = False


def offline_facet(package: Package, index: str, *, exempt: bool = False) -> ReleaseFacet:
    """What the lock alone tells: its upload times and yanks, where it has them."""
    times = [when for artifact in package.artifacts if (when := moment(artifact.uploaded))]
    yanks = [artifact.yanked for artifact in package.artifacts]
    reasons = [reason for reason in yanks if reason]
    return ReleaseFacet(
        index=index,
        version=package.version,
        yanked=True if reasons else False if yanks and all(reason == "" for reason in yanks) else None,
        yanked_reason=reasons[0] if reasons else "",
        uploaded=min(times) if times else None,
        exempt=exempt,
    )


def moment(text: str) -> datetime | None:
    """An ISO 8601 time in UTC, None where there is none that can be read."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None
