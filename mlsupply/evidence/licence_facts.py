"""Where the licence of a package is stated: by an input, in an archive on this machine, by the index it was locked from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mlsupply.evidence.download import fetched, kept_at
from mlsupply.model import DataSource, Package, Reason
from mlsupply.named import NamedTuple
from mlsupply.paths import is_readable_file
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.world import Failure, OfflineFetch, World

_METADATA = ".dist-info/METADATA"
_ELSEWHERE = "scan an installed environment (--env), wheels or an SBOM with licences"


class Stated(NamedTuple):
    """licence: as stated, "" where the metadata states none clearly, or why no metadata was seen; hint: what to do then."""

    package: Package
    licence: str | Failure
    hint: str = ""


def stated_of(
    packages: Sequence[Package], project: Project, request: Request, world: World
) -> Iterator[Stated | DataSource]:
    """One `Stated` a package, in no order, and the indexes that were asked."""
    silent = []
    for package in packages:
        own = package.licence or ("" if _is_read(package) else _in_archive(package, world))
        if own is None:
            silent.append(package)
        else:
            yield Stated(package, own)
    if request.offline or isinstance(world.fetch, OfflineFetch):
        detail = "no input states it, and without the network no index was asked"
        hint = f"run without --offline, or {_ELSEWHERE}"
        yield from (Stated(package, Failure(Reason.OFFLINE, detail), hint) for package in silent)
    elif silent:
        yield from _of_indexes(silent, project, request, world)


def _is_read(package: Package) -> bool:
    """Whether an input was the package's own metadata: then nothing else can tell more."""
    return any(place.file.endswith(_METADATA) or place.member.endswith(_METADATA) for place in package.places)


def _in_archive(package: Package, world: World) -> str | None:
    """What the METADATA of a wheel fetched before states; None where none lies here."""
    for artifact in package.artifacts:
        path = kept_at(artifact, world.cache) if artifact.kind == "wheel" else None
        if path is not None and is_readable_file(path):
            checked = fetched(artifact, world)  # from the folder, its digest compared with the lock's
            return None if isinstance(checked, Failure) else _of_wheel(checked)
    return None


def _of_wheel(path: Path) -> str | None:
    from mlsupply.evidence.archives import Member, walk
    from mlsupply.headers import MAX_BYTES, headers
    from mlsupply.licence import of_headers

    def wanted(name: str, size: int) -> bool:
        return name.endswith(_METADATA) and name.count("/") == 1 and size <= MAX_BYTES

    for member in walk(path, wanted):
        if isinstance(member, Member) and member.data is not None and wanted(member.path, member.size):
            return of_headers(headers(member.data))
    return None


def _of_indexes(
    packages: Sequence[Package], project: Project, request: Request, world: World
) -> Iterator[Stated | DataSource]:
    from mlsupply.evidence.registry import WORKERS, Registry, secret_for
    from mlsupply.evidence.release_check import index_of, is_release

    registries: dict[str, Registry] = {}
    asked: dict[str, list[Package]] = {}
    for package in packages:
        if is_release(package):
            url = index_of(package, request)
            registries.setdefault(url, Registry(url, world, secret_for(url, project.indexes, world.environ)))
            asked.setdefault(url, []).append(package)
        else:
            yield Stated(package, Failure(Reason.NOT_FOUND, "no input states it, and no index has the package"), _ELSEWHERE)
    done = 0
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="licences") as pool:
        for url, own in asked.items():
            registry = registries[url]
            answers = pool.map(lambda package, index=registry: index.licence(package.name, package.version), own)
            stated = 0
            for package, answer in zip(own, answers, strict=True):
                done += 1
                world.say("asking the index about licences", done, len(packages))
                stated += isinstance(answer, str)
                yield Stated(package, answer, _ELSEWHERE)
            if stated:
                as_of = world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
                yield DataSource(f"licences of {registry.host}", as_of, stated, url=registry.url)
