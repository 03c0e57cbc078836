"""The verbs: a group of commands that are imported only when called, so that `--help` stays quick."""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import NoReturn

import click

from mlsupply import __version__
from mlsupply.cli import stopped
from mlsupply.named import NamedTuple

_IDS = ("CVE-", "GHSA-", "PYSEC-", "MAL-", "MLS-")


class Verb(NamedTuple):
    """A subcommand: its module has `command`, a click command; help: the line in `mlsupply --help`."""

    module: str
    help: str


VERBS: dict[str, Verb] = {
    "scan": Verb("mlsupply.cli.scan", "Audit a project, lock file, environment, SBOM or requirement."),
    "sbom": Verb("mlsupply.cli.sbom", "Write the inventory as CycloneDX or another format."),
    "check": Verb("mlsupply.cli.check", "Check NAME[==VERSION] before you install it."),
    "inspect": Verb("mlsupply.cli.inspect", "Look inside archives, folders and releases: what runs when."),
    "why": Verb("mlsupply.cli.why", "Show every path from a root to a package."),
    "explain": Verb("mlsupply.cli.explain", "Explain a rule, advisory, incident, error or exit code in full."),
    "models": Verb("mlsupply.cli.models", "Read model files without loading them; lock and verify them."),
    "rules": Verb("mlsupply.cli.rules", "List, show and test the rules, built in and your own."),
    "db": Verb("mlsupply.cli.db", "Look at, fetch, import or build the advisory database."),
    "exposure": Verb("mlsupply.cli.exposure", "Search git histories and machines for an incident: were we hit, when, how."),
}


def _is_wheel(word: str) -> bool:
    return word.endswith(".whl") and os.path.isfile(word)  # noqa: PTH113  pathlib raises for a word too long for a name


_FORMAT = "outputs", "write -o FORMAT[=FILE], for example -o json"
_FILE = "subjects", "name the file without an option, like a folder"
_WAIVER = "baseline", "findings are accepted in the configuration ([[tool.mlsupply.waivers]]), with --vex or with --baseline"
_COLOUR = "", "colours are left out in a pipe, and where NO_COLOR=1 is set"
_OF_OTHERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("--format", "-f", "--json", "--sarif", "--html", "--output-format"), _FORMAT),
    **dict.fromkeys(("-r", "--requirement", "--requirements", "--lockfile", "-L", "--sbom"), _FILE),
    **dict.fromkeys(("--ignore", "--ignore-vuln", "--ignore-vulns", "--ignore-until-fixed"), _WAIVER),
    **dict.fromkeys(("--no-color", "--no-colour", "--color"), _COLOUR),
    **dict.fromkeys(("--version", "-V"), ("", "it is mlsupply --version")),
    "--fix": ("", "nothing is changed here: the report says what to move to"),
}
"""Options that tools of this kind have: the parameter a verb must have for the answer to fit, and the answer."""


class LazyGroup(click.Group):
    """Lists its verbs from `VERBS` and imports the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = import_module(verb.module).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """`inspect` of model files alone goes to `models`: one small file is judged in the time Python takes to start, which
        the workers and databases of package inspection would multiply."""
        if args[:1] == ["inspect"] and not any(map(_is_wheel, args)):
            from mlsupply.cli.models import inspect_models, only_models

            if only_models(args[1:]):
                return "inspect", inspect_models, args[1:]
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            _refuse(args[0], ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """An option of another tool is answered with ours; click would name the one spelt most like it. Stopped while
        the verb is imported, the program ends as it does later."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            stopped()
        except click.NoSuchOption as error:
            needs, said = _OF_OTHERS.get(error.option_name, ("", ""))
            offered = {parameter.name for parameter in error.ctx.command.params} if error.ctx else set()
            if not said or (needs and needs not in offered):
                raise
            raise click.NoSuchOption(
                error.option_name, f"No such option {error.option_name!r}; {said}.", ctx=error.ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


def _refuse(word: str, ctx: click.Context) -> NoReturn:
    """Tell which verb may have been meant, or that a project is audited by `scan`."""
    from difflib import get_close_matches

    from mlsupply.text import safe

    said = ""
    if meant := get_close_matches(word, VERBS, 1):
        said = f"; did you mean {meant[0]}?"
    elif os.path.exists(word):  # noqa: PTH110  see _is_wheel
        said = f"; to audit it: mlsupply scan {safe(word, 200)}"
    elif word.upper().startswith(_IDS):
        said = f"; to have it explained: mlsupply explain {safe(word, 80)}"
    elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:==[A-Za-z0-9.+!]+)?", word):
        said = f"; if it is a package: mlsupply check {safe(word, 80)}"
    ctx.fail(f"there is no command {safe(word, 80)}{said}")


_FIRST = "Start with `mlsupply scan` in a project's folder. `mlsupply COMMAND --help` tells the options of a command, \
`mlsupply explain ID` what a word or exit code in a report means."


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_FIRST)
@click.version_option(__version__, "-V", "--version", prog_name="mlsupply")
def main() -> None:
    """Audit the software supply chain of AI/ML Python projects, without running any of their code."""
