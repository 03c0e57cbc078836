"""What `mlsupply scan` does with what was typed. Imports no click: see `cli.options`."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from mlsupply.cli.common import real_world, request_of, shows_errors, taken_for_names
from mlsupply.cli.options import INCOMPLETE, RUN, Option, output, settled, verbose
from mlsupply.cli.progress import Progress
from mlsupply.hints import Any, NoReturn
from mlsupply.model import Severity

OPTIONS = (
    *RUN,
    output(
        "table, json, sarif, cyclonedx, cyclonedx-1.7, cyclonedx-xml, spdx, markdown, html, junit, github, openvex, "
        "baseline; repeatable, one of them to stdout. Default: table."
    ),
    Option(
        ("--fail-on",),
        "fail_on",
        "Lowest severity that fails the run. Malicious releases always do. Default: high.",
        choices=tuple(severity.value for severity in Severity),
    ),
    INCOMPLETE,
    Option(
        ("--check",),
        "checks",
        "Run only this check (advisories, contents, index, known-bad, licences, models, names, release); repeatable.",
        "NAME",
        multiple=True,
    ),
    Option(("--skip",), "skip", "Leave this check out; repeatable.", "NAME", multiple=True),
    Option(
        ("--contents",),
        "contents",
        "Archives to look into: those on this machine (local, the default), all of the lock, all and the changes since the "
        "release before, or none.",
        choices=("none", "local", "changed", "all"),
    ),
    Option(("--baseline",), "baseline", "Fail only for findings that are not in this baseline.", "FILE"),
    Option(("--vex",), "vex", "OpenVEX or CycloneDX VEX document; repeatable.", "FILE", multiple=True),
    Option(("-q", "--quiet"), "quiet", "Print only the verdict instead of the table, and no progress."),
    verbose("Show all findings and gaps in the table, however many."),
)


@shows_errors
def scan(subjects: tuple[str, ...], options: Mapping[str, Any]) -> NoReturn:
    """Audit the subjects and write the report. options: a value for each of `OPTIONS`. Ends by `SystemExit`."""
    from mlsupply.audit import run
    from mlsupply.cli.outputs import parse_outputs, write

    chosen = parse_outputs(options["outputs"] or ("table",))
    request = request_of(subjects, options)
    quiet = bool(options["quiet"])
    progress = Progress(quiet=quiet or bool(options["no_progress"]))
    world = real_world(offline=request.offline, say=progress)
    report = run(request, world)
    progress.end()
    if not quiet:
        taken_for_names(subjects, world.tree)
    view = write(report, chosen, quiet=quiet, verbose=bool(options["verbose"]))
    if not quiet and all(path for _, path in chosen):
        sys.stderr.write(f"{view.word}: {view.headline}\n")
    code = report.verdict.exit_code
    sys.exit(settled(code, options["incomplete"]))
