"""The check `names`: is a package's name pretending to be another's?

A popular name is cleared by one look-up; without a network, names that an earlier run judged are answered from its memory.
The engine, its tables and the rules are loaded when the first other name turns up. The index is asked only about such names,
and only where there is a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property

from mlsupply.evidence.name_memo import Locked, Memo
from mlsupply.evidence.popular import mistaken, neighbours
from mlsupply.hints import TYPE_CHECKING, Literal
from mlsupply.model import Checked, DataSource, Finding, Gap, Package, Place, Requirement, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.project import OWN_CODE, Project, conda_gap, is_local
from mlsupply.request import Request
from mlsupply.text import canonical
from mlsupply.value import replace, value
from mlsupply.world import PUBLIC_INDEX, Failure, OfflineFetch, World

if TYPE_CHECKING:
    from mlsupply.ruleset.names import NameEvidence, Names, NameVerdict

CHECK = "names"
_MOST_PLACES = 20  # kept of one name
_ARCHIVES = (".whl", ".zip", ".egg", ".tar", ".tgz", ".gz", ".bz2", ".xz")


@value
class NameFacet:
    """What the letters of a name, and what else is known about it, say.

    name: canonical.
    target: canonical name of the project it seems to imitate; "" for none.
    technique: how it does so.
    likeness: how likely that is.
    weight: the sum of the signs for and against it.
    reasons: the signs in short sentences, the strongest first.
    listed: the name is among the popular projects.
    public: the package comes from the public index.
    ascii: it has no letters but those of ASCII.
    confirmed: more than the letters supports the imitation.
    registered: whether the index has such a project; `unknown` where it was not asked.
    first_release, releases: since when, and how many; None where the index was not asked or does not say.
    pinned: one version is asked for.
    """

    name: str
    target: str = ""
    technique: Literal[
        "none",
        "edit-distance",
        "swap",
        "homoglyph",
        "separator",
        "word-order",
        "combosquat",
        "ai-brand combosquat",
        "scope-confusion",
        "slopsquat",
    ] = "none"
    likeness: Literal["none", "possible", "likely", "certain"] = "none"
    weight: float = 0.0
    reasons: tuple[str, ...] = ()
    listed: bool = False
    public: bool = True
    ascii: bool = True
    confirmed: bool = False
    registered: Literal["unknown", "yes", "no"] = "unknown"
    first_release: datetime | None = None
    releases: int | None = None
    pinned: bool = True


class _Candidate(NamedTuple):
    """A name to judge. package: None for a requirement that no package was found for."""

    name: str
    source: Source
    places: tuple[Place, ...]
    package: Package | None

    @property
    def subject(self) -> str:
        return "" if self.package else self.name

    def having(self, finding: Finding) -> Finding:
        """What was said about such a name, said about this one."""
        package = self.package.coordinate if self.package else None
        return replace(finding, package=package, subject=self.subject, places=self.places[:_MOST_PLACES])


class _Lock(NamedTuple):
    """What the lock file says of names.

    required_by: name -> the popular project that requires it.
    required_through: name -> the popular project at the head of a chain of requirements that leads to it.
    versions: version -> popular projects that are locked at it.
    """

    required_by: dict[str, str]
    required_through: dict[str, str]
    versions: dict[str, set[str]]

    def of(self, one: _Candidate) -> Locked:
        version = one.package.version if one.package else ""
        in_step = self.versions.get(version, set()) - {one.name} if version else ()
        by, through = self.required_by.get(one.name, ""), self.required_through.get(one.name, "")
        return Locked(by, tuple(sorted(in_step)), "" if by else through)


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, and one for each name that is asked for without a package. The user's own rules see every
    name."""
    bench = _Bench(project, request, world)
    yield bench.memo.source()
    doubtful: list[_Candidate] = []
    for package in project.packages:
        if (clear := bench.cleared(package)) is not None:
            yield clear
        else:
            doubtful.append(_Candidate(package.name, package.source, package.places, package))
    packaged = {package.name for package in project.packages}
    bare = {r.name: r for r in reversed(_requirements(project)) if r.name and r.name not in packaged and not r.constraint}
    unlisted = sorted(name for name in bare if not bench.is_familiar(name))
    doubtful += [_Candidate(name, bare[name].source, (bare[name].place,), None) for name in unlisted]
    yield from bench.judged(doubtful)
    bench.memo.save()


