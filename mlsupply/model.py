"""The values that travel through mlsupply, in one direction.

    files -> inventories -> packages -> facts -> findings and gaps -> report

The last step is in `outcome`; the words for severities, kinds and reasons are in `terms`. Every value is immutable, and
nothing here touches disk, network or clock. `Artifact`, `Edge`, `Place` and the like are named tuples rather than
dataclasses: a large lock file has tens of thousands of them, and a tuple is built five times faster than a frozen dataclass.
"""

from __future__ import annotations

from functools import lru_cache

from mlsupply.digest import sha256_hex
from mlsupply.named import NamedTuple
from mlsupply.terms import Cause, Confidence, Kind, Reason, Severity, SourceKind
from mlsupply.upgrade import Upgrade
from mlsupply.value import kept, value

__all__ = [
    "COMMAND_LINE",
    "RESOLVED",
    "STANDARD_INPUT",
    "AdvisoryRef",
    "Artifact",
    "Cause",
    "Checked",
    "Confidence",
    "Coordinate",
    "DataSource",
    "Edge",
    "Finding",
    "Gap",
    "Index",
    "Inventory",
    "Kind",
    "Learned",
    "Package",
    "PackageKey",
    "Place",
    "Quote",
    "Reason",
    "Requirement",
    "Severity",
    "Source",
    "SourceKind",
    "Waiver",
]

_OF_ALL_VERSIONS = frozenset({Kind.ADVISORY, Kind.NAME, Kind.LICENCE})

COMMAND_LINE, STANDARD_INPUT = "command line", "standard input"
"""The file of a place for what was typed or piped."""


class Place(NamedTuple):
    """`file:line`, or `archive!/member@offset`: one type for both.

    file: POSIX path as the user would write it, or what stands for none; line: from 1, 0 where lines mean nothing; member:
    path inside an archive, nested ones joined by `!/`; offset: byte in that member, -1 where bytes mean nothing.
    """

    file: str
    line: int = 0
    member: str = ""
    offset: int = -1

    @property
    def is_in_file(self) -> bool:
        """False for what was typed or piped."""
        return self.file not in {COMMAND_LINE, STANDARD_INPUT, ""}

    def __str__(self) -> str:
        text = f"{self.file}!/{self.member}" if self.member else self.file
        if self.line:
            return f"{text}:{self.line}"
        return f"{text}@{self.offset}" if self.offset >= 0 else text


class Coordinate(NamedTuple):
    """A package's identity: ecosystem (purl type: `pypi`, `conda`, `huggingface`), canonical name (PEP 503 for pypi),
    version as written (`""` where the input holds none)."""

    ecosystem: str
    name: str
    version: str = ""

    @property
    def purl(self) -> str:
        """The package URL (purl-spec): `pkg:pypi/torch@2.9.0%2Bcu128`."""
        return _purl(self)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@lru_cache(maxsize=1 << 14)  # each finding of a package and each format asks for it
def _purl(of: Coordinate) -> str:
    version = f"@{_quoted(of.version, '.-_~')}" if of.version else ""
    return f"pkg:{of.ecosystem}/{_quoted(of.name, '/.-_~')}{version}"


def _quoted(text: str, safe: str) -> str:
    """Percent-encoded but for letters, digits and `safe`; nearly every name and version is that already."""
    if text.isascii() and text.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return text
    from urllib.parse import quote

    return quote(text, safe=safe, errors="replace")


class Source(NamedTuple):
    """Where a package comes from. url: index, repository, archive or path, credentials already removed; revision: the
    git commit or ref asked for."""

    kind: SourceKind = SourceKind.REGISTRY
    url: str = ""
    revision: str = ""


class Artifact(NamedTuple):
    """A file that can be installed. kind: `wheel`, `sdist` or `other`; size in bytes, -1 unknown; hashes:
    ((algorithm, lower-case hex), ...); uploaded: ISO 8601 UTC or ""; yanked: None unknown, "" no, otherwise the reason."""

    filename: str
    kind: str
    url: str = ""
    size: int = -1
    hashes: tuple[tuple[str, str], ...] = ()
    uploaded: str = ""
    yanked: str | None = None


