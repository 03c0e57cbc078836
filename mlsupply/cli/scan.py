"""`mlsupply scan`: the main job."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mlsupply.cli.common import real_world, request_of, run_options, shows_errors
from mlsupply.cli.progress import Progress
from mlsupply.errors import MlsupplyError
from mlsupply.model import Severity
from mlsupply.request import Request


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@run_options
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="Output format; repeatable. Default: table."
)
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    default="high",
    show_default=True,
    help="Lowest severity that fails the run. Malicious releases always do.",
)
@click.option("--check", "checks", multiple=True, metavar="NAME", help="Run only this check; repeatable.")
@click.option("--skip", multiple=True, metavar="NAME", help="Leave this check out; repeatable.")
@click.option("--baseline", metavar="FILE", default="", help="Fail only for what this baseline does not know.")
@click.option("--vex", multiple=True, metavar="FILE", help="OpenVEX or CycloneDX VEX document; repeatable.")
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], **options: object) -> None:
    """Audit PATH (a project, lock file, SBOM, wheel folder; default: the current folder) or a REQUIREMENT such as
    "litellm[proxy]==1.82.8", and print a risk report."""
    from mlsupply.audit import run
    from mlsupply.report import parse_outputs, write

    chosen = parse_outputs(outputs or ("table",))
    request = _with_policy(request_of(subjects, options), options)
    progress = Progress(quiet=bool(options["no_progress"]))
    report = run(request, real_world(offline=request.offline, say=progress))
    progress.end()
    write(report, chosen)
    sys.exit(report.verdict.exit_code)


def _with_policy(request: Request, options: Mapping[str, Any]) -> Request:
    """The request with the baseline and VEX files read in; a file that cannot be read stops the run."""
    policy = request.policy
    if path := options["baseline"]:
        from mlsupply.report.baseline import fingerprints

        policy = replace(policy, baseline=fingerprints(path, _bytes(path)))
    if options["vex"]:
        from mlsupply.vex import statements

        policy = replace(policy, vex=tuple(s for path in options["vex"] for s in statements(path, _bytes(path))))
    return replace(request, policy=policy)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise MlsupplyError("file-not-read", f"{path} could not be read: {error.strerror}") from error
