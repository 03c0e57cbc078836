"""The facts of one archive or folder: from a look at it now, or from the cache, which does not need the analyser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlsupply.digest import sha256_if_read
from mlsupply.drafts import keep_json, kept_json
from mlsupply.evidence import stored
from mlsupply.evidence.contents_check import CHECK
from mlsupply.evidence.facets import ArchiveFact, CodeFact
from mlsupply.evidence.module_facts import PROBE
from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Gap, Place, Reason
from mlsupply.text import safe
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.evidence.archives import Limits
    from mlsupply.evidence.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """What was seen in one archive or folder. subject: its name in reports; digest: sha256 of the archive as hex, "" for a
    folder; members: (path, size in bytes) of all; parsed: how many of its `python` files were followed; source_bytes: size
    of all Python files; backend: for a source, what builds it."""

    subject: str
    digest: str = ""
    archive: tuple[ArchiveFact, ...] = ()
    code: tuple[CodeFact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    members: tuple[tuple[str, int], ...] = ()
    python: int = 0
    parsed: int = 0
    source_bytes: int = 0
    backend: str = ""

    @property
    def kind(self) -> str:
        """`wheel` or `sdist`, by its content: a wheel has a `.dist-info` at its top."""
        tops = (path.partition("/") for path, _ in self.members)
        return "wheel" if any(slash and top.endswith(".dist-info") for top, slash, _ in tops) else "sdist"


def look_inside(
    path: Path,
    pool: Pool,
    cache: Path | None = None,
    subject: str = "",
    limits: Limits | None = None,
    *,
    files: Mapping[str, Path] | None = None,
    digest: str = "",
) -> PackageFacts:
    """Facts of the archive or folder at `path`. Never raises for what it holds.

    cache: folder of earlier results, by digest and `PROBE`; an archive with a result there is not looked at again; subject:
    its name in gaps, default the file name; files: of a folder these alone, path in the package -> where it lies; digest: of
    the archive or of all `files`, where it is known.
    """
    subject = safe(subject or path.name)
    digest = digest or ("" if path.is_dir() else sha256_if_read(path))
    kept = cache / f"{digest[:2]}" / f"{digest}-{PROBE.replace('/', '-')}.json" if cache is not None and digest else None
    if kept is not None and (known := _recall(kept, subject)) is not None:
        return known
    from mlsupply.evidence.look import looked_at

    try:
        facts = looked_at(path, pool, subject, digest, limits, files)
    except Exception as error:  # a defect of ours, met by one archive, must not stop the look at all others
        detail = f"the look inside broke off: {type(error).__name__}: {safe(str(error), 200)}"
        return PackageFacts(subject=subject, digest=digest, gaps=(located_gap(subject, "", Reason.INTERNAL, detail),))
    if kept is not None and not any(gap.reason in {Reason.TIMEOUT, Reason.INTERNAL} for gap in facts.gaps):
        _remember(kept, facts)
    return facts


def located_gap(subject: str, path: str, reason: Reason, detail: str) -> Gap:
    """A gap of the contents check, located at a member of the archive. detail: not with the member's name, so that gaps of
    many members are told as one."""
    return Gap(subject=subject, check=CHECK, reason=reason, detail=detail, place=Place(subject, member=path))


def _recall(path: Path, subject: str) -> PackageFacts | None:
    """The kept facts, under the name `subject`; None where there are none that can be read."""
    try:
        value = kept_json(path) or {}
        return PackageFacts(
            subject=subject,
            digest=value["digest"],
            archive=tuple(stored.archive_from_json(fact) for fact in value["archive"]),
            code=tuple(stored.code_from_json(fact) for fact in value["code"]),
            gaps=tuple(_renamed(stored.gap_from_json(gap), value["subject"], subject) for gap in value["gaps"]),
            members=tuple((name, size) for name, size in value["members"]),
            python=value["python"],
            parsed=value["parsed"],
            source_bytes=value["source_bytes"],
            backend=value["backend"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _renamed(gap: Gap, before: str, now: str) -> Gap:
    """A gap of the archive, under the name it has now."""
    if gap.subject != before:
        return gap
    return replace(gap, subject=now, place=gap.place._replace(file=now) if gap.place else None)


def _remember(path: Path, facts: PackageFacts) -> None:
    value = {
        "subject": facts.subject,
        "digest": facts.digest,
        "archive": [stored.archive_to_json(fact) for fact in facts.archive],
        "code": [stored.code_to_json(fact) for fact in facts.code],
        "gaps": [stored.gap_to_json(gap) for gap in facts.gaps],
        "members": facts.members,
        "python": facts.python,
        "parsed": facts.parsed,
        "source_bytes": facts.source_bytes,
        "backend": facts.backend,
    }
    keep_json(path, value)
