"""The check `index`: can a package come from somewhere else than the project means?

Names are looked up in the list of popular projects; for others the public index is asked where the run has network, and the
answer is unknown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from mlsupply.advisories.file_names import foreign
from mlsupply.evidence.index_facets import IndexFacet, OriginFacet, PinningFacet, RequirementFacet
from mlsupply.evidence.index_policy import Lists, Origin
from mlsupply.evidence.pinning import is_deploy, is_exact, pinning_facts
from mlsupply.evidence.popular import listed, popular
from mlsupply.hints import TYPE_CHECKING, Any
from mlsupply.lazy import expression
from mlsupply.model import (
    RESOLVED,
    Cause,
    Checked,
    DataSource,
    Index,
    Inventory,
    Package,
    Place,
    Reason,
    Requirement,
    SourceKind,
)
from mlsupply.named import NamedTuple
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.text import host_of, is_loopback
from mlsupply.value import replace
from mlsupply.world import PUBLIC_FILES, PUBLIC_INDEX, Failure, OfflineFetch, World

if TYPE_CHECKING:
    from mlsupply.evidence.registry import Registry
    from mlsupply.ruleset import Rules, Unknown

CHECK = "index"
_COMMIT = expression(r"[0-9a-f]{40}\Z")
_BLANKS = expression(r"\S[ \t]{60}")  # more than an editor shows beside a line
_WILDCARD = expression(r"==.{1,60}\.\*\Z|~= *v?\d+\.\d+\Z")
_DIRECT = (SourceKind.GIT, SourceKind.URL)
_PUBLIC_HOSTS = frozenset({host_of(PUBLIC_FILES), host_of(PUBLIC_INDEX)})
_SCAN_THE_LOCK = "scan the lock file it was installed from"


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, and one for the files and indexes of each input. What is in order does not reach the built-in
    rules; the user's own rules see everything."""
    bench = _Bench(project, request, world)
    for inventory in project.inventories:
        yield bench.judged([fact for fact in _index_facts(inventory, request) if bench.thorough or _is_odd(fact.facet)])
    yield bench.judged([_Seen(*fact) for fact in pinning_facts(project, request.subjects, bench.thorough)])
    requirements_of = _by_name(project)
    for package in project.packages:
        yield bench.judged(_package_facts(package, requirements_of.pop(package.name, []), bench), package)
    for name, requirements in requirements_of.items():
        yield bench.judged(_unmet_facts(name, requirements, bench))
    if bench.names.used_list:
        yield popular().source


class _Bench:
    """What the judgements of a run share: the rules, loaded when the first fact has to be judged, and what is known about
    names."""

    def __init__(self, project: Project, request: Request, world: World) -> None:
        self.project = project
        self.request = request
        self.world = world
        self.thorough = bool(request.rules.files)
        self.names = _Names(project, request, world)
        self._installs: dict[str, bool] = {}

    @cached_property
    def rules(self) -> Rules:
        from mlsupply.ruleset import load

        return load(self.request.rules, self.world.now())

    @cached_property
    def lists(self) -> Lists:
        return Lists(self.project, self.request)

    @cached_property
    def open_indexes(self) -> Mapping[str, frozenset[str]]:
        """Extra indexes that serve any name, each with the names that are pinned to it and come from nowhere else."""
        found: dict[str, frozenset[str]] = {}
        for index in self.project.indexes:
            if index.is_open:
                url = index.url.rstrip("/")
                found[url] = found.get(url, frozenset()).union(index.packages)
        return found

    def is_shared(self, package: Package) -> bool:
        """Whether it comes from an index beside the public one, and nothing the project says keeps the public one from
        serving it."""
        pinned = None if self.request.is_public(package.source) else self.open_indexes.get(_address_of(package))
        return pinned is not None and package.name not in pinned

    @cached_property
    def mostly_public(self) -> bool:
        """Whether most locked files come from the public index."""
        files = (package.artifacts[0].url for package in self.project.packages if package.artifacts)
        hosts = [host_of(url) for url in files if url.startswith("http")]
        return sum(host in _PUBLIC_HOSTS for host in hosts) * 2 > len(hosts)

    def installs(self, file: str) -> bool:
        """Whether a file is one that installs, not one that declares."""
        deploys = self._installs.get(file)
        if deploys is None:
            deploys = self._installs[file] = is_deploy(file, self.request.subjects)
        return deploys

    def judged(self, facts: Sequence[_Seen], package: Package | None = None) -> Checked:
        if not facts:
            return Checked(check=CHECK, package=package)
        from mlsupply.ruleset import Fact

        made = [Fact(one.facet, places=one.places, subject=one.subject, unknown=self.names.unknown()) for one in facts]
        return self.rules.judge(CHECK, made, package=package)


