"""The straight line: read, resolve, judge, account, decide. Reading this file explains the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module

from mlsupply import __version__
from mlsupply.checkout import checkout_of
from mlsupply.errors import MlsupplyError
from mlsupply.evidence.models_check import only_dependencies
from mlsupply.inventory import gather, starting_where_asked
from mlsupply.ledger import Ledger, once_each
from mlsupply.model import Checked, DataSource, Gap, Inventory, Learned, Place, Reason
from mlsupply.named import NamedTuple
from mlsupply.outcome import Asset, Report
from mlsupply.policy import decide
from mlsupply.project import Project, merge
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import World

Judge = Callable[[Project, Request, World], Iterator[Checked | Learned | DataSource]]
"""Looks at a project and yields a `Checked` for each of its packages (see `model.Checked`), further ones without a
package for what concerns the project, what it learned that reports show beside packages, and the sources of data it used."""


class Check(NamedTuple):
    """A named check and the module whose `judge` does it, imported only when the check runs."""

    name: str
    module: str
    question: str  # what it answers, for `explain` and the progress
    needs: tuple[str, ...] = ()  # settings of which it needs one to have anything to judge by; without, it does not run

    def is_configured(self, request: Request) -> bool:
        """Whether the run's settings hold what the check needs; always true for one that needs nothing."""
        own = request.settings.get(self.name)
        return not self.needs or (isinstance(own, Mapping) and any(own.get(key) for key in self.needs))

    def judge(self, project: Project, request: Request, world: World) -> Iterator[Checked | Learned | DataSource]:
        """Import the check's module and let it look. It owes one `Checked` for each package."""
        judge: Judge = import_module(self.module).judge
        return judge(project, request, world)


CHECKS: tuple[Check, ...] = (
    Check("known-bad", "mlsupply.advisories.known_bad", "Is this a release, file or address known to be malicious?"),
    Check("advisories", "mlsupply.evidence.advisory_check", "Does a published advisory name this release?"),
    Check("contents", "mlsupply.evidence.contents_check", "What does the code in its archives do, and when does it run?"),
    Check("names", "mlsupply.evidence.names", "Is the package's name pretending to be another's?"),
    Check("index", "mlsupply.evidence.index_check", "Can a package come from elsewhere than the project means?"),
    Check("release", "mlsupply.evidence.release_check", "Is the release itself remarkable: age, yank, origin, history?"),
    Check(
        "models",
        "mlsupply.evidence.models_check",
        "Which models, datasets and tool servers does the project trust, and how?",
    ),
    Check(
        "licences",
        "mlsupply.evidence.licences",
        "Is each package's licence one that the project's lists allow?",
        ("allow", "deny"),
    ),
)


def selected(request: Request) -> tuple[Check, ...]:
    """The checks of this run. Raises `MlsupplyError` for a name that is no check, and where the command line leaves none:
    that would pass everything. Where the configuration of a project does so, which may be hostile, the report says it."""
    known = {check.name for check in CHECKS}
    for name in (*request.checks, *request.skip):
        if name not in known:
            raise MlsupplyError("unknown-check", f"there is no check named {name}", f"one of: {', '.join(sorted(known))}")
    for check in CHECKS:
        if check.name in request.checks and not check.is_configured(request):
            keys = " or ".join(check.needs)
            hint = f"give {keys} under [tool.mlsupply.{check.name}]"
            raise MlsupplyError("check-not-configured", f"the check {check.name} has nothing to judge by", hint)
    asked = (c for c in CHECKS if (not request.checks or c.name in request.checks) and c.name not in request.skip)
    found = tuple(check for check in asked if check.is_configured(request))
    if found or request.chosen_in:
        return found
    said = "every check is left out, so nothing would be checked"
    raise MlsupplyError("no-check-left", said, "see --check and --skip")


def run(request: Request, world: World) -> Report:
    """Do what was asked. Raises `MlsupplyError` only where no true report could be made; everything else that goes
    wrong is a gap in the report."""
    checks = selected(request)
    return _report(checks, request, world, tuple(_left_out(checks, request)))


def inventory_report(request: Request, world: World) -> Report:
    """What the inputs hold, with no check run; what could not be read or resolved is still a gap."""
    return _report((), request, world)


def run_over(inventories: tuple[Inventory, ...], request: Request, world: World) -> Report:
    """As `run`, for inventories that are already made."""
    return _judged(inventories, selected(request), request, world)


