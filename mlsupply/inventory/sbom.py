"""What the SBOM readers share: packages met so far, the lines they stand on, and the faults of the document. And the
SBOM forms that are not read, said as such."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, json_of, quoted, text_of
from mlsupply.inventory.purl import Purl
from mlsupply.model import Coordinate, Edge, Gap, Inventory, Package, PackageKey, Reason
from mlsupply.project import united
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

_STRINGS = re.compile(
    r'"(?:purl|referenceLocator|bomFormat|specVersion|spdxVersion|name)"\s*:\s*"((?:[^"\\\n]|\\.){0,4000})"'
    r"|<(?:[A-Za-z0-9]{1,20}:)?(?:purl|name)>([^<>&]{0,4000})<"
)
_NAMED_SBOM = re.compile(r"(?i)(?:bom|\.cdx|\.cyclonedx|\.spdx)\.json$")
_MARKS = ('"bomFormat"', '"spdxVersion"', "spdx.org/rdf/3")
_TOLD = 20  # faults of one sort told apart; the rest are counted


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Tag-value, YAML and RDF documents of SPDX: a gap."""
    hint = "convert it to CycloneDX JSON or SPDX 2.3 JSON"
    return Inventory(
        path=path, format="sbom", gaps=(gap(path, Reason.UNSUPPORTED, "of SPDX only the JSON form is read", hint=hint),)
    )


def document_of(path: str, tree: Tree, limits: Limits) -> tuple[str, Any] | Gap | None:
    """The text of a JSON document and what it holds; None where only a part of the file's name speaks of SBOMs and the text
    is none: lists of licences and schemas are called so too."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return text
    if not _NAMED_SBOM.search(path) and not any(mark in text for mark in _MARKS):
        return None
    document = json_of(path, text)
    if isinstance(document, Gap):
        return document
    is_one = isinstance(document, Mapping) and any(key in document for key in ("bomFormat", "spdxVersion", "@graph"))
    return (text, document) if is_one or _NAMED_SBOM.search(path) else None


class Sbom:
    """One document while it is read."""

    def __init__(self, path: str, text: str, limits: Limits) -> None:
        self.path = path
        self.root = ""
        self.gaps: list[Gap] = []
        self._limits = limits
        self._packages: dict[PackageKey, list[Package]] = {}
        self._over = 0
        self._faults: dict[str, list[tuple[str, int]]] = {}
        self._lines: dict[str, int] | None = None
        self._text = text

    def line_of_value(self, value: str) -> int:
        """The line of the first purl, locator or name that is written like this, 0 where there is none."""
        if self._lines is None:
            locator, self._lines = Locator(self._text), {}
            for found in _STRINGS.finditer(self._text):
                written = found[1].replace("\\/", "/") if found[2] is None else found[2].strip()
                self._lines.setdefault(written, locator.line_at(found.start(found.lastindex or 0)))
        return self._lines.get(value, 0)

    def line_of(self, key: str) -> int:
        """The line that sets a key for the first time, 0 where none does."""
        at = self._text.find(f'"{key}"')
        return self._text.count("\n", 0, at) + 1 if at >= 0 else 0

    def add(self, package: Package) -> None:
        """Keep a package; met twice, what is said of it is united."""
        if package.key in self._packages:
            self._packages[package.key].append(package)
        elif len(self._packages) < self._limits.packages:
            self._packages[package.key] = [package]
        else:
            self._over += 1

    def without_purl(self, name: str) -> None:
        """A component that cannot be matched with anything."""
        self._fault("{} has no purl, so it cannot be matched with any advisory", name, self.line_of_value(name))

    def invalid_purl(self, text: str, name: str) -> None:
        """A component whose purl is none."""
        self._fault("the purl of {} is invalid", f"{name} ({quoted(text)})", self.line_of_value(text))

    def mended(self, purl: Purl, text: str, version: str) -> Purl:
        """The purl, with the component's version where it has none; one that was mended is said."""
        if purl.mended:
            self._fault("not a purl: {}, read as the only thing it can mean", quoted(text), self.line_of_value(text))
        if purl.coordinate.version or not version:
            return purl
        return replace(purl, coordinate=Coordinate(purl.coordinate.ecosystem, purl.coordinate.name, version))

    def _fault(self, sentence: str, subject: str, line: int) -> None:
        self._faults.setdefault(sentence, []).append((subject, line))

    @property
    def coordinates(self) -> set[Coordinate]:
        """Of all packages met."""
        return {entries[0].coordinate for entries in self._packages.values()}

    def linked(self, name: str, edges: Mapping[Coordinate, Sequence[Edge]], direct: Container[Coordinate]) -> Inventory:
        """All of it, with who requires whom and what is asked for directly."""
        inventory = self.inventory(name)
        packages = tuple(
            replace(p, requires=tuple(dict.fromkeys(edges.get(p.coordinate, ()))), direct=p.coordinate in direct)
            for p in inventory.packages
        )
        return replace(inventory, packages=packages)

    def inventory(self, name: str) -> Inventory:
        """All of it; an SBOM is taken to be whole, nothing is resolved."""
        gaps = list(self.gaps)
        hint = 'a purl reads like "pkg:pypi/requests@2.32.0"'
        for sentence, met in self._faults.items():
            gaps += [gap(self.path, Reason.MALFORMED, sentence.format(what), line, hint) for what, line in met[:_TOLD]]
            if len(met) > _TOLD:
                detail = f"{len(met) - _TOLD} more components: {sentence.format('it')}"
                gaps.append(gap(self.path, Reason.MALFORMED, detail, met[_TOLD][1], hint))
        if self._over:
            detail = f"{self._over:,} components past the limit of {self._limits.packages:,} were not read"
            gaps.append(gap(self.path, Reason.LIMIT, detail))
        return Inventory(
            path=self.path,
            format=name,
            root=self.root,
            packages=tuple(map(united, self._packages.values())),
            gaps=tuple(gaps),
            complete=True,
        )
