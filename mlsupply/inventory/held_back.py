"""Requirements without a version that resolved to an older release than an installer would take, because something the
newest one requires has no wheel: building is forbidden here, and uv falls back to an older release instead of failing. To
learn why a release was passed over, uv resolves it alone: if that works, the rest of the input held it back, as it would
with any installer, and there is nothing to report.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlsupply.inventory import uv_project
from mlsupply.inventory.parsing import gap
from mlsupply.inventory.pinned import exact_version
from mlsupply.inventory.source_only import newest
from mlsupply.inventory.uv_project import Attempt
from mlsupply.inventory.uv_reason import Fault, understood
from mlsupply.model import Gap, Package, Reason, Requirement
from mlsupply.value import replace as changed
from mlsupply.world import World

_MOST = 5  # releases asked about
_SECONDS = 30.0  # for each
_NO_WHEEL = (Fault.NEEDS_BUILD, Fault.NO_WHEEL_HERE)


def held_back(packages: Sequence[Package], attempt: Attempt, world: World, end: float) -> Iterator[Gap]:
    """A gap for each. end: of the time there is, on the monotonic clock."""
    chosen = {package.name: package for package in packages}
    asked = {r.name: r for r in attempt.asked if r.name in chosen and not exact_version(r.specifier)}
    urls = {name: chosen[name].source.url for name in asked}
    found = newest(list(asked), attempt.asked, attempt.settings, world, urls)
    older = [name for name, (version, built) in found.items() if not built and version != chosen[name].version]
    for number, name in enumerate(older):
        seconds = min(_SECONDS, end - time.monotonic())
        if number == _MOST or seconds <= 0:
            yield _not_asked(older[number:], asked)
            return
        version = found[name][0]
        if why := _why(changed(asked[name], specifier=f"=={version}"), attempt, world, seconds):
            place = asked[name].place
            detail = (
                f"{chosen[name].coordinate} was taken and looked at; {name} {version} is newer, and installers"
                f" that build may take it: {why}"
            )
            yield gap(place.file, Reason.NO_ARTIFACT, detail, place.line, f"ask for {name}=={version} to have it looked at")


def _not_asked(names: Sequence[str], asked: Mapping[str, Requirement]) -> Gap:
    place = asked[names[0]].place
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    verb = "were" if others else "was"
    detail = f"{names[0]}{others} {verb} taken at an older release than the newest, and the reason was not looked up"
    return gap(place.file, Reason.LIMIT, detail, place.line, "ask for the releases that are meant, to have them looked at")


def _why(requirement: Requirement, attempt: Attempt, world: World, seconds: float) -> str:
    """What uv says about the release alone, "" where it resolves, or for a reason that installers have too."""
    alone = replace(attempt, asked=[requirement], constraints=[], dropped=[], gaps=())
    _, ran = uv_project.lock(alone, world, seconds)
    if ran.lock or ran.timed_out or ran.missing:
        return ""
    verdict = understood(ran.words, {requirement.name}, attempt.target.words)
    return verdict.sentence if verdict.fault in _NO_WHEEL else ""
