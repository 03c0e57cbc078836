"""The part of the check `contents` that every scan needs: saying that no archive is at hand takes none of the code that
looks into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlsupply.model import Checked, DataSource, Gap, Reason
from mlsupply.paths import is_readable
from mlsupply.project import OWN_CODE, Project
from mlsupply.request import Request
from mlsupply.world import World

CHECK = "contents"
MODES = ("none", "local", "changed", "all")
SUFFIXES = (".whl", ".egg", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz", ".tar.zst")
ENVIRONMENT = "environment"  # the format of an inventory that was read from one


def _not_asked_for(subject: str, detail: str, hint: str = "") -> Gap:
    """One gap for all packages that it is about."""
    return Gap(subject=subject, check=CHECK, reason=Reason.DISABLED, detail=detail, hint=hint)


_OFF = _not_asked_for("all packages", "looking inside archives is switched off")
NOT_OPENED = _not_asked_for(
    "installed packages",
    "their files were not looked into, but for what runs whenever Python starts",
    "--contents all reads what is installed",
)
SKIPPED = _not_asked_for(
    "packages without a local archive",
    "archives that are not on this machine were not looked into",
    "--contents all fetches and reads an archive of each release",
)


def mode_of(request: Request) -> str:
    """`none`, `local`, `changed` or `all`."""
    settings = request.settings.get(CHECK)
    wanted = settings.get("mode") if isinstance(settings, Mapping) else None
    return wanted if isinstance(wanted, str) and wanted in MODES else "local"


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package."""
    mode = mode_of(request)
    if mode == "none" or (mode == "local" and not _any_archive(project, world)):
        gap = _OFF if mode == "none" else SKIPPED
        for package in project.packages:
            own = mode != "none" and package.source.kind in OWN_CODE
            yield Checked(check=CHECK, package=package, gaps=() if own else (gap,))
        return
    from mlsupply.evidence.contents import archives_judged

    yield from archives_judged(project, request, world, mode)


def _any_archive(project: Project, world: World) -> bool:
    """Whether an archive or an installed environment is an input, or an archive was ever fetched."""
    if is_readable(world.cache / "archives") or any(inventory.format == ENVIRONMENT for inventory in project.inventories):
        return True
    return any(place.file.lower().endswith(SUFFIXES) for package in project.packages for place in package.places)