class Edge(NamedTuple):
    """One package requires another. name: canonical; version: the one meant, "" where the input names only one;
    marker: PEP 508 text; extra, group: of the *requiring* package, where the edge exists only for these."""

    name: str
    version: str = ""
    marker: str = ""
    extra: str = ""
    group: str = ""
    specifier: str = ""


@value
class Package:
    """A node of the dependency graph. Paths to a root are derived (see `project.Project.paths`), never stored.

    places: every line that asked for it or locked it; groups: dependency groups or extras of the root through which
    it is asked for directly; direct: a root asks for it; marker: when it applies at all (PEP 508), "" always.
    """

    coordinate: Coordinate
    source: Source = Source()
    places: tuple[Place, ...] = ()
    requires: tuple[Edge, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    groups: tuple[str, ...] = ()
    direct: bool = False
    marker: str = ""
    note: str = ""  # said beside it in reports, e.g. "conda name pytorch mapped to PyPI torch"
    licence: str = ""  # as stated, "" unknown; see `licence.stated`

    @property
    def name(self) -> str:
        """Canonical."""
        return self.coordinate.name

    @property
    def version(self) -> str:
        """As written in its input."""
        return self.coordinate.version

    @kept
    def key(self) -> PackageKey:
        """What makes two packages the same one."""
        return (self.coordinate.ecosystem, self.coordinate.name, self.coordinate.version, *self.source)


PackageKey = tuple[str, str, str, SourceKind, str, str]
"""(ecosystem, name, version, source kind, source URL, revision): what makes a package one line of the report."""


@value
class Requirement:
    """What a manifest asks for, as far as it says. specifier: PEP 440 text; hashes as in `Artifact`; a direct URL, VCS
    or path requirement carries it in `source` and may have no name (`""`). text: the line, made safe. ecosystem: `conda`
    where conda is asked (specifier is then a MatchSpec's version, and no resolver of Python packages can answer)."""

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    source: Source = Source()
    place: Place
    groups: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    constraint: bool = False  # from a constraints file: limits versions, asks for nothing
    override: bool = False  # a constraint that stands in the place of whatever else asks for the name (uv, PDM)
    text: str = ""
    ecosystem: str = "pypi"


@value
class Index:
    """An index an input names. role: `primary`, `extra`, `find-links`, `explicit` (used only for the packages pinned to it)
    or `trusted` (no index: a host whose certificate is not checked, such as the public index's); packages: canonical names
    pinned to it; url without credentials; had_credentials: some were cut off."""

    url: str
    role: str
    name: str = ""
    packages: tuple[str, ...] = ()
    trusted_host: bool = False
    had_credentials: bool = False
    place: Place

    @property
    def is_open(self) -> bool:
        """Whether installers also ask it for names that nobody pinned to it. uv, Poetry and PDM do so with an extra index
        even if some names are pinned to it, unless it is marked `explicit`."""
        return self.role == "extra" or (self.role == "find-links" and not self.packages)


@value
class Gap:
    """Something that was asked for and not looked at. Ranks with a finding.

    subject: a package (`name version`), a file or a source of data; check: which check could not look; detail: one
    readable sentence; hint: what the user can do about it; item: for one of many similar gaps, what it is about, which
    `detail` then ends in after a colon. Set when the report is made: cause; packages: how many it concerns; counts:
    whether it makes the run incomplete (see `policy`).
    """

    subject: str
    check: str
    reason: Reason
    detail: str
    hint: str = ""
    place: Place | None = None
    item: str = ""
    cause: Cause | None = None
    packages: int = 0
    counts: bool = True

    @property
    def why(self) -> str:
        """The sentence without the item, the same for all gaps of its sort."""
        return self.detail.removesuffix(f": {self.item}") if self.item else self.detail


RESOLVED = ", resolved by uv"
"""Part of the `format` of an inventory whose versions this run chose; what they were chosen for follows it."""


@value
class Inventory:
    """What one input file (or environment, or resolution) says.

    root: name of the project it belongs to; packages: what is pinned; requirements: what is asked for (of a lock: the
    roots' direct requirements where it tells them); complete: the packages are the whole closure, nothing is left to
    resolve; includes: further files read as part of this one (`-r`, `-c`).
    """

    path: str
    format: str
    root: str = ""
    packages: tuple[Package, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    indexes: tuple[Index, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = False
    requires_python: str = ""
    includes: tuple[str, ...] = ()


class Quote(NamedTuple):
    """Text taken from a package, made safe and capped where it entered (`text.safe`). label: what it shows."""

    text: str
    label: str = ""
    place: Place | None = None


@value
class AdvisoryRef:
    """The advisory group behind a finding. id: the display id (MAL > CVE > GHSA > PYSEC); aliases: all other ids;
    fixed: versions that end it, ascending; last_affected: newest listed where nothing says what fixes it; matched_on:
    `version`, `public version`, `name`, `file hash`, `index path` or `file name`; notes: disagreements, partly evaluated,
    inherited; summary: what the flaw is, where the data tells; upgrade: where to go, None where no clear one is known."""

    id: str
    aliases: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    last_affected: str = ""
    matched_on: str = "version"
    sources: tuple[str, ...] = ()
    vector: str = ""
    score: float | None = None
    published: str = ""
    modified: str = ""
    known_exploited: bool | None = None
    epss: float | None = None
    window: tuple[str, str] | None = None  # on the index from, until: ISO 8601 UTC, "" where not known
    notes: tuple[str, ...] = ()
    summary: str = ""
    upgrade: Upgrade | None = None


@value
class Waiver:
    """Why a finding does not fail the run. It stays in every report. until: ISO date or ""; origin: file:line, the VEX
    document or `baseline`."""

    reason: str
    owner: str = ""
    until: str = ""
    origin: str = ""
    state: str = "waived"  # waived | baseline | vex-not-affected | vex-fixed


@value
class Finding:
    """One thing that is wrong. id: rule id or the advisory group's display id; check: which check found it; subject:
    what it is about where that is not a package (a file, an index); remedy: what to do, one or two sentences."""

    id: str
    check: str
    kind: Kind
    title: str
    message: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    package: Coordinate | None = None
    subject: str = ""
    places: tuple[Place, ...] = ()
    quotes: tuple[Quote, ...] = ()
    advisory: AdvisoryRef | None = None
    remedy: str = ""
    references: tuple[str, ...] = ()
    technique: str = ""  # MITRE ATT&CK id
    moment: str = ""  # content findings: install | start | import | script | call
    waiver: Waiver | None = None

    @kept
    def fingerprint(self) -> str:
        """32 hex digits from the identity (rule, package, subject, member), never from wording, line or severity."""
        members = sorted({place.member for place in self.places if place.member})
        package = self.package.purl if self.package else ""
        identity = "\0".join((self.kind, self.id, package, self.subject, *members))
        return sha256_hex(identity.encode("utf-8", "replace"))[:32]

    @property
    def standing(self) -> tuple[str, ...]:
        """`CVE-2026-1 torch`: names by which a baseline recognises it in the next version of the package, one for each id of
        its advisory, or its rule. Empty for findings about one version alone, such as what is in its files."""
        if self.package is None or self.kind not in _OF_ALL_VERSIONS:
            return ()
        ids = (self.id, self.advisory.id, *self.advisory.aliases) if self.advisory else (self.id,)
        return tuple(f"{identifier} {self.package.name}" for identifier in dict.fromkeys(ids))


@value
class Checked:
    """What one check says about one package (or, with package None, about the project). No findings and no gaps: it looked
    and there is nothing. A check counts as done only if it yielded one of these for every package."""

    check: str
    package: Package | None = None
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Learned(NamedTuple):
    """What a check learned about a package besides its judgement, for reports to show. licence: as stated."""

    package: PackageKey
    licence: str


class DataSource(NamedTuple):
    """A body of data a report rests on. as_of: ISO 8601 UTC of the newest fact in it; records: how many; digest: sha256
    hex or ""; licence and url: for credit."""

    name: str
    as_of: str
    records: int = 0
    digest: str = ""
    licence: str = ""
    url: str = ""
