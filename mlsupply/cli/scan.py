"""`mlsupply scan`: the main job."""

from __future__ import annotations

import sys

import click

from mlsupply.cli.common import real_world, request_of, run_options, shows_errors
from mlsupply.cli.progress import Progress
from mlsupply.model import Severity


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@run_options
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="Output format; repeatable. Default: table."
)
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Lowest severity that fails the run. Malicious releases always do. Default: high.",
)
@click.option("--check", "checks", multiple=True, metavar="NAME", help="Run only this check; repeatable.")
@click.option("--skip", multiple=True, metavar="NAME", help="Leave this check out; repeatable.")
@click.option(
    "--contents",
    type=click.Choice(["none", "local", "changed", "all"]),
    help="Archives to look into: those on this machine (local, the default), all of the lock, all and the changes since the "
    "release before, or none.",
)
@click.option("--baseline", metavar="FILE", default="", help="Fail only for what this baseline does not know.")
@click.option("--vex", multiple=True, metavar="FILE", help="OpenVEX or CycloneDX VEX document; repeatable.")
@click.option("-q", "--quiet", is_flag=True, help="Instead of the table the verdict's sentence alone; no progress.")
@click.option("-v", "--verbose", is_flag=True, help="The table with all findings and gaps, however many.")
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], **options: object) -> None:
    """Audit PATH (a project, lock file, SBOM, wheel folder; default: the current folder) or a REQUIREMENT such as
    "litellm[proxy]==1.82.8", and print a risk report."""
    from mlsupply.audit import run
    from mlsupply.report import parse_outputs, write

    chosen = parse_outputs(outputs or ("table",))
    request = request_of(subjects, options)
    progress = Progress(quiet=bool(options["no_progress"] or options["quiet"]))
    report = run(request, real_world(offline=request.offline, say=progress))
    progress.end()
    write(report, chosen, quiet=bool(options["quiet"]), verbose=bool(options["verbose"]))
    sys.exit(report.verdict.exit_code)
