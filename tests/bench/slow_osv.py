"""A slow evaluation of OSV records, written from the schema's text and sharing no code with mlsupply: events of a range are
sorted by `packaging.version.Version` and walked for every question, lists are compared one by one.

What a bound that is no version means is decided here as it is documented: it is read as the release it begins with, and a
fix read so leaves that release itself affected.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from packaging.version import InvalidVersion, Version


@cache
def parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def affected(record: dict[str, Any], name: str, version: str) -> bool:
    """Whether a record says the version of the project (canonical name) is affected, by its full or its public version."""
    asked = parsed(version)
    spellings = [version] if asked is None else [version, asked.public]
    return any(_one(record, name, spelling) for spelling in spellings)


def _one(record: dict[str, Any], name: str, version: str) -> bool:
    asked = parsed(version)
    for block in record["affected"]:
        package = block["package"]
        if package["ecosystem"] != "PyPI" or re.sub("[-_.]+", "-", package["name"]).lower() != name:
            continue
        for listed in block.get("versions", []):
            other = parsed(listed)
            if listed == version or (asked is not None and other is not None and asked == other):
                return True
        for stretch in block.get("ranges", []):
            events = stretch["events"]
            if stretch["type"] == "SEMVER":
                events = [{kind: _from_semver(text) for kind, text in event.items()} for event in events]
            if stretch["type"] in {"ECOSYSTEM", "SEMVER"} and asked is not None and _in_range(asked, events):
                return True
    return False


def _from_semver(text: str) -> str:
    """A SemVer bound as PEP 440 would write it: builds mean nothing, and a pre-release that PEP 440 would take for something
    else is spelled so that it cannot be read."""
    release, hyphen, pre = text.split("+", maxsplit=1)[0].partition("-")
    version = parsed(f"{release}-{pre}")
    if hyphen and version is not None and not version.is_prerelease:
        return f"{release}-not-pep-440"
    return release + hyphen + pre


def _in_range(version: Version, events: list[dict[str, str]]) -> bool:
    """The schema's algorithm. Events at one version keep their order."""
    log: list[tuple[Version | None, str, bool]] = []
    for event in events:
        for kind, text in event.items():
            if kind == "introduced" and text == "0":
                log.append((None, kind, True))
                continue
            bound, exact = parsed(text), True
            if bound is None:
                start = re.match(r"v?\d+(\.\d+)*", text)
                if start is None:
                    continue
                bound, exact = Version(start[0]), False
            log.append((bound, kind, exact))
    lowest = Version("0.dev0")
    log.sort(key=lambda event: (event[0] is not None, event[0] or lowest))
    vulnerable = False
    for bound, kind, exact in log:
        if kind == "introduced":
            vulnerable = vulnerable or bound is None or version >= bound
        elif bound is None:
            continue
        elif kind == "fixed" and exact:
            vulnerable = vulnerable and version < bound
        elif kind in {"fixed", "last_affected"}:
            vulnerable = vulnerable and version <= bound
    return vulnerable