class _Seen(NamedTuple):
    """A fact before the rules are loaded."""

    facet: IndexFacet | PinningFacet | RequirementFacet | OriginFacet
    places: tuple[Place, ...] = ()
    subject: str = ""


def _by_name(project: Project) -> dict[str, list[Requirement]]:
    """What the inputs ask for, by canonical name; constraints ask for nothing."""
    found: dict[str, list[Requirement]] = {}
    for requirement in project.requirements:
        if requirement.name and not requirement.constraint:
            found.setdefault(requirement.name, []).append(requirement)
    return found


def _package_facts(package: Package, requirements: Sequence[Requirement], bench: _Bench) -> list[_Seen]:
    facts = _requirement_facts(requirements, bench) if requirements else []
    if package.source.kind in _DIRECT and not any(r.source.kind in _DIRECT for r in requirements):
        place = package.places[0] if package.places else Place("")
        facts += _requirement_facts([Requirement(name=package.name, source=package.source, place=place)], bench)
    listed = bench.lists.of_package(package) if bench.lists else Origin()
    registered = package.coordinate.ecosystem == "pypi" and package.source.kind is SourceKind.REGISTRY
    shared = registered and bench.is_shared(package)
    strange = _strange_hosts(package, bench) if registered else ()
    others = _other_files(package)
    if bench.thorough or shared or strange or others or listed.astray != () or listed.refused != ():
        origin = OriginFacet(index=host_of(package.source.url), public=False, **_listed(listed))
        if registered:
            origin = _origin(package, bench, listed, shared=shared, strange=strange)
        facts.append(_Seen(replace(origin, other_files=others), package.places, listed.input))
    return facts


def _listed(origin: Origin) -> dict[str, Any]:
    return {"private": origin.private, "astray": origin.astray, "refused": origin.refused}


def _unmet_facts(name: str, requirements: Sequence[Requirement], bench: _Bench) -> list[_Seen]:
    """Of a name that is asked for and that no package was found for."""
    facts = _requirement_facts(requirements, bench, named=True)
    if bench.lists and (listed := bench.lists.of_requirements(name, requirements)) != Origin(listed.private):
        places = tuple(requirement.place for requirement in requirements)
        facts.append(_Seen(OriginFacet(public=False, **_listed(listed)), places, name))
    return facts


def _requirement_facts(requirements: Iterable[Requirement], bench: _Bench, *, named: bool = False) -> list[_Seen]:
    """Built-in rules judge what comes from elsewhere than an index, and open versions in files that install."""
    return [
        _requirement(requirement, bench, named)
        for requirement in requirements
        if bench.thorough
        or requirement.source.kind in _DIRECT
        or (bench.installs(requirement.place.file) and _is_open(requirement.specifier))
    ]


def _is_open(specifier: str) -> bool:
    return _is_floating(specifier) or _is_wildcard(specifier)


# --- indexes --------------------------------------------------------------------------------------


def _is_odd(facet: object) -> bool:
    """Whether a built-in rule could object to an index: every lock names one, and nearly all are in order."""
    return isinstance(facet, IndexFacet) and (
        facet.credentials or facet.insecure or facet.trusted_host or facet.beside_public
    )


