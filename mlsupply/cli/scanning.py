"""What `mlsupply scan` does with what was typed. Imports no click: see `cli.options`."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from mlsupply.cli.common import real_world, request_of, shows_errors
from mlsupply.cli.options import RUN, Option
from mlsupply.cli.progress import Progress
from mlsupply.hints import Any, NoReturn
from mlsupply.model import Severity

OPTIONS = (
    *RUN,
    Option(("-o", "--output"), "outputs", "Output format; repeatable. Default: table.", "FORMAT[=FILE]", multiple=True),
    Option(
        ("--fail-on",),
        "fail_on",
        "Lowest severity that fails the run. Malicious releases always do. Default: high.",
        choices=tuple(severity.value for severity in Severity),
    ),
    Option(("--check",), "checks", "Run only this check; repeatable.", "NAME", multiple=True),
    Option(("--skip",), "skip", "Leave this check out; repeatable.", "NAME", multiple=True),
    Option(
        ("--contents",),
        "contents",
        "Archives to look into: those on this machine (local, the default), all of the lock, all and the changes since the "
        "release before, or none.",
        choices=("none", "local", "changed", "all"),
    ),
    Option(("--baseline",), "baseline", "Fail only for what this baseline does not know.", "FILE"),
    Option(("--vex",), "vex", "OpenVEX or CycloneDX VEX document; repeatable.", "FILE", multiple=True),
    Option(("-q", "--quiet"), "quiet", "Instead of the table the verdict's sentence alone; no progress."),
    Option(("-v", "--verbose"), "verbose", "The table with all findings and gaps, however many."),
)


@shows_errors
def scan(subjects: tuple[str, ...], options: Mapping[str, Any]) -> NoReturn:
    """Audit the subjects and write the report. options: a value for each of `OPTIONS`. Ends by `SystemExit`."""
    from mlsupply.audit import run
    from mlsupply.report import parse_outputs, write

    chosen = parse_outputs(options["outputs"] or ("table",))
    request = request_of(subjects, options)
    progress = Progress(quiet=bool(options["no_progress"] or options["quiet"]))
    report = run(request, real_world(offline=request.offline, say=progress))
    progress.end()
    write(report, chosen, quiet=bool(options["quiet"]), verbose=bool(options["verbose"]))
    sys.exit(report.verdict.exit_code)