def _requirements(project: Project) -> list[Requirement]:
    """What the inputs ask of an index: no folders, and not the project itself (`app[extra]` among the extras of app). The
    project's own name clears no other: whoever registers `app-plugin` on an index chose that name."""
    return [
        requirement
        for inventory in project.inventories
        for requirement in inventory.requirements
        if not _is_folder(requirement.source) and (not inventory.root or requirement.name != canonical(inventory.root))
    ]


def _is_folder(source: Source) -> bool:
    """Whether the code lies in a folder of the project: no index decides what its name stands for. An archive may have been
    fetched by its name."""
    return source.kind in OWN_CODE or (source.kind is SourceKind.PATH and not source.url.lower().endswith(_ARCHIVES))


class _Bench:
    """What the judgements of all names in a run share."""

    def __init__(self, project: Project, request: Request, world: World) -> None:
        self.memo = Memo(world.cache, _vouched(request.settings))
        self._project = project
        self._request = request
        self._world = world
        self._every = bool(request.rules.files)

    def cleared(self, package: Package) -> Checked | None:
        """The answer for a package whose name needs no closer look."""
        if package.coordinate.ecosystem == "conda":
            return Checked(check=CHECK, package=package, gaps=self._conda)
        foreign = package.coordinate.ecosystem != "pypi" or (is_local(package) and _is_folder(package.source))
        if foreign or (not self._every and self.is_familiar(package.name)):
            return Checked(check=CHECK, package=package)
        return None

    @cached_property
    def _conda(self) -> tuple[Gap, ...]:
        return conda_gap(self._project, CHECK, "the names known here are those of Python packages")

    def is_familiar(self, name: str) -> bool:
        """Whether it is a popular name, and not by mistake, or an honest one beside them."""
        return (name not in mistaken() and self.memo.is_listed(name)) or name in neighbours()

    def judged(self, candidates: list[_Candidate]) -> Iterator[Checked]:
        """The names by letters, lock file and, where there is a network, by what the index says."""
        if not candidates:
            return
        lock = self._lock()
        left = []
        for one in candidates:
            locked = lock.of(one)
            said = self.memo.findings(self._case(one, locked)) if self._remembers else None
            if said is None:
                left.append((one, locked))
            else:
                yield Checked(check=CHECK, package=one.package, findings=tuple(one.having(finding) for finding in said))
        if left:
            yield from self._examined(left)

    def _examined(self, candidates: list[tuple[_Candidate, Locked]]) -> Iterator[Checked]:
        """The same for names of which no earlier run said that there is nothing to say."""
        from mlsupply.evidence.name_advisories import advised_of
        from mlsupply.ruleset import Fact, load

        now = self._world.now()
        rules = load(self._request.rules, now, "name")
        advised = advised_of([one.name for one, _ in candidates])
        verdicts = [self._by_letters(one, locked, now, advised=one.name in advised) for one, locked in candidates]
        answers = self._answers([one for one, _ in candidates], verdicts)
        for (one, locked), letters in zip(candidates, verdicts, strict=True):
            answer = answers.get(one.name)
            gaps: tuple[Gap, ...] = ()
            verdict = letters
            if isinstance(answer, Failure):
                gaps = tuple(_letters_alone(one, answer, letters.target))
            elif answer is not None:
                evidence = replace(locked.added_to(answer), advised=one.name in advised)
                verdict = self._engine.judge(one.name, evidence, now)
            facet = _facet(one, verdict, answer, public=self._request.is_public(one.source))
            fact = Fact(facet, places=one.places[:_MOST_PLACES], subject=one.subject)
            checked = rules.judge(CHECK, [fact], package=one.package, gaps=gaps)
            if self._remembers and not checked.gaps:
                self.memo.keep_findings(self._case(one, locked), checked.findings)
            yield checked

    @property
    def _remembers(self) -> bool:
        """Whether a name alone decides, with the lock file and the built-in rules."""
        return self._is_offline and self._request.rules.is_plain

    @property
    def _is_offline(self) -> bool:
        return self._request.offline or isinstance(self._world.fetch, OfflineFetch)

    def _case(self, one: _Candidate, locked: Locked) -> str:
        """Everything the rules decide by and speak of, in one text."""
        coordinate = one.package.coordinate if one.package else ""
        place = one.places[0] if one.places else ""
        return f"{locked.key(one.name)}\0{self._request.is_public(one.source)}\0{coordinate}\0{place}"

    def _by_letters(self, one: _Candidate, locked: Locked, now: datetime, *, advised: bool) -> NameVerdict:
        """The verdict without what an index says, or that of an earlier run."""
        verdict = self.memo.verdict(one.name, locked)
        if verdict is None:
            verdict = self._engine.judge(one.name, replace(locked.evidence(), advised=advised), now)
            self.memo.keep_verdict(one.name, locked, verdict)
        return verdict

    def _answers(self, candidates: list[_Candidate], verdicts: list[NameVerdict]) -> Mapping[str, NameEvidence | Failure]:
        """What the index says of the names that are not popular and come from it."""
        if self._is_offline:
            return {}
        names = {
            one.name: verdict.target or ""
            for one, verdict in zip(candidates, verdicts, strict=True)
            if not verdict.listed and self._is_public(one) and one.name.isascii()
        }
        if not names:
            return {}
        from mlsupply.evidence.name_registry import evidence_of
        from mlsupply.evidence.registry import Registry, secret_for

        url = self._request.index_url or PUBLIC_INDEX
        return evidence_of(names, Registry(url, self._world, secret_for(url, self._project.indexes, self._world.environ)))

    def _is_public(self, one: _Candidate) -> bool:
        """Whether the public index may be asked about a name: not about one the user calls private."""
        return self._request.is_public(one.source) and not self._request.private_index(one.name)

    def _lock(self) -> _Lock:
        lock = _Lock({}, {}, {})
        edges: dict[str, set[str]] = {}
        for package in self._project.packages:
            if not self._request.is_public(package.source):
                continue
            edges.setdefault(package.name, set()).update(edge.name for edge in package.requires)
            if self.memo.is_listed(package.name):
                lock.versions.setdefault(package.version, set()).add(package.name)
                for edge in package.requires:
                    lock.required_by.setdefault(edge.name, package.name)
        _follow(edges, lock)
        return lock

    @cached_property
    def _engine(self) -> Names:
        from mlsupply.evidence.name_data import engine

        return engine(_vouched(self._request.settings))


