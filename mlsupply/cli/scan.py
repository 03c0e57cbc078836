"""`mlsupply scan`: the main job."""

from __future__ import annotations

from typing import Any

import click

from mlsupply.cli.options import with_options
from mlsupply.cli.scanning import OPTIONS, scan


@click.command()
@click.argument("subjects", nargs=-1, metavar="[PATH | REQUIREMENT]...")
@with_options(OPTIONS)
def command(subjects: tuple[str, ...], **options: Any) -> None:
    """Audit PATH (a project, lock file, SBOM, wheel folder; default: the current folder) or a REQUIREMENT such as
    "litellm[proxy]==1.82.8", and print a risk report.

    Exit codes: 0 complete and nothing at or above the threshold, 1 findings at or above it, 2 a mistake in the command or
    the configuration, 3 something that was asked for could not be checked, 4 nothing to audit."""
    scan(subjects, options)
