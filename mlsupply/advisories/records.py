"""OSV JSON to `Advisory` values, one for each PyPI project a record names. Pure.

Tolerant: whatever in a record does not follow the schema is noted in `doubts` ("partly evaluated") and the rest is used.
Only a record without an id, or without a list of what is affected, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mlsupply.advisories.ranges import Window, contains, windows_of
from mlsupply.advisories.severity import Scored, score
from mlsupply.advisories.versions import sort_key
from mlsupply.hints import Any
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe

_MAX_ALIASES = 200
_MAX_VERSIONS = 20_000
_MAX_EVENTS = 20_000

# Records of the PyPA database that describe a hijacked release or a project made to harm and carry no MAL id.
MALWARE_RECORDS = frozenset(
    {
        "PYSEC-2022-199",  # ctx
        "PYSEC-2022-250",  # exotel
        "PYSEC-2022-251",  # spam
        "PYSEC-2022-252",  # deep-translator
        "PYSEC-2024-1",  # gratient
        "PYSEC-2024-152",  # aiocpa
        "PYSEC-2024-154",  # ultralytics
        "PYSEC-2024-55",  # cipherbcrypt
        "PYSEC-2025-2",  # uniapi
        "PYSEC-2025-3",  # autodzee
        "PYSEC-2025-4",  # automslc
        "PYSEC-2025-5",  # browsercmdhbt2
        "PYSEC-2025-6",  # colabrun
        "PYSEC-2025-7",  # imblog
        "PYSEC-2025-72",  # num2words
        "PYSEC-2025-8",  # pygments-style-solarized
        "PYSEC-2026-1",  # dydx-v4-client
        "PYSEC-2026-2",  # litellm
        "PYSEC-2026-3",  # telnyx
    }
)


class MalformedRecordError(ValueError):
    """A record nothing can be made of; the message says why."""


class Advisory(NamedTuple):
    """What one record says of one project. windows: see `ranges`; listed: sort keys of versions it names that no window
    holds; raw: named versions that are not PEP 440, compared as text; score, vector, word: see `severity`; withdrawn: a
    date or ""; doubts: what could not be read as it stands; group: records of this project with one number are aliases."""

    id: str
    aliases: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    listed: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    score: float | None = None
    vector: str = ""
    word: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    malicious: bool = False
    doubts: tuple[str, ...] = ()
    group: int = 0
    summary: str = ""


def parse(record: object, *, prose: bool = True) -> Iterator[tuple[str, Advisory]]:
    """(canonical name, what the record says of it) for each PyPI project, blocks of one project united. prose: keep the
    summary. Raises `MalformedRecordError`."""
    if not isinstance(record, dict):
        raise MalformedRecordError("not an object")
    name, affected = record.get("id"), record.get("affected")
    if not isinstance(name, str) or not name.strip():
        raise MalformedRecordError("no id")
    if not isinstance(affected, list):
        raise MalformedRecordError(f"{safe(name, 80)}: no list of what is affected")
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for block in affected:
        if project := _project(block):
            blocks.setdefault(project, []).append(block)
    for project, own in blocks.items():
        yield project, _advisory(record, own, prose)


def _project(block: object) -> str:
    """The canonical name where the block is about PyPI (a suffix after a colon is a repository, not an ecosystem)."""
    package = block.get("package") if isinstance(block, dict) else None
    if not isinstance(package, dict):
        return ""
    name, ecosystem = package.get("name"), package.get("ecosystem")
    if not isinstance(name, str) or not isinstance(ecosystem, str) or ecosystem.partition(":")[0] != "PyPI":
        return ""
    return canonical(name)


def _advisory(record: Mapping[str, Any], blocks: list[Mapping[str, Any]], prose: bool) -> Advisory:
    from mlsupply.advisories.summaries import summary_of  # a scan over a store parses no record

    windows, doubts = _windows(blocks)
    listed, raw = _listed(blocks, windows)
    for what, most, found in (
        ("aliases", _MAX_ALIASES, [_strings(record.get("aliases"))]),
        ("versions", _MAX_VERSIONS, [_strings(block.get("versions")) for block in blocks]),
    ):
        if more := sum(max(0, len(one) - most) for one in found):
            doubts.append(f"{more:,} of its {what} were not read")
    if not windows and not listed and not raw:
        doubts.append("it names no version and no range of versions")
    scored = _scored(record, blocks)
    identifier = safe(record["id"], 80)
    aliases = tuple(dict.fromkeys(safe(a, 80) for a in _strings(record.get("aliases"))[:_MAX_ALIASES]))
    return Advisory(
        id=identifier,
        aliases=tuple(alias for alias in aliases if alias != identifier),
        windows=windows,
        listed=listed,
        raw=raw,
        score=scored.score,
        vector=scored.vector,
        word=scored.word,
        published=second_of(record.get("published")),
        modified=second_of(record.get("modified")),
        withdrawn=second_of(record.get("withdrawn")),
        malicious=_is_malicious(identifier, aliases, [record, *blocks]),
        doubts=tuple(dict.fromkeys(safe(doubt, 160) for doubt in doubts)),
        summary=summary_of(record) if prose else "",
    )


def _windows(blocks: Iterable[Mapping[str, Any]]) -> tuple[tuple[Window, ...], list[str]]:
    """Git ranges say nothing about releases and are passed over wherever they stand. A SEMVER range, which the schema has
    for other ecosystems, is read all the same: a record that is written wrong must not make an affected release clean."""
    found: dict[Window, None] = {}
    doubts: list[str] = []
    for block in blocks:
        for stretch in _dicts(block.get("ranges")):
            events = stretch.get("events")
            if stretch.get("type") not in {"ECOSYSTEM", "SEMVER"}:
                continue
            if not isinstance(events, list) or len(events) > _MAX_EVENTS:
                doubts.append("a range without a list of events that can be read")
                continue
            read = windows_of(events, semver=stretch["type"] == "SEMVER")
            found |= dict.fromkeys(read.windows)
            doubts += read.doubts
    return tuple(found), doubts


def _listed(blocks: Iterable[Mapping[str, Any]], windows: tuple[Window, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    keys: dict[str, None] = {}
    raw: dict[str, None] = {}
    for block in blocks:
        for version in _strings(block.get("versions"))[:_MAX_VERSIONS]:
            key = sort_key(version)
            if key is None:
                raw[safe(version, 80)] = None
            elif contains(windows, key) is None:
                keys[key] = None
    return tuple(sorted(keys)), tuple(sorted(raw))


def _scored(record: Mapping[str, Any], blocks: Iterable[Mapping[str, Any]]) -> Scored:
    places = [*blocks, record]
    vectors = [entry.get("score") for place in places for entry in _dicts(place.get("severity"))]
    specific = [place.get(f"{kind}_specific") for place in places for kind in ("database", "ecosystem")]
    return score(vectors, [entry.get("severity") for entry in specific if isinstance(entry, dict)])


def _is_malicious(identifier: str, aliases: tuple[str, ...], places: Iterable[Mapping[str, Any]]) -> bool:
    if identifier in MALWARE_RECORDS or any(name.startswith("MAL-") for name in (identifier, *aliases)):
        return True
    specific = (place.get("database_specific") for place in places)
    return any(isinstance(entry, dict) and "malicious-packages-origins" in entry for entry in specific)


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def second_of(value: object) -> str:
    """A date of a record to the second, `2026-07-23T14:34:38Z`; other text as it stands, so that a withdrawal is never
    lost. Everything that compares dates of records reads them through this."""
    if not isinstance(value, str):
        return "" if value is None else safe(str(value), 40)
    return safe(value[:19] + "Z" if len(value) >= 19 and value.endswith("Z") else value, 40)
