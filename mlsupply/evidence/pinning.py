"""Files that install what they name into something that runs: which versions they leave open, and which pins have no
hashes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlsupply.evidence.index_facets import PinningFacet
from mlsupply.lazy import expression
from mlsupply.model import Place, Requirement, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.project import Project

_DEPLOY = expression(
    r"(?:^|/)(?:[^/]*requirements[^/]*\.txt|requirements/[^/]+\.txt|(?:docker|container)file[^/]*|[^/]+\.dockerfile"
    r"|(?:cog|bentofile|sky|databricks|[^/]*runtime[-_]env)\.ya?ml|langgraph\.json"
    r"|(?:earthfile|singularity)[^/]*|[^/]+\.def"
    r"|(?:[^/]*[-_.])?compose[^/]*\.ya?ml|(?:render|heroku)\.ya?ml|(?:k8s|kubernetes|helm|charts?|manifests)/(?:[^/]+/)*[^/]+\.ya?ml)\Z"
)
_NOT_DEPLOY = expression(
    r"(?:^|[-_./])(?:dev|develop|tests?|testing|docs?|lint|ci|bench|benchmarks?|examples?|samples?|tutorials?|notebooks?|constraints?)(?:[-_./]|\Z)"
)
_MOST = 200  # names kept of one file
_MANY = 3  # files of a folder reported as one
_ANYWHERE = "*"
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv", "poetry", "pdm", "pipenv", "hatch", "virtualenv"})
"""What installs the rest: a container takes the newest on purpose, and what it installs does not depend on it."""


class Pinning(NamedTuple):
    """A fact about a file or a folder. subject: its path."""

    facet: PinningFacet
    places: tuple[Place, ...]
    subject: str


def is_deploy(path: str, subjects: Sequence[str] = ()) -> bool:
    """Whether a file installs what it names into something that runs: requirements.txt, a Dockerfile, what a tool builds an
    image or a job from; not those for development, tests or documents. subjects: the folders and files that were named;
    where these lie says nothing (a project may be checked out below `/builds/ci`)."""
    inside = (path.removeprefix(f"{subject.rstrip('/')}/") for subject in subjects if subject != path)
    lower = min(inside, key=len, default=path).lower() if path not in subjects else path.rpartition("/")[2].lower()
    return bool(_DEPLOY.search(lower)) and not _NOT_DEPLOY.search(lower)


def pinning_facts(project: Project, subjects: Sequence[str], thorough: bool) -> Iterator[Pinning]:
    """One fact a file, also where several inputs include it; one for all files of a folder where they are many and do the
    same."""
    by_file: dict[str, dict[Requirement, None]] = {}
    for requirement in project.requirements:
        if (
            not requirement.constraint
            and requirement.source.kind is SourceKind.REGISTRY
            and is_deploy(requirement.place.file, subjects)
        ):
            by_file.setdefault(requirement.place.file, {})[requirement] = None
    settled = _settled(project, subjects)
    seen = [_pinning(file, tuple(requirements), settled) for file, requirements in by_file.items()]
    yield from _united([one for one in seen if one.places or thorough])


def _settled(project: Project, subjects: Sequence[str]) -> dict[str, frozenset[str]]:
    """Folder -> names whose version something beside a file there settles: a lock, or, for `_ANYWHERE`, a constraint."""
    names: dict[str, set[str]] = {_ANYWHERE: set(_INSTALLERS)}
    for inventory in project.inventories:
        names[_ANYWHERE] |= {one.name for one in inventory.requirements if one.constraint and is_exact(one.specifier)}
        if inventory.complete and not is_deploy(inventory.path, subjects):
            names.setdefault(_folder(inventory.path), set()).update(package.name for package in inventory.packages)
    return {folder: frozenset(found) for folder, found in names.items()}


def _pinning(file: str, requirements: tuple[Requirement, ...], settled: Mapping[str, frozenset[str]]) -> Pinning:
    known = settled[_ANYWHERE] | settled.get(_folder(file), frozenset())
    unpinned = [r for r in requirements if not is_exact(r.specifier) and r.name not in known]
    unhashed = [r for r in requirements if not r.hashes]
    open_versions = any(not is_exact(r.specifier) for r in requirements)
    facet = PinningFacet(
        file=file,
        requirements=len(requirements),
        unpinned=_distinct(unpinned),
        unhashed=_distinct(unhashed),
        any_hashed=len(unhashed) < len(requirements),
        open=open_versions,
    )
    return Pinning(facet, places=tuple(r.place for r in unpinned or unhashed), subject=file)


def _united(seen: list[Pinning]) -> Iterator[Pinning]:
    """Files of one folder that leave versions open, as one fact where there are `_MANY` of them or more."""
    folders: dict[str, list[Pinning]] = {}
    for one in seen:
        if one.facet.unpinned and not one.facet.any_hashed:
            folders.setdefault(_folder(one.facet.file), []).append(one)
        else:
            yield one
    for folder, several in folders.items():
        if len(several) < _MANY:
            yield from several
            continue
        facets = [one.facet for one in several]
        facet = PinningFacet(
            file=f"{folder or '.'}/ ({len(several)} files)",
            requirements=sum(facet.requirements for facet in facets),
            unpinned=tuple(dict.fromkeys(name for facet in facets for name in facet.unpinned))[:_MOST],
            unhashed=tuple(dict.fromkeys(name for facet in facets for name in facet.unhashed))[:_MOST],
            open=True,
        )
        yield Pinning(facet, places=tuple(one.places[0] for one in several), subject=folder or ".")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _distinct(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(requirement.name for requirement in requirements))[:_MOST]


def is_exact(specifier: str) -> bool:
    """Does a specifier allow one version alone?"""
    return specifier.startswith("==") and "," not in specifier and not specifier.endswith("*")
