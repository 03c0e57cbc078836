"""The check `names`: is a package's name pretending to be another's?

Popular names are cleared by one look-up. The engine, its tables and the rules are loaded when the first other name turns
up; the index is asked about those alone, and only where there is a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from mlsupply.evidence.popular import lists_stamp, popular
from mlsupply.model import Checked, DataSource, Gap, Package, Place, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.project import Project, conda_gap
from mlsupply.request import Request
from mlsupply.text import canonical
from mlsupply.value import value
from mlsupply.world import PUBLIC_INDEX, Failure, OfflineFetch, World

if TYPE_CHECKING:
    from datetime import datetime

    from mlsupply.ruleset import Rules
    from mlsupply.ruleset.names import NameEvidence, Names, NameVerdict

CHECK = "names"
_OWN_CODE = (SourceKind.VIRTUAL, SourceKind.EDITABLE)


@value
class NameFacet:
    """What the letters of a name, and what is known beside them, say of it. name: as the project writes it, canonical;
    target: canonical name of the project it seems to imitate; likeness: how likely that is; reasons: short sentences,
    the strongest first; listed: it is among the popular projects; public: the package comes from the public index;
    confirmed: something beside the letters speaks for the imitation; registered: whether the index has such a project;
    pinned: a version is asked for."""

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
    pinned: bool = True


class _Asked(NamedTuple):
    """A name to judge. package: None for a requirement that no package was found for."""

    name: str
    source: Source
    places: tuple[Place, ...]
    package: Package | None


class _Tools(NamedTuple):
    """names: the engine, made when first needed; required_by: name -> the popular project that requires it, as the lock
    file says; versions: version -> popular projects locked at it."""

    names: Callable[[], Names]
    rules: Rules
    required_by: dict[str, str]
    versions: dict[str, set[str]]


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, and one for each name that is asked for without a package. The user's own rules see every
    name."""
    yield popular().source
    bench = _Bench(project, request, world)
    doubtful: list[_Asked] = []
    for package in project.packages:
        if (clear := bench.cleared(package)) is not None:
            yield clear
        else:
            doubtful.append(_Asked(package.name, package.source, package.places, package))
    packaged = {package.name for package in project.packages}
    bare = {r.name: r for r in reversed(project.requirements) if r.name and r.name not in packaged and not r.constraint}
    unlisted = sorted(bare.keys() - bench.listed - popular().neighbours)
    doubtful += [_Asked(name, bare[name].source, (bare[name].place,), None) for name in unlisted]
    yield from bench.judged(doubtful)


