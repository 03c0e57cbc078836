"""`mlsupply sbom`: the inventory alone."""

from __future__ import annotations

import sys

import click

from mlsupply.cli.common import reading_options, real_world, request_of, shows_errors, taken_for_names
from mlsupply.cli.options import with_output
from mlsupply.errors import MlsupplyError

_FORMATS = ("cyclonedx", "cyclonedx-1.7", "cyclonedx-xml", "spdx", "json")  # the others tell of findings


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@reading_options
@with_output(f"{', '.join(_FORMATS)}; repeatable. Default: cyclonedx.")
@click.option(
    "--check",
    "wanted",
    type=click.Choice(["g7-ai", "bsi", "ntia"]),
    help="Print which elements of this list the SBOM has and which it lacks; the SBOM goes to files alone.",
)
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], wanted: str | None, **options: object) -> None:
    """Write what a project consists of, models and datasets included, without checking any of it."""
    from mlsupply.audit import inventory_report
    from mlsupply.cli.outputs import parse_outputs, write

    chosen = parse_outputs(outputs or (() if wanted else ("cyclonedx",)))
    if wanted and not all(path for _, path in chosen):
        said = "--check goes to stdout, and so would an output without a file"
        raise MlsupplyError("two-outputs-to-stdout", said, "write it to a file: -o FORMAT=FILE")
    for form, _ in chosen:
        if form.name not in _FORMATS:
            raise MlsupplyError("unknown-format", f"{form.name} is no format of an SBOM", f"one of: {', '.join(_FORMATS)}")
    request = request_of(subjects, options)
    world = real_world(offline=request.offline)
    report = inventory_report(request, world)
    taken_for_names(subjects, world.tree)
    write(report, chosen)
    if wanted:
        import json

        from mlsupply.report.completeness import table
        from mlsupply.report.cyclonedx_ import render
        from mlsupply.report.view import view_of

        click.echo(table(json.loads(render(view_of(report))), wanted))
    if report.verdict.exit_code:
        steps = " (the SBOM lists it, and `mlsupply scan` says what closes it)" if report.gaps else ""
        click.echo(f"{report.verdict.reason}{steps}", err=True)
    sys.exit(report.verdict.exit_code)
