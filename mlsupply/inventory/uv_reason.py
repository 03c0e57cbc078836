"""Why uv could not resolve, read from what it printed: one class, the package at fault, one plain sentence. Pure.

uv explains a failure as a derivation ("because all versions of X have no usable wheels and Y depends on X ..."), which
can be hundreds of lines long and holds package names from the index. What is kept is short and made safe.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from mlsupply.model import Reason
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe

_MOST = 200_000  # characters of uv's words that are looked at


class Fault(Enum):
    """What stands in the way, as far as another attempt would differ."""

    UNKNOWN_NAME = "unknown name"
    NO_VERSION = "no such version"
    NEEDS_BUILD = "needs a build"
    NO_WHEEL_HERE = "no wheel for the target"
    PYTHON = "another Python"
    CONFLICT = "conflict"
    PRERELEASE = "only pre-releases"
    MANIFEST = "not accepted"
    INDEX = "index"
    TIME = "time"
    OTHER = "other"


REASONS = {
    Fault.UNKNOWN_NAME: Reason.NOT_FOUND,
    Fault.NO_VERSION: Reason.NOT_FOUND,
    Fault.NEEDS_BUILD: Reason.NO_ARTIFACT,
    Fault.NO_WHEEL_HERE: Reason.NO_ARTIFACT,
    Fault.PYTHON: Reason.UNSUPPORTED,
    Fault.CONFLICT: Reason.UNSUPPORTED,
    Fault.PRERELEASE: Reason.NOT_FOUND,
    Fault.MANIFEST: Reason.MALFORMED,
    Fault.TIME: Reason.TIMEOUT,
    Fault.OTHER: Reason.UNSUPPORTED,
}


class Verdict(NamedTuple):
    """name: canonical name of the package at fault, "" where uv names none; parents: packages uv says depend on it;
    line: line of the manifest handed to uv (from 1, 0 unknown); sentence: for the report; host: of the index at fault;
    rivals: of a conflict, the names that were asked for and exclude each other."""

    fault: Fault
    name: str
    parents: tuple[str, ...]
    line: int
    sentence: str
    reason: Reason
    host: str = ""
    rivals: tuple[str, ...] = ()


_ANSI = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
_NAME = r"(?<![A-Za-z0-9._-])([A-Za-z0-9](?:[A-Za-z0-9._-]{0,120}[A-Za-z0-9])?)"
_SUFFIX = r"(?:\[[^\]\n]{0,200}\])?(?:\{[^}\n]{0,300}\})?(?:[<>=!~][^ \n]{0,120})?"
_SPECIFIC: tuple[tuple[Fault, re.Pattern[str]], ...] = (
    (
        Fault.UNKNOWN_NAME,
        re.compile(_NAME + _SUFFIX + r" was not found in the (?:package registry|provided package locations|cache)"),
    ),
    (Fault.UNKNOWN_NAME, re.compile(r"there are no versions of " + _NAME)),
    (Fault.NO_VERSION, re.compile(r"there is no version of " + _NAME)),
    (Fault.NEEDS_BUILD, re.compile(r"all versions of " + _NAME + r" (?:have|has) no usable wheels")),
    # before single versions without wheels: another target may be served by a newer one
    (Fault.NO_WHEEL_HERE, re.compile(_NAME + _SUFFIX + r" (?:has|have) no `[^`\n]{0,300}`-compatible wheels")),
    (Fault.NO_WHEEL_HERE, re.compile(_NAME + _SUFFIX + r" (?:has|have) no wheels with a matching")),
    (Fault.NEEDS_BUILD, re.compile(_NAME + _SUFFIX + r" (?:has|have) no usable wheels")),
    (Fault.PYTHON, re.compile(_NAME + _SUFFIX + r" depends on Python")),
)
_ABSENT = (Fault.UNKNOWN_NAME, Fault.NO_VERSION)
_MISSING_VERSION = re.compile(r"only the following versions of " + _NAME + r"(?:\{[^}\n]{0,300}\})? are available")
_YOUR = re.compile(r"your project depends on ((?:(?! we can conclude| and because )[^\n]){1,400})")
_WORD = re.compile(r"(?:^|,? and |, )" + _NAME + r"(?=[\[{<>=!~;, ]|$)")
_STATUS = re.compile(r"\b(401 Unauthorized|403 Forbidden)\b|\((401|403)\b|status code[^\n]{0,20}\b(401|403)\b")
_HOST = re.compile(r"https?://(?:[^/\s@]{1,300}@)?([A-Za-z0-9.:-]{1,255})")


def understood(words: str, direct: Collection[str], target: str) -> Verdict:
    """What uv's words on stderr mean. direct: canonical names that were asked for; target: words for the environment."""
    words = _ANSI.sub("", words[:_MOST])
    if "No solution found" in words or "unsatisfiable" in words:
        return _unsatisfiable(" ".join(words.split("\nhint:")[0].split()), words, direct, target)
    if found := re.search(r"TOML parse error at line (\d{1,7})", words):
        detail, line = _last_line(words), int(found[1]) if "pyproject.toml" in words else 0
        return Verdict(Fault.MANIFEST, "", (), line, f"uv does not accept it: {detail}", Reason.MALFORMED)
    if "Failed to fetch" in words or "error sending request" in words or _STATUS.search(words):
        return _index(words)
    if found := re.search(
        r"(?:Failed to (?:build|download(?: and build)?)|Building source distributions[^`\n]{0,80}) `" + _NAME, words
    ):
        return _verdict(Fault.NEEDS_BUILD, canonical(found[1]), (), target)
    return Verdict(Fault.OTHER, "", (), 0, f"uv could not resolve it: {_last_line(words)}", Reason.UNSUPPORTED)


