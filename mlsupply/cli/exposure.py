"""`mlsupply exposure`: were we hit, since when, through what."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import shows_errors
from mlsupply.cli.progress import Progress
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING

if TYPE_CHECKING:  # only named in annotations: the modules are imported when the verb runs
    from mlsupply.exposure.answer import Answer
    from mlsupply.exposure.question import Question


@click.command()
@click.argument("question", metavar="INCIDENT|SPEC")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--window", metavar="FROM..TO", default="", help="When it could be had (UTC), where no record says or another."
)
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Repositories read side by side. Default: the cores.")
@click.option("-o", "--output", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--no-progress", is_flag=True, help="Show no progress on stderr.")
@shows_errors
def command(question: str, paths: tuple[str, ...], window: str, jobs: int | None, output: str, no_progress: bool) -> None:
    """Answer for the git history of every repository below PATH (default: the current folder): which files held a bad
    release, which would have resolved to it while it could be had, from which commit to which, and what to do.

    The question is an incident (litellm-2026) or releases ("litellm==1.82.7,1.82.8")."""
    import os

    from mlsupply.exposure import report
    from mlsupply.exposure.question import ask
    from mlsupply.exposure.survey import survey
    from mlsupply.world import Limits

    asked = ask(question, window)
    progress = Progress(quiet=no_progress)
    answers = survey(paths or (".",), asked, Limits(), jobs or os.cpu_count() or 1, progress)
    progress.end()
    renders: dict[str, Callable[[Question, Sequence[Answer]], bytes]] = {
        "table": report.as_text,
        "json": report.as_json,
        "markdown": report.as_markdown,
    }
    sys.stdout.buffer.write(renders[output](asked, answers))
    if not answers:
        click.echo("no git repository was found there", err=True)
        sys.exit(EXIT_NOTHING)
    if report.exposed(answers):
        sys.exit(EXIT_FINDINGS)
    sys.exit(EXIT_INCOMPLETE if any(one.gaps for one in answers) else EXIT_CLEAN)
