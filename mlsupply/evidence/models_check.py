"""The check `models` as far as an ordinary scan needs it: a lock file alone names no model, and saying so takes none of the
code that reads references and model files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlsupply.model import Checked, Inventory
from mlsupply.project import Project
from mlsupply.request import Request
from mlsupply.world import World

CHECK = "models"
_QUIET = frozenset(
    {
        *("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "conda-lock", "pixi.lock"),
        *("requirements", "pyproject.toml", "Pipfile"),
    }
)


def judge(project: Project, request: Request, world: World) -> Iterator[Checked]:
    """What the files name and hold, then every package as looked at (the versions of loaders are part of the question)."""
    if only_dependencies(world.tree.survey().files, project.inventories):
        yield Checked(check=CHECK)
        yield from (Checked(check=CHECK, package=package) for package in project.packages)
        return
    from mlsupply.evidence.references.check import references_judged

    yield from references_judged(project, request, world)


def only_dependencies(paths: Iterable[str], inventories: Iterable[Inventory]) -> bool:
    """Whether these files, read as these inventories, say what is depended on and nothing else (no code, no configuration
    of models)."""
    quiet = (one for one in inventories if one.format.partition(",")[0] in _QUIET)
    return {path for one in quiet for path in (one.path, *one.includes)}.issuperset(paths)
