"""The check `release`: every package against what its index says of the release and those before it.

This module is what an offline run needs; what asks the index is in `release_online`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Cause, Checked, DataSource, Gap, Package, Reason, SourceKind
from mlsupply.project import Project, is_local
from mlsupply.request import Request
from mlsupply.text import host_of
from mlsupply.value import replace
from mlsupply.world import PUBLIC_INDEX, OfflineFetch, World

if TYPE_CHECKING:
    from mlsupply.ruleset import Rules

CHECK = "release"
_ORIGINS = {
    SourceKind.GIT: "a git repository",
    SourceKind.URL: "an archive at an address",
}
SETTLED = timedelta(days=60)  # no built-in rule fires on the mere age of an upload older than this; a test holds it


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package. Without network the lock's own times and yanks are judged, and one gap, the same for all
    packages, says what was not."""
    if request.offline or isinstance(world.fetch, OfflineFetch):
        yield from _offline(project, request, world)
        return
    from mlsupply.evidence.release_online import judge_online

    yield from judge_online(project, request, world)


def is_release(package: Package) -> bool:
    """Whether a package is a release that an index could know."""
    remote = package.source.url.startswith(("https://", "http://")) or not package.source.url
    kind = package.source.kind is SourceKind.REGISTRY and package.coordinate.ecosystem == "pypi"
    return kind and bool(package.version) and remote


def no_release(package: Package) -> Checked:
    """The project's own code has no release, and no index knows the release of what comes from elsewhere."""
    if is_local(package):
        return Checked(check=CHECK, package=package)
    ecosystem, kind = package.coordinate.ecosystem, package.source.kind
    subject, reason, hint = str(package.coordinate), Reason.UNSUPPORTED, ""
    cause: Cause | None = None
    if ecosystem != "pypi":
        subject = f"{ecosystem} packages"  # one gap for all of them
        detail = f"{ecosystem} channels are not asked about releases"
    elif kind is SourceKind.REGISTRY and not package.version:
        reason, detail, hint = Reason.UNPINNED, "it has no version that an index could be asked about", "pin it"
    elif kind is SourceKind.PATH:
        # A copy of the user's own project is no reason to fail a pipeline; that it only says so of itself is seen here.
        reason, detail = Reason.DISABLED, "it says that it was installed from a file or folder: no index was asked about it"
    else:
        origin = _ORIGINS.get(kind) or package.source.url
        detail, cause = f"it comes from {origin}, and no index knows the release", Cause.UNPUBLISHED
    gap = Gap(subject=subject, check=CHECK, reason=reason, detail=detail, hint=hint, cause=cause)
    return Checked(check=CHECK, package=package, gaps=(gap,))


def index_of(package: Package, request: Request) -> str:
    """The URL of the index a package was locked from; where the input leaves it open, the one a private name belongs to, or
    the public one."""
    return request.index_url or package.source.url or request.private_index(package.name) or PUBLIC_INDEX


def is_exempt(package: Package, index: str, request: Request) -> bool:
    """Whether `[tool.mlsupply.release]` exempts the package (`exempt`) or its index (`exempt-indexes`) from waiting."""
    own = request.settings.get(CHECK)
    settings = own if isinstance(own, Mapping) else {}
    names, hosts = settings.get("exempt", ()), settings.get("exempt-indexes", ())
    from fnmatch import fnmatchcase

    return any(fnmatchcase(package.name, name) for name in names) or any(fnmatchcase(index, host) for host in hosts)


def _offline(project: Project, request: Request, world: World) -> Iterator[Checked]:
    """The lock's facts, judged by the rules; what they leave open is said once for all packages. If the lock has none, no
    rule is loaded."""
    count = sum(is_release(package) for package in project.packages)
    releases = f"{count} release{'s' * (count != 1)}"
    shared = Gap(
        subject="release facts",
        check=CHECK,
        reason=Reason.OFFLINE,
        detail=f"without the network age, yanks, status, files and provenance of {releases} were not asked for",
        hint="run without --offline",
    )
    rules = None
    settled = "" if request.rules.files or request.rules.values else (world.now() - SETTLED).isoformat()
    for package in project.packages:
        if not is_release(package):
            yield no_release(package)
            continue
        checked = Checked(check=CHECK, package=package, gaps=(shared,))
        if _tells_something(package, settled):
            rules = rules or _rules(request, world)
            checked = replace(judged_by_lock(package, request, rules), gaps=(shared,))
        yield checked


def _tells_something(package: Package, settled: str) -> bool:
    """Whether the lock's own facts can make a rule fire: a yank, or an upload newer than `settled` (ISO 8601; "" where the
    user's rules may ask for anything). Most releases of a lock are old and not yanked, and the rules need not be run 800
    times to say so."""
    return any(one.yanked or (one.uploaded and (not settled or one.uploaded > settled)) for one in package.artifacts)


def _rules(request: Request, world: World) -> Rules:
    from mlsupply.ruleset import load

    return load(request.rules, world.now())


def judged_by_lock(package: Package, request: Request, rules: Rules) -> Checked:
    """What the rules say of the lock's own times and yanks."""
    from mlsupply.evidence.release_facet import offline_facet
    from mlsupply.ruleset import Fact

    host = host_of(index_of(package, request))
    facet = offline_facet(package, host, exempt=is_exempt(package, host, request))
    return rules.judge(CHECK, [Fact(facet, places=package.places)], package=package)