def _unsatisfiable(text: str, raw: str, direct: Collection[str], target: str) -> Verdict:
    """uv's last step names what the project asks for: two different things there exclude each other, whatever was said of
    wheels on the way; of one thing the derivation says what it lacks."""
    rivals = tuple(dict.fromkeys(name for name in conflicting(text) if name in direct))
    for fault, pattern in _SPECIFIC:
        names = [canonical(match[1]) for match in pattern.finditer(text)]
        name = next((name for name in names if name in direct), names[0] if names else "")
        if not name or (len(rivals) > 1 and fault not in _ABSENT):
            continue
        if fault is Fault.UNKNOWN_NAME and _STATUS.search(raw):
            sentence = f"{_index(raw[max(raw.find('hint: An index'), 0) :]).sentence}, which may have {name}"
            return Verdict(Fault.INDEX, name, (), 0, sentence, Reason.FORBIDDEN)
        if fault is Fault.NO_VERSION and "pre-release" in raw.lower():
            return _verdict(Fault.PRERELEASE, name, (), target)
        return _verdict(fault, name, _parents(text, name), target)
    if len(rivals) < 2 and (missing := _MISSING_VERSION.search(text)):
        return _verdict(Fault.NO_VERSION, canonical(missing[1]), _parents(text, canonical(missing[1])), target)
    sentence = f"the requirements contradict each other: {_conclusion(text)}"
    return Verdict(Fault.CONFLICT, rivals[-1] if rivals else "", (), 0, sentence, Reason.UNSUPPORTED, rivals=rivals)


def conflicting(text: str) -> list[str]:
    """The canonical names after "your project depends on", in uv's order."""
    found = _YOUR.findall(text)
    return [canonical(name) for part in found for name in _WORD.findall(part)]


def _verdict(fault: Fault, name: str, parents: tuple[str, ...], target: str) -> Verdict:
    through = f" (asked for by {parents[0]})" if parents else ""
    sentence = {
        Fault.UNKNOWN_NAME: f"{name}{through} is not on the index that was asked",
        Fault.NO_VERSION: f"no version of {name}{through} on the index satisfies what is asked for",
        Fault.NEEDS_BUILD: f"{name}{through} is published only as source, and building would run its code",
        Fault.NO_WHEEL_HERE: f"no wheel of {name}{through} fits {target}, and building from source would run its code",
        Fault.PYTHON: f"{name}{through} does not support {target}",
        Fault.PRERELEASE: f"only pre-releases of {name}{through} satisfy what is asked for",
    }[fault]
    return Verdict(fault, name, parents, 0, sentence, REASONS[fault])


def _parents(text: str, name: str) -> tuple[str, ...]:
    """Names that uv says depend on `name`, as long as it says so plainly."""
    pattern = re.compile(_NAME + _SUFFIX + r" depends? on " + re.escape(name) + r"(?=[\[{<>=!~;, ]|$)")
    found = (canonical(match[1]) for match in pattern.finditer(text))
    return tuple(dict.fromkeys(parent for parent in found if parent not in {name, "project"}))


def _conclusion(text: str) -> str:
    """The last step of uv's derivation, which names what contradicts what."""
    cause = text.split(" cause: ", 1)[-1]
    last = re.split(r"(?:^|\s)(?:And b|B)ecause ", cause)[-1]
    return safe(last.split(", we can conclude")[0].replace("your project depends", "the project depends"), 300)


def _index(words: str) -> Verdict:
    host = _HOST.search(words)
    name = host[1] if host else "the index"
    if _STATUS.search(words):
        sentence = f"{name} refused the request for want of credentials (401 or 403)"
        return Verdict(Fault.INDEX, "", (), 0, sentence, Reason.FORBIDDEN, name)
    if "invalid peer certificate" in words:
        sentence = f"{name} shows a certificate not trusted here (SSL_CERT_FILE may name others): {_last_line(words)}"
        return Verdict(Fault.INDEX, "", (), 0, sentence, Reason.FORBIDDEN, name)
    slow = "timed out" in words or "timeout" in words.lower()
    what = "did not answer in time" if slow else f"could not be asked: {_last_line(words)}"
    return Verdict(Fault.INDEX, "", (), 0, f"{name} {what}", Reason.TIMEOUT if slow else Reason.OFFLINE, name)


def _last_line(words: str) -> str:
    """The innermost cause, without address and credentials."""
    lines = [line.strip() for line in words.split("\nhint:", maxsplit=1)[0].splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("hint:", "Using ", "warning:", "Resolved"))]
    line = re.sub(r"^(?:error|cause|Caused by): ", "", lines[-1]) if lines else "no reason given"
    return safe(re.sub(r"(https?://)[^/\s@]{1,300}@", r"\1", line), 200)
