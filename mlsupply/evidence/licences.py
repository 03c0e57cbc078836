"""The check `licences`: what each package states against the lists in `[tool.mlsupply.licences]`. It runs only where there
are lists; without one there is nothing to compare a licence with.

What an input states comes first, then the metadata in an archive on this machine, then the index the package was locked
from. What none of them states clearly is unknown: one gap names all such packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlsupply.errors import MlsupplyError
from mlsupply.evidence.licence_facts import Stated, stated_of
from mlsupply.licence import normalised, satisfiable
from mlsupply.model import (
    Cause,
    Checked,
    DataSource,
    Finding,
    Gap,
    Kind,
    Learned,
    Package,
    PackageKey,
    Reason,
    Severity,
)
from mlsupply.project import Project, is_local
from mlsupply.request import Request
from mlsupply.text import canonical
from mlsupply.value import value
from mlsupply.world import Failure, World

CHECK = "licences"
_NAMED, _NAMED_UNASKED = 40, 5  # packages named in one gap: where the reader has to look at each, and where not
_READ_IT = "read their licence texts and write what they say into clarify under [tool.mlsupply.licences]"


@value
class _Lists:
    """SPDX ids in canonical form; `GPL-2.0-only WITH Classpath-exception-2.0` is one. Empty allow: all but denied. clarify:
    canonical name to what the user read, for packages that do not say it clearly themselves."""

    allow: frozenset[str]
    deny: frozenset[str]
    clarify: Mapping[str, str]


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | Learned | DataSource]:
    """One `Checked` a package; an unknown licence is a gap. Raises `MlsupplyError` (`bad-config`) where a list names what is
    no SPDX licence, which would otherwise match nothing."""
    lists = _lists(request.settings.get(CHECK))
    packages = [package for package in project.packages if not is_local(package)]
    found: dict[PackageKey, Stated] = {}
    for said in stated_of(packages, project, request, world):
        if isinstance(said, DataSource):
            yield said
        else:
            found[said.package.key] = _clarified(said, lists)
    gaps = _gaps(found.values())
    for package in project.packages:
        stated = found.get(package.key)
        if stated is None:
            yield Checked(check=CHECK, package=package)
        elif (gap := gaps.get(_open(stated))) is not None:
            yield Checked(check=CHECK, package=package, gaps=(gap,))
        else:
            yield _judged(package, str(stated.licence), lists)
        if stated is not None and isinstance(stated.licence, str) and stated.licence and not package.licence:
            yield Learned(package.key, stated.licence)


def _lists(settings: object) -> _Lists:
    table = settings if isinstance(settings, Mapping) else {}
    own = table.get("clarify")
    read = {canonical(name): str(text) for name, text in own.items()} if isinstance(own, Mapping) else {}
    for name, text in read.items():
        if not normalised(text):
            raise MlsupplyError("bad-config", f"licences.clarify: {name}: {text} is no SPDX expression", _SEE)
    return _Lists(allow=_known("allow", table), deny=_known("deny", table), clarify=read)


_SEE = "see https://spdx.org/licenses"


def _known(key: str, table: Mapping[str, object]) -> frozenset[str]:
    names = table.get(key, ())
    found: set[str] = set()
    for name in names if isinstance(names, (tuple, list)) else ():
        spdx = normalised(name)
        if not spdx or " AND " in spdx or " OR " in spdx:
            raise MlsupplyError("bad-config", f"licences.{key}: {name} is no SPDX licence", _SEE)
        found.add(spdx)
    return frozenset(found)


def _clarified(said: Stated, lists: _Lists) -> Stated:
    """What the user read counts where nothing clear is stated, and never overrides what is."""
    read = lists.clarify.get(said.package.name)
    clear = isinstance(said.licence, str) and normalised(said.licence)
    return said._replace(licence=read) if read and not clear else said


# --- what is not known: one gap a cause, with the names of all packages it is about -----------------------------------

_Cause = tuple[Reason, str, str]
"""(reason, why, what to do)."""


def _open(said: Stated) -> _Cause | None:
    """Why the licence is not known, None where it is."""
    if isinstance(said.licence, Failure):
        return said.licence.reason, said.licence.detail, said.hint
    if not said.licence:
        return Reason.NOT_FOUND, "their metadata states no licence, or several without saying how they combine", _READ_IT
    if not normalised(said.licence):
        return Reason.UNSUPPORTED, "what they state is no SPDX expression", _READ_IT
    return None


def _gaps(found: Iterable[Stated]) -> dict[_Cause | None, Gap]:
    by_cause: dict[_Cause, list[Stated]] = {}
    for said in found:
        if cause := _open(said):
            by_cause.setdefault(cause, []).append(said)
    return {cause: _gap(cause, members) for cause, members in by_cause.items()}


def _gap(cause: _Cause, members: Sequence[Stated]) -> Gap:
    reason, why, hint = cause
    names = [_named(said) for said in members]
    most = _NAMED_UNASKED if isinstance(members[0].licence, Failure) else _NAMED
    more = f" and {len(names) - most} more, without a licence in -o json" if len(names) > most else ""
    noun = "package" if len(names) == 1 else "packages"
    item = f"{', '.join(names[:most])}{more}"
    return Gap(
        subject=f"the licences of {len(names):,} {noun}",
        check=CHECK,
        reason=reason,
        detail=f"{why}: {item}",
        hint=hint,
        item=item,
        cause=None if isinstance(members[0].licence, Failure) else Cause.UNPUBLISHED,
    )


def _named(said: Stated) -> str:
    words = said.licence if isinstance(said.licence, str) else ""
    return f"{said.package.coordinate} ({words[:60]})" if words else str(said.package.coordinate)


# --- what is known ----------------------------------------------------------------------------------------------------


def _judged(package: Package, licence: str, lists: _Lists) -> Checked:
    if not satisfiable(licence, lambda name: name not in lists.deny):
        said = "which the list of denied licences rules out"
        return _found(package, licence, "MLS-L001", "The licence is denied", said)
    if lists.allow and not satisfiable(licence, lambda name: name in lists.allow and name not in lists.deny):
        said = "which the list of allowed licences does not cover"
        return _found(package, licence, "MLS-L002", "The licence is not allowed", said)
    return Checked(check=CHECK, package=package)


def _found(package: Package, licence: str, identity: str, title: str, said: str) -> Checked:
    finding = Finding(
        id=identity,
        check=CHECK,
        kind=Kind.LICENCE,
        title=title,
        message=f"{package.coordinate} is under {normalised(licence)}, {said}",
        severity=Severity.HIGH,
        package=package.coordinate,
        places=package.places,
        remedy="Replace the package, or have the licence cleared and add it to the list",
    )
    return Checked(check=CHECK, package=package, findings=(finding,))