class _Bench:
    """What all names of a run are judged with."""

    def __init__(self, project: Project, request: Request, world: World) -> None:
        self.listed = frozenset(popular().names)
        self._neighbours = popular().neighbours
        self._project = project
        self._request = request
        self._world = world
        self._every = bool(request.rules.files)
        self._names: Names | None = None

    def cleared(self, package: Package) -> Checked | None:
        """The answer for a package whose name need not be looked at closely."""
        if package.coordinate.ecosystem == "conda":
            return Checked(check=CHECK, package=package, gaps=self._conda)
        foreign = package.coordinate.ecosystem != "pypi" or package.source.kind in _OWN_CODE
        if foreign or (not self._every and (package.name in self.listed or package.name in self._neighbours)):
            return Checked(check=CHECK, package=package)
        return None

    @cached_property
    def _conda(self) -> tuple[Gap, ...]:
        return conda_gap(self._project, CHECK, "the names known here are those of Python packages")

    def judged(self, asked: list[_Asked]) -> Iterator[Checked]:
        """The names by letters, lock file and, where there is a network, by what the index says."""
        if not asked:
            return
        from mlsupply.ruleset import Fact
        from mlsupply.value import replace

        tools = self._tools()
        now = self._world.now()
        locked = [_of_the_lock(one, tools) for one in asked]
        verdicts = self._by_letters(asked, locked, tools, now)
        told = self._told(asked, verdicts)
        for one, known, letters in zip(asked, locked, verdicts, strict=True):
            answer = told.get(one.name)
            gaps: tuple[Gap, ...] = ()
            verdict = letters
            if isinstance(answer, Failure):
                gaps = (_not_asked(one, answer),) if letters.target else ()
            elif answer is not None:
                evidence = replace(answer, required_by=known.required_by, in_step_with=known.in_step_with)
                verdict = tools.names().judge(one.name, evidence, now)
            facet = _facet(one, verdict, answer, public=self._request.is_public(one.source))
            fact = Fact(facet, places=one.places, subject="" if one.package else one.name)
            yield tools.rules.judge(CHECK, [fact], package=one.package, gaps=gaps)

    def _by_letters(
        self, asked: list[_Asked], locked: list[NameEvidence], tools: _Tools, now: datetime
    ) -> list[NameVerdict]:
        """The verdicts without what an index says, those of earlier runs among them."""
        from mlsupply.evidence.name_memo import Memo

        memo = Memo(self._world.cache, lists_stamp(), _vouched(self._request.settings))
        verdicts = []
        for one, known in zip(asked, locked, strict=True):
            verdict = memo.get(one.name, known)
            if verdict is None:
                verdict = tools.names().judge(one.name, known, now)
                memo.keep(one.name, known, verdict)
            verdicts.append(verdict)
        memo.save()
        return verdicts

    def _told(self, asked: list[_Asked], verdicts: list[NameVerdict]) -> Mapping[str, NameEvidence | Failure]:
        """What the index says of the names that are not popular and come from it."""
        if self._request.offline or isinstance(self._world.fetch, OfflineFetch):
            return {}
        names = {
            one.name: verdict.target or ""
            for one, verdict in zip(asked, verdicts, strict=True)
            if not verdict.listed and self._is_public(one) and one.name.isascii()
        }
        if not names:
            return {}
        from mlsupply.evidence.name_registry import asked as ask
        from mlsupply.evidence.registry import Registry, secret_for

        url = self._request.index_url or PUBLIC_INDEX
        return ask(names, Registry(url, self._world, secret_for(url, self._project.indexes, self._world.environ)))

    def _is_public(self, one: _Asked) -> bool:
        """Whether the public index may be asked about a name: not about one the user calls private."""
        return self._request.is_public(one.source) and not self._request.private_index(one.name)

    def _tools(self) -> _Tools:
        from mlsupply.ruleset import load

        required_by: dict[str, str] = {}
        versions: dict[str, set[str]] = {}
        for package in self._project.packages:
            if package.name in self.listed and self._request.is_public(package.source):
                versions.setdefault(package.version, set()).add(package.name)
                for edge in package.requires:
                    required_by.setdefault(edge.name, package.name)
        return _Tools(self._engine, load(self._request.rules, self._world.now(), "name"), required_by, versions)

    def _engine(self) -> Names:
        if self._names is None:
            from mlsupply.evidence.name_data import engine

            self._names = engine(_vouched(self._request.settings))
        return self._names


def _of_the_lock(one: _Asked, tools: _Tools) -> NameEvidence:
    from mlsupply.ruleset.names import NameEvidence

    version = one.package.version if one.package else ""
    in_step = tools.versions.get(version, set()) - {one.name} if version else ()
    return NameEvidence(required_by=tools.required_by.get(one.name), in_step_with=frozenset(in_step))


def _facet(one: _Asked, verdict: NameVerdict, told: NameEvidence | Failure | None, *, public: bool) -> NameFacet:
    """The engine's verdict in the words of rules."""
    known = None if told is None or isinstance(told, Failure) else told.exists
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
        ascii=verdict.name.isascii(),
        confirmed=verdict.confirmed,
        registered="unknown" if known is None else "yes" if known else "no",
        pinned=bool(one.package and one.package.version),
    )


def _vouched(settings: Mapping[str, object]) -> frozenset[str]:
    """`[tool.mlsupply.names] known = [...]`: names the user vouches for."""
    own = settings.get(CHECK)
    listed = own.get("known") if isinstance(own, Mapping) else None
    names = listed if isinstance(listed, (list, tuple)) else ()
    return frozenset(canonical(name) for name in names if isinstance(name, str))


def _not_asked(one: _Asked, failure: Failure) -> Gap:
    detail = f"it was judged by its letters alone: {failure.detail}"
    place = one.places[0] if one.places else None
    return Gap(subject=one.name, check=CHECK, reason=failure.reason, detail=detail, place=place)
