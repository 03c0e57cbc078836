"""environment.yml of conda and mamba (also conda.yaml and python_env.yaml as MLflow writes them): https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html.

A conda line that allows one version only is a package, any other a requirement of conda, which is not resolved here. The
`pip` list is read as a requirements file. An export that names every build is the whole environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mlsupply.inventory import conda
from mlsupply.inventory.parsing import text_of
from mlsupply.inventory.requirements import Reading
from mlsupply.inventory.sheet import Sheet
from mlsupply.inventory.yaml_text import Rows, Table, yaml_of
from mlsupply.model import Gap, Inventory, Package, Place, Requirement
from mlsupply.world import Limits, Tree

FORMAT = "environment.yml"
_BUILDS = "build_dependencies"  # of MLflow's python_env.yaml, whose lists are pip's
_LOOSE = re.compile(
    r"(?i)(?:^|/)(?:(?:[^/]*[-_])?env[^/]{0,100}(?<!environment)|(?:envs|conda)/[^/]+|[^/]+\.conda)\.ya?ml$"
)  # settings of other programs too


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """See the module. A YAML file of that name that is no conda environment holds nothing."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap) or (_LOOSE.search(path) and "dependencies" not in text):
        return Inventory(path=path, format=FORMAT, gaps=(text,) if isinstance(text, Gap) else ())
    document = yaml_of(path, text)
    if isinstance(document, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,))
    if isinstance(document, Table) and isinstance(document.get("conda_file"), Table):
        document = document["conda_file"]  # of Azure ML
    if not isinstance(document, Table) or "dependencies" not in document:
        return Inventory(path=path, format=FORMAT)
    sheet = Sheet(path, text, limits, plain=False)
    found = _Found(sheet, Reading(tree, limits))
    dependencies = document["dependencies"]
    if _BUILDS in document:
        found.take({"pip": document[_BUILDS]})
        found.take({"pip": dependencies})
    elif isinstance(dependencies, Rows):
        for item, line in zip(dependencies, dependencies.lines, strict=True):
            sheet.line = line
            found.take(item)
    elif dependencies is not None:
        sheet.fault("dependencies is no list")
    sheet.line = 0
    return found.inventory(path, sheet.word(document, "name"))


def listed(path: str, items: Iterable[tuple[Any, int]], tree: Tree, limits: Limits) -> Inventory:
    """What a list of dependencies asks for that stands in a file of another tool. items: each with its line."""
    sheet = Sheet(path, "", limits, plain=False)
    found = _Found(sheet, Reading(tree, limits))
    for item, line in items:
        sheet.line = line
        found.take(item)
    sheet.line = 0
    return found.inventory(path, "")


class _Found:
    """What the list has given so far. every_build: each conda line names its build."""

    def __init__(self, sheet: Sheet, pip: Reading) -> None:
        self.sheet = sheet
        self.pip = pip
        self.names = conda.Names()
        self.requirements: list[Requirement] = []
        self.every_build = True

    def take(self, item: Any) -> None:
        if isinstance(item, str):
            self._conda(item)
        elif isinstance(item, dict) and isinstance(item.get("pip"), Rows):
            for line, number in zip(item["pip"], item["pip"].lines, strict=True):
                if isinstance(line, str):
                    self.pip.lines(self.sheet.path, line, constraint=False, line=number)
                else:
                    self.sheet.fault("an item of the pip list is not text")
        elif item is not None and not (isinstance(item, dict) and item.get("pip", "") is None):
            self.sheet.fault("an item of dependencies is neither text nor a pip list")

    def _conda(self, text: str) -> None:
        spec = conda.parse_spec(text)
        if spec is None:
            self.sheet.fault(f"not a conda requirement: {conda.bare(text)[:80]!r}")
            return
        self.every_build = self.every_build and spec.built
        place, source = self.sheet.place, conda.registry(spec.channel)
        if spec.version:
            self.sheet.add(conda.package(self.names, spec.name.lower(), spec.version, source, place, direct=True))
        self.requirements.append(asked_of_conda(self.names, spec, place))

    def inventory(self, path: str, name: str) -> Inventory:
        """conda's packages, then those of the pip list."""
        pip = self.pip.inventory(path)
        packages: list[Package] = [*self.sheet.packages(), *pip.packages]
        gaps = (*self.sheet.all_gaps(), *pip.gaps)
        has_pip = bool(pip.requirements or pip.packages)
        pinned = not has_pip or all(r.specifier.startswith("==") and r.name for r in pip.requirements)
        return Inventory(
            path=path,
            format=FORMAT,
            root=name,
            packages=tuple(packages),
            requirements=(*self.requirements, *pip.requirements),
            indexes=pip.indexes,
            gaps=gaps,
            complete=self.every_build and bool(packages) and pinned and not gaps,
            includes=pip.includes,
        )


def asked_of_conda(names: conda.Names, spec: conda.Spec, place: Place, groups: tuple[str, ...] = ()) -> Requirement:
    """A requirement only conda can answer, under the name its package would get."""
    return Requirement(
        name=names.of(spec.name.lower())[1],
        specifier=spec.specifier,
        source=conda.registry(spec.channel),
        place=place,
        groups=groups,
        text=f"{spec.name} {spec.specifier}".strip(),
        ecosystem="conda",
    )
