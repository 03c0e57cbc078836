"""devcontainer.json, JSON with comments: what a development container installs when it is made or started, with the commands
of its lifecycle (a text, a list of words, or an object of several) and with features that name packages.
Source: https://containers.dev/implementors/json_reference/
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.inventory import compose, steps
from mlsupply.inventory.install_commands import Commands, Found, of_command
from mlsupply.inventory.json_text import as_yaml
from mlsupply.inventory.shell import Word
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.model import Inventory
from mlsupply.world import Limits, Tree

FORMAT = "dev container"
_PIPX = ("pipx", "install")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all commands, and of a Dockerfile that is no input of its own."""
    return steps.inventory(Commands(path, tree, limits), FORMAT, _KEYS, as_yaml, compose.build_images)


def _special(path: str, table: Table) -> Iterator[Found]:
    for key, value, _ in steps.entries(table):
        if key.endswith("Command"):
            yield from _commands(path, value)
        elif key == "features" and isinstance(value, Table):
            yield from _features(path, value)


def _commands(path: str, value: object) -> Iterator[Found]:
    """A list is one command of words; in an object each value is a command."""
    if isinstance(value, Rows):
        yield from of_command(path, steps.words(value))
    elif isinstance(value, Table):
        for _, inner, _ in steps.entries(value):
            if isinstance(inner, Rows):
                yield from _commands(path, inner)


def _features(path: str, features: Table) -> Iterator[Found]:
    """Python's feature installs tools with pipx (`toolsToInstall`), and others one `package` of a `version`."""
    for name, options, _ in steps.entries(features):
        feature = name.rpartition("/")[2].partition(":")[0]
        if not isinstance(options, Table):
            continue
        tools, package, version = options.get("toolsToInstall"), options.get("package"), options.get("version")
        if feature == "python" and isinstance(tools, str):
            line = options.lines["toolsToInstall"]
            yield from of_command(path, _pipx(line, *(part.strip() for part in tools.split(",") if part.strip())))
        elif feature == "pipx-package" and isinstance(package, str):
            exact = f"=={version}" if isinstance(version, str) and version != "latest" else ""
            yield from of_command(path, _pipx(options.lines["package"], f"{package}{exact}"))


def _pipx(line: int, *names: str) -> list[Word]:
    return [*(Word(word, line) for word in _PIPX), *(one for name in names for one in steps.word(name, line))]


_KEYS = steps.Keys(frozenset(), endings=("Command",), special=_special, marks=("dockerfile", "toolsToInstall", "package"))
