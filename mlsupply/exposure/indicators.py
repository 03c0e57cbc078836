"""The indicators of an incident as things to compare with: file names, texts, digests. Pure.

A record is written for people: `sysmon.service ("System Telemetry Service")`, `<name>-setup.pth`. What cannot be compared
with files is kept as an indicator that was not looked for, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate

from mlsupply.advisories.incident_records import incident
from mlsupply.exposure.question import Question
from mlsupply.named import NamedTuple

_TEXTS = ("domains", "urls", "ips", "strings")
_PREFIX = re.compile(r"^(?:%[A-Za-z]+%|\$[A-Z]+)[/\\]")
_ELSEWHERE = {
    "services": "it is seen in the running system or the cluster only",
    "strings": "it is seen in traffic or on a site, not in files",
    "commits": "it is looked for in git histories, not on machines",
    "names": "it is a name, not a file",
}


class NamedFile(NamedTuple):
    """A file or service to find. suffix: what its path must end with; pattern: of its base name; place: `home`, `root`,
    `variable` (a folder only the running system knows) or "" anywhere."""

    kind: str
    text: str
    suffix: str
    pattern: re.Pattern[str]
    place: str


class Text(NamedTuple):
    """Bytes to find in logs and configuration, lower case."""

    kind: str
    text: str
    pattern: re.Pattern[bytes]


class Elsewhere(NamedTuple):
    """Something that files cannot show."""

    kind: str
    text: str
    why: str


Hunted = NamedFile | Text | Elsewhere


def hunted(question: Question) -> list[Hunted]:
    """Everything that the record, and that of its wave, says to look for."""
    return [_of(kind, text) for kind, texts in _indicators(question).items() for text in texts]


def _indicators(question: Question) -> Mapping[str, tuple[str, ...]]:
    record = question.incident
    if record is None:
        return {}
    wave = incident(record.family) if record.family else None
    both = [record.indicators, wave.indicators if wave else {}]
    return {
        kind: tuple(dict.fromkeys(text for one in both for text in one.get(kind, ())))
        for kind in dict.fromkeys((*both[0], *both[1]))
    }


def _of(kind: str, text: str) -> Hunted:
    word = text.partition(" (")[0].strip()
    if kind == "files" or (kind == "services" and word.endswith(".service")):
        return _file(kind, text, word)
    if kind in _TEXTS and " " not in word:
        bare = word.partition("://")[2] or word
        written = re.escape(bare.rstrip("/").lower().encode())
        return Text(kind, text, re.compile(rb"(?<![a-z0-9-])" + written + rb"(?![a-z0-9-])"))
    return Elsewhere(kind, text, _ELSEWHERE.get(kind, "it cannot be compared with files"))


def _file(kind: str, text: str, word: str) -> NamedFile:
    place = (
        "home" if word.startswith("~/") else "root" if word.startswith("/") else "variable" if _PREFIX.match(word) else ""
    )
    path = _PREFIX.sub("", word).removeprefix("~/").removeprefix("/").replace("\\", "/")
    path = re.sub(r"<[a-z ]+>", "*", path)
    pattern = re.compile(translate(path.rpartition("/")[2]))
    folders = path.rpartition("/")[0]
    if kind == "services":
        place = "home"  # units lie in system folders or under a user's ~/.config/systemd
    return NamedFile(kind, text, f"/{folders}/" if folders else "/", pattern, place)


def release_in_text(question: Question) -> re.Pattern[bytes]:
    """A bad release as installers write it into logs: `litellm-1.82.8`, `litellm==1.82.8`, `litellm (1.82.8)`."""
    ends = rb"(?![0-9a-z]|\.[0-9]|\.?(?:post|dev))"
    written = []
    for name, versions in sorted(question.bad.items()):
        spelled = rb"[-_.]".join(re.escape(part.encode()) for part in re.split(r"[-_.]+", name))
        which = [re.escape(version.lower().encode()) + ends for version in sorted(versions)] if versions else [rb"[0-9]"]
        written.append(spelled + rb"(?:-|==| |\s\(|\s\+\s)" + rb"(?:" + rb"|".join(which) + rb")")
    return re.compile(rb"(?<![a-z0-9._-])(?:" + rb"|".join(written) + rb")")
