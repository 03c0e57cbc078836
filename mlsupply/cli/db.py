"""`mlsupply db`: the advisory database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import real_world, shows_errors
from mlsupply.errors import EXIT_INCOMPLETE, MlsupplyError
from mlsupply.text import count

if TYPE_CHECKING:
    from mlsupply.advisories.build import Compiled
    from mlsupply.advisories.store import About
    from mlsupply.advisories.sync import Outcome

_SHOWN = 20  # records that were refused, with the reason


@click.group()
def command() -> None:
    """Look at, fetch, import or build the advisory database."""


@command.command(short_help="Show which advisory data is at hand.")
@shows_errors
def status() -> None:
    """Show which advisory data is at hand, how old it is and what it holds."""
    from mlsupply.advisories.exploited import look_up
    from mlsupply.advisories.exploited import path as exploited
    from mlsupply.advisories.local import current, folder, verified
    from mlsupply.advisories.store import EMBEDDED

    world = real_world(offline=True)
    now = world.now()
    click.echo("\n".join(_described("embedded", EMBEDDED, now)))
    known = current(world)
    if known is None:
        click.echo(f"local     none in {folder(world)}: `mlsupply db sync` fetches one")
    else:
        click.echo("\n".join(_described("local", verified(world, known), now)))
        click.echo(f"          up to date with {known.url} at {known.checked}; in {folder(world)}")
    lists = look_up(world, ())
    if lists.failure:
        click.echo(f"exploited {exploited(world)} cannot be read: {lists.failure.detail}")
    for source in lists.sources:
        click.echo(
            f"exploited {source.name}, {source.as_of[:10]}, {source.records:,} entries; {source.licence}, {source.url}"
        )


def _described(name: str, path: Path, now: datetime) -> list[str]:
    from mlsupply.advisories.store import age_of, opened

    with opened(path) as store:
        about = store.about
    age = age_of(about.as_of, now)
    if age is None:
        dated = "undated"
    elif age < timedelta():
        dated = f"newest change {about.as_of[:10]}, after this machine's clock ({now:%Y-%m-%d})"
    else:
        dated = f"newest change {about.as_of[:10]}, {age.days} days ago"
    return [
        f"{name:9} {about.name}, {dated}",
        f"          {_size(about)}; {about.withdrawn} withdrawn, {about.partly} partly evaluated, {about.refused} refused",
        f"          licence {about.licence or 'unknown'}, {about.url}",
    ]


def _size(about: About) -> str:
    return f"{count(about.records, 'record')} of {count(about.projects, 'project')}"


def _not_empty(compiled: Compiled, origin: Path) -> None:
    if not compiled.modified:
        reason = f": {compiled.refused[0]}" if compiled.refused else ""
        said = f"{origin} holds no advisory that can be read{reason}"
        raise MlsupplyError("nothing-to-import", said, "name OSV's all.zip, a folder of OSV files or a PyPA checkout")


@command.command(short_help="Compile an OSV export into a database file.")
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
    _not_empty(compiled, origin)
    source = source_of(origin, compiled.newest(world.now().strftime("%Y-%m-%dT%H:%M:%SZ")), compiled.modified)
    about = save(compiled, target, source)
    _refused(compiled.refused)
    click.echo(f"{_size(about)}, {target.stat().st_size:,} bytes", err=True)


@command.command(short_help="Fetch the advisories, or what changed.")
@click.option("--url", default="", metavar="URL", help="An OSV bucket instead of the public one.")
@click.option("--whole", is_flag=True, help="Fetch the whole archive even where the changes would suffice.")
@click.option(
    "--exploited", is_flag=True, help="Also fetch the list of exploited flaws (CISA KEV) and the EPSS scores (FIRST)."
)
@click.option("--kev-url", default="", metavar="URL", help="Another address for the KEV catalogue.")
@click.option("--epss-url", default="", metavar="URL", help="Another address for the EPSS scores.")
@shows_errors
def sync(url: str, whole: bool, exploited: bool, kev_url: str, epss_url: str) -> None:
    """Fetch the advisories of the public OSV bucket, or what changed of them, into the local database."""
    from mlsupply.advisories.sync import sync as bring_up_to_date
    from mlsupply.world import PUBLIC_OSV_BUCKET

    world = real_world(offline=False, say=lambda words, *_: click.echo(words, err=True))
    outcome = bring_up_to_date(world, (url or PUBLIC_OSV_BUCKET).rstrip("/"), whole=whole)
    _told(outcome)
    if exploited or kev_url or epss_url:
        from mlsupply.advisories.exploited import sync as fetch_lists

        for source in fetch_lists(world, kev_url, epss_url):
            click.echo(f"{source.name}: {source.records:,} entries, {source.as_of[:10]}", err=True)
    if outcome.missing:
        sys.exit(EXIT_INCOMPLETE)


def _refused(reasons: Sequence[str]) -> None:
    for reason in reasons[:_SHOWN]:
        click.echo(f"refused: {reason}", err=True)
    if len(reasons) > _SHOWN:
        click.echo(f"refused: {len(reasons) - _SHOWN:,} more", err=True)


def _told(outcome: Outcome) -> None:
    changed = f"{count(outcome.changed, 'record')} changed"
    how = {"unchanged": "nothing changed", "changes": changed, "whole": "fetched whole"}
    click.echo(f"{how[outcome.how]}: {count(outcome.records, 'record')}, newest change {outcome.as_of}", err=True)
    _refused(outcome.refused)
    if outcome.missing:
        listed = ", ".join(outcome.missing[:5])
        missing = count(len(outcome.missing), "changed record")
        click.echo(f"{missing} could not be fetched and will be asked for next time: {listed}", err=True)


@command.command("import", short_help="Take an OSV export as the local database.")
@click.argument("origin", type=click.Path(exists=True, path_type=Path), metavar="PATH")
@shows_errors
def import_(origin: Path) -> None:
    """Take an OSV zip, a folder of OSV files or a checkout of the PyPA database as the local database."""
    from mlsupply.advisories.build import compile_records
    from mlsupply.advisories.importing import records_of, source_of
    from mlsupply.advisories.writing import dated, install, locked

    world = real_world(offline=True)
    now = dated(world)
    compiled = compile_records(records_of(origin))
    _not_empty(compiled, origin)
    source = source_of(origin, compiled.newest(now), compiled.modified)
    with locked(world):
        about = install(world, compiled, source._replace(url=str(origin)))
    _refused(compiled.refused)
    click.echo(f"{_size(about)}, newest change {about.as_of}", err=True)