def _index_facts(inventory: Inventory, request: Request) -> Iterator[_Seen]:
    of_indexes = [r for r in inventory.requirements if not r.constraint and r.source.kind is SourceKind.REGISTRY]
    hashed = bool(of_indexes) and all(requirement.hashes for requirement in of_indexes)
    open_to_all = not _is_locked(inventory) and _asks_public(inventory, request)
    for index in inventory.indexes:
        facet = IndexFacet(
            url=index.url,
            host=host_of(index.url),
            role=index.role,  # type: ignore[arg-type]  # readers write one of these
            name=index.name,
            file=index.place.file,
            pinned=bool(index.packages),
            public=_is_public(index.url, request),
            beside_public=open_to_all and _is_beside(index, request),
            hashed=hashed,
            insecure=index.url.startswith("http://") and not is_loopback(host_of(index.url)),
            trusted_host=index.trusted_host,
            credentials=index.had_credentials,
        )
        yield _Seen(facet, places=(index.place,), subject=f"{index.place.file}: {index.url}")


def _is_locked(inventory: Inventory) -> bool:
    return inventory.complete and RESOLVED not in inventory.format


def _is_public(url: str, request: Request) -> bool:
    plain = url.rstrip("/")
    return plain == PUBLIC_INDEX or any(plain == mirror.rstrip("/") for mirror in request.mirrors)


def _asks_public(inventory: Inventory, request: Request) -> bool:
    """Whether the public index is asked: by being the primary one, named or not."""
    primary = [index.url for index in inventory.indexes if index.role == "primary"]
    return not primary or any(_is_public(url, request) for url in primary)


def _is_beside(index: Index, request: Request) -> bool:
    """Another index than the public one that any requirement may come from. (A lock has settled where each comes from.)"""
    return index.is_open and not _is_public(index.url, request)


# --- requirements ---------------------------------------------------------------------------------


def _is_floating(specifier: str) -> bool:
    """Nothing limits it from above: no `==`, `<`, `<=` or `~=`."""
    return not any(part.strip().startswith(("==", "<", "~=")) for part in specifier.split(","))


def _is_wildcard(specifier: str) -> bool:
    """`==1.*`, or `~=1.82`, which allows 1.99; `~=1.82.6` allows patches alone."""
    return any(_WILDCARD.match(part.strip()) for part in specifier.split(","))


def _requirement(requirement: Requirement, bench: _Bench, named: bool) -> _Seen:
    source = requirement.source
    direct, names = source.kind in _DIRECT, bench.names
    host, repository = _address(source.url) if direct else ("", "")
    facet = RequirementFacet(
        name=requirement.name,
        source=source.kind.value,
        specifier=requirement.specifier,
        pinned=bool(_COMMIT.match(source.revision)) if source.kind is SourceKind.GIT else is_exact(requirement.specifier),
        floating=source.kind is SourceKind.REGISTRY and _is_floating(requirement.specifier),
        wildcard=source.kind is SourceKind.REGISTRY and _is_wildcard(requirement.specifier),
        hashed=bool(requirement.hashes) or "#sha256=" in source.url,
        deploy=bench.installs(requirement.place.file),
        host=host,
        repository=repository,
        revision=source.revision if source.kind is SourceKind.GIT else "",
        insecure=direct and _is_insecure(source.url),
        public_name=names.is_public(requirement.name) if direct else None,
        own_repository=names.owns(requirement.name, repository) if direct else None,
        hidden=direct and _has_hidden_text(requirement.place, bench.world),
    )
    subject = f"{requirement.name} {source.url}".strip() if direct else requirement.name if named else ""
    return _Seen(facet, places=(requirement.place,), subject=subject)


def _address(url: str) -> tuple[str, str]:
    """(host, `owner/name` in lower case) of a repository's or archive's URL."""
    rest = url.removeprefix("git+").partition("://")[2] or url.partition("@")[2].replace(":", "/", 1)
    host, _, path = rest.partition("#")[0].partition("?")[0].partition("/")
    parts = path.lower().split("/")
    return host.rpartition("@")[2].lower(), "/".join(parts[:2]).removesuffix(".git")


def _is_insecure(url: str) -> bool:
    plain = url.removeprefix("git+")
    return plain.startswith(("http://", "git://")) and not is_loopback(host_of(plain))


def _has_hidden_text(place: Place, world: World) -> bool:
    data = world.tree.read(place.file, world.limits.manifest_bytes) if place.file and place.line else b""
    if isinstance(data, Failure):
        return False  # the reader of the file says so
    lines = data.decode("utf-8", "replace").splitlines()
    return 0 < place.line <= len(lines) and bool(_BLANKS.search(lines[place.line - 1].rstrip()))


