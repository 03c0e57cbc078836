"""The program's answers on generated repositories against their truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlsupply.exposure.answer import Answer, Verdict, answer
from mlsupply.exposure.question import ask
from mlsupply.exposure.repository import find, open_repository
from mlsupply.world import Limits
from tests.exposure_generator import Repo, Truth, resolved, verdict_of_open


@dataclass
class Score:
    """repositories, pairs: how many were judged; faults: what was missed, invented or given wrong commits."""

    repositories: int = 0
    pairs: int = 0
    faults: list[str] = field(default_factory=list)


def answered(repo: Repo) -> Answer:
    """The program's answer to the LiteLLM question."""
    git_dir = find(repo.folder, repo.folder)
    assert git_dir is not None
    return answer(open_repository(str(repo.folder), git_dir), ask("litellm-2026"), Limits())


def score(repositories: Iterable[Repo]) -> Score:
    """Every repository judged by what its kind promises."""
    total = Score()
    for repo in repositories:
        total.repositories += 1
        found = answered(repo)
        faults = {"open": _open, "shallow": _shallow}.get(repo.kind, _locks)(repo, found, total)
        total.faults += [f"{repo.folder.name}: {fault}" for fault in faults]
    return total


def _locks(repo: Repo, found: Answer, total: Score) -> list[str]:
    truth = resolved(repo)
    said = {
        (one.file, one.version): Truth(one.first.oid, one.last.oid if one.last else "", frozenset(one.refs))
        for one in found.exposures
        if one.verdict is Verdict.RESOLVED
    }
    if repo.damaged:  # of that file a version is gone: it must be said, its pairs are not judged
        truth = {key: value for key, value in truth.items() if key[0] != repo.damaged}
        said = {key: value for key, value in said.items() if key[0] != repo.damaged}
        if not any(repo.damaged in gap.subject for gap in found.gaps):
            return ["the damaged object is not said"]
    total.pairs += len(truth)
    faults = [f"missed {key}" for key in truth.keys() - said.keys()]
    faults += [f"invented {key}" for key in said.keys() - truth.keys()]
    return faults + [
        f"{key}: {said[key]} and not {truth[key]}" for key in truth.keys() & said.keys() if truth[key] != said[key]
    ]


def _open(repo: Repo, found: Answer, total: Score) -> list[str]:
    total.pairs += 1
    truth = verdict_of_open(repo)
    order = [verdict.value for verdict in Verdict]
    said = min((one.verdict.value for one in found.exposures), key=order.index, default="no")
    return [] if said == truth else [f"open requirement: {said} and not {truth}"]


def _shallow(repo: Repo, found: Answer, total: Score) -> list[str]:
    total.pairs += 1
    return [] if any("shallow" in gap.detail for gap in found.gaps) else ["the missing history is not said"]
