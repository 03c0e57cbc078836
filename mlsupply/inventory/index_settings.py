"""Which indexes the resolver asks: those the project and its user name, in the order the tools themselves follow.

    --index-url of the run > the input's own lines > UV_* > [tool.uv] or uv.toml > the user's uv.toml > PIP_* and pip.conf

The first of these that names any index decides. Credentials leave the URLs at once and reach uv through its own
variables (UV_INDEX_<NAME>_USERNAME), for https and loopback only: they stand in no file, no argument and no message.
As with uv, the user's UV_INDEX_<NAME>_* serve the index of that name, whoever names it. `${VARIABLE}` in an audited
file is not expanded: the file could name any variable and any host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory.parsing import decode, gap, requirement, string, strings, table, tables, toml_of
from mlsupply.model import Gap, Index, Inventory, Place, Reason, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.world import Failure, World

TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))?\Z")
"""What uv takes as a time: an ISO date, or RFC 3339."""
_AS_PIP = "unsafe-best-match"  # uv's word for comparing all indexes
_CONFIG_BYTES = 1 << 20
_MOST = 40  # indexes of one input
_MOST_TEXTS = 500  # overrides, and constraints
_STRATEGIES = ("first-index", "unsafe-first-match", "unsafe-best-match")
_PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")


class Asked(NamedTuple):
    """An index as uv is given it. url: without credentials; role: as in `model.Index`; name: by which its credentials are
    handed over; packages: names that are pinned to it."""

    url: str
    role: str
    name: str = ""
    packages: tuple[str, ...] = ()
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the resolution of one input runs with.

    indexes: in the order uv asks them.
    strategy, prerelease, exclude_newer: as in uv's options, "" where nothing is set.
    overrides, constraints: the requirements of [tool.uv], as text.
    no_index: only what find-links names is asked.
    gaps: settings that were left out, with the reason.
    """

    indexes: tuple[Asked, ...] = ()
    strategy: str = ""
    prerelease: str = ""
    exclude_newer: str = ""
    overrides: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    no_index: bool = False
    gaps: tuple[Gap, ...] = ()

    @property
    def secrets(self) -> dict[str, str]:
        """uv's variables with the credentials of its named indexes."""
        found = {}
        for number, index in enumerate(self.indexes):
            if index.password or index.username:
                name = variable_name(index.name or f"index-{number}")
                found[f"UV_INDEX_{name}_USERNAME"] = index.username
                found[f"UV_INDEX_{name}_PASSWORD"] = index.password
        return found


def variable_name(name: str) -> str:
    """An index name as it stands in uv's variables: `corp-1` is `CORP_1`."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def settings_of(inventory: Inventory, index_url: str, world: World) -> Settings:
    """The settings for one input. index_url: the run's own choice, "" for none."""
    project = _uv_table(inventory, world)
    indexes, strategy, gaps = _indexes(inventory, index_url, project, world)
    if len(indexes) > _MOST:
        detail = f"more than {_MOST} indexes are named: those after {indexes[_MOST - 1].url} were left out of the resolution"
        gaps = (*gaps, gap(inventory.path, Reason.LIMIT, detail))
    overrides, more = _requirements(inventory, project, "override-dependencies")
    constraints, others = _requirements(inventory, project, "constraint-dependencies")
    return Settings(
        indexes=_usable(indexes, world),
        strategy=strategy if strategy in _STRATEGIES else _one_of(project, "index-strategy", _STRATEGIES),
        prerelease=_one_of(project, "prerelease", _PRERELEASES),
        exclude_newer=newer if TIME.match(newer := string(project, "exclude-newer", 40)) else "",
        overrides=overrides,
        constraints=constraints,
        no_index=project.get("no-index") is True,
        gaps=(*gaps, *more, *others),
    )


def _requirements(inventory: Inventory, options: Mapping[str, Any], key: str) -> tuple[tuple[str, ...], tuple[Gap, ...]]:
    """Requirement texts of [tool.uv] and a gap for each that is left out: a direct reference, which would be fetched, or
    what is no requirement."""
    found: list[str] = []
    gaps: list[Gap] = []
    texts = strings(options, key)
    if len(texts) > _MOST_TEXTS:
        detail = f"{len(texts) - _MOST_TEXTS:,} more of {key} were left out of the resolution"
        gaps.append(gap(inventory.path, Reason.LIMIT, detail))
    for text in texts[:_MOST_TEXTS]:
        parsed = requirement(text, Place(inventory.path))
        if isinstance(parsed, Gap) or parsed.source.kind is not SourceKind.REGISTRY:
            detail = f"{safe(without_credentials(text)[0], 100)} of {key} was left out of the resolution"
            gaps.append(gap(inventory.path, Reason.UNSUPPORTED, detail))
        else:
            found.append(safe(text, 300))
    return tuple(found), tuple(gaps)


