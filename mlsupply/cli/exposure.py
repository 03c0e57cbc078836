"""`mlsupply exposure`: were we hit, since when, through what."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mlsupply.cli.common import shows_errors
from mlsupply.cli.options import with_output
from mlsupply.cli.outputs import named, send, send_table
from mlsupply.cli.progress import Progress
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING, MlsupplyError
from mlsupply.paths import Path

if TYPE_CHECKING:  # only named in annotations: the modules are imported when the verb runs
    from mlsupply.exposure.answer import Answer
    from mlsupply.exposure.question import Question
    from mlsupply.exposure.traces import Machine


@click.command()
@click.argument("words", nargs=-1, metavar="INCIDENT|SPEC [PATH]...")
@click.option(
    "--window",
    metavar="FROM..TO",
    default="",
    help="When the release was available (UTC), if no record says so or you know better.",
)
@click.option("--machine", is_flag=True, help="Look at the files below PATH too: environments, caches, images, logs.")
@click.option("--home", metavar="DIR", default="", help="A user's folder, for indicators under ~; it is not walked.")
@click.option(
    "--inventory", metavar="FILE", default="", help="Keep what was read in FILE; what has not changed is not read again."
)
@click.option(
    "--between",
    metavar="TIME",
    default="",
    help="With --and, instead of a question: report what changed since this time (UTC).",
)
@click.option("--and", "until", metavar="TIME", default="", help="With --between: report changes until this time (UTC).")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=None, help="Repositories to read at the same time. Default: one a core."
)
@with_output("table, json, markdown, html; repeatable. Default: table.")
@click.option("--no-progress", is_flag=True, help="Show no progress on stderr.")
@shows_errors
def command(words: tuple[str, ...], **options: Any) -> None:
    """Search the git history of every repository below PATH (default: the current folder): which files held a bad release,
    which would have resolved to it while it was available, from which commit to which, and what to do. A PATH that is an
    environment, a cache, an image (tar or OCI layout), a folder of SBOMs or one without repositories is searched for traces
    instead.

    The question is an incident (litellm-2026), releases ("litellm==1.82.7,1.82.8") or the name of a project, which asks for
    the releases of it that an incident record holds. With --between TIME --and TIME there is none: everything that changed
    in any lock or manifest in that time is listed.

    Exit codes: 0 not exposed, 1 exposed, 3 something could not be read or decided, 4 nothing was there to look at."""
    if options["between"] or options["until"]:
        _list_changes(words or (".",), options)
    elif not words:
        raise click.UsageError("name an incident or a release, or a time with --between and --and")
    else:
        _answer(words[0], words[1:] or (".",), options)


def _answer(text: str, paths: Sequence[str], options: Mapping[str, Any]) -> None:
    from mlsupply.exposure import report
    from mlsupply.exposure.question import ask
    from mlsupply.exposure.survey import survey
    from mlsupply.exposure.traces import hit
    from mlsupply.text import safe
    from mlsupply.world import Limits

    renders: dict[str, Callable[[Question, Sequence[Answer], Machine | None], bytes]] = {
        "table": report.as_text,
        "json": report.as_json,
        "markdown": report.as_markdown,
        "html": _as_html,
    }
    chosen = named(options["outputs"] or ("table",), renders)
    asked = ask(text, options["window"])
    _there(paths, "name what is to be looked at")
    if options["home"] and not Path(options["home"]).is_dir():
        said = f"there is no folder {safe(options['home'])}"
        raise MlsupplyError("path-not-found", said, "--home wants the folder of a user, such as /home/me")
    progress = Progress(quiet=options["no_progress"])
    surveyed = survey(paths, asked, Limits(), _jobs(options), progress, options["inventory"])
    answers = surveyed.answers
    looked = _machines(paths, options["machine"])
    machine = _look(looked, asked, options["home"], progress) if looked or options["home"] else None
    progress.end()
    _say_kept(options, surveyed.kept, len(answers))
    for name, path in chosen:
        (send_table if name == "table" else send)(renders[name](asked, answers, machine), path)
    if not answers and not (machine and machine.files):
        click.echo("neither a git repository nor a file was found there", err=True)
        sys.exit(EXIT_NOTHING)
    if report.exposed(answers) or (machine and hit(machine)):
        sys.exit(EXIT_FINDINGS)
    open_ends = any(one.gaps for one in answers) or report.undecided(answers) or bool(machine and machine.gaps)
    sys.exit(EXIT_INCOMPLETE if open_ends else EXIT_CLEAN)


def _look(paths: Sequence[str], asked: Question, home: str, progress: Progress) -> Machine:
    from mlsupply.exposure.machine import look
    from mlsupply.exposure.survey import beneath, repositories
    from mlsupply.value import replace
    from mlsupply.world import Limits

    machine = look(paths, asked, Limits(), home, progress)
    alone = [path for path in paths if next(repositories([path]), None) is None]
    return replace(machine, gaps=(*beneath(alone), *machine.gaps))


def _as_html(asked: Question, answers: Sequence[Answer], machine: Machine | None) -> bytes:
    from mlsupply.exposure.html_timeline import as_html

    return as_html(asked, answers, machine)


def _list_changes(paths: Sequence[str], options: Mapping[str, Any]) -> None:
    """What changed in a window; that something changed is no finding, so the exit code tells only how whole the list is."""
    from mlsupply.exposure import between
    from mlsupply.exposure.question import interval
    from mlsupply.exposure.survey import histories
    from mlsupply.world import Limits

    renders = {"table": between.as_text, "json": between.as_json, "markdown": between.as_markdown}
    chosen = named(options["outputs"] or ("table",), renders)
    if not (options["between"] and options["until"]):
        raise click.UsageError("--between and --and go together: --between 2026-03-24T10:00Z --and 2026-03-24T16:00Z")
    window = interval(
        f"{options['between']}..{options['until']}", "write --between 2026-03-24T10:00Z --and 2026-03-24T16:00Z"
    )
    _there(paths, "with --between there is no question, only paths")
    progress = Progress(quiet=options["no_progress"])
    read, kept = histories(paths, Limits(), _jobs(options), progress, options["inventory"])
    progress.end()
    _say_kept(options, kept, len(read))
    for name, path in chosen:
        (send_table if name == "table" else send)(renders[name](read, between.changes(read, window)), path)
    if not read:
        click.echo("no git repository was found there", err=True)
        sys.exit(EXIT_NOTHING)
    sys.exit(EXIT_INCOMPLETE if any(one.gaps for one in read) else EXIT_CLEAN)


def _there(paths: Sequence[str], hint: str) -> None:
    """Said before anything is read, which may take long."""
    from mlsupply.text import safe

    for path in paths:
        if not os.path.lexists(path):
            raise MlsupplyError("path-not-found", f"there is no file or folder {safe(path)}", hint)


def _jobs(options: Mapping[str, Any]) -> int:
    return options["jobs"] or os.cpu_count() or 1


def _say_kept(options: Mapping[str, Any], kept: int, count: int) -> None:
    if options["inventory"] and count:
        said = f"{kept} of {count} repositories had not changed; the rest were read again"
        click.echo(f"inventory: {said}", err=True)


def _machines(paths: Sequence[str], asked: bool) -> list[str]:
    """The paths whose files are looked at: all where that is asked, otherwise those that are no repositories."""
    from mlsupply.exposure.survey import is_machine, repositories

    return [path for path in paths if asked or is_machine(path) or next(repositories([path]), None) is None]
