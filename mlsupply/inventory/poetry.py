"""Poetry's tables in pyproject.toml: its version language as PEP 440 and its dependencies as requirements. Pure.

Sources: https://python-poetry.org/docs/dependency-specification/ and .../docs/pyproject/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, quoted, source_of_table, string, strings, table, tables
from mlsupply.model import Gap, Index, Place, Reason, Requirement, Source
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.value import replace

_ROOT = ("tool", "poetry")
_ROLES = {"explicit": "explicit", "supplemental": "extra", "secondary": "extra"}
_CLAUSE = re.compile(r"(\^|~=|~(?!=)|===|==|!=|>=|<=|>|<|=)?\s*v?([0-9][A-Za-z0-9.*+!_-]{0,80}|\*)")


def specifier(text: str) -> str | None:
    """A poetry constraint as PEP 440: `^1.2` is `>=1.2,<2.0`, `~1.2` is `>=1.2,<1.3`, `1.2` is `==1.2`, `*` is "".
    None where it is none, or a union (`||`) that PEP 440 cannot say."""
    text = text.strip()
    if text in ("", "*"):
        return ""
    if "|" in text or len(text) > 500:
        return None
    clauses: list[str] = []
    for piece in re.sub(r"(\^|~=?|===?|!=|>=?|<=?)\s+", r"\1", text).replace(",", " ").split():
        found = _CLAUSE.fullmatch(piece)
        if found is None:
            return None
        clauses += _clause(found[1] or "==", found[2])
    return ",".join(clauses)


def _clause(operator: str, version: str) -> list[str]:
    if version == "*":
        return []
    if operator == "=":
        operator = "=="
    if operator not in ("^", "~"):
        return [f"{operator}{version}"]
    release = [int(part) for part in re.match(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", version.rstrip(".*"))[0].split(".")]  # type: ignore[index]  # a clause starts with a digit
    return [f">={version.removesuffix('.*')}", f"<{_next(release, caret=operator == '^')}"]


def _next(release: list[int], *, caret: bool) -> str:
    """The first release a caret (left-most non-zero part fixed) or tilde (minor fixed) no longer allows."""
    place = min(1, len(release) - 1)
    if caret:
        place = next((i for i, part in enumerate(release) if part), len(release) - 1)
    bumped = [*release[:place], release[place] + 1]
    return ".".join(str(part) for part in bumped + [0] * (max(2, len(release)) - len(bumped)))


def marker_of(python: str, platform: str, marker: str) -> str:
    """Poetry's `python`, `platform` and `markers` keys as one PEP 508 marker."""
    parts = [f"({marker})" if " or " in marker else marker] if marker else []
    versions = specifier(python) or ""
    for clause in versions.split(",") if versions else []:
        found = re.match(r"([<>=!~]+)(.*)", clause)
        if found:
            parts.append(f'python_version {found[1]} "{found[2]}"')
    if platform:
        parts.append(f'sys_platform == "{safe(platform, 40)}"')
    return " and ".join(parts)


def read_poetry(
    path: str, poetry: Mapping[str, Any], locator: Locator, declared: frozenset[str]
) -> Iterator[Requirement | Index | Gap]:
    """What `[tool.poetry]` asks for. declared: names that `[project]` asks for already, which poetry's table adds limits to,
    and sources (see `sources_of`)."""
    extras = _extras(poetry)
    for keys, groups in _groups(poetry):
        dependencies: Any = poetry
        for key in keys:
            dependencies = table(dependencies, key)
        for name, value in dependencies.items():
            if canonical(name) == "python":
                continue
            place = Place(path, locator.key(name, *_ROOT, *keys) or locator.table(*_ROOT, *keys, name))
            found = dependency(name, value, place, (*groups, *extras.get(canonical(name), ())))
            if canonical(name) not in declared or keys != ("dependencies",):
                yield from found
            else:
                yield from (_limit(one) for one in found if isinstance(one, Gap) or one.specifier)
    for source in tables(poetry, "source"):
        url, had = without_credentials(string(source, "url"))
        if url:
            role = _ROLES.get(string(source, "priority").lower(), "extra" if source.get("secondary") is True else "primary")
            place = Place(path, locator.quoted(string(source, "url"), *_ROOT, "source"))
            pinned = _pinned_to(poetry, string(source, "name"))
            yield Index(url=url, role=role, name=string(source, "name"), packages=pinned, had_credentials=had, place=place)