class _Source(NamedTuple):
    """What one place names: its indexes, uv's word for how they are compared, and what of it could not be read."""

    indexes: list[Asked]
    strategy: str = ""
    gaps: tuple[Gap, ...] = ()


def _indexes(inventory: Inventory, index_url: str, project: Mapping[str, Any], world: World) -> _Source:
    """The first place that names any index; where that is the input and it names no primary one, the primary one of the
    first place that does, as the tools add what a file says to what the machine is set to."""
    if index_url:
        return _Source([_asked(index_url, "primary")])
    places = list(_elsewhere(project, world))
    gaps = tuple(gap for place in places for gap in place.gaps)
    if all(index.role == "trusted" for index in inventory.indexes):
        return next((place for place in places if place.indexes), _Source([]))._replace(gaps=gaps)
    asked, more = _written(inventory, world)
    if not any(index.role == "primary" for index in asked):
        primary = (index for place in places for index in place.indexes if index.role == "primary")
        asked += [index for index in [next(primary, None)] if index is not None]
    return _Source(asked, "" if project else _AS_PIP, (*gaps, *more))


def _elsewhere(project: Mapping[str, Any], world: World) -> Iterator[_Source]:
    """pip compares all its indexes and takes the highest version, uv stops at the first that has the name."""
    environ = world.environ
    yield _Source(_from_uv_variables(environ), environ.get("UV_INDEX_STRATEGY", ""))
    yield _Source(_from_uv_table(project))
    user = _user_file(world, "uv/uv.toml")
    table_of_user = toml_of("uv.toml", user) if user else {}
    if isinstance(table_of_user, dict):
        yield _Source(_from_uv_table(table_of_user))
    else:
        yield _Source([], "", (table_of_user,))
    options, gaps = _pip_files(world)
    options |= {key[4:].lower().replace("_", "-"): value for key, value in environ.items() if key[:4] == "PIP_"}
    yield _Source(_from_pip_options(options), _AS_PIP, gaps)


def _written(inventory: Inventory, world: World) -> tuple[list[Asked], tuple[Gap, ...]]:
    """The indexes an input names, with the credentials its line holds put back beside (not into) the URL."""
    asked: list[Asked] = []
    gaps: list[Gap] = []
    for index in inventory.indexes:
        if len(asked) > _MOST:
            break
        if index.role == "trusted":
            continue
        if "${" in index.url:
            detail = f"the index {index.url} is written with a variable, which is not expanded for an audited file"
            hint = "name the index with --index-url or in UV_DEFAULT_INDEX"
            gaps.append(gap(index.place.file, Reason.FORBIDDEN, detail, index.place.line, hint))
            continue
        user, word = _credentials_at(index, world) if index.had_credentials else ("", "")
        asked.append(Asked(index.url, index.role, index.name, index.packages, user, word))
    return asked, tuple(gaps)


def _credentials_at(index: Index, world: World) -> tuple[str, str]:
    """User and password that stand in the line the index was read from; ("", "") where they are not found again."""
    data = world.tree.read(index.place.file, world.limits.manifest_bytes)
    text = "" if isinstance(data, Failure) else decode(index.place.file, data)
    if not isinstance(text, str):
        return "", ""
    for word in re.findall(r"https?://[^\s\"'<>]{1,2000}", text):
        if without_credentials(word)[0].rstrip("/") == index.url.rstrip("/") and "${" not in word:
            found = _asked(word, "extra")
            if found.username:
                return found.username, found.password
    return "", ""


def _asked(url: str, role: str, name: str = "", packages: Iterable[str] = ()) -> Asked:
    """An index from a URL that may hold credentials."""
    user = word = ""
    try:
        parts = urlsplit(url.strip())
        user, word = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        pass  # not a URL that can be taken apart; uv will say what is wrong with it
    return Asked(without_credentials(url.strip())[0], role, name, tuple(packages), user, word)


def _usable(indexes: list[Asked], world: World) -> tuple[Asked, ...]:
    """Names made unique, credentials from UV_INDEX_<NAME>_* added, both dropped where they would travel in the clear."""
    named: dict[str, Asked] = {}
    for number, index in enumerate(indexes[:_MOST]):
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", index.name).strip("-_.") or f"index-{number}"
        name = f"{name}-{number}" if name in named else name
        prefix = f"UV_INDEX_{variable_name(name)}_"
        user = index.username or world.environ.get(prefix + "USERNAME", "")
        word = index.password or world.environ.get(prefix + "PASSWORD", "")
        if not _private(index.url):
            user = word = ""
        second = index.role == "primary" and any(other.role == "primary" for other in named.values())
        role = "extra" if second else index.role  # uv takes one default index, a Dockerfile may name one a line
        named[name] = index._replace(name=name, role=role, username=user, password=word)
    return tuple(named.values())


