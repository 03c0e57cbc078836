"""What a resolution is for: which requirements, which Python, which platforms. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mlsupply.errors import MlsupplyError
from mlsupply.inventory.index_settings import TIME
from mlsupply.model import Inventory, Requirement
from mlsupply.named import NamedTuple
from mlsupply.request import Targets
from mlsupply.text import canonical

USUAL_PYTHON = "3.12"
_OTHER_PYTHONS = ("3.10", "3.8", "3.13", "3.11", "3.9", "3.14", "3.15")
_TRIED = 3  # Pythons at most, after which what has no wheel is left out
_SYSTEMS = {
    "linux": "linux",
    "darwin": "darwin",
    "macos": "darwin",
    "windows": "win32",
    "win32": "win32",
    "manylinux": "linux",
}
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64", "i686": "i686"}
_SPELLED = {
    ("darwin", "aarch64"): "arm64",
    ("win32", "x86_64"): "AMD64",
    ("win32", "aarch64"): "ARM64",
    ("win32", "i686"): "x86",
}
_LINUX = ("linux", "x86_64")
_USUAL_PLATFORMS = (_LINUX, ("linux", "aarch64"), ("darwin", "aarch64"), ("win32", "x86_64"))
_NAMES = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


class Target(NamedTuple):
    """python: minor version; markers: PEP 508 environments to resolve for; words: the same for people."""

    python: str
    markers: tuple[str, ...]
    words: str


def chosen(inventory: Inventory, wanted: Targets) -> list[Requirement]:
    """The requirements to resolve: all, or those of no group and of the groups and extras chosen. What a project asks
    of itself (`project[extra]`) is left out: its lines are there already."""
    groups = {canonical(name) for name in (*wanted.extras, *wanted.groups)}
    return [
        requirement
        for requirement in inventory.requirements
        if not requirement.constraint
        and not (requirement.name and requirement.name == inventory.root)
        and (not groups or not requirement.groups or groups & set(map(canonical, requirement.groups)))
    ]


def unknown_groups(inventories: Iterable[Inventory], wanted: Targets) -> list[str]:
    """The extras and groups of the run, as typed, that nothing which was read belongs to."""
    groups = [asked.groups for inventory in inventories for asked in inventory.requirements]
    groups += [package.groups for inventory in inventories for package in inventory.packages]
    known = {canonical(group) for some in groups for group in some}
    return [name for name in dict.fromkeys((*wanted.extras, *wanted.groups)) if canonical(name) not in known]


def validate(wanted: Targets) -> None:
    """Raises `MlsupplyError` for a Python, platform or time that does not exist, whether or not anything will be
    resolved."""
    if wanted.python:
        _minor(wanted.python)
    for name in wanted.platforms:
        _platform(name)
    if wanted.exclude_newer and not _is_time(wanted.exclude_newer):
        raise MlsupplyError(
            "bad-time", f"{wanted.exclude_newer!r} is no time", "write it like 2026-03-24 or 2026-03-24T12:00:00Z"
        )


def _is_time(text: str) -> bool:
    try:
        return TIME.match(text) is not None and bool(datetime.fromisoformat(text.upper()))
    except ValueError:
        return False


def ladder(inventory: Inventory, wanted: Targets) -> list[Target]:
    """The targets in the order they are tried: the usual platforms, Linux alone, then other Pythons on Linux."""
    pythons = [_minor(wanted.python)] if wanted.python else pythons_for(inventory.requires_python)
    if wanted.platforms:
        platforms = [_platform(name) for name in wanted.platforms]
        return [_target(python, platforms) for python in pythons]
    return [_target(pythons[0], _USUAL_PLATFORMS), *(_target(python, [_LINUX]) for python in pythons)]


def pythons_for(requires_python: str) -> list[str]:
    """Minor versions to try for a PEP 440 specifier, the usual one first; those where it says nothing, or nonsense."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    every = [USUAL_PYTHON, *_OTHER_PYTHONS]
    try:
        allowed = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return every[:_TRIED]
    fitting = [minor for minor in every if any(allowed.contains(f"{minor}.{patch}") for patch in (99, 0, 6, 11))]
    return (fitting or every)[:_TRIED]


def _minor(python: str) -> str:
    parts = python.strip().split(".")
    if len(parts) >= 2 and parts[0] == "3" and parts[1].isdecimal() and len(parts[1]) <= 3:
        return f"3.{int(parts[1])}"
    raise MlsupplyError("unknown-python", f"{python!r} is no Python version to resolve for", "write it like --python 3.12")


def _platform(name: str) -> tuple[str, str]:
    """uv's name of a platform, e.g. `linux`, `aarch64-apple-darwin` or `x86_64-manylinux_2_28`."""
    words = name.lower().replace("_2_", "-2-").split("-")
    system = next((value for key, value in _SYSTEMS.items() if any(key in word for word in words)), "")
    machine = next((value for key, value in _MACHINES.items() if key in words), "")
    if not system:
        hint = "uv's names, e.g. linux, macos, windows, x86_64-unknown-linux-gnu, aarch64-apple-darwin"
        raise MlsupplyError("unknown-platform", f"there is no platform named {name}", hint)
    return system, machine or ("aarch64" if system == "darwin" else "x86_64")


def _target(python: str, platforms: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Target:
    after = f"3.{int(python.split('.')[1]) + 1}"
    span = f"python_full_version >= '{python}' and python_full_version < '{after}'"
    markers = tuple(
        f"sys_platform == '{system}' and platform_machine == '{_SPELLED.get((system, machine), machine)}' and {span}"
        for system, machine in platforms
    )
    if tuple(platforms) == _USUAL_PLATFORMS:
        return Target(python, markers, f"Python {python} on Linux, macOS and Windows")
    where = " and ".join(dict.fromkeys(f"{_NAMES[system]} ({machine})" for system, machine in platforms))
    return Target(python, markers, f"Python {python} on {where}")
