"""Archives as their index serves them: most locks name digests and no addresses, and some inputs name no file at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from mlsupply.advisories.versions import same_version
from mlsupply.evidence.download import WrongDigest, computable, fetched, has_one_of, kept_at, sha256_of
from mlsupply.evidence.index_pages import IndexFile
from mlsupply.evidence.registry import Registry, secret_for
from mlsupply.evidence.release_check import index_of, is_release
from mlsupply.model import Artifact, Index, Package, Reason
from mlsupply.paths import is_readable_file
from mlsupply.request import Request
from mlsupply.text import safe
from mlsupply.world import Failure, World

_TRIED = 4  # archives fetched to find the one whose digest the input names
_NAMED = "has a digest the input names"
_PROJECTS = 4  # of which the files are held: a package and what it is compared with ask for the same


class Served:
    """The indexes of a run. Each package is asked for at its own alone: the one its input or the configuration names, else
    the public one. May be used from several threads."""

    def __init__(self, request: Request, world: World, indexes: Iterable[Index] = ()) -> None:
        self.request = request
        self.world = world
        self._indexes = tuple(indexes)
        self._registries: dict[str, Registry] = {}
        self._files = lru_cache(_PROJECTS)(self._listed)

    def files(self, package: Package) -> tuple[IndexFile, ...] | Failure:
        """Every file of the project, of all its releases."""
        if not is_release(package):
            return Failure(Reason.UNSUPPORTED, "it is no release of an index")
        return self._files(index_of(package, self.request), package.name, package.version)

    def _listed(self, index: str, name: str, version: str) -> tuple[IndexFile, ...] | Failure:
        seen = self._registry(index).about(name, version)
        return seen if isinstance(seen, Failure) else seen.project.files

    def archive(self, package: Package) -> Artifact | Failure:
        """The archive most installations take. What the input names with address and digest comes first; else it is a file
        the index serves, and where the input names digests it has one of these."""
        chosen = best(artifact for artifact in package.artifacts if artifact.url)
        if chosen is not None:
            return chosen
        files = self.files(package)
        if isinstance(files, Failure):
            return files
        release = [as_artifact(file) for file in files if same_version(file.version, package.version)]
        locked = {digest for artifact in package.artifacts if (digest := sha256_of(artifact))}
        named = [artifact for artifact in package.artifacts if artifact.hashes and not sha256_of(artifact)]
        chosen = best(artifact for artifact in release if sha256_of(artifact) in locked or not (locked or named))
        if chosen is not None:
            return chosen
        host = self._registry_of(package).host
        if named and release:
            return self._verified(package, release, named)
        if locked and release:
            return Failure(Reason.NOT_FOUND, f"no archive that {host} serves for it {_NAMED}")
        return Failure(Reason.NO_ARTIFACT, f"{host} shows no archive of this release with a digest")

    def _verified(self, package: Package, release: Sequence[Artifact], named: Sequence[Artifact]) -> Artifact | Failure:
        """The archive that has a digest the input names, where the index shows no digests: only fetching tells. named: what
        the input says, with or without file names."""
        hashes = [pair for artifact in named for pair in artifact.hashes]
        if not computable(hashes):
            words = ", ".join(sorted({safe(algorithm, 20) for algorithm, _ in hashes}))
            detail = f"the input names it by digests that cannot be verified here ({words})"
            return Failure(Reason.UNSUPPORTED, f"{detail}, so what the index serves was not taken")
        there = {artifact.filename for artifact in release}
        by_name = {artifact.filename: artifact.hashes for artifact in named if artifact.filename in there}
        usable = in_order(artifact for artifact in release if not by_name or artifact.filename in by_name)
        for candidate in usable[:_TRIED]:
            path = self.fetched(candidate, package)
            if isinstance(path, Failure):
                return path
            if has_one_of(path.read_bytes(), by_name.get(candidate.filename, hashes)):
                return candidate
            if candidate.filename in by_name:
                return WrongDigest(Reason.MALFORMED, f"{candidate.filename} has none of the digests the input names")
        tried = (
            f"of {len(usable):,} archives the first {_TRIED} were fetched, and none"
            if len(usable) > _TRIED
            else "no archive"
        )
        return Failure(Reason.NOT_FOUND, f"{tried} that {self._registry_of(package).host} serves for it {_NAMED}")

    def fetched(self, artifact: Artifact, package: Package) -> Path | Failure:
        """The archive on disk. The credentials of an index go along to its own host and scheme alone."""
        registry = self._registry_of(package) if is_release(package) else None
        return fetched(artifact, self.world, registry.authorization(artifact.url) if registry else None)

    def _registry_of(self, package: Package) -> Registry:
        return self._registry(index_of(package, self.request))

    def _registry(self, url: str) -> Registry:
        if url not in self._registries:
            self._registries[url] = Registry(url, self.world, secret_for(url, self._indexes, self.world.environ))
        return self._registries[url]


def kept(package: Package, world: World) -> Artifact | None:
    """The archive of the package that was fetched before, by a digest its input names; None where none was."""
    chosen = best(package.artifacts)
    for artifact in package.artifacts if chosen is None else (chosen, *package.artifacts):
        path = kept_at(artifact, world.cache)
        if path is not None and is_readable_file(path):
            return artifact
    return None


def as_artifact(file: IndexFile) -> Artifact:
    """What an index shows, as something that can be fetched by digest."""
    return Artifact(file.filename, file.kind, file.url, file.size, (("sha256", file.sha256),) if file.sha256 else ())


def best(artifacts: Iterable[Artifact]) -> Artifact | None:
    """The archive most installations take: a pure wheel, else one for Linux on x86-64, else any wheel, else the sdist."""
    return next(iter(in_order(artifacts)), None)


def in_order(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Those that can be looked into and have a digest, the ones most installations take first."""
    return sorted((a for a in artifacts if a.kind in {"wheel", "sdist"} and a.hashes), key=_order)


def _order(artifact: Artifact) -> tuple[int, str]:
    name = artifact.filename
    if artifact.kind == "sdist":
        return 3, name
    return (0 if name.endswith("-any.whl") else 1 if "linux" in name and "x86_64" in name else 2), name
