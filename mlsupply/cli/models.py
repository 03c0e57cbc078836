"""`mlsupply models`: model files, read without loading them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import looking_options, no_device, shows_errors
from mlsupply.cli.models_lock import lock_weights, verify_weights
from mlsupply.cli.options import INCOMPLETE, settled, verbose, with_options, with_output
from mlsupply.cli.terminal import fitted
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING, MlsupplyError
from mlsupply.model import Severity
from mlsupply.text import count, safe

if TYPE_CHECKING:
    from mlsupply.evidence.models.facts import ModelFacts

_FOLDER = "folder"  # the format of what stands for a folder that was not looked through


@click.group()
def command() -> None:
    """Read model files statically, lock them, verify them."""


@command.command(short_help="Say of each model file whether it is clear, and why.")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@with_output("table, json; repeatable. Default: table.")
@with_options((INCOMPLETE,))
@shows_errors
def scan(paths: tuple[str, ...], outputs: tuple[str, ...], incomplete: str) -> None:
    """Say of each model file: clear, blocked or not verified, and why.

    Exit codes: 0 all clear, 1 one is blocked, 3 none is blocked and one could not be verified, 4 no model file found.
    """
    import gc

    gc.freeze()  # what start-up made stays; a short run need not look through it again
    chosen = _chosen(outputs)
    facts = [fact for path in paths for fact in _looked(path)]
    if chosen:
        _sent(facts, chosen)
    else:
        _told(facts, paths)
    sys.exit(settled(exit_code(facts), incomplete))


def _chosen(outputs: tuple[str, ...]) -> list[tuple[str, str]]:
    if not outputs:
        return []
    from mlsupply.cli.outputs import named

    return named(outputs, ("table", "json"))


def _sent(facts: list[ModelFacts], chosen: list[tuple[str, str]]) -> None:
    import json

    from mlsupply.cli.outputs import send

    for name, path in chosen:
        lines = (line for fact in facts for line in _lines(fact))
        text = json.dumps([_row(fact) for fact in facts], indent=1) if name == "json" else "\n".join(lines)
        send(f"{text}\n".encode(), path)


def only_models(words: list[str]) -> bool:
    """Whether the paths among the arguments of `mlsupply inspect` are all of models, and there is one."""
    from mlsupply.evidence.alone import stands_alone

    named = (word for word in words if not word.startswith("-") and "==" not in word and os.path.exists(word))  # noqa: PTH110  pathlib raises for a word too long for a name
    paths = [Path(word) for word in named]
    return bool(paths) and not any("==" in word for word in words) and all(stands_alone(path) for path in paths)


@click.command(name="inspect")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@looking_options
@with_output("As in scan. Default: text.")
@click.option("--fail-on", type=click.Choice([severity.value for severity in Severity]), help="Has no effect on models.")
@with_options((INCOMPLETE, verbose("Has no effect on models: everything is shown.")))
@shows_errors
def inspect_models(paths: tuple[str, ...], outputs: tuple[str, ...], **options: object) -> None:
    """Judge model files: clear, blocked or not verified."""
    sys.exit(settled(tell(paths, outputs, options), options["incomplete"]))


def tell(paths: tuple[str, ...], outputs: tuple[str, ...], options: Mapping[str, object]) -> int:
    """Judge model files for `mlsupply inspect`: in words, or as a report in the formats `outputs`; gives the exit code."""
    facts = [fact for path in paths for fact in _looked(path)]
    if outputs:
        return _reported(facts, outputs, options)
    _told(facts, paths)
    return exit_code(facts)


def _told(facts: list[ModelFacts], paths: tuple[str, ...]) -> None:
    for fact in facts:
        click.echo(fitted("\n".join(_lines(fact))))
    nothing = f"nothing to audit: no model file in {', '.join(map(safe, paths))}"
    click.echo(_sentence(facts) if facts else nothing, err=True)


def _reported(facts: list[ModelFacts], outputs: tuple[str, ...], options: Mapping[str, object]) -> int:
    from mlsupply.cli.models_report import write_report
    from mlsupply.evidence.references.check import judged
    from mlsupply.model import Inventory

    files = (Inventory(path=fact.name, format=fact.format, complete=True) for fact in facts)
    code = exit_code(facts)
    write_report(
        files,
        lambda rules: (judged(fact, fact.name, rules) for fact in facts),
        (code, _sentence(facts)),
        outputs,
        options,
    )
    return code


def _sentence(facts: list[ModelFacts]) -> str:
    """`2 model files: 1 blocked, 1 clear; 1 folder not looked through`."""
    from collections import Counter

    files = [fact for fact in facts if fact.format != _FOLDER]
    counts = ", ".join(
        f"{many} {verdict}" for verdict, many in sorted(Counter(fact.verdict.value for fact in files).items())
    )
    said = f"{count(len(files), 'model file')}: {counts}" if files else "no model file"
    folders = f"; {count(len(facts) - len(files), 'folder')} not looked through" if len(files) < len(facts) else ""
    return said + folders


def exit_code(facts: list[ModelFacts]) -> int:
    """See `scan`."""
    codes = {fact.verdict.exit_code for fact in facts}
    if not codes:
        return EXIT_NOTHING
    return EXIT_FINDINGS if EXIT_FINDINGS in codes else EXIT_INCOMPLETE if EXIT_INCOMPLETE in codes else EXIT_CLEAN


def _looked(path: str) -> Iterator[ModelFacts]:
    """The facts of a file, or of all model files of a folder. What cannot be opened is not verified."""
    from mlsupply.evidence.models import look_at_path, unreadable
    from mlsupply.evidence.models.folder import holds_model, is_model_name, model_files

    root = Path(path)
    no_device(root)
    if not root.exists():
        raise MlsupplyError("path-not-found", f"there is no file or folder {path}", "name a model file or a folder")
    unread: list[tuple[str, str]] = []
    for file in model_files(root, unread, archives=True) if root.is_dir() else (root,):
        try:
            fact = look_at_path(file)
        except OSError as error:
            fact = unreadable(str(file), error.strerror or str(error))
        if file == root or is_model_name(file.name, file) or holds_model(fact):
            yield fact
    yield from (unreadable(folder, why, _FOLDER) for folder, why in unread)


def _lines(fact: ModelFacts) -> Iterator[str]:
    what = fact.format if fact.format == _FOLDER else f"{fact.format}, {fact.size:,} bytes"
    yield f"{fact.verdict.value:<12}  {safe(fact.name, 2000)}  ({what})"
    for mark in fact.marks:
        place = mark.member + (f"@{mark.offset}" if mark.offset >= 0 else "")
        yield f"    {mark.verdict.value}: {mark.detail}" + (f"  [{place}]" if place else "")


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


command.add_command(lock_weights)
command.add_command(verify_weights)
