"""`mlsupply why`: every path from a root to a package."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

import click

from mlsupply.cli.common import reading_options, real_world, request_of, shows_errors, taken_for_names
from mlsupply.errors import EXIT_CLEAN, EXIT_INCOMPLETE, EXIT_NOTHING, MlsupplyError
from mlsupply.model import Package

_MOST_PATHS = 1000
_NEAR = 0.7  # of 1: a name that is mistyped; less alike are names of other things
_ASKED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?(?:\s*==\s*(\S+))?")  # PEP 508


@click.command()
@click.argument("name")
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@reading_options
@shows_errors
def command(name: str, subjects: tuple[str, ...], **options: object) -> None:
    """Show every path from a root of the project to the package NAME, or NAME==VERSION. Exit codes: 0 where it is there, 4
    where it is not, 3 where something that could hold it was not read."""
    from mlsupply.inventory import gather, starting_where_asked
    from mlsupply.project import merge
    from mlsupply.text import count, safe

    called, version = _asked(name)
    request = request_of(subjects, options)
    world = starting_where_asked(request, real_world(offline=request.offline))
    inventories = gather(request, world)
    taken_for_names(subjects, world.tree)
    project = merge(inventories)
    wanted = [one for one in project.packages if one.name == called and (not version or _is(one, version))]
    for package in wanted:
        click.echo(f"{package.coordinate}  ({', '.join(str(place) for place in package.places)})")
        paths = project.all_paths(package.key, _MOST_PATHS + 1)
        for path in paths[:_MOST_PATHS]:
            click.echo("  " + " → ".join(path))
        if len(paths) > _MOST_PATHS:
            click.echo(f"  and more: only the first {_MOST_PATHS:,} found are shown")
    gaps = [gap for inventory in inventories for gap in inventory.gaps]
    for gap in gaps:
        click.echo(f"not checked: {gap.place or gap.subject}: {gap.detail}", err=True)
    if not wanted:
        inputs = count(len(inventories), "input")
        click.echo(f"{safe(name)} is in none of what was read ({inputs}){_instead(called, project.packages)}", err=True)
        sys.exit(EXIT_INCOMPLETE if gaps else EXIT_NOTHING)
    sys.exit(EXIT_CLEAN)


def _asked(text: str) -> tuple[str, str]:
    """The canonical name and the version, "" for any. Raises `MlsupplyError`."""
    from mlsupply.text import canonical, safe

    match = _ASKED.fullmatch(text.strip())
    if match is None:
        hint = "write mlsupply why NAME or NAME==VERSION, and PATHs behind it"
        raise MlsupplyError("no-name", f"{safe(text) or 'an empty word'} is not the name of a package", hint)
    return canonical(match[1]), match[2] or ""


def _is(package: Package, version: str) -> bool:
    from mlsupply.advisories.versions import same_version

    return package.version == version or same_version(package.version, version)


def _instead(name: str, packages: Iterable[Package]) -> str:
    """What is there of that name, or of one that is nearly the same."""
    from difflib import get_close_matches

    versions: dict[str, list[str]] = {}
    for package in packages:
        versions.setdefault(package.name, []).append(package.version)
    if name in versions:
        return f"; {name} is there as {', '.join(filter(None, versions[name])) or 'no single version'}"
    near = get_close_matches(name, versions, 1, cutoff=_NEAR)
    return f", did you mean {near[0]}?" if near else ""
