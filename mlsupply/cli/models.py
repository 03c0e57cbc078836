"""`mlsupply models`: model files, read without loading them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import shows_errors
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING, MlsupplyError

if TYPE_CHECKING:
    from mlsupply.evidence.models.facts import ModelFacts


@click.group()
def command() -> None:
    """Read model files statically, lock them, verify them."""


@command.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@shows_errors
def scan(paths: tuple[str, ...], output: str) -> None:
    """Say of each model file: clear, blocked or not verified, and why.

    Exit codes: 0 all clear, 1 one is blocked, 3 none is blocked and one could not be verified, 4 no model file found.
    """
    import gc

    gc.freeze()  # what start-up made stays; a short run need not look through it again
    facts = [fact for path in paths for fact in _looked(path)]
    if output == "json":
        import json

        click.echo(json.dumps([_row(fact) for fact in facts], indent=1))
    else:
        for fact in facts:
            _print(fact)
    sys.exit(exit_code(facts))


def exit_code(facts: list[ModelFacts]) -> int:
    """See `scan`."""
    codes = {fact.verdict.exit_code for fact in facts}
    if not codes:
        return EXIT_NOTHING
    return EXIT_FINDINGS if EXIT_FINDINGS in codes else EXIT_INCOMPLETE if EXIT_INCOMPLETE in codes else EXIT_CLEAN


def _looked(path: str) -> Iterator[ModelFacts]:
    """The facts of a file, or of all model files of a folder. What cannot be opened is not verified."""
    from mlsupply.evidence.models import look_at_path, unreadable
    from mlsupply.evidence.models.folder import model_files

    root = Path(path)
    if not root.exists():
        raise MlsupplyError("path-not-found", f"{path} does not exist", "name a model file or a folder")
    for file in model_files(root) if root.is_dir() else (root,):
        try:
            yield look_at_path(file)
        except OSError as error:
            yield unreadable(str(file), error.strerror or str(error))


def _print(fact: ModelFacts) -> None:
    click.echo(f"{fact.verdict.value:<12}  {fact.name}  ({fact.format}, {fact.size:,} bytes)")
    for mark in fact.marks:
        place = mark.member + (f"@{mark.offset}" if mark.offset >= 0 else "")
        click.echo(f"    {mark.verdict.value}: {mark.detail}" + (f"  [{place}]" if place else ""))


def _row(fact: ModelFacts) -> dict[str, object]:
    return {
        "path": fact.name,
        "format": fact.format,
        "size": fact.size,
        "verdict": fact.verdict.value,
        "reasons": [
            {"verdict": m.verdict.value, "cause": m.cause.value, "detail": m.detail, "member": m.member, "offset": m.offset}
            for m in fact.marks
        ],
        "lists": fact.lists,
    }
