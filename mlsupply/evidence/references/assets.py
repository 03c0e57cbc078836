"""Models, datasets and services of a project as inventory: one `model.Asset` for each, whatever the number of places."""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.evidence.references.facets import ModelCardFacet, ModelReferenceFacet, ToolServerFacet
from mlsupply.evidence.references.gather import Found, Reference, gather
from mlsupply.model import Place
from mlsupply.outcome import Asset
from mlsupply.world import Failure, World

_LOCK = "mlsupply-models.lock"
_MOST_LOCK = 64 << 20


def assets(world: World) -> tuple[Asset, ...]:
    """What the project names, joined with the hashes of a `mlsupply-models.lock` at its root."""
    return assets_of(gather(world.tree, world.say), _locked(world))


def assets_of(found: Found, locked: dict[tuple[str, str], tuple[tuple[str, int, str], ...]]) -> tuple[Asset, ...]:
    """See `assets`. locked: (name, revision) to (path, size, sha256) of each file."""
    groups: dict[tuple[str, str, str, str], list[Reference]] = {}
    for reference in found.references:
        if key := _key(reference):
            groups.setdefault(key, []).append(reference)
    cards = [_card(r.seen.facet, r.place) for r in found.references if isinstance(r.seen.facet, ModelCardFacet)]
    return tuple(sorted([*cards, *(_asset(key, group, locked) for key, group in groups.items())], key=_order))


def _card(card: ModelCardFacet, place: Place) -> Asset:
    """What a card in the project describes is a model or dataset of the project's own."""
    return Asset(
        kind=card.kind,
        registry="project",
        name=place.file.rpartition("/")[0] or "model of this project",
        places=(place,),
        licence=card.licence,
        bases=card.bases,
        datasets=card.datasets,
        notes=(("licence:use", card.use),),
    )


def _order(asset: Asset) -> tuple[str, str, str, str]:
    return asset.kind, asset.registry, asset.name, asset.version


def _key(reference: Reference) -> tuple[str, str, str, str] | None:
    """(kind, registry, name, version), None for what is no part of an inventory."""
    facet = reference.seen.facet
    if isinstance(facet, ToolServerFacet):
        return "service", facet.runner or "http", facet.name, ""
    if not isinstance(facet, ModelReferenceFacet) or not facet.id or facet.pin == "local":
        return None
    if facet.kind == "hosted model":
        return "service", facet.registry, facet.id, ""
    if facet.kind == "file" and facet.registry in {"local", "url"} and not facet.id.startswith("http"):
        return None
    return "dataset" if facet.kind == "dataset" else "model", facet.registry, facet.id, facet.revision


def _asset(
    key: tuple[str, str, str, str],
    group: list[Reference],
    locked: dict[tuple[str, str], tuple[tuple[str, int, str], ...]],
) -> Asset:
    kind, registry, name, version = key
    facet = group[0].seen.facet
    return Asset(
        kind=kind,
        registry=registry,
        name=name,
        version=version,
        url=facet.url if isinstance(facet, ToolServerFacet) else name if name.startswith(("http://", "https://")) else "",
        places=tuple(dict.fromkeys(reference.place for reference in group)),
        files=locked.get((name, version), ()),
        notes=tuple(dict.fromkeys(_notes(group))),
    )


def _notes(group: list[Reference]) -> Iterator[tuple[str, str]]:
    for reference in group:
        facet = reference.seen.facet
        if isinstance(facet, ToolServerFacet):
            yield "pinned", str(facet.pinned).lower()
            if facet.package:
                yield "package", facet.package
        elif isinstance(facet, ModelReferenceFacet):
            yield "pin", facet.pin
            yield "loader", facet.loader
            if facet.remote_code:
                yield "trust_remote_code", "true"


def _locked(world: World) -> dict[tuple[str, str], tuple[tuple[str, int, str], ...]]:
    """The files that a lock at the root lists. `mlsupply models verify` reports a damaged lock."""
    from mlsupply.errors import MlsupplyError
    from mlsupply.evidence.models.locking import read

    data = world.tree.read(_LOCK, _MOST_LOCK)
    if isinstance(data, Failure):
        return {}
    try:
        models = read(data)
    except MlsupplyError:
        return {}
    return {(m.name, m.revision): tuple((f.path, f.size, f.sha256) for f in m.files) for m in models}
