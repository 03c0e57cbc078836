"""`mlsupply rules`: list, show and test the rules, built in and your own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlsupply.cli.common import shows_errors
from mlsupply.cli.configuration import rule_files
from mlsupply.errors import EXIT_FINDINGS, EXIT_USAGE, MlsupplyError

if TYPE_CHECKING:
    from mlsupply.ruleset.rule import Rule

_folders = click.option(
    "--rules",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR",
    help="Your own rules too.",
)


@click.group()
def command() -> None:
    """List, show and test the rules that judge what was found."""


def _all(folders: tuple[Path, ...]) -> tuple[dict[str, Any], list[Rule]]:
    from mlsupply.ruleset.library import builtin_rules, read_own

    values, rules = builtin_rules()
    if folders:
        values, own = read_own(rule_files(folders), values, {rule.id for rule in rules})
        rules = [*rules, *own]
    return values, sorted(rules, key=lambda rule: rule.id)


@command.command("list")
@_folders
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@shows_errors
def list_rules(folders: tuple[Path, ...], as_json: bool) -> None:
    """One line a rule: id, severity, what it looks at, title."""
    _, rules = _all(folders)
    if as_json:
        import json

        keys = ("id", "title", "looks_at", "severity", "confidence", "kind", "offline", "since", "file")
        click.echo(json.dumps([{key: getattr(rule, key) for key in keys} for rule in rules], indent=2))
        return
    wide = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        click.echo(f"{rule.id:<{wide}}  {rule.severity:<8}  {rule.looks_at:<18}  {rule.title}")
    click.echo(f"{len(rules)} rules", err=True)


@command.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True))
@shows_errors
def test(folders: tuple[Path, ...]) -> None:
    """Run every rule's samples: the built-in ones, or those of FOLDERS (files work too)."""
    from mlsupply.ruleset.library import builtin_files, builtin_rules, read_files
    from mlsupply.ruleset.samples import run_samples

    if folders:
        values, rules, faults = read_files(rule_files(folders), builtin_rules()[0])
    else:
        values, rules, faults = read_files(builtin_files(), {})
    faults = [*faults, *run_samples(rules, values)]
    for fault in faults:
        click.echo(str(fault))
    samples = sum(len(rule.samples) for rule in rules)
    click.echo(f"{len(rules)} rules, {samples} samples, {len(faults)} faults", err=True)
    if not rules and not faults:
        raise MlsupplyError("no-rules", "there is no rule file there", "rules are *.yaml files", EXIT_USAGE)
    sys.exit(EXIT_FINDINGS if faults else 0)


@command.command("compile")
@click.option("--check", is_flag=True, help="Write nothing; fail where the compiled rules differ.")
@shows_errors
def compile_rules(check: bool) -> None:
    """Make what a scan loads from the YAML of rules and incidents (for work on mlsupply itself)."""
    from mlsupply.advisories import incident_records
    from mlsupply.ruleset import library

    made = ((library.COMPILED, library.compile_builtin()), (incident_records.COMPILED, incident_records.compile_index()))
    stale = [(path, wanted) for path, wanted in made if not path.exists() or path.read_bytes() != wanted]
    for path, wanted in stale:
        if not check:
            path.write_bytes(wanted)
        click.echo(f"{path.name} {'differs' if check else 'written'}", err=True)
    sys.exit(EXIT_FINDINGS if check and stale else 0)
