"""`mlsupply db`: the advisory database."""

from __future__ import annotations

from pathlib import Path

import click

from mlsupply.cli.common import real_world, shows_errors


@click.group()
def command() -> None:
    """Look at, fetch, import or build the advisory database."""


@command.command()
@shows_errors
def status() -> None:
    """Say which advisory data there is, how old it is and what it holds."""
    from mlsupply.advisories.feeds import age_of
    from mlsupply.advisories.store import EMBEDDED, opened

    world = real_world(offline=True)
    with opened(EMBEDDED) as store:
        about = store.about
    age = age_of(about.as_of, world.now())
    click.echo(f"embedded  {about.name}, {about.as_of[:10]}, {age.days if age else '?'} days old")
    click.echo(f"          {about.records:,} records of {about.projects:,} projects; {about.withdrawn} withdrawn,")
    click.echo(f"          {about.partly} partly evaluated, {about.refused} refused; licence {about.licence}, {about.url}")


@command.command()
@click.option("--from", "origin", required=True, type=click.Path(exists=True, path_type=Path), metavar="OSV-EXPORT")
@click.option("-o", "--output", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--facts-only", is_flag=True, help="Leave out all prose; this is how the embedded snapshot is made.")
@shows_errors
def build(origin: Path, target: Path, facts_only: bool) -> None:
    """Compile an OSV export (zip or folder) or a checkout of the PyPA database into FILE."""
    from mlsupply.advisories.build import compile_records, save
    from mlsupply.advisories.importing import records_of, source_of

    world = real_world(offline=True)
    compiled = compile_records(records_of(origin), prose=not facts_only)
    source = source_of(origin, compiled.newest(world.now().strftime("%Y-%m-%dT%H:%M:%SZ")))
    about = save(compiled, target, source)
    for reason in compiled.refused[:20]:
        click.echo(f"refused: {reason}", err=True)
    click.echo(f"{about.records:,} records of {about.projects:,} projects, {target.stat().st_size:,} bytes", err=True)
