"""The oldest Python that a package has to run on: that of the projects which hold it, each judged by its own. Pure."""

from __future__ import annotations

from mlsupply.lazy import expression
from mlsupply.model import PackageKey
from mlsupply.named import NamedTuple
from mlsupply.project import Project
from mlsupply.request import Request

_LOWER_BOUND = expression(r"(?:>=|==|~=)\s*([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})")


class Oldest(NamedTuple):
    """python: such as `3.9`, "" unknown; where: the input that says so, "" where it speaks for the whole run."""

    python: str = ""
    where: str = ""


class Pythons:
    """Answers for one run. A Python that the user names, or one that all inputs agree on, holds for every package."""

    def __init__(self, project: Project, request: Request) -> None:
        self._project = project
        self._bounds = () if request.targets.python else tuple(_bounds(project))
        agreed = {one.python for one in self._bounds}
        self._all = Oldest(request.targets.python or (agreed.pop() if len(agreed) == 1 else ""))
        self._of: dict[PackageKey, Oldest] | None = None if len(agreed) > 1 else {}

    def of(self, key: PackageKey) -> Oldest:
        """The oldest Python for a package; where several projects hold it, the oldest of theirs."""
        if self._of is None:
            self._of = self._each()
        return self._of.get(key, self._all)

    def _each(self) -> dict[PackageKey, Oldest]:
        said = {one.where: one for one in self._bounds}
        found: dict[PackageKey, Oldest] = {}
        for inventory in self._project.inventories:
            if one := said.get(inventory.path):
                for package in inventory.packages:
                    found[package.key] = min(found.get(package.key, one), one, key=_order)
        return found


def _bounds(project: Project) -> list[Oldest]:
    found = ((_LOWER_BOUND.search(one.requires_python), one.path) for one in project.inventories if one.requires_python)
    return [Oldest(bound[1], path) for bound, path in found if bound]


def _order(one: Oldest) -> tuple[int, ...]:
    return tuple(map(int, one.python.split(".")))
