"""The configuration: `[tool.mlsupply]` of pyproject.toml, or mlsupply.toml (the same keys at top level). Pure.

Every key is in `KEYS`; to add one, add a line there, a field to `Config` and its use in `cli.common.request_of`. A key that
does not exist or a value of the wrong kind is an error with the line it stands on; all of them are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from mlsupply.errors import MlsupplyError
from mlsupply.hints import Any
from mlsupply.lazy import expression
from mlsupply.model import Kind, Place, Reason, Severity
from mlsupply.named import NamedTuple
from mlsupply.request import Tolerance, WaiverRule
from mlsupply.text import safe
from mlsupply.value import field, value

_MOST_FAULTS = 50  # told apart; the rest are counted
_SEVERITIES = tuple(severity.value for severity in Severity)


@value
class Config:
    """What a configuration file says; None or empty where it says nothing. path: the file; paths in it are relative to its
    folder. rule_*: see `request.RuleSettings`; settings: options of one check, by check name."""

    path: str = ""
    fail_on: Severity | None = None
    fail_on_kind: tuple[tuple[str, Severity | None], ...] = ()
    fail_on_group: tuple[tuple[str, Severity | None], ...] = ()
    unknown_as: Severity | None = None
    offline: bool | None = None
    checks: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    index_url: str = ""
    mirrors: tuple[str, ...] = ()
    feed: str = ""
    feed_url: str = ""
    waivers: tuple[WaiverRule, ...] = ()
    tolerated: tuple[Tolerance, ...] = ()
    vex: tuple[str, ...] = ()
    baseline: str = ""
    rule_folders: tuple[str, ...] = ()
    rules_off: tuple[str, ...] = ()
    rule_severity: tuple[tuple[str, Severity], ...] = ()
    rule_values: tuple[tuple[str, object], ...] = ()
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


# --- kinds of values: each returns the value, or raises ValueError with what is wanted ----------------------------------


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _WantedError("a text")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _WantedError("true or false")


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise _WantedError("a list of texts")


def _date(value: Any) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(_text(value))
        return day.isoformat()[:10]  # of a moment (a TOML date with a time is one) its day
    except ValueError:
        raise _WantedError("a date such as 2026-12-31") from None


def _named_value(value: Any) -> object:
    if isinstance(value, (str, int, float)) or (isinstance(value, list) and all(isinstance(v, (str, int)) for v in value)):
        return value
    raise _WantedError("a text, a number or a list of them")


def _choice(*choices: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value in choices:
            return str(value)
        raise _WantedError(f"one of {', '.join(choices)}")

    return check


def _index(value: Any) -> str:
    if value == "public" or (isinstance(value, str) and _INDEX.fullmatch(value)):
        return str(value)
    raise _WantedError('the URL of an index, its host, or "public"')


def _indexes(value: Any) -> tuple[str, ...]:
    return tuple(_index(item) for item in _texts(value))


def _patterns_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    """One of them, or a pattern that matches one: a misspelt one would tolerate nothing, and nobody would notice."""

    def check(value: Any) -> str:
        from fnmatch import fnmatchcase

        if isinstance(value, str) and any(fnmatchcase(one, value) for one in known):
            return value
        raise _WantedError(f"one of {', '.join(known)}, or * for some of them")

    return check


def _severity(value: Any) -> Severity:
    return Severity(_choice(*_SEVERITIES)(value))


def _threshold(value: Any) -> Severity | None:
    return None if value == "never" else Severity(_choice(*_SEVERITIES, "never")(value))


class _WantedError(ValueError):
    """What a value should have been."""


class TableOf(NamedTuple):
    """A table whose keys the user chooses; keys: those allowed, () for any that match `form`; wanted: `form` in words."""

    value: Callable[[Any], object]
    keys: tuple[str, ...] = ()
    form: str = ""
    wanted: str = ""


class Tables(NamedTuple):
    """An array of tables with known keys; required: those each must have; some: each must have one at least."""

    keys: Mapping[str, Callable[[Any], object]]
    required: tuple[str, ...]
    some: bool = False


Kinds = Mapping[str, Any]

_CHECKS = ("advisories", "contents", "index", "known-bad", "licences", "models", "names", "release")
OF_GAPS = ("inventory", *_CHECKS, "rules")
"""What a gap can be of: the reading of the inputs, a check, the rules."""

SETTINGS: dict[str, Kinds] = {
    "names": {"known": _texts},
    "index": {
        "allowed": _indexes,  # packages may come from these alone; "public" is the public index and its mirrors
        "private": TableOf(_index, form=r"[A-Za-z0-9._*?-]{1,200}", wanted="a name, or a pattern such as acme-*"),
    },
    "release": {"exempt": _texts, "exempt-indexes": _texts},
    "licences": {
        "allow": _texts,  # SPDX ids
        "deny": _texts,
        "clarify": TableOf(_text, form=r"[A-Za-z0-9._-]{1,200}", wanted="a package's name"),  # what you read in its licence
    },
    "contents": {"mode": _choice("none", "local", "changed", "all")},  # which archives are looked into
    "advisories": {
        "inherit": _truth,  # renamed distributions take over the advisories of their original
        "folder": _text,  # your own advisories, OSV files
    },
}
"""Options of one check: check name to key to kind; they reach the check as `request.settings[check][key]`."""

KEYS: Kinds = {
    "fail-on": _severity,
    "fail-on-kind": TableOf(_threshold, tuple(kind.value for kind in Kind if kind is not Kind.MALICIOUS)),  # it always fails
    "fail-on-group": TableOf(_threshold),
    "unknown-as": _severity,
    "offline": _truth,
    "checks": _texts,
    "skip": _texts,
    "index-url": _text,
    "mirrors": _texts,
    "feed": _choice("auto", "embedded", "local", "live"),
    "feed-url": _text,
    "vex": _texts,
    "baseline": _text,
    "waivers": Tables(
        {
            "id": _text,
            "reason": _text,
            "package": _text,
            "version": _text,
            "owner": _text,
            "until": _date,
            "until-fixed": _truth,
        },
        ("id", "reason"),
    ),
    "tolerate": Tables(
        {"check": _patterns_of(OF_GAPS), "reason": _patterns_of(tuple(reason.value for reason in Reason)), "subject": _text},
        (),
        some=True,  # an empty one would tolerate every gap
    ),
    "rules": {
        "folders": _texts,
        "off": _texts,
        "severity": TableOf(_severity),
        "values": TableOf(_named_value),
    },
}


def parse(text: str, path: str) -> Config:
    """The configuration in a file's text, empty where a pyproject.toml has none. Raises `MlsupplyError` (`bad-config`) with
    every fault and its line."""
    import tomli

    if path.endswith("pyproject.toml") and "mlsupply" not in text:
        return Config()
    try:
        document: Any = tomli.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of more digits than Python converts
        raise MlsupplyError("bad-config", f"{path}: not TOML: {safe(str(error))}", "fix the file") from None
    prefix: tuple[str, ...] = ()
    if path.endswith("pyproject.toml"):
        prefix = ("tool", "mlsupply")
        tools = document.get("tool")
        document = tools.get("mlsupply") if isinstance(tools, dict) else None
        if not document:
            return Config()
    reader = _Reader(text, path, prefix)
    found = reader.table(document, {**KEYS, **SETTINGS}, ())
    if reader.faults:
        lines = "\n".join(f"  {fault}" for fault in reader.faults)
        more = f"\n  and {reader.untold:,} more" if reader.untold else ""
        count = len(reader.faults) + reader.untold
        noun = "fault" if count == 1 else "faults"
        raise MlsupplyError("bad-config", f"{count} {noun} in the configuration:\n{lines}{more}", "see the README")
    return _config(found, path, reader)


def _config(found: Mapping[str, Any], path: str, reader: _Reader) -> Config:
    rules = found.get("rules", {})
    waivers = enumerate(found.get("waivers", ()))
    return Config(
        path=path,
        fail_on=found.get("fail-on"),
        fail_on_kind=tuple(found.get("fail-on-kind", {}).items()),
        fail_on_group=tuple(found.get("fail-on-group", {}).items()),
        unknown_as=found.get("unknown-as"),
        offline=found.get("offline"),
        checks=found.get("checks", ()),
        skip=found.get("skip", ()),
        index_url=found.get("index-url", ""),
        mirrors=found.get("mirrors", ()),
        feed=found.get("feed", ""),
        feed_url=found.get("feed-url", ""),
        waivers=tuple(_waiver(row, Place(path, reader.line_of(("waivers",), number))) for number, row in waivers),
        tolerated=tuple(Tolerance(**row) for row in found.get("tolerate", ())),
        vex=found.get("vex", ()),
        baseline=found.get("baseline", ""),
        rule_folders=rules.get("folders", ()),
        rules_off=rules.get("off", ()),
        rule_severity=tuple(rules.get("severity", {}).items()),
        rule_values=tuple(rules.get("values", {}).items()),
        settings={name: found[name] for name in SETTINGS if name in found},
    )


def _waiver(row: Mapping[str, Any], place: Place) -> WaiverRule:
    return WaiverRule(place=place, **{key.replace("-", "_"): value for key, value in row.items()})


class _Reader:
    """Checks tables against kinds and collects faults with their lines; untold: how many faults beyond those kept."""

    def __init__(self, text: str, path: str, prefix: tuple[str, ...]) -> None:
        self.lines = text.splitlines()
        self.path = path
        self.prefix = prefix
        self.faults: list[str] = []
        self.untold = 0
        self._rows: dict[tuple[str, ...], list[int]] = {}
        for line, words in enumerate(self.lines, 1):
            if "[[" in words and (found := _HEADER.match(words)) and found[1] == "[[":
                self._rows.setdefault(_parts(found[2]), []).append(line)

    def fault(self, where: tuple[str, ...], message: str, number: int = 0) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(f"{self.path}:{self.line_of(where, number)}: {message}")
        else:
            self.untold += 1

    def table(self, table: Any, kinds: Kinds, where: tuple[str, ...], number: int = 0) -> dict[str, Any]:
        """The checked values of a table with known keys."""
        if not isinstance(table, dict):
            self.fault(where, f"{'.'.join((*self.prefix, *where)) or 'the file'} is a table, not {table!r:.40}", number)
            return {}
        found: dict[str, Any] = {}
        for key, given in table.items():
            kind = kinds.get(key)
            if kind is None:
                near = _nearest(key, kinds) if len(self.faults) < _MOST_FAULTS else ""
                self.fault((*where, key), f"there is no key {safe(key)}{near}", number)
            else:
                found[key] = self.value(given, kind, (*where, key), number)
        return found

    def value(self, value: Any, kind: Any, where: tuple[str, ...], number: int = 0) -> Any:
        if isinstance(kind, Mapping):
            return self.table(value, kind, where)
        if isinstance(kind, TableOf):
            return self.table(value, dict.fromkeys(self._own_keys(value, kind, where), kind.value), where)
        if isinstance(kind, Tables):
            return self.tables(value, kind, where)
        try:
            return kind(value)
        except ValueError as error:
            self.fault(where, f"{where[-1]}: {error} is wanted, not {safe(repr(value), 60)}", number)
            return None

    def _own_keys(self, value: Any, kind: TableOf, where: tuple[str, ...]) -> tuple[str, ...]:
        """The keys a table may have: those known, or whatever the user wrote that has the form of one."""
        if kind.keys:
            return kind.keys
        keys = tuple(value) if isinstance(value, dict) else ()
        for key in keys if kind.form else ():
            if not re.fullmatch(kind.form, key):
                self.fault((*where, key), f"{where[-1]}: {kind.wanted} is wanted, not {safe(repr(key), 60)}")
        return keys

    def tables(self, value: Any, kind: Tables, where: tuple[str, ...]) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            self.fault(where, f"{where[-1]} is an array of tables: [[{'.'.join((*self.prefix, *where))}]]")
            return []
        rows = []
        for number, row in enumerate(value):
            for missing in (key for key in kind.required if not isinstance(row, dict) or key not in row):
                self.fault(where, f"{where[-1]}: {missing} is missing", number)
            if kind.some and not row:
                self.fault(where, f"{where[-1]}: one of {', '.join(kind.keys)} is missing", number)
            rows.append(self.table(row, kind.keys, where, number))
        return rows

    def line_of(self, where: tuple[str, ...], number: int = 0) -> int:
        """The line of a key; in an array of tables, of its `number`-th table. 1 where this simple search does not find it
        (the parser gives no positions)."""
        wanted = (*self.prefix, *where)
        rows = self._rows.get(wanted, ())
        if number < len(rows):
            return rows[number]
        header: tuple[str, ...] = ()
        seen, best = -1, 1
        for line, text in enumerate(self.lines, 1):
            if found := _HEADER.match(text):
                header = _parts(found[2])
                seen = seen + 1 if found[1] == "[[" and header == wanted[: len(header)] else seen
                if header == wanted and (found[1] == "[" or seen == number):
                    return line
                if found[1] == "[" and header == wanted[: len(header)]:
                    best = line
            elif found := _KEY.match(text):
                full = (*header, *_parts(found[1]))
                if full == wanted and seen in {-1, number}:
                    return line
                if full == wanted[: len(full)]:
                    best = line
        return best


_INDEX = expression(
    r"https?://[!-~]{1,500}|file:///[!-~]{1,500}|[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}(?::\d{1,5})?"
)
_HEADER = expression(r"\s*(\[\[?)\s*([^\[\]]{1,300}?)\s*\]\]?\s*(?:#.*)?$")
_WORD = r"(?:[A-Za-z0-9_-]{1,100}|\"[^\"]{1,100}\")"
_KEY = expression(rf"\s*({_WORD}(?:\s*\.\s*{_WORD}){{0,5}})\s*=")


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = sorted(known)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f", did you mean {close[0]}?" if close else f"; keys: {', '.join(known)}"
