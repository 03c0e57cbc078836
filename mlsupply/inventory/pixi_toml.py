"""pixi.toml: what a pixi workspace asks of conda and of PyPI, https://pixi.sh/latest/reference/pixi_manifest/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory import conda
from mlsupply.inventory.collected import Collected
from mlsupply.inventory.environment_yml import asked_of_conda
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import toml_of
from mlsupply.inventory.sheet import Sheet, reads
from mlsupply.inventory.tool_files import below
from mlsupply.model import Gap, Inventory, Package, Requirement, Source
from mlsupply.world import Limits, Tree

FORMAT = "pixi.toml"
_CONDA = ("dependencies", "host-dependencies", "build-dependencies", "run-dependencies")
_PYPI = "pypi-dependencies"


@reads(FORMAT, toml_of)
def read(sheet: Sheet, document: Mapping[str, Any], tree: Tree, limits: Limits) -> Inventory:
    """See the module; also what its tasks install, and its options for PyPI."""
    reading = _Reading(sheet, Locator(sheet.source))
    reading.workspace(document)
    others = Collected(sheet.path, tree, limits)
    below(FORMAT, document, reading.locator, others)
    workspace = sheet.table(document, "workspace") or sheet.table(document, "project")
    return Inventory(
        path=sheet.path,
        format=FORMAT,
        root=sheet.word(workspace, "name"),
        packages=(*sheet.packages(), *others.packages),
        requirements=(*reading.requirements, *others.requirements),
        indexes=tuple(others.indexes),
        gaps=(*sheet.all_gaps(), *others.gaps),
        includes=tuple(others.includes),
    )


def read_below(
    path: str, holder: Mapping[str, Any], locator: Locator, above: tuple[str, ...], limits: Limits
) -> Iterator[Package | Requirement | Gap]:
    """What a workspace that stands below the keys `above` of another file asks for."""
    sheet = Sheet(path, "", limits, plain=False)
    reading = _Reading(sheet, locator, above)
    reading.workspace(holder)
    yield from sheet.packages()
    yield from reading.requirements
    yield from sheet.all_gaps()


class _Reading:
    """The tables of dependencies, at the top, in a feature, and in `target` of either. above: the keys over all of them."""

    def __init__(self, sheet: Sheet, locator: Locator, above: tuple[str, ...] = ()) -> None:
        self.sheet = sheet
        self.locator = locator
        self.above = above
        self.names = conda.Names()
        self.requirements: list[Requirement] = []

    def workspace(self, document: Mapping[str, Any]) -> None:
        self.tables(document, (), ())
        features = self.sheet.table(document, "feature")
        for feature in features:
            group = self.sheet.text(feature, "feature", 200)
            self.tables(self.sheet.table(features, feature), ("feature", feature), (group,))

    def tables(self, holder: Mapping[str, Any], where: tuple[str, ...], groups: tuple[str, ...]) -> None:
        for key in _CONDA:
            for name, value in self._entries(holder, key, where):
                self._conda(name, value, groups)
        for name, value in self._entries(holder, _PYPI, where):
            self.requirements.append(self._pypi(name, value, groups))
        targets = self.sheet.table(holder, "target") if len(where) < 3 else {}
        for target in targets:
            self.tables(self.sheet.table(targets, target), (*where, "target", target), groups)

    def _entries(self, holder: Mapping[str, Any], key: str, where: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name, value in self.sheet.table(holder, key).items():
            self.sheet.line = self.locator.key(name, *self.above, *where, key)
            yield name, value
        self.sheet.line = 0

    def _conda(self, name: str, value: Any, groups: tuple[str, ...]) -> None:
        entry = value if isinstance(value, dict) else {"version": value}
        specifier, build = self.sheet.word(entry, "version"), self.sheet.word(entry, "build")
        spec = conda.parse_spec(f"{name} {'' if specifier == '*' else specifier}")
        if spec is None:
            self.sheet.fault(f"not a conda requirement: {name[:80]!r} {specifier[:80]!r}")
            return
        spec = spec._replace(channel=self.sheet.word(entry, "channel"), built=bool(build))
        if spec.specifier and not spec.specifier.startswith("="):
            spec = spec._replace(version="")  # a bare version is a prefix here: 1.2 means 1.2.*
        place = self.sheet.place
        if spec.version:
            source = conda.registry(spec.channel)
            package = conda.package(self.names, spec.name.lower(), spec.version, source, place, direct=True, groups=groups)
            self.sheet.add(package)
        self.requirements.append(asked_of_conda(self.names, spec, place, groups))

    def _pypi(self, name: str, value: Any, groups: tuple[str, ...]) -> Requirement:
        entry = value if isinstance(value, dict) else {"version": value}
        specifier = self.sheet.word(entry, "version")
        specifier = "" if specifier == "*" else specifier
        extras = tuple(sorted(self.sheet.words(entry, "extras", 200)))
        clean = self.sheet.name(name)
        return Requirement(
            name=clean,
            specifier=specifier,
            extras=extras,
            source=self._source(entry),
            place=self.sheet.place,
            groups=groups,
            text=f"{clean}[{','.join(extras)}]{specifier}" if extras else f"{clean}{specifier}",
        )

    def _source(self, entry: Mapping[str, Any]) -> Source:
        if direct := self.sheet.direct_source(entry, "rev", "tag", "branch"):
            return direct
        return self.sheet.registry(entry["index"]) if "index" in entry else Source()
