"""`mlsupply why`: every path from a root to a package."""

from __future__ import annotations

import sys

import click

from mlsupply.cli.common import reading_options, real_world, request_of, shows_errors
from mlsupply.errors import EXIT_CLEAN, EXIT_INCOMPLETE, EXIT_NOTHING

_MOST_PATHS = 1000


@click.command()
@click.argument("name")
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@reading_options
@shows_errors
def command(name: str, subjects: tuple[str, ...], **options: object) -> None:
    """Show every path from a root of the project to the package NAME. Exit codes: 0 where it is there, 4 where it is not, 3
    where something that could hold it was not read."""
    from mlsupply.inventory import gather, starting_where_asked
    from mlsupply.project import merge
    from mlsupply.text import canonical, count, safe

    request = request_of(subjects, options)
    inventories = gather(request, starting_where_asked(request, real_world(offline=request.offline)))
    project = merge(inventories)
    wanted = [package for package in project.packages if package.name == canonical(name)]
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
        click.echo(f"{safe(name)} is in none of what was read ({count(len(inventories), 'input')})", err=True)
        sys.exit(EXIT_INCOMPLETE if gaps else EXIT_NOTHING)
    sys.exit(EXIT_CLEAN)
