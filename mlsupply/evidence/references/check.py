"""The check `models`: what the project names and what its model files hold, judged by rules.

It is about the project, not about packages: findings stand without a package, and each package is accounted for because
the versions of the loaders are part of the question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlsupply.evidence.models import ModelFacts, Verdict, look_at_handle, unreadable
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.folder import is_model_name
from mlsupply.evidence.references.facets import ModelContentFacet, ModelReferenceFacet
from mlsupply.evidence.references.gather import CHECK, Found, gather
from mlsupply.model import Checked, Gap, Package, Place, Quote, Reason
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.ruleset import Fact, Rules, load
from mlsupply.world import Failure, World

_LISTED = 12  # lines named in one gap
_REASONS = {
    Cause.UNSUPPORTED: Reason.UNSUPPORTED,
    Cause.CUSTOM: Reason.UNSUPPORTED,
    Cause.UNKNOWN: Reason.UNSUPPORTED,
    Cause.CONFIG: Reason.UNSUPPORTED,
    Cause.ENCRYPTED: Reason.FORBIDDEN,
    Cause.UNREADABLE: Reason.FORBIDDEN,
    Cause.LIMIT: Reason.LIMIT,
}


def references_judged(project: Project, request: Request, world: World) -> Iterator[Checked]:
    """The references first, then the model files in the tree, then every package as looked at."""
    rules = load(request.rules, world.now())
    found = gather(world.tree, world.say)
    facts = list(_reference_facts(found, project))
    yield rules.judge(CHECK, facts, gaps=(*found.gaps, *_dynamic(found)))
    for path in world.tree.survey().met(_is_model):
        if _is_model(path):
            yield from _file(path, rules, world)
    for package in project.packages:
        yield Checked(check=CHECK, package=package)


def _is_model(path: str) -> bool:
    return is_model_name(path.rpartition("/")[2])


def _reference_facts(found: Found, project: Project) -> Iterator[Fact]:
    versions = {package.name: package for package in project.packages}
    for seen, place in found.references:
        facet = seen.facet
        if isinstance(facet, ModelReferenceFacet):
            facet = _with_version(facet, versions)
        subject = getattr(facet, "id", "") or getattr(facet, "name", "") or place.file
        yield Fact(facet, places=(place,), subject=subject)


def _with_version(facet: ModelReferenceFacet, versions: dict[str, Package]) -> ModelReferenceFacet:
    """Joined with the version of the loader that the project locks."""
    package = versions.get(facet.library)
    return replace(facet, library_version=package.version) if package and package.version else facet


def _dynamic(found: Found) -> Iterator[Gap]:
    """One gap a file for names that are not constant: which model it is, only a run would tell."""
    lines: dict[str, list[tuple[int, str]]] = {}
    for seen, place in found.references:
        if isinstance(seen.facet, ModelReferenceFacet) and not seen.facet.constant:
            lines.setdefault(place.file, []).append((place.line, seen.facet.expression))
    for file, places in lines.items():
        shown = ", ".join(f"line {line}: {expression}" for line, expression in places[:_LISTED])
        noun = "name of a model is" if len(places) == 1 else "names of models are"
        yield Gap(
            subject=file,
            check=CHECK,
            reason=Reason.UNPINNED,
            detail=f"{len(places)} {noun} not constant: {shown}" + (", …" if len(places) > _LISTED else ""),
            hint="pass the name as a constant, or check what is passed there",
            place=Place(file, places[0][0]),
        )


def _file(path: str, rules: Rules, world: World) -> Iterator[Checked]:
    handle = world.tree.open(path)
    if isinstance(handle, Failure):
        facts = unreadable(path, handle.detail)
    else:
        with handle:
            facts = look_at_handle(handle, path)
    if facts.verdict is not Verdict.CLEAR:
        yield judged(facts, path, rules)


def judged(facts: ModelFacts, file: str, rules: Rules, check: str = CHECK) -> Checked:
    """What the rules say of one model file; every doubt is a gap as well. file: as the user would write it."""
    return rules.judge(check, content_facts(facts, file), gaps=content_gaps(facts, file, check))


def content_facts(facts: ModelFacts, file: str) -> list[Fact]:
    """The marks of a model file as facts for rules."""
    return [
        Fact(
            ModelContentFacet(verdict=mark.verdict.value, cause=mark.cause.value, format=facts.format, detail=mark.detail),  # type: ignore[arg-type]  # the facet lists the same words
            places=(Place(file, 0, mark.member, mark.offset),),
            quotes=(Quote(mark.detail, "seen"),),
            subject=file,
        )
        for mark in facts.marks
    ]


def content_gaps(facts: ModelFacts, file: str, check: str = CHECK) -> tuple[Gap, ...]:
    """What could not be verified in a model file."""
    return tuple(
        Gap(
            subject=file,
            check=check,
            reason=_REASONS.get(mark.cause, Reason.MALFORMED),
            detail=mark.detail,
            hint="ask for the model as safetensors, or for the complete file",
            place=Place(file, 0, mark.member, mark.offset),
        )
        for mark in facts.marks
        if mark.verdict is Verdict.NOT_VERIFIED
    )