def _follow(edges: Mapping[str, set[str]], lock: _Lock) -> None:
    """Follow the requirements of popular projects: whoever trusts one trusts what it requires in turn."""
    reached = dict(lock.required_by)
    left = list(reached)
    while left:
        name = left.pop()
        for further in sorted(edges.get(name, set()) - reached.keys()):
            reached[further] = lock.required_through[further] = reached[name]
            left.append(further)


def _facet(one: _Candidate, verdict: NameVerdict, answer: NameEvidence | Failure | None, *, public: bool) -> NameFacet:
    """The engine's verdict in the words of rules."""
    from mlsupply.ruleset.names import NameEvidence
    from mlsupply.ruleset.names.foreign import is_ascii

    history = NameEvidence() if answer is None or isinstance(answer, Failure) else answer
    origin = () if public else ("it does not come from the public index",)
    return NameFacet(
        name=verdict.name,
        target=verdict.target or "",
        technique=verdict.technique.value,
        likeness=verdict.likeness.value,
        weight=verdict.weight,
        reasons=(*origin, *verdict.reasons),
        listed=bool(verdict.listed),
        public=public,
        ascii=is_ascii(verdict.name),
        confirmed=verdict.confirmed,
        registered="unknown" if history.exists is None else "yes" if history.exists else "no",
        first_release=history.first_release,
        releases=history.releases,
        pinned=bool(one.package and one.package.version),
    )


def _vouched(settings: Mapping[str, object]) -> frozenset[str]:
    """`[tool.mlsupply.names] known = [...]`: names the user vouches for."""
    own = settings.get(CHECK)
    listed = own.get("known") if isinstance(own, Mapping) else None
    names = listed if isinstance(listed, (list, tuple)) else ()
    return frozenset(canonical(name) for name in names if isinstance(name, str))


def _letters_alone(one: _Candidate, failure: Failure, target: str | None) -> Iterator[Gap]:
    """The gap where the answer of the index would have mattered: the name resembles another, or no release is pinned, so
    that whoever registers the name decides what is installed."""
    if not target and one.package and one.package.version:
        return
    said = "it was judged by its letters alone" if target else "whether the index has a project of that name is not known"
    place = one.places[0] if one.places else None
    hint = "check the address, the credentials and the network"
    detail = f"{said}: {failure.detail}"
    yield Gap(subject=one.name, check=CHECK, reason=failure.reason, detail=detail, hint=hint, place=place)
