"""What to move to, over the whole report: one line for each package, which is what somebody who fixes things looks for
first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlsupply.model import Finding, Kind
from mlsupply.named import NamedTuple
from mlsupply.report.view import Group
from mlsupply.text import count
from mlsupply.upgrade import Blocker

_FLAWS = {Kind.ADVISORY, Kind.MALICIOUS}
NO_STEP = "no release known to be clear"  # of what is known of the one that is there
_BLOCKERS = 3  # of a package


class Step(NamedTuple):
    """A release to leave and the one to move to. to: "" where no release is known to be clear; ends: findings that the move
    ends; unlisted: findings whose advisories name no fix but do not list that release either, which does not prove it clear;
    needs_python: a specifier where the project's Python is too old for it; blockers: packages whose requirements rule it
    out."""

    name: str
    version: str
    to: str
    ends: int = 0
    unlisted: int = 0
    needs_python: str = ""
    blockers: tuple[Blocker, ...] = ()

    @property
    def said(self) -> str:
        """What to know besides the two versions: `ends 12 findings; dspy 2.6.0 asks for <1.83 and has to move to 2.7`."""
        words = [f"ends {count(self.ends, 'finding')}"] if self.ends else []
        if self.unlisted:
            words.append(
                f"{count(self.unlisted, 'finding')} without a named fix {'does' if self.unlisted == 1 else 'do'} not list it"
            )
        if self.needs_python:
            words.append(f"needs Python {self.needs_python}")
        words += [_holding(blocker) for blocker in self.blockers[:_BLOCKERS]]
        if rest := self.blockers[_BLOCKERS:]:
            words.append(f"and {count(len(rest), 'other')} that keep it out")
        return "; ".join(words)


def _holding(blocker: Blocker) -> str:
    if blocker.to:
        return f"{blocker.package} asks for {blocker.asks} and has to move to {blocker.to}"
    if blocker.newest:
        return f"{blocker.package} asks for {blocker.asks}, and so does {blocker.newest}, its newest"
    return f"{blocker.package} asks for {blocker.asks} and has to move too"


def upgrades(groups: Sequence[Group]) -> tuple[list[Step], list[Step]]:
    """The steps that are to be had and, apart, the releases that have none, in the order of the groups. Only findings that
    nobody waived count, and only those of advisories and of known bad releases: a version ends no others."""
    steps = [*_steps(groups)]
    return [step for step in steps if step.to], [step for step in steps if not step.to]


def _steps(groups: Sequence[Group]) -> Iterator[Step]:
    for group in groups:
        flaws = [finding for finding in group.findings if _counts(finding)]
        if group.package is None or not flaws:
            continue
        _, name, version = group.package
        ways = [flaw.advisory.upgrade for flaw in flaws if flaw.advisory and flaw.advisory.upgrade]
        if ways:
            way = ways[0]  # one for all flaws of a release
            ends = sum(_is_ended(flaw) for flaw in flaws)
            yield Step(name, version, way.version, ends, len(flaws) - ends, way.needs_python, way.blockers)
        else:
            yield Step(name, version, "")


def _counts(finding: Finding) -> bool:
    return finding.kind in _FLAWS and finding.waiver is None


def _is_ended(finding: Finding) -> bool:
    """Any other release ends a hijacked one; a flaw ends only with a release that its advisory names."""
    return finding.kind is Kind.MALICIOUS or bool(finding.advisory and finding.advisory.fixed)
