"""`mlsupply check`: what is known about names before they are installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import real_world, request_of, shows_errors
from mlsupply.cli.options import with_output
from mlsupply.cli.terminal import coloured, fitted
from mlsupply.errors import MlsupplyError
from mlsupply.model import Reason, Severity
from mlsupply.text import safe
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.model import Coordinate, Gap, Inventory
    from mlsupply.outcome import Report
    from mlsupply.report.view import Group, View
    from mlsupply.request import Request

_OF_NAMES = ("known-bad", "names")  # the checks a name is enough for
_OF_RELEASES = ("advisories", "release")  # those that need a version
_NOT_OFFERED = {  # options of scan that mean nothing where nothing is resolved
    "environment": "",
    "no_resolve": True,
    "python": "",
    "platforms": (),
    "extras": (),
    "groups": (),
    "exclude_newer": "",
}
_COLOURS = {"MALICIOUS": "red", "CRITICAL": "red", "HIGH": "red", "MEDIUM": "yellow", "LOW": "blue"}
_PIPE = "-"
_MOST_QUIET = 20  # names without a finding that are told one by one
_MOST_DONE = 3  # things to do about it
_MOST_TOLD = 6  # findings of one name, worst first; -o table tells all


@click.command()
@click.argument("names", nargs=-1, metavar="NAME[==VERSION]...")
@click.option(
    "--from",
    "files",
    multiple=True,
    metavar="FILE",
    help="Names from a file, one a line, or - for standard input; repeatable.",
)
@with_output("As in scan. Default: a few lines of text.")
@click.option("--offline", is_flag=True, help="Do not use the network; judge by what is on this machine.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Lowest severity that fails. Default: high.",
)
@click.option("--index-url", metavar="URL", default="", help="Index to ask instead of the public one.")
@click.option(
    "--feed", type=click.Choice(["auto", "embedded", "local", "live"]), help="Advisory data to use. Default: auto."
)
@click.option("--feed-url", metavar="URL", default="", help="OSV API to ask instead of the public one.")
@click.option("--config", metavar="FILE", default="", help="Configuration, instead of the project's own.")
@click.option(
    "--rules", "rule_folders", multiple=True, metavar="DIR", help="Folder of your own rules to use as well; repeatable."
)
@shows_errors
def command(names: tuple[str, ...], files: tuple[str, ...], outputs: tuple[str, ...], **options: object) -> None:
    """Check NAME before you install it: is the name pretending to be another, is the release known to be bad, does an
    advisory name it? Nothing is resolved or downloaded. Exit codes are those of scan."""
    from mlsupply.audit import run_over
    from mlsupply.cli.outputs import parse_outputs, write
    from mlsupply.inventory.named import named
    from mlsupply.report.view import view_of

    if not names and not files:
        raise MlsupplyError("nothing-named", "no name was given", "mlsupply check NAME[==VERSION] or --from FILE")
    chosen = parse_outputs(outputs)
    request = request_of((), {**_NOT_OFFERED, **options})
    world = real_world(offline=request.offline)
    piped = sys.stdin.buffer.read(world.limits.manifest_bytes + 1) if _PIPE in files else None
    files = tuple(path for path in files if path != _PIPE)
    for path in files:
        if world.tree.kind(path) != "file":
            from mlsupply.inventory.discover import unusable

            why = "" if world.tree.kind(path) else unusable(path, world.tree)
            said = f"{safe(path)} {why}" if why else f"there is no file {safe(path)}"
            raise MlsupplyError("path-not-found", said, "name a file of names, one a line")
    tree = world.tree.starting(files) if files else world.tree
    asked = named(names, files, tree, world.limits, piped)
    report = run_over(asked, _limited(request, asked), world)
    if chosen:
        write(report, chosen)
    if all(path for _, path in chosen):
        _tell(view_of(replace(report, gaps=_worth_telling(report))), offline=request.offline)
    sys.exit(report.verdict.exit_code)


def _limited(request: Request, asked: tuple[Inventory, ...]) -> Request:
    """Only the checks that apply. Those of releases are asked where a version is given, and that other names were given
    without one makes no run incomplete. Raises `MlsupplyError` where none is left."""
    from mlsupply.audit import CHECKS
    from mlsupply.request import Tolerance

    versions = any(package.version for inventory in asked for package in inventory.packages)
    wanted = {*_OF_NAMES, *(_OF_RELEASES if versions else ())}
    checks = tuple(check.name for check in CHECKS if check.name in wanted and check.name not in request.skip)
    if not checks:
        raise MlsupplyError(
            "no-check-left", "every check of names and releases is left out", "see skip in the configuration"
        )
    tolerated = (*request.policy.tolerated, *(Tolerance(check=name, reason="unpinned") for name in _OF_RELEASES))
    return replace(request, checks=checks, skip=(), policy=replace(request.policy, tolerated=tolerated))


def _worth_telling(report: Report) -> tuple[Gap, ...]:
    """Gaps without those of names that were given without a version, which is said in one sentence."""
    return tuple(gap for gap in report.gaps if gap.reason is not Reason.UNPINNED or gap.check not in _OF_RELEASES)


def _tell(view: View, *, offline: bool) -> None:
    """A line a name in the order given, then what was found; of many names without a finding their number alone. What was
    not looked at goes to stderr."""
    groups = {group.package: group for group in view.groups}
    asked = dict.fromkeys(package.coordinate for inventory in view.report.inputs for package in inventory.packages)
    quiet = [coordinate for coordinate in asked if coordinate not in groups]
    for coordinate in asked:
        if coordinate in groups or len(quiet) <= _MOST_QUIET:
            _tell_one(coordinate, groups.get(coordinate))
    if len(quiet) > _MOST_QUIET:
        click.echo(f"{_styled('nothing found', 'green')}  in {len(quiet)} other names")
    for gap in view.gaps:
        said = f"not checked: {_where(gap)}: {gap.detail}" + (f" ({gap.hint})" if gap.hint else "")
        click.echo(fitted(said, err=True), err=True)
    for inventory in view.report.inputs:
        if not inventory.packages and not inventory.gaps:
            click.echo(f"{inventory.path} names nothing", err=True)
    if any(not coordinate.version for coordinate in asked):
        said = "Names without a version were checked as names only; NAME==VERSION checks the release too."
        click.echo(fitted(said, err=True), err=True)
    if offline and asked:
        said = (
            "Judged by what is on this machine; without --offline the index says whether, and since when, the names exist."
        )
        click.echo(fitted(said, err=True), err=True)
    click.echo(fitted(view.headline, err=True), err=True)


def _where(gap: Gap) -> str:
    """What a gap is about, with the line where that is a file."""
    place = gap.place
    return f"{gap.subject}:{place.line}" if place and place.line and place.file == gap.subject else gap.subject


def _styled(word: str, colour: str | None, *, bold: bool = False) -> str:
    """click itself leaves colours out where stdout is no terminal."""
    return click.style(word, fg=colour, bold=bold) if coloured() else word


def _tell_one(coordinate: Coordinate, group: Group | None) -> None:
    if group is None:
        click.echo(f"{_styled('nothing found', 'green')}  {coordinate}")
        return
    click.echo(f"{_styled(group.label, _COLOURS.get(group.label), bold=True)}  {coordinate}")
    told = group.findings[:_MOST_TOLD]
    for finding in told:
        severity = "" if finding.severity.value.upper() == group.label else f" ({finding.severity})"
        click.echo(fitted(f"    {finding.id}{severity}  {finding.message}"))
    if len(group.findings) > len(told):
        click.echo(f"    and {len(group.findings) - len(told)} more: -o table shows all")
    for remedy in group.remedies[:_MOST_DONE]:
        click.echo(fitted(f"    → {remedy}"))
    if len(group.remedies) > _MOST_DONE:
        click.echo(f"    → {len(group.remedies) - _MOST_DONE} more things to do: -o table shows all")