def _report(checks: tuple[Check, ...], request: Request, world: World, notes: tuple[Gap, ...] = ()) -> Report:
    world = starting_where_asked(request, world)
    inventories = gather(request, world)
    return _judged(inventories, checks, request, world, _assets(inventories, world), notes)


def _assets(inventories: tuple[Inventory, ...], world: World) -> tuple[Asset, ...]:
    """Models, datasets and services the project names: inventory, as packages are, and judged by the check `models`."""
    if only_dependencies(world.tree.survey().files, inventories):
        return ()
    from mlsupply.evidence.references.assets import assets

    return assets(world)


def _judged(
    inventories: tuple[Inventory, ...],
    checks: tuple[Check, ...],
    request: Request,
    world: World,
    assets: tuple[Asset, ...] = (),
    notes: tuple[Gap, ...] = (),
) -> Report:
    project = merge(inventories)
    ledger = Ledger(project.packages)
    for inventory in inventories:
        ledger.note(inventory.gaps)
    ledger.note(notes)
    ledger.note(_switched_off(request) if checks else ())
    sources: list[DataSource] = []
    world = _asking_ahead(checks, project, request, world)
    for number, check in enumerate(checks):
        world.say(check.question, number, len(checks))
        _account(check, project, request, world, ledger, sources)
    report = report_of(project, ledger, request, world, sources, assets)
    named = {finding.package for finding in report.findings}
    return replace(report, paths=project.paths(p.key for p in project.packages if p.coordinate in named))


def report_of(
    project: Project,
    ledger: Ledger,
    request: Request,
    world: World,
    sources: Iterable[DataSource] = (),
    assets: tuple[Asset, ...] = (),
) -> Report:
    """The report on what the ledger holds, decided by the policy of the request. Every report is made here; the caller adds
    the paths to packages. Raises `MlsupplyError` where a check left out a package."""
    coverage = ledger.close()
    now = world.now()
    findings, gaps, verdict = decide(once_each(ledger.findings), ledger.gaps, project, request, now)
    return Report(
        tool_version=__version__,
        as_of=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        inputs=project.inventories,
        packages=ledger.packages(),
        findings=findings,
        gaps=gaps,
        sources=tuple(dict.fromkeys(sources)),
        coverage=coverage,
        assets=assets,
        checkout=checkout_of(request, world.tree),
        verdict=verdict,
    )


def _asking_ahead(checks: tuple[Check, ...], project: Project, request: Request, world: World) -> World:
    """The world with the query for advisories already sent: it is the one question that is known before any check runs, and
    that a check would have to wait for."""
    if request.offline or not any(check.name == "advisories" for check in checks):
        return world
    from mlsupply.advisories.asking import ask_ahead

    try:
        return ask_ahead(project, request, world)
    except Exception:  # the check puts the question itself then, and where that breaks off too the ledger says so
        return world


def _account(
    check: Check, project: Project, request: Request, world: World, ledger: Ledger, sources: list[DataSource]
) -> None:
    """Run one check; if it breaks off, what it had not reached becomes a gap and the other checks go on."""
    ledger.open(check.name)
    try:
        for said in check.judge(project, request, world):
            if isinstance(said, DataSource):
                sources.append(said)
            elif isinstance(said, Learned):
                ledger.learn(said)
            else:
                ledger.enter(said)
    except MlsupplyError:
        raise
    except Exception as error:  # a defect in one check must not cost the report of the others; it is reported as a gap
        ledger.fail(check.name, f"the check broke off: {type(error).__name__}: {error}")


def _left_out(checks: tuple[Check, ...], request: Request) -> Iterator[Gap]:
    """A gap for each check that the configuration leaves out, since the project under audit may be hostile, and for all of
    them if none runs. Checks chosen on the command line need none: the user knows, and the coverage sentence says so."""
    for check in CHECKS:
        if check in checks or not check.is_configured(request) or (checks and not request.chosen_in):
            continue
        detail = f"the check did not run: {request.chosen_in or '--check, --skip or the configuration'} leaves it out"
        place = Place(request.chosen_in) if request.chosen_in else None
        yield Gap(subject="all packages", check=check.name, reason=Reason.DISABLED, detail=detail, place=place)


def _switched_off(request: Request) -> Iterator[Gap]:
    """A gap for each rule that the configuration switches off, since the project under audit may be hostile."""
    settings = request.rules
    for rule in settings.off:
        detail = f"the rule is switched off in {settings.origin or 'the configuration'}"
        yield Gap(subject=rule, check="rules", reason=Reason.DISABLED, detail=detail)
