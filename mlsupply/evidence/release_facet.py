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

    index: the host of the index.
    version: of the release.
    listed: the index has the release.
    project_listed: it has any release of the project.
    yanked, yanked_reason: PEP 592; the reason is "" where none is given.
    status, status_reason: of the project, PEP 792: `active`, `archived`, `deprecated`, `quarantined`; "" for none.
    uploaded: when the first file of the release was.
    releases_before: how many releases the project had by then.
    silence_days: between the release before it and this one; 0 where there is none before.
    size, size_before: bytes of the largest file, in this release and the one before, of the kind that grew most.
    growth: the first of these by the second; 1 where there is nothing to compare.
    kinds: those of its files: `sdist`, `pure wheel`, `native wheel`, `other`.
    new_kinds: kinds that none of the last releases had.
    lost_kinds: kinds that all of them had, and this one has not.
    late_files: files uploaded a day or more after the first one.
    late_days: at most how long after.
    missing_files: files of the lock that the index does not have.
    changed_files: files of the lock that the index has with another sha256.
    missing_hashes: sha256 of the lock, without a file name, that no file of the release has.
    attested: one of its files has provenance (PEP 740).
    attested_before: one of the last few releases before had it.
    unattested_files: files without it, where others of the release have it and all files of the release before had it.
    provenance, provenance_before: `verified` against signature, log, sha256 and identity (only with the optional library),
    `claimed` by the index, `refused`, or `none`; of a file of this release, and of the last release before that has any.
    provenance_file: which file of this release that was.
    provenance_why: what does not hold, where it is refused.
    provenance_refused: whether it is; None where that could not be decided.
    publisher, publisher_before: who is named by that provenance.
    publisher_changed: these two are not the same.
    publisher_elsewhere: the repository that publishes is none that the project links to.
    owners_added, owners_removed: of the project since an earlier run; none where there was no such run.
    fixes: the advisories that name this version as their fix.
    exempt: the configuration exempts the package or its index from waiting.
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
