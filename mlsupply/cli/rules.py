"""`mlsupply rules`: list, show and test the rules, built in and your own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlsupply.cli.common import Verb, shows_errors
from mlsupply.cli.configuration import rule_files
from mlsupply.cli.terminal import fitted
from mlsupply.errors import EXIT_FINDINGS, EXIT_USAGE, MlsupplyError

if TYPE_CHECKING:
    from mlsupply.ruleset.rule import Rule

_EXISTING = click.Path(path_type=Path, exists=True)


def _rules_option(parameter: str, words: str) -> Callable[[Verb], Verb]:
    return click.option("--rules", parameter, multiple=True, type=_EXISTING, metavar="DIR", help=words)


_folders = _rules_option("folders", "Your own rules too.")


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


@command.command(short_help="A page for each rule.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_folders
@shows_errors
def show(ids: tuple[str, ...], folders: tuple[Path, ...]) -> None:
    """A page for each rule: what, why, an example, what to do, sources, samples."""
    from mlsupply.ruleset.facets import nearest
    from mlsupply.ruleset.pages import page

    values, rules = _all(folders)
    by_id = {rule.id: rule for rule in rules}
    for wanted in ids:
        if wanted.upper() not in by_id:
            message = f"there is no rule {wanted}{nearest(wanted.upper(), by_id)}"
            raise MlsupplyError("unknown-rule", message, "mlsupply rules list shows all")
    click.echo(fitted("\n".join(page(by_id[wanted.upper()], values) for wanted in ids)), nl=False)


@command.command(short_help="What rules may look at.")
@click.argument("names", nargs=-1, metavar="[FACET]...")
@shows_errors
def facets(names: tuple[str, ...]) -> None:
    """What rules may look at: each facet with its fields and the operators they take."""
    from mlsupply.ruleset.facets import FACETS, nearest
    from mlsupply.ruleset.pages import facet_page

    by_name = {facet.name: facet for facet in FACETS}
    for name in names:
        if name not in by_name:
            raise MlsupplyError(
                "unknown-facet", f"there is no facet {name}{nearest(name, by_name)}", "see mlsupply rules facets"
            )
    click.echo(fitted("\n".join(facet_page(by_name[name]) for name in names or by_name)), nl=False)


@command.command()
@shows_errors
def schema() -> None:
    """A JSON Schema of rule files, for editors."""
    import json

    from mlsupply.ruleset.schema import rule_schema

    click.echo(json.dumps(rule_schema(), indent=2))


@command.command(short_help="Run the samples of every rule.")
@click.argument("folders", nargs=-1, type=_EXISTING)
@_rules_option("further", "As FOLDERS.")
@shows_errors
def test(folders: tuple[Path, ...], further: tuple[Path, ...]) -> None:
    """Run every rule's samples: the built-in ones, or those of FOLDERS (files work too)."""
    from mlsupply.ruleset.library import builtin_files, builtin_rules, claimed, read_files, rules_folder
    from mlsupply.ruleset.samples import run_samples

    folders = (*folders, *further)
    if folders:
        values, builtin = builtin_rules()
        values, rules, faults = read_files(rule_files(folders), values)
        if not any(folder.resolve().is_relative_to(rules_folder()) for folder in folders):
            faults = [*faults, *claimed(rules, {rule.id for rule in builtin})]
    else:
        values, rules, faults = read_files(builtin_files(), {})
    faults = [*faults, *run_samples(rules, values)]
    for fault in faults:
        click.echo(str(fault))
    samples = sum(len(rule.samples) for rule in rules)
    from mlsupply.text import count

    click.echo(
        ", ".join(count(*one) for one in ((len(rules), "rule"), (samples, "sample"), (len(faults), "fault"))), err=True
    )
    if not rules and not faults:
        raise MlsupplyError("no-rules", "there is no rule file there", "rules are *.yaml files", EXIT_USAGE)
    sys.exit(EXIT_FINDINGS if faults else 0)


@command.command("compile", short_help="For work on mlsupply itself.")
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