def _limit(found: Requirement | Gap) -> Requirement | Gap:
    return replace(found, constraint=True) if isinstance(found, Requirement) else found


def sources_of(poetry: Mapping[str, Any], declared: frozenset[str]) -> dict[str, Any]:
    """Canonical name to the repository, address or path that poetry's table has for what `[project]` asks for by name, in
    the words of uv's table."""
    found: dict[str, Any] = {}
    for name, value in table(poetry, "dependencies").items():
        if canonical(name) not in declared:
            continue
        entries = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]
        local = [
            {**one, "path": string(one, "path") or string(one, "file"), "marker": string(one, "markers")}
            for one in entries
            if any(isinstance(one.get(key), str) for key in ("git", "url", "path", "file"))
        ]
        if local:
            found[canonical(name)] = local
    return found


def _extras(poetry: Mapping[str, Any]) -> dict[str, list[str]]:
    """Canonical name to the extras that ask for it, each once."""
    found: dict[str, dict[str, None]] = {}
    listed = table(poetry, "extras")
    for extra in listed:
        for text in strings(listed, extra):
            if words := text.partition("[")[0].split():
                found.setdefault(canonical(words[0]), {})[extra] = None
    return {name: list(extras) for name, extras in found.items()}


def _groups(poetry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(keys of the table, group) of each dependency table."""
    yield ("dependencies",), ()
    yield ("dev-dependencies",), ("dev",)
    yield ("requires-plugins",), ("plugins",)
    for group in table(poetry, "group"):
        yield ("group", group, "dependencies"), (safe(group, 80),)


def _pinned_to(poetry: Mapping[str, Any], index: str) -> tuple[str, ...]:
    """Names whose entries say `source = index`."""
    found: list[str] = []
    for keys, _ in _groups(poetry):
        dependencies: Any = poetry
        for key in keys:
            dependencies = table(dependencies, key)
        for name, value in dependencies.items():
            entries = value if isinstance(value, list) else [value]
            if index and any(isinstance(entry, Mapping) and entry.get("source") == index for entry in entries):
                found.append(canonical(name))
    return tuple(dict.fromkeys(found))


def dependency(name: str, value: object, place: Place, groups: Sequence[str]) -> Iterator[Requirement | Gap]:
    """One entry of a poetry table: a constraint, a table, or a list of tables that differ by marker."""
    if isinstance(value, list):
        for item in value:
            yield from dependency(name, item, place, groups)
        return
    entry: Mapping[str, Any] = value if isinstance(value, Mapping) else {"version": value}
    version = entry.get("version", "*")
    if not isinstance(version, str):
        yield gap(place.file, Reason.MALFORMED, f"{safe(name, 80)} has neither a version nor a source", place.line)
        return
    wanted = specifier(version)
    if wanted is None:
        hint = "the newest release is taken for it where nothing locks it"
        detail = f"the constraint {quoted(version)!r} of {safe(name, 80)} cannot be written in PEP 440"
        yield gap(place.file, Reason.UNSUPPORTED, detail, place.line, hint)
    yield Requirement(
        name=canonical(name),
        specifier=wanted or "",
        extras=tuple(sorted(canonical(extra) for extra in strings(entry, "extras"))),
        marker=marker_of(string(entry, "python"), string(entry, "platform"), string(entry, "markers")),
        source=_source(entry),
        place=place,
        groups=tuple(groups),
        text=safe(f"{name} = {version}", 300),
    )


def _source(entry: Mapping[str, Any]) -> Source:
    return source_of_table(entry, ("path", "file"), editable="develop") or Source()
