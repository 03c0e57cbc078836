"""What the index tells of a name that resembles another: is it there, since when, and whose words and links it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mlsupply.evidence.index_details import Details
from mlsupply.evidence.registry import Registry, Seen, ask_all
from mlsupply.evidence.release import repository_of
from mlsupply.evidence.release_facet import moment
from mlsupply.model import Reason
from mlsupply.ruleset.names import NameEvidence
from mlsupply.world import Failure

_SHORTEST_COPY = 20  # characters of a summary that two projects do not hit upon by chance


def evidence_of(names: Mapping[str, str], registry: Registry) -> dict[str, NameEvidence | Failure]:
    """Name -> what the index says of it, or why it says nothing. names: canonical name -> canonical name of the project it
    seems to imitate, "" where there is none."""
    answers = ask_all([(registry, name, "") for name in names])
    found: dict[str, NameEvidence | Failure] = {}
    for (name, target), seen in zip(names.items(), answers, strict=True):
        if isinstance(seen, Seen):
            evidence = _history(seen)
            found[name] = _borrowed(evidence, registry.details(name), target, registry) if target else evidence
        else:
            found[name] = NameEvidence(exists=False) if seen.reason is Reason.NOT_FOUND else seen
    return found


def _history(seen: Seen) -> NameEvidence:
    project = seen.project
    times = [at for file in project.files if (at := moment(file.uploaded))]
    return NameEvidence(
        exists=True,
        first_release=_first(times) if "times" in project.offers else None,
        releases=len({file.version for file in project.files if file.version}),
        owners=None if project.details.owners is None else len(project.details.owners),
    )


def _first(times: list[datetime]) -> datetime | None:
    return min(times, default=None)


def _borrowed(evidence: NameEvidence, own: Details | Failure, target: str, registry: Registry) -> NameEvidence:
    """With what the project took over of the other's description. A link to the other's repository is only a sign where
    there is no link to one of its own."""
    if isinstance(own, Failure):
        return evidence
    evidence = replace(evidence, empty_description=not own.summary)
    other = registry.details(target)
    if isinstance(other, Failure):
        return evidence
    mine = {repository for link in own.links if (repository := repository_of(link))}
    theirs = {repository for link in other.links if (repository := repository_of(link))}
    same = len(own.summary) >= _SHORTEST_COPY and own.summary.casefold() == other.summary.casefold()
    return replace(
        evidence,
        copies=target if same else None,
        claims_repository_of=target if mine and mine <= theirs else None,
    )
