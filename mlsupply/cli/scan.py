"""`mlsupply scan`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlsupply.cli.common import real_world, shows_errors
from mlsupply.model import Severity


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="Output format; repeatable.")
@click.option("--fail-on", type=click.Choice([s.value for s in Severity]), default="high", show_default=True)
@click.option("--offline", is_flag=True, help="Ask nothing of the network.")
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], fail_on: str, offline: bool) -> None:
    """Audit PATH (default: the current folder) or REQUIREMENT and print a risk report."""
    from mlsupply.audit import run
    from mlsupply.report import write
    from mlsupply.request import Request

    request = Request(subjects=subjects or (".",), fail_on=Severity(fail_on), offline=offline)
    report = run(request, real_world(Path(subjects[0] if subjects else "."), offline=offline))
    write(report, outputs or ("table",))
    sys.exit(report.verdict.exit_code)
