"""Hatch's tables, in pyproject.toml and hatch.toml: what its environments hold and what its builds need besides.

Sources: https://hatch.pypa.io/latest/config/environment/overview/ and https://hatch.pypa.io/latest/config/build/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsupply.inventory.cover import BUILD_GROUP
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, opened, quoted, requirement, string, strings, table, toml_of
from mlsupply.model import Gap, Inventory, Place, Reason, Requirement
from mlsupply.text import canonical
from mlsupply.world import Limits, Tree

FORMAT = "hatch.toml"
_OWN = re.compile(r"[A-Za-z0-9._\[\], -]{1,200}@ ?\{root(?::parent)*(?::uri)?\}[^@{]*")  # a folder of the project
_LISTS = ("dependencies", "extra-dependencies")
Listed = Iterator[tuple[tuple[str, ...], tuple[str, ...], list[str]]]


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The inventory of a hatch.toml: requirements and gaps."""
    contents = opened(path, tree, limits, toml_of)
    if isinstance(contents, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(contents,))
    text, document = contents
    found = list(read_below(path, document, Locator(text), ()))
    return Inventory(
        path=path,
        format=FORMAT,
        requirements=tuple(one for one in found if isinstance(one, Requirement)),
        gaps=tuple(one for one in found if isinstance(one, Gap)),
    )


def read_below(path: str, hatch: Mapping[str, Any], locator: Locator, above: tuple[str, ...]) -> Iterator[Requirement | Gap]:
    """What hatch's table asks for. above: the keys it stands under."""
    for keys, groups, texts in (*_environments(hatch), *_builds(table(hatch, "build"))):
        for text in texts:
            place = Place(path, locator.quoted(text, *above, *keys))
            if "{" not in text:
                yield requirement(text, place, groups=groups)
            elif not _OWN.fullmatch(text):
                detail = f"what is asked for holds a field that hatch fills in when it runs: {quoted(text)}"
                yield gap(path, Reason.UNSUPPORTED, detail, place.line, "scan the environment it makes (--env)")


def _environments(hatch: Mapping[str, Any]) -> Listed:
    yield ("env", "requires"), (BUILD_GROUP,), strings(table(hatch, "env"), "requires")
    environments = table(hatch, "envs")
    for name in environments:
        environment, groups = table(environments, name), (canonical(name),)
        for key in _LISTS:
            yield ("envs", name, key), groups, strings(environment, key)
        overrides = table(environment, "overrides")
        for kind in overrides:
            yield ("envs", name, "overrides", kind), groups, list(_overriding(table(overrides, kind)))


def _overriding(conditions: Mapping[str, Any]) -> Iterator[str]:
    """What overrides add to an environment (`matrix.VARIABLE.dependencies`): texts, or tables with a value."""
    for condition in conditions:
        for name, value in table(conditions, condition).items():
            if name.removeprefix("set-") in _LISTS and isinstance(value, list):
                texts = [string(one, "value") if isinstance(one, Mapping) else one for one in value]
                yield from (text for text in texts if isinstance(text, str) and text)


def _builds(build: Mapping[str, Any]) -> Listed:
    """Targets and build hooks have requirements of their own."""
    targets = table(build, "targets")
    owners: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), build)]
    owners += [(("targets", name), table(targets, name)) for name in targets]
    for keys, owner in owners:
        yield ("build", *keys, "dependencies"), (BUILD_GROUP,), strings(owner, "dependencies")
        hooks = table(owner, "hooks")
        for hook in hooks:
            place = ("build", *keys, "hooks", hook, "dependencies")
            yield place, (BUILD_GROUP,), strings(table(hooks, hook), "dependencies")