def _private(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" or host in {"127.0.0.1", "::1", "localhost"}


def _uv_table(inventory: Inventory, world: World) -> Mapping[str, Any]:
    """uv.toml beside the input, which replaces [tool.uv] of pyproject.toml, as uv itself does."""
    folder = inventory.path.rpartition("/")[0]
    for name in ("uv.toml", "pyproject.toml"):
        path = f"{folder}/{name}" if folder else name
        data = world.tree.read(path, _CONFIG_BYTES)
        text = "" if isinstance(data, Failure) else decode(path, data)
        parsed = toml_of(path, text) if isinstance(text, str) and text else {}
        if isinstance(parsed, dict):  # a file that is no TOML is a gap of its own reader
            found = parsed if name == "uv.toml" else table(table(parsed, "tool"), "uv")
            if found:
                return found
    return {}


def _from_uv_table(options: Mapping[str, Any]) -> list[Asked]:
    found = []
    for entry in tables(options, "index"):
        url = entry.get("url")
        if isinstance(url, str):
            role = "primary" if entry.get("default") is True else "explicit" if entry.get("explicit") is True else "extra"
            found.append(_asked(url, "find-links" if entry.get("format") == "flat" else role, string(entry, "name", 100)))
    pip = table(options, "pip")
    for place in (options, pip):
        found += [_asked(url, "extra") for url in strings(place, "extra-index-url")]
        found += [_asked(url, "find-links") for url in strings(place, "find-links")]
        if isinstance(url := place.get("index-url"), str):
            found.append(_asked(url, "primary"))
    return found


def _from_uv_variables(environ: Mapping[str, str]) -> list[Asked]:
    found = []
    for text in (environ.get("UV_INDEX", "") + " " + environ.get("UV_EXTRA_INDEX_URL", "")).split():
        name, sign, url = text.partition("=")
        named = sign and re.fullmatch(r"[A-Za-z0-9_.-]+", name)
        found.append(_asked(url if named else text, "extra", name if named else ""))
    if primary := environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL"):
        found.append(_asked(primary, "primary"))
    found += [_asked(text, "find-links") for text in environ.get("UV_FIND_LINKS", "").replace(",", " ").split()]
    return found


def _from_pip_options(options: Mapping[str, str]) -> list[Asked]:
    found = [_asked(url, "extra") for url in options.get("extra-index-url", "").split()]
    if primary := options.get("index-url", "").strip():
        found.append(_asked(primary, "primary"))
    return found + [_asked(url, "find-links") for url in options.get("find-links", "").split()]


def _user_file(world: World, path: str) -> str:
    """A file of the user's configuration folder, "" where there is none."""
    home = world.environ.get("XDG_CONFIG_HOME") or (f"{world.environ['HOME']}/.config" if "HOME" in world.environ else "")
    return _config(Path(home, path)) if home else ""


def _config(path: Path) -> str:
    data = DiskTree(path.parent).read(path.name, _CONFIG_BYTES)
    return "" if isinstance(data, Failure) else data.decode("utf-8", "replace")


def _pip_files(world: World) -> tuple[dict[str, str], tuple[Gap, ...]]:
    """[global] of pip's configuration files, the user's over the machine's; none where the run has no home."""
    home, chosen = world.environ.get("HOME", ""), world.environ.get("PIP_CONFIG_FILE", "")
    if not home or chosen == "/dev/null":
        return {}, ()
    configured = world.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    paths = [Path("/etc/pip.conf"), Path(home, ".pip/pip.conf"), Path(configured, "pip/pip.conf")]
    options: dict[str, str] = {}
    gaps = []
    for path in [*paths, *([Path(chosen)] if chosen else [])]:
        parser = ConfigParser(interpolation=None)
        try:
            parser.read_string(_config(path))
        except ConfigError as error:
            gaps.append(gap(str(path), Reason.MALFORMED, f"its indexes were not used: {safe(str(error), 120)}"))
            continue
        options |= dict(parser["global"]) if parser.has_section("global") else {}
    return {key.replace("_", "-"): value for key, value in options.items()}, tuple(gaps)


def _one_of(options: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = options.get(key)
    return value if isinstance(value, str) and value in allowed else ""


def pinned(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """Canonical package name -> name of the index it is pinned to, for the packages asked for."""
    wanted = {canonical(name) for name in names}
    return {name: index.name for index in settings.indexes for name in index.packages if name in wanted}


def without(settings: Settings, index: Asked) -> Settings:
    """The settings without one index, for another attempt."""
    return replace(settings, indexes=tuple(other for other in settings.indexes if other != index))
