"""The check `licences`: what each package states against the lists in `[tool.mlsupply.licences]`. It runs only where there
are lists; without one there is nothing to hold a licence to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlsupply.errors import MlsupplyError
from mlsupply.licence import normalised, satisfiable
from mlsupply.model import Checked, Finding, Gap, Kind, Package, Reason, Severity, SourceKind
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.value import value
from mlsupply.world import World

CHECK = "licences"
_METADATA = ".dist-info/METADATA"
_OWN_CODE = (SourceKind.VIRTUAL, SourceKind.EDITABLE, SourceKind.PATH)


@value
class _Lists:
    """SPDX ids in canonical form; `GPL-2.0-only WITH Classpath-exception-2.0` is one. Empty allow: all but denied."""

    allow: frozenset[str]
    deny: frozenset[str]


def judge(project: Project, request: Request, world: World) -> Iterator[Checked]:
    """One `Checked` a package; an unknown licence is a gap. Raises `MlsupplyError` (`bad-config`) where a list names what is
    no SPDX licence, which would otherwise match nothing."""
    lists = _lists(request.settings.get(CHECK))
    for package in project.packages:
        yield _judged(package, lists)


def _lists(settings: object) -> _Lists:
    table = settings if isinstance(settings, Mapping) else {}
    return _Lists(allow=_known("allow", table), deny=_known("deny", table))


def _known(key: str, table: Mapping[str, object]) -> frozenset[str]:
    names = table.get(key, ())
    found: set[str] = set()
    for name in names if isinstance(names, (tuple, list)) else ():
        spdx = normalised(name)
        if not spdx or " AND " in spdx or " OR " in spdx:
            raise MlsupplyError("bad-config", f"licences.{key}: {name} is no SPDX licence", "see https://spdx.org/licenses")
        found.add(spdx)
    return frozenset(found)


def _judged(package: Package, lists: _Lists) -> Checked:
    if package.source.kind in _OWN_CODE:
        return Checked(check=CHECK, package=package)
    if not package.licence:
        return _unknown(package, Reason.NOT_FOUND, *_silence(package))
    not_denied = satisfiable(package.licence, lambda name: name not in lists.deny)
    if not_denied is None:
        detail = f"its licence is stated as {package.licence}, which is no SPDX expression"
        return _unknown(package, Reason.UNSUPPORTED, detail, "read its licence and tolerate this gap, or ask for SPDX")
    if not not_denied:
        return _found(package, "MLS-L001", "The licence is denied", "which the list of denied licences rules out")
    if lists.allow and not satisfiable(package.licence, lambda name: name in lists.allow and name not in lists.deny):
        return _found(package, "MLS-L002", "The licence is not allowed", "which the list of allowed licences does not cover")
    return Checked(check=CHECK, package=package)


def _silence(package: Package) -> tuple[str, str]:
    """(why no licence is known, what to do)."""
    if any(place.file.endswith(_METADATA) or place.member.endswith(_METADATA) for place in package.places):
        said = "its metadata states no licence, or several without saying how they combine"
        return said, "read its licence text, then tolerate this gap"
    return "no input states its licence", "scan an installed environment (--env), wheels or an SBOM with licences"


def _unknown(package: Package, reason: Reason, detail: str, hint: str) -> Checked:
    gap = Gap(subject=str(package.coordinate), check=CHECK, reason=reason, detail=detail, hint=hint)
    return Checked(check=CHECK, package=package, gaps=(gap,))


def _found(package: Package, identity: str, title: str, said: str) -> Checked:
    finding = Finding(
        id=identity,
        check=CHECK,
        kind=Kind.LICENCE,
        title=title,
        message=f"{package.coordinate} is under {normalised(package.licence)}, {said}",
        severity=Severity.HIGH,
        package=package.coordinate,
        places=package.places,
        remedy="Replace the package, or have the licence cleared and add it to the list",
    )
    return Checked(check=CHECK, package=package, findings=(finding,))
