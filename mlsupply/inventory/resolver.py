"""What an unlocked input would install, found by uv without running anything of it.

uv locks a project that is written here from the input's requirements, with building forbidden, for one Python and the
usual platforms. Where that fails, uv's reason names what stands in the way; that one thing is left out, becomes a gap,
and the rest is tried again. So every input ends with packages: those resolved with their edges and files, those asked
for and not resolved with what is known of them.

Sources: PEP 440, PEP 508, PEP 751 and uv's documented lock file (https://docs.astral.sh/uv/concepts/projects/sync/).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mlsupply.inventory import target as targets
from mlsupply.inventory import uv_project, uv_run
from mlsupply.inventory.held_back import held_back
from mlsupply.inventory.homes import sent_home
from mlsupply.inventory.index_settings import Settings, settings_of, without
from mlsupply.inventory.local_folders import LOCAL
from mlsupply.inventory.parsing import gap
from mlsupply.inventory.pinned import pinned
from mlsupply.inventory.source_only import newest, passed_over
from mlsupply.inventory.uv_project import Attempt
from mlsupply.inventory.uv_reason import Fault, Verdict, understood
from mlsupply.model import RESOLVED, Gap, Inventory, Package, Reason, Requirement, SourceKind
from mlsupply.request import Request
from mlsupply.text import host_of
from mlsupply.world import World

_ROUNDS = 60  # attempts for one input
_NOT_READ = Verdict(Fault.MANIFEST, "", (), 0, "it is no requirement of PEP 508", Reason.MALFORMED)
_ELSEWHERE = (Fault.NO_WHEEL_HERE, Fault.PYTHON)  # faults another target may not have


def resolve(inventory: Inventory, request: Request, world: World) -> Inventory:
    """The input with the closure of what it asks for; a complete one comes back as it is. Bad input becomes gaps. Whether
    the run may resolve at all (`Request.offline`, `Request.resolve`, `World.resolving`) is for the caller to ask.

    Raises `MlsupplyError` for a target of the run that does not exist (`--platform`, `--python`)."""
    if inventory.complete:
        return inventory
    wanted = targets.chosen(inventory, request.targets)
    ladder = targets.ladder(inventory, request.targets)
    listed = [r for r in wanted if r.source.kind is SourceKind.REGISTRY and r.name]
    faulty = [r for r in listed if not uv_project.is_accepted(r)]
    settings, homes = sent_home(settings_of(inventory, request.index_url, world), listed, request)
    attempt = Attempt(
        inventory=inventory,
        request=request,
        asked=[r for r in listed if r not in faulty],
        constraints=[r for r in inventory.requirements if r.constraint and _is_limit(r)],
        settings=settings,
        homes=homes,
        target=ladder[0],
        dropped=[(r, _NOT_READ) for r in faulty],
    )
    for name, home in homes.pinned.items():
        if not _can_be_asked(home, settings):
            _keep_from_others(attempt, (name,), f"its index {home} cannot be asked as it is written", Reason.FORBIDDEN)
    found = _rounds(attempt, ladder, world)
    fetched = [r for r in wanted if r.source.kind is not SourceKind.REGISTRY and r.source.kind not in LOCAL]
    return _assembled(attempt, found, fetched, tuple(_at_newest(attempt, world)))


def _is_limit(constraint: Requirement) -> bool:
    return constraint.source.kind is SourceKind.REGISTRY and bool(constraint.name) and uv_project.is_accepted(constraint)


def _rounds(attempt: Attempt, ladder: Sequence[targets.Target], world: World) -> tuple[Package, ...]:
    """Try, leave out what uv says is at fault, try again; the packages of the attempt that worked, or none."""
    end = time.monotonic() + world.limits.resolve_seconds
    steps = list(ladder[1:])
    for _ in range(_ROUNDS):
        seconds = end - time.monotonic()
        if not attempt.asked or seconds <= 0:
            break
        project, ran = uv_project.lock(attempt, world, seconds)
        if ran.lock and not ran.timed_out:
            packages, gaps = uv_project.packages_of(ran.lock, world.limits)
            if _nothing_newer(attempt, packages, world):
                attempt.gaps += (*gaps, *held_back(packages, attempt, world, end))
                return packages
            continue
        verdict = _verdict(ran, attempt, world)
        if verdict.fault in _ELSEWHERE and not attempt.settled:
            attempt.settled = not steps  # none serves all: back to the usual one, where the rest is left out
            attempt.target = steps.pop(0) if steps else ladder[min(1, len(ladder) - 1)]
        elif verdict.fault is Fault.INDEX and _without_index(attempt, verdict):
            continue
        elif not _leave_out(attempt, verdict, project.requirements):
            _give_up(attempt, verdict)
    limit = f"it did not end within {_ROUNDS} attempts and {world.limits.resolve_seconds:g} seconds"
    _give_up(attempt, Verdict(Fault.TIME, "", (), 0, limit, Reason.LIMIT))
    return ()


def _nothing_newer(attempt: Attempt, packages: tuple[Package, ...], world: World) -> bool:
    """Whether the resolution took what an installer would take. What has a newer release that exists only as source is
    left out of the next attempt, and stands in the report at that release."""
    if attempt.looked:
        return True
    attempt.looked = True
    newer = passed_over(packages, attempt.asked, attempt.settings, world)
    for name, version in newer.items():
        sentence = f"{name} {version}, the newest release, is published only as source, and building would run its code"
        _leave_out(attempt, Verdict(Fault.NEEDS_BUILD, name, (), 0, sentence, Reason.NO_ARTIFACT), ())
        attempt.newest[name] = version
    return not newer


def _at_newest(attempt: Attempt, world: World) -> Iterator[Package]:
    """What was asked for without a version and would have to be built, at the release an installer would build."""
    built = [r for r, verdict in attempt.dropped if verdict.fault is Fault.NEEDS_BUILD and pinned(r) is None]
    names = list(dict.fromkeys(r.name for r in built if r.name not in attempt.newest))
    homes = {name: attempt.homes.of(name) for name in names}
    for name, (version, _) in newest(names, built, attempt.settings, world, homes).items():
        attempt.newest[name] = version
    for requirement in built:
        if version := attempt.newest.get(requirement.name, ""):
            found = pinned(replace(requirement, specifier=f"=={version}"))
            if found is not None:
                yield replace(found, note="the newest release, not resolved: it would have to be built")


def _without_index(attempt: Attempt, verdict: Verdict) -> bool:
    """Leave out an index that does not answer: one beside the primary one, or a mirror of the public index, for which the
    public one stands in. False for the index everything depends on."""
    mirrors = {mirror.rstrip("/") for mirror in attempt.request.mirrors}
    for index in attempt.settings.indexes:
        if verdict.host and host_of(index.url) == verdict.host:
            mirrored = index.url.rstrip("/") in mirrors
            if index.role == "primary" and not mirrored:
                return False
            attempt.settings = without(attempt.settings, index)
            if not mirrored:
                _keep_from_others(attempt, index.packages, f"its index {index.url} was left out", verdict.reason)
                detail = f"the index {index.url} was left out, packages may stem from others: {verdict.sentence}"
                hint = "check the address, the credentials and the network"
                attempt.gaps += (gap(attempt.inventory.path, verdict.reason, detail, 0, hint),)
            return True
    return False


def _keep_from_others(attempt: Attempt, names: Iterable[str], why: str, reason: Reason) -> None:
    """Leave out what belongs to an index that is not asked: no other index is asked about these names."""
    for name in names:
        _leave_out(attempt, Verdict(Fault.INDEX, name, (), 0, why, reason), ())


def _verdict(ran: uv_run.Ran, attempt: Attempt, world: World) -> Verdict:
    if ran.timed_out:
        words = f"uv was stopped after {world.limits.resolve_seconds:g} seconds"
        return Verdict(Fault.TIME, "", (), 0, words, Reason.TIMEOUT)
    if ran.too_large:
        words = "an index answered with more than uv may hold in memory or on disk"
        return Verdict(Fault.OTHER, "", (), 0, words, Reason.TOO_LARGE)
    if ran.missing:
        return Verdict(Fault.OTHER, "", (), 0, ran.words, Reason.UNSUPPORTED)
    verdict = understood(ran.words, {requirement.name for requirement in attempt.asked}, attempt.target.words)
    home = attempt.homes.of(verdict.name)
    if not home or verdict.fault not in {Fault.UNKNOWN_NAME, Fault.INDEX}:
        return verdict
    why, reason = "was left out or cannot be asked as it is written", Reason.FORBIDDEN
    if _can_be_asked(home, attempt.settings):
        why, reason = "does not give it (it may lack it, or want credentials)", verdict.reason
    return verdict._replace(fault=Fault.INDEX, sentence=f"its index {home} {why}, and no other is asked", reason=reason)


def _can_be_asked(home: str, settings: Settings) -> bool:
    return any(index.url == home for index in settings.indexes)


def _leave_out(attempt: Attempt, verdict: Verdict, lines: Sequence[Requirement | None]) -> bool:
    """Take the thing at fault out of the next attempt; False where nothing can be told apart."""
    if verdict.fault is Fault.PRERELEASE and attempt.settings.prerelease != "allow":
        attempt.settings = replace(attempt.settings, prerelease="allow")
        return True
    guilty = _guilty(attempt, verdict, lines)
    attempt.asked = [requirement for requirement in attempt.asked if requirement not in guilty]
    attempt.constraints = [requirement for requirement in attempt.constraints if requirement not in guilty]
    attempt.dropped += [(requirement, verdict) for requirement in guilty if not requirement.constraint]
    if verdict.name and verdict.fault is not Fault.CONFLICT and verdict.name not in attempt.excluded:
        attempt.excluded[verdict.name] = verdict
        return True
    return bool(guilty)


def _guilty(attempt: Attempt, verdict: Verdict, lines: Sequence[Requirement | None]) -> list[Requirement]:
    """The requirement at the line uv names, or those of the package it names; in a conflict only one of them, rather one of
    a group than one of the project, and rather the last."""
    if 0 < verdict.line <= len(lines):
        at_line = lines[verdict.line - 1]
        return [at_line] if at_line else []
    names = verdict.rivals or (verdict.name,)
    guilty = [requirement for requirement in attempt.asked if requirement.name in names]
    if guilty and verdict.fault is Fault.CONFLICT:
        return [max(guilty, key=lambda requirement: (bool(requirement.groups), attempt.asked.index(requirement)))]
    return guilty


def _give_up(attempt: Attempt, verdict: Verdict) -> None:
    attempt.dropped += [(requirement, verdict) for requirement in attempt.asked]
    attempt.asked = []


def _assembled(
    attempt: Attempt, found: tuple[Package, ...], fetched: Sequence[Requirement], built: tuple[Package, ...]
) -> Inventory:
    """The inventory with what was resolved, at the lines that asked for it, and what was not, as far as it is pinned."""
    inventory = attempt.inventory
    lost = [requirement for requirement, _ in attempt.dropped]
    gaps = [*attempt.settings.gaps, *attempt.gaps, *_gaps_of(attempt), *map(_fetched_gap, fetched)]
    exact = [package for requirement in (*lost, *fetched) if (package := pinned(requirement)) is not None]
    return replace(
        inventory,
        format=f"{inventory.format}{RESOLVED} for {attempt.target.words}" if found else inventory.format,
        packages=_united([*_asked_for(found, attempt.asked), *inventory.packages, *exact, *built]),
        gaps=inventory.gaps + tuple(dict.fromkeys(gaps)),
        complete=not (lost or fetched or attempt.excluded),
    )


def _gaps_of(attempt: Attempt) -> Iterator[Gap]:
    """One gap for each reason: what was left out and what that costs."""
    together: dict[Verdict, list[Requirement]] = {}
    for requirement, verdict in attempt.dropped:
        together.setdefault(verdict, []).append(requirement)
    for verdict, lost in together.items():
        names = list(dict.fromkeys(f"{requirement.name}{requirement.specifier}" for requirement in lost))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        item = f"{', '.join(names[:_NAMED])}{more} ({verdict.sentence})"
        place = lost[0].place
        yield gap(place.file, verdict.reason, _LEFT_OUT, place.line, _HINTS.get(verdict.fault, _HINT), item)
    direct = {requirement.name for requirement, _ in attempt.dropped}
    for name, verdict in attempt.excluded.items():
        if name not in direct:
            hint = _HINTS.get(verdict.fault, _HINT)
            yield gap(attempt.inventory.path, verdict.reason, _LEFT_OUT, 0, hint, f"{name} ({verdict.sentence})")


_NAMED = 6  # names in one sentence
_LEFT_OUT = "not resolved, so what it needs is not audited"
_HINT = "lock the project with its own tool and audit the lock file"
_HINTS = {
    Fault.UNKNOWN_NAME: "check the spelling, or name the index that has it with --index-url",
    Fault.NO_VERSION: "the release may have been removed: choose one that the index has",
    Fault.NO_WHEEL_HERE: "choose another target with --python or --platform, or audit a lock file",
    Fault.PYTHON: "choose another target with --python, or audit a lock file",
    Fault.INDEX: "check the address, the credentials and the network",
    Fault.CONFLICT: "loosen one of the requirements",
    Fault.MANIFEST: "write it as PEP 508 says: name[extra]>=1.0; marker",
}
_FROM = {
    SourceKind.GIT: "a git repository",
    SourceKind.URL: "an archive at an address",
}


def _fetched_gap(requirement: Requirement) -> Gap:
    named = requirement.name or requirement.source.url or requirement.text
    detail = (
        f"it comes from {_FROM[requirement.source.kind]}, which is not fetched or built, so what it needs is not audited"
    )
    return gap(requirement.place.file, Reason.UNSUPPORTED, detail, requirement.place.line, _HINT, named)


def _asked_for(found: tuple[Package, ...], requirements: Iterable[Requirement]) -> Iterator[Package]:
    """The resolved packages; those a requirement asks for are direct, with its place and groups."""
    asked: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        asked.setdefault(requirement.name, []).append(requirement)
    for package in found:
        lines = asked.get(package.name)
        if lines is None:
            yield package
            continue
        groups = () if any(not line.groups for line in lines) else dict.fromkeys(g for line in lines for g in line.groups)
        yield replace(package, direct=True, places=tuple(dict.fromkeys(line.place for line in lines)), groups=tuple(groups))


def _united(packages: Iterable[Package]) -> tuple[Package, ...]:
    """Each (name, version) once; what the resolution says comes first, places and groups of the others are added."""
    held: dict[tuple[str, str], list[Package]] = {}
    for package in packages:
        held.setdefault((package.name, package.version), []).append(package)
    return tuple(several[0] if len(several) == 1 else _with_rest(several) for several in held.values())


def _with_rest(several: Sequence[Package]) -> Package:
    return replace(
        several[0],
        places=tuple(dict.fromkeys(place for one in several for place in one.places)),
        groups=tuple(dict.fromkeys(group for one in several for group in one.groups)),
        artifacts=next((one.artifacts for one in several if one.artifacts), ()),
        direct=any(one.direct for one in several),
    )
