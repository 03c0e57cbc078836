"""What the lines of requirements files ask for, gathered: packages where a version or an address is given, requirements
for the rest, and who required whom where comments tell."""

from __future__ import annotations

from mlsupply.inventory.files import file_name, kind_of
from mlsupply.inventory.via import Parent
from mlsupply.model import Artifact, Coordinate, Edge, Package, PackageKey, Place, Requirement, Source, SourceKind
from mlsupply.project import united
from mlsupply.text import safe
from mlsupply.value import field, record, replace
from mlsupply.world import PUBLIC_INDEX

_REGISTRY = Source()


@record
class Pin:
    """One line. name: "" where only an unread local project knows it; version: "" where none is given; index: the one a
    comment says it came from; parents: who asked for it, as comments tell."""

    name: str
    version: str
    place: Place
    marker: str = ""
    extras: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] | list[tuple[str, str]] = ()
    constraint: bool = False
    specifier: str = ""
    source: Source = _REGISTRY
    text: str = ""
    index: str = ""
    note: str = ""
    parents: list[Parent] = field(default_factory=list)

    @property
    def is_package(self) -> bool:
        """Whether it names one release, or a place that holds one."""
        return bool(self.name) and (bool(self.version) or self.source.kind is not SourceKind.REGISTRY)

    def package(self, *, direct: bool) -> Package:
        """The pin as a package. direct: the project asks for it itself."""
        source = self.source
        if self.index and self.index.rstrip("/") != PUBLIC_INDEX:
            source = Source(url=self.index)
        return Package(
            coordinate=Coordinate("pypi", self.name, self.version),
            source=source,
            places=(self.place,),
            artifacts=self._artifacts(),
            groups=tuple(dict.fromkeys(parent.group for parent in self.parents if parent.group)),
            direct=direct,
            marker=self.marker,
            note=self.note,
        )

    def _artifacts(self) -> tuple[Artifact, ...]:
        """Of a registry package only the hashes are known, each of another file; an address is one file."""
        if self.source.kind is SourceKind.URL:
            name = file_name(self.source.url)
            return (Artifact(name, kind_of(name), self.source.url, hashes=tuple(self.hashes)),)
        make = tuple.__new__  # there are thousands: a call of our own for each would cost more than all else of the line
        return tuple([make(Artifact, ("", "other", "", -1, (pair,), "", None)) for pair in self.hashes])

    def requirement(self) -> Requirement:
        """The pin as something still to resolve."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        specifier = self.specifier or (f"=={self.version}" if self.source is _REGISTRY and self.version else "")
        marker = f" ; {self.marker}" if self.marker else ""
        return Requirement(
            name=self.name,
            specifier=specifier,
            extras=self.extras,
            marker=safe(self.marker, 2000),
            source=self.source,
            place=self.place,
            hashes=tuple(self.hashes),
            constraint=self.constraint,
            text=self.text or safe(f"{self.name}{extras}{specifier}{marker}", 300),
        )


class Pins:
    """All lines of a file and of those it includes. annotated: some comment said who asked for a line; root: the
    project such a comment named."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.annotated = False
        self.root = ""
        self._pins: list[Pin] = []

    def is_full(self) -> bool:
        """Whether as many pins are held as a run may have."""
        return len(self._pins) >= self.limit

    def add(self, pin: Pin) -> Pin:
        """Hold a pin and give it back."""
        self._pins.append(pin)
        return pin

    def _asked(self) -> list[Pin]:
        return [pin for pin in self._pins if not pin.constraint]

    def all_hashed(self) -> bool:
        """Whether there are hashes, and every line but a local project or a repository has some."""
        fixed = [pin for pin in self._asked() if pin.source.kind in {SourceKind.REGISTRY, SourceKind.URL}]
        return bool(fixed) and all(pin.hashes for pin in fixed)

    def is_open(self) -> bool:
        """Whether some line leaves the version to the resolver."""
        return any(not pin.is_package for pin in self._asked())

    def packages(self) -> tuple[Package, ...]:
        """The packages with the edges the comments tell."""
        self._apply_constraints()
        asked = [pin for pin in self._asked() if pin.is_package]
        present = {pin.name for pin in asked}
        edges: dict[str, dict[Edge, None]] = {}
        for pin in asked:
            for parent in pin.parents:
                if parent.project:
                    self.root = self.root or parent.name
                if parent.name in present and parent.name != pin.name:
                    edges.setdefault(parent.name, {})[Edge(pin.name)] = None
        merged: dict[PackageKey, list[Package]] = {}
        for pin in asked:
            package = pin.package(direct=_is_direct(pin, present))
            merged.setdefault(package.key, []).append(package)
        required = {name: tuple(found) for name, found in edges.items()}
        packages = (united(entries) for entries in merged.values())
        return tuple(replace(one, requires=required[one.name]) if one.name in required else one for one in packages)

    def _apply_constraints(self) -> None:
        """A line without version whose constraint pins one means that version."""
        exact = {pin.name: pin for pin in self._pins if pin.constraint and pin.version}
        for pin in self._asked():
            limit = exact.get(pin.name)
            if limit is not None and not pin.version and pin.source.kind is SourceKind.REGISTRY:
                pin.version = limit.version
                pin.note = f"version from the constraint at {limit.place}"

    def requirements(self, complete: bool) -> tuple[Requirement, ...]:
        """Every line, or of a complete file the lines that were asked for themselves."""
        if not complete:
            return tuple(pin.requirement() for pin in self._pins)
        present = {pin.name for pin in self._asked()}
        return tuple(pin.requirement() for pin in self._asked() if _is_direct(pin, present))


def _is_direct(pin: Pin, present: set[str]) -> bool:
    """A line is asked for by the project unless comments name only other packages of the file as its parents."""
    known = [parent for parent in pin.parents if parent.name in present and not parent.project]
    return len(known) < len(pin.parents) or not pin.parents
