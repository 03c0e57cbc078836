"""`mlsupply sbom`: the inventory alone."""

from __future__ import annotations

import sys

import click

from mlsupply.cli.common import real_world, request_of, run_options, shows_errors


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@run_options
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="Output format. Default: cyclonedx.")
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], **options: object) -> None:
    """Write what a project consists of, without checking any of it."""
    from mlsupply.audit import inventory_report
    from mlsupply.report import parse_outputs, write

    chosen = parse_outputs(outputs or ("cyclonedx",))
    request = request_of(subjects, options)
    report = inventory_report(request, real_world(offline=request.offline))
    write(report, chosen)
    sys.exit(report.verdict.exit_code)
