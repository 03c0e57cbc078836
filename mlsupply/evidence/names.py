"""The check `names`: is a package's name pretending to be another's?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from mlsupply.evidence.popular import popular
from mlsupply.model import Checked, DataSource, Gap, Package, Place, Reason, Source, SourceKind
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.text import canonical
from mlsupply.value import value
from mlsupply.world import World

if TYPE_CHECKING:
    from mlsupply.ruleset import Rules
    from mlsupply.ruleset.names import Names, NameVerdict

CHECK = "names"
_OWN_CODE = (SourceKind.VIRTUAL, SourceKind.EDITABLE)


@value
class NameFacet:
    """What the letters of a name, and what is known beside them, say of it. name: as the project writes it, canonical;
    target: canonical name of the project it seems to imitate; likeness: how likely that is; reasons: short sentences,
    the strongest first; listed: it is among the popular projects; public: the package comes from the public index;
    confirmed: something beside the letters speaks for the imitation."""

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


def judge(project: Project, request: Request, world: World) -> Iterator[Checked | DataSource]:
    """One `Checked` a package, and one for each name that is asked for without a package. Popular names are cleared by
    one look-up, so the engine is loaded only where an unknown one turns up; the user's own rules see every name."""
    known = popular()
    yield known.source
    listed = frozenset(known.names)
    bench = _Bench(project, request, world, listed)
    for package in project.packages:
        yield bench.judged(package)
    packaged = {package.name for package in project.packages}
    asked = {r.name: r.place for r in reversed(project.requirements) if r.name and r.name not in packaged}
    for name in sorted(asked.keys() - listed):
        yield bench.judged_name(name, asked[name])


class _Bench:
    """What all names of a run are judged with; the engine and the rules are loaded when first needed."""

    def __init__(self, project: Project, request: Request, world: World, listed: frozenset[str]) -> None:
        self._project = project
        self._request = request
        self._world = world
        self._listed = listed
        self._every = bool(request.rules.files)
        self._tools: tuple[Names, Rules, dict[str, str]] | None = None

    def judged(self, package: Package) -> Checked:
        """What the name of a package says."""
        if package.coordinate.ecosystem == "conda":
            return Checked(check=CHECK, package=package, gaps=(_conda(package),))
        if package.coordinate.ecosystem != "pypi" or package.source.kind in _OWN_CODE:
            return Checked(check=CHECK, package=package)
        if package.name in self._listed and not self._every:
            return Checked(check=CHECK, package=package)
        return self._asked(package.name, package.source, package.places, package)

    def judged_name(self, name: str, place: Place) -> Checked:
        """What a name says that is asked for and not resolved to a package."""
        return self._asked(name, Source(), (place,), None)

    def _asked(self, name: str, source: Source, places: tuple[Place, ...], package: Package | None) -> Checked:
        from mlsupply.ruleset import Fact
        from mlsupply.ruleset.names import NameEvidence

        names, rules, required_by = self._load()
        beside = NameEvidence(required_by=required_by.get(name), in_step_with=self._in_step(package))
        verdict = names.judge(name, beside, self._world.now())
        facet = facet_of(verdict, public=self._request.is_public(source))
        subject = "" if package else name
        return rules.judge(CHECK, [Fact(facet, places=places, subject=subject)], package=package)

    def _load(self) -> tuple[Names, Rules, dict[str, str]]:
        if self._tools is None:
            from mlsupply.evidence.name_data import engine
            from mlsupply.ruleset import load

            names = engine(_vouched(self._request.settings))
            rules = load(self._request.rules, self._world.now())
            self._tools = names, rules, self._required()
        return self._tools

    def _in_step(self, package: Package | None) -> frozenset[str]:
        """Popular projects locked at the same version."""
        if package is None or not package.version:
            return frozenset()
        same = {other.name for other in self._project.packages if other.version == package.version}
        return frozenset(same & self._listed)

    def _required(self) -> dict[str, str]:
        """Name -> the popular project from the public index that requires it, as the lock file says."""
        found: dict[str, str] = {}
        for package in self._project.packages:
            if package.name in self._listed and self._request.is_public(package.source):
                for edge in package.requires:
                    found.setdefault(edge.name, package.name)
        return found


def facet_of(verdict: NameVerdict, *, public: bool = True) -> NameFacet:
    """The engine's verdict in the words of rules."""
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
    )


def _vouched(settings: Mapping[str, object]) -> frozenset[str]:
    """`[tool.mlsupply.names] known = [...]`: names the user vouches for."""
    own = settings.get(CHECK)
    listed = own.get("known") if isinstance(own, Mapping) else None
    names = listed if isinstance(listed, (list, tuple)) else ()
    return frozenset(canonical(name) for name in names if isinstance(name, str))


def _conda(package: Package) -> Gap:
    detail = f"{package.name} is a conda package: the names known here are those of Python packages"
    place = package.places[0] if package.places else None
    return Gap(subject=str(package.coordinate), check=CHECK, reason=Reason.UNSUPPORTED, detail=detail, place=place)
