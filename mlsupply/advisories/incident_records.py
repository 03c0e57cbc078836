"""The incident records of the package: known bad releases with windows, indicators, hashes and what to do.

`index()` is the keyed form for matching (compiled, loaded in less than a millisecond); `incident(id)` one whole record, read
from its YAML when a match, `explain` or `exposure` wants it. Fields: data/incidents/README.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from mlsupply.advisories.versions import same_version
from mlsupply.hints import Any
from mlsupply.named import NamedTuple
from mlsupply.paths import Path
from mlsupply.text import canonical
from mlsupply.value import field, value

_DATA = Path(__file__).resolve().parent.parent / "data"
RECORDS = _DATA / "incidents"
CLAIMS = _DATA / "name-claims.yaml"
COMPILED = _DATA / "incidents.json"
AS_OF = "2026-10-10T00:00:00Z"  # what the records know of ends here


class BadFile(NamedTuple):
    """A file of an incident. algorithm: `sha256` or `blake2b-256` (the digest in an index's file path); of: which file,
    "" where the source does not say."""

    algorithm: str
    value: str
    of: str = ""


@value
class Window:
    """When bad files could be had, ISO 8601 UTC, "" unknown. opened_by: there at the latest then; closed: gone for certain,
    the latest claim; closed_earliest: the earliest claim; releases: version to its opening; precision: minute, hour, day."""

    opened: str = ""
    opened_by: str = ""
    closed: str = ""
    closed_earliest: str = ""
    precision: str = ""
    note: str = ""
    releases: Mapping[str, str] = field(default_factory=dict)


@value
class Incident:
    """One record. affected: name to versions; triggers: by version, where they differ; indicators: class to values;
    response: steps in order; safe: `before`, `after` and their notes; family: the record whose indicators and steps hold
    for this one too."""

    id: str
    title: str
    kind: str
    verdict: str
    ecosystem: str
    relevance: str
    subject: str
    window: Window
    confidence: str
    where: str = ""
    family: str = ""
    reported: str = ""
    entry: str = ""
    executes: str = ""
    trigger: str = ""
    triggers: Mapping[str, str] = field(default_factory=dict)
    does: str = ""
    affected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    runs_at: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    safe: Mapping[str, str] = field(default_factory=dict)
    indicators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hashes: tuple[BadFile, ...] = ()
    advisories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def advisory_ids(self) -> tuple[str, ...]:
        """The advisories that mean this incident; one with a remark behind it is only related."""
        return tuple(advisory for advisory in self.advisories if " " not in advisory)

    def opened(self, version: str) -> str:
        """When this version could first be had, "" unknown."""
        return _of(version, self.window.releases) or self.window.opened

    def set_off_by(self, version: str) -> str:
        """What makes the code of this version run, "" unknown."""
        return _of(version, self.triggers) or self.trigger


def _of(version: str, told: Mapping[str, str]) -> str:
    """What is told of a version, however it is spelt (`1.82.8.0`), "" where nothing is."""
    return next((said for one, said in told.items() if same_version(one, version)), "")


class Brief(NamedTuple):
    """What matching needs to say of an incident without reading its record."""

    title: str
    verdict: str
    kind: str


@value
class IncidentIndex:
    """The tables as they are compiled, since a run looks up little of them. briefs: id to the fields of `Brief`; releases:
    canonical name to ids to bad versions; digests: lower-case hex to (id, which file); claims: names claimed without proof
    of harm, to their class (`spam`, `probably_pentest`, ...); advisories: id of an advisory to incident ids; repositories:
    address of a malicious repository (see `address`) to an id; ends_of_paths: the last folder of the paths under which an
    index keeps the files of `digests`."""

    briefs: Mapping[str, Sequence[str]]
    releases: Mapping[str, Mapping[str, Sequence[str]]]
    digests: Mapping[str, Sequence[str]]
    claims: Mapping[str, str]
    advisories: Mapping[str, Sequence[str]]
    repositories: Mapping[str, str]
    ends_of_paths: frozenset[str]

    def brief(self, incident_id: str) -> Brief:
        """Of an incident there is."""
        return Brief(*self.briefs[incident_id])

    def of_release(self, name: str, version: str) -> tuple[str, ...]:
        """Ids of the incidents of a release. Versions compare as written, then by PEP 440; a project made to do harm
        whose versions nobody listed (`*`) is bad in every one."""
        named = self.releases.get(canonical(name))
        if not named:
            return ()
        exact = _listing(named, version.__eq__) or _listing(named, "*".__eq__)
        return exact or _listing(named, lambda bad: same_version(bad, version))

    def of_digest(self, value: str) -> tuple[str, str] | None:
        """(incident id, which file) of a sha256 or BLAKE2b-256 digest in hex."""
        found = self.digests.get(value.lower())
        return None if found is None else (found[0], found[1])


def _listing(named: Mapping[str, Sequence[str]], is_meant: Callable[[str], bool]) -> tuple[str, ...]:
    """The ids of incidents with a bad version that is meant."""
    return tuple(identifier for identifier, versions in named.items() if any(map(is_meant, versions)))


@cache
def index() -> IncidentIndex:
    """The compiled records."""
    data = json.loads(COMPILED.read_bytes())
    ends = frozenset(digest[4:] for digest in data["digests"])  # /packages/ab/cd/<the rest>/name.whl
    return IncidentIndex(**data, ends_of_paths=ends)


def address(url: str) -> str:
    """The form repositories are compared in: no scheme, no `.git`, no trailing slash, lower case."""
    return url.partition("://")[2].lower().rstrip("/").removesuffix(".git")


def incident(incident_id: str) -> Incident | None:
    """The whole record, or None where there is none of this id."""
    if incident_id not in index().briefs:
        return None
    return _incident(_document(RECORDS / f"{incident_id}.yaml"))


def records() -> list[Incident]:
    """All of them, by id; reads some 160 YAML files."""
    return [_incident(_document(path)) for path in sorted(RECORDS.glob("*.yaml"))]


def compile_index() -> bytes:
    """What `incidents.json` should hold."""
    releases: dict[str, dict[str, list[str]]] = {}
    digests: dict[str, list[str]] = {}
    advisories: dict[str, list[str]] = {}
    repositories: dict[str, str] = {}
    everything = records()
    for record in everything:
        for name, bad in record.affected.items():
            releases.setdefault(name, {}).setdefault(record.id, []).extend(bad)
        for bad_file in record.hashes:
            digests.setdefault(bad_file.value, [record.id, bad_file.of])
        for advisory in record.advisory_ids:
            advisories.setdefault(advisory, []).append(record.id)
        if record.kind == "repository":
            repositories |= {address(url): record.id for url in record.indicators.get("urls", ())}
    tables: dict[str, Mapping[str, object]] = {
        "briefs": {record.id: [record.title, record.verdict, record.kind] for record in everything},
        "releases": dict(sorted(releases.items())),
        "digests": dict(sorted(digests.items())),
        "claims": {claim["name"]: claim["class"] for claim in _document(CLAIMS)["claims"]},
        "advisories": dict(sorted(advisories.items())),
        "repositories": repositories,
    }
    parts = [f'"{name}": {{\n{_lines(table)}\n}}' for name, table in tables.items()]
    return ("{" + ",\n".join(parts) + "}\n").encode()


def _lines(table: Mapping[str, object]) -> str:
    return ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())


def _document(path: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader either way
    return document


_LISTS = ("runs_at", "credentials", "response", "advisories", "sources", "conflicts", "notes")


def _incident(document: dict[str, Any]) -> Incident:
    values = dict(document)
    values.update({name: tuple(values.get(name, ())) for name in _LISTS})
    values["window"] = Window(**values["window"])
    values["affected"] = {row["name"]: tuple(row["versions"]) for row in values.get("affected", ())}
    values["indicators"] = {name: tuple(found) for name, found in values.get("indicators", {}).items()}
    values["hashes"] = tuple(BadFile(**row) for row in values.get("hashes", ()))
    return Incident(**values)
