"""`mlsupply inspect`: what is inside archives, folders and releases, and what it does at which moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import looking_options, no_device, real_world, request_of, shows_errors
from mlsupply.cli.options import INCOMPLETE, settled, verbose, with_options, with_output
from mlsupply.cli.terminal import fitted
from mlsupply.errors import MlsupplyError
from mlsupply.model import Coordinate, Gap, Inventory, Package, Place, Reason, Severity
from mlsupply.named import NamedTuple
from mlsupply.outcome import Report
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.evidence.contents import Other
    from mlsupply.evidence.package import PackageFacts
    from mlsupply.evidence.served import Served
    from mlsupply.ledger import Ledger
    from mlsupply.model import DataSource
    from mlsupply.project import Project
    from mlsupply.request import Request
    from mlsupply.world import World


_FOR_SCAN = frozenset({"requirements", "Pipfile", "environment.yml", "pixi.toml", "cyclonedx", "spdx"})
_HINTS = {  # of a release that was not had
    Reason.NOT_FOUND: "check the spelling, or name the index that has it with --index-url",
    Reason.NO_ARTIFACT: "check the version, or name the index that has it with --index-url",
    Reason.OFFLINE: "fetch an archive where there is a network, and name the file",
    Reason.FORBIDDEN: "check the credentials of the index",
}


class _Subject(NamedTuple):
    """Something to look into, or the reason why it cannot be; package: what is known of its identity."""

    path: Path | None
    package: Package
    gap: Gap | None = None


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="FILE|DIR|NAME==VERSION...")
@looking_options
@with_output("As in scan. Default: a report in words.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Lowest severity that fails. Default: high.",
)
@with_options((INCOMPLETE, verbose("Show everything that was seen, however much, and all findings and gaps.")))
@click.option(
    "--compare", is_flag=True, help="Compare with the release before it on the index, and a wheel with its source."
)
@shows_errors
def command(subjects: tuple[str, ...], outputs: tuple[str, ...], compare: bool, **options: object) -> None:
    """Look inside wheels, source archives, folders or releases of the index and say what they do when they are installed, at
    every start of Python, on import and when called. Nothing of them is run. Exit codes are those of scan."""
    from mlsupply.cli.outputs import parse_outputs, write

    chosen = parse_outputs(outputs) if outputs else ()
    request = request_of((), options)
    report, seen = inspected(subjects, request, real_world(offline=request.offline), compare=compare)
    whole = bool(options["verbose"])
    if chosen:
        write(report, chosen, verbose=whole)
        sys.exit(settled(report.verdict.exit_code, options["incomplete"]))
    _tell(seen, {Path(text).as_posix() for text in subjects}, whole=whole)
    write(report, parse_outputs(("table",)), verbose=whole)
    sys.exit(settled(report.verdict.exit_code, options["incomplete"]))


def _tell(seen: list[tuple[PackageFacts, tuple[Other, ...]]], named: set[str], *, whole: bool) -> None:
    """The account of each. named: by the user; what a folder holds besides, and there is nothing to tell of, is counted,
    unless `whole`."""
    from mlsupply.evidence.account import account, is_silent
    from mlsupply.text import count, some

    silent = [] if whole else [facts.subject for facts, _ in seen if facts.subject not in named and is_silent(facts)]
    left_out = frozenset(silent)
    for facts, others in seen:
        if facts.subject not in left_out:
            click.echo(fitted("\n".join([*account(facts, whole=whole), *_compared(others)])))
            click.echo()
    if silent:
        said = f"{count(len(silent), 'archive')} without Python, and nothing to tell of: {some(silent, 3)}"
        click.echo(fitted(said + ("; -v tells of each" if len(silent) > 3 else "")))
        click.echo()


def _compared(others: tuple[Other, ...]) -> Iterator[str]:
    """What an archive was compared with, as far as that could be had; the rest is a gap of the report."""
    held = [
        f"the other file of the release, {other.subject}" if same_release else f"the release before, {other.subject}"
        for other, same_release in others
        if not isinstance(other, Gap)
    ]
    if held:
        yield f"  compared with {', and '.join(held)}: any difference that matters is a finding below"


def inspected(
    subjects: tuple[str, ...], request: Request, world: World, *, compare: bool = False
) -> tuple[Report, list[tuple[PackageFacts, tuple[Other, ...]]]]:
    """The report on these archives; of each what was seen in it and what it was held against. Raises `MlsupplyError`
    (`path-not-found`) for a subject that is neither there nor a release."""
    from mlsupply.audit import report_of
    from mlsupply.evidence.contents import held_against, judged
    from mlsupply.evidence.contents_check import CHECK
    from mlsupply.evidence.package import look_inside
    from mlsupply.evidence.pool import Pool
    from mlsupply.ledger import Ledger
    from mlsupply.model import Checked
    from mlsupply.ruleset import load

    served = cache(lambda: _served(request, world))
    each = {
        Path(text).as_posix(): text for named in subjects for text in _with_archives(named)
    }  # a folder, and a file in it
    found = [_subject(text, served) for text in each.values()]
    rules = load(request.rules, world.now())
    project = _project(subject.package for subject in found)
    ledger = Ledger(project.packages)
    ledger.open(CHECK)
    seen: list[tuple[PackageFacts, tuple[Other, ...]]] = []
    with Pool(world.jobs) as pool:
        for place, subject in enumerate(found):
            world.say("looking inside", place, len(found))
            if subject.path is None:
                gaps = (subject.gap,) if subject.gap else ()
                ledger.enter(Checked(check=CHECK, package=subject.package, gaps=gaps))
                continue
            facts = look_inside(subject.path, pool, world.cache / "contents", subject.package.places[0].file)
            if not facts.members and subject.path.is_file():
                facts = _perhaps_a_model(facts)
            others = held_against(facts, subject.package, served(), pool) if compare else ()
            seen.append((facts, others))
            checked = judged(facts, rules, subject.package, others)
            if subject.path.is_dir():
                ledger.note(_for_scan(facts))
            ledger.enter(checked if facts.members or checked.gaps else replace(checked, gaps=(_empty(facts.subject),)))
    digests = {facts.subject: facts.digest for facts, _ in seen}
    sources = list(_known_bad(found, digests, ledger, world))
    return report_of(project, ledger, request, world, sources), seen


def _known_bad(found: list[_Subject], digests: Mapping[str, str], ledger: Ledger, world: World) -> Iterator[DataSource]:
    """Hold them against the record of incidents too: what an archive does may be hidden, and of a release that is gone
    nothing can be looked at. A folder that names no release is none."""
    from mlsupply.advisories.incident_records import AS_OF, index
    from mlsupply.advisories.known_bad import CHECK, findings_of
    from mlsupply.model import Artifact, Checked, DataSource

    known = index()
    ledger.open(CHECK)
    for one in found:
        digest = digests.get(one.package.places[0].file, "")
        files = (Artifact(one.path.name, "other", hashes=(("sha256", digest),)),) if one.path and digest else ()
        is_release = bool(one.package.version or files)
        seen = findings_of(replace(one.package, artifacts=files), known, world) if is_release else ()
        ledger.enter(Checked(check=CHECK, package=one.package, findings=seen))
    yield DataSource("mlsupply incident record", AS_OF, len(known.briefs))


def _for_scan(facts: PackageFacts) -> Iterator[Gap]:
    """What a folder depends on is another question, and one for another verb."""
    from mlsupply.inventory import reader_of
    from mlsupply.text import some

    readers = ((path, reader_of(path)) for path, _ in facts.members)
    named = [path for path, reader in readers if reader and (reader.role == "lock" or reader.format in _FOR_SCAN)]
    if named:
        detail = f"what it depends on was not judged: {some(named, 3)}"
        hint = f"mlsupply scan {quote(facts.subject)}"
        yield Gap(subject=facts.subject, check="inventory", reason=Reason.DISABLED, detail=detail, hint=hint)


def _perhaps_a_model(facts: PackageFacts) -> PackageFacts:
    """Of a file that is no archive and stands beside other subjects: which verb may read it, unless its name says that it
    should be one."""
    from dataclasses import replace as changed

    from mlsupply.evidence.archives import NO_ARCHIVE, is_nested_name

    hint = f"mlsupply models scan {quote(facts.subject)} reads it, if it is a model"
    if is_nested_name(facts.subject):
        hint = "it is not what its name says: get it again, and compare its size with what the index says"
    gaps = (replace(gap, hint=hint) if gap.detail == NO_ARCHIVE else gap for gap in facts.gaps)
    return changed(facts, gaps=tuple(gaps))


def _empty(subject: str) -> Gap:
    """An empty folder or archive is not a harmless one: most likely another was meant."""
    detail, hint = "it holds no file, so there was nothing to look at", "name what holds the package"
    return Gap(subject=subject, check="contents", reason=Reason.NO_ARTIFACT, detail=detail, hint=hint)


def _project(packages: Iterable[Package]) -> Project:
    """The packages as a project, each as if it were an input of its own."""
    from mlsupply.project import merge

    return merge(
        Inventory(path=package.places[0].file, format="archive", packages=(package,), complete=True) for package in packages
    )


def _with_archives(text: str) -> list[str]:
    """A folder and every archive below it: a folder of wheels is a folder of packages, not a package. What lies in an
    environment below it belongs to that."""
    from mlsupply.evidence.archives import NESTED_SUFFIXES
    from mlsupply.folders import files_below
    from mlsupply.pruned import environment_kind

    return (
        [text, *(path.as_posix() for path in files_below(Path(text), NESTED_SUFFIXES, without=environment_kind))]
        if Path(text).is_dir()
        else [text]
    )


def _served(request: Request, world: World) -> Served:
    from mlsupply.evidence.served import Served  # no file on disk needs it

    return Served(request, world)


def _subject(text: str, served: Callable[[], Served]) -> _Subject:
    path = Path(text)
    no_device(path)
    if path.exists():
        name, version = _named(path)
        return _Subject(
            path, Package(coordinate=Coordinate("pypi", name, version), places=(Place(path.as_posix()),), direct=True)
        )
    name, equals, version = text.partition("==")
    if not equals or "/" in text:
        raise MlsupplyError(
            "path-not-found", f"there is no file or folder {text}", "a release is named with its version: NAME==VERSION"
        )
    return _release(name, version, served())


def _named(path: Path) -> tuple[str, str]:
    """Name and version from the file name, or those of the project in the folder."""
    from mlsupply.evidence.identity import name_of_archive, project_of
    from mlsupply.text import canonical, safe

    if path.is_dir():
        name, version = project_of(path)
        return canonical(name or path.resolve().name), safe(version, 100)
    name, version = name_of_archive(path.name)
    return canonical(name), safe(version, 100)


def _release(text: str, version: str, served: Served) -> _Subject:
    """A release of the index: its best archive, fetched by digest."""
    from mlsupply.evidence.contents_check import CHECK
    from mlsupply.text import canonical, safe
    from mlsupply.world import Failure

    name = canonical(text.strip())
    package = Package(
        coordinate=Coordinate("pypi", name, safe(version.strip(), 100)),
        places=(Place(safe(f"{text}=={version}")),),
        direct=True,
    )
    chosen = served.archive(package)
    got = chosen if isinstance(chosen, Failure) else served.fetched(chosen, package)
    if isinstance(got, Failure):
        detail = f"not looked into: {got.detail}"
        hint = "" if got.detail.startswith("the cache ") else _HINTS.get(got.reason, "")
        gap = Gap(subject=str(package.coordinate), check=CHECK, reason=got.reason, detail=detail, hint=hint)
        return _Subject(None, package, gap)
    return _Subject(got, package)