# --- packages -------------------------------------------------------------------------------------


def _origin(package: Package, bench: _Bench, listed: Origin, *, shared: bool, strange: tuple[str, ...]) -> OriginFacet:
    """The names that the user calls private are not asked of the public index."""
    return OriginFacet(
        index=host_of(package.source.url or PUBLIC_INDEX),
        public=bench.request.is_public(package.source),
        shared=shared,
        twin=bench.names.is_public(package.name) if shared and not listed.private else False,
        hashed=bool(package.artifacts) and all(artifact.hashes for artifact in package.artifacts),
        strange_hosts=strange,
        **_listed(listed),
    )


def _address_of(package: Package) -> str:
    return package.source.url.rstrip("/")


def _strange_hosts(package: Package, bench: _Bench) -> tuple[str, ...]:
    """Hosts of locked files that are not the public index's, for a package that is said to come from it, in a project whose
    other files do come from there."""
    if package.source.url and _address_of(package) != PUBLIC_INDEX:
        return ()
    sites, last = set[str](), "\0"
    for artifact in package.artifacts:  # tens of thousands in a lock, nearly all from one site
        if artifact.url.startswith("http") and not artifact.url.startswith(last):
            last = "/".join(artifact.url.split("/", 3)[:3]) + "/"
            sites.add(last)
    hosts = {host_of(site) for site in sites} - _PUBLIC_HOSTS
    return tuple(sorted(hosts)) if hosts and bench.mostly_public else ()


def _other_files(package: Package) -> tuple[str, ...]:
    """Files named after another project or release. A source archive at an address may have any name."""
    named = [file.filename for file in foreign(package)]
    return tuple([one for one in named if package.source.kind is SourceKind.REGISTRY or one.endswith(".whl")])


class _Names:
    """What the public index has, from the list of popular projects or by asking it."""

    def __init__(self, project: Project, request: Request, world: World) -> None:
        self.project = project
        self.request = request
        self.world = world
        self.offline = request.offline or isinstance(world.fetch, OfflineFetch)
        self._published: dict[str, bool | None] = {}

    used_list = False

    @cached_property
    def _popular(self) -> frozenset[str]:
        self.used_list = True
        return listed()

    @cached_property
    def _registry(self) -> Registry:
        from mlsupply.evidence.registry import Registry, secret_for

        url = self.request.index_url or PUBLIC_INDEX
        return Registry(url, self.world, secret_for(url, self.project.indexes, self.world.environ))

    def is_public(self, name: str) -> bool | None:
        """Whether the public index has a project of this canonical name; None where that is not known."""
        if name in self._popular:
            return True
        if self.offline:
            return None
        if name not in self._published:
            found = self._registry.about(name)
            missing = isinstance(found, Failure) and found.reason is Reason.NOT_FOUND
            self._published[name] = False if missing else None if isinstance(found, Failure) else True
        return self._published[name]

    def owns(self, name: str, repository: str) -> bool | None:
        """Whether the public project links to the repository (`owner/name`); None where that is not known."""
        if self.offline or not self.is_public(name):
            return None
        details = self._registry.details(name)
        if isinstance(details, Failure):
            return None
        return any(_address(link)[1] == repository for link in details.links) or (None if "links" in details.cut else False)

    def unknown(self) -> dict[str, Unknown]:
        """Why a fact of a name is not known."""
        from mlsupply.ruleset import Unknown

        if self.offline:
            said = Unknown(Reason.OFFLINE, "without the network the public index was not asked", "run without --offline")
        else:
            said = Unknown(Reason.UNSUPPORTED, "the public index gave no answer", cause=Cause.FAILED)
        words = "the input does not say which index its packages came from"
        silent = Unknown(Reason.NOT_FOUND, words, _SCAN_THE_LOCK, Cause.INPUT)
        return {
            **dict.fromkeys(("public_name", "own_repository", "twin"), said),
            **dict.fromkeys(("astray", "refused"), silent),
        }
