"""A report on model files that belong to no project, in the formats of a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mlsupply.audit import report_of
from mlsupply.cli.common import real_world, request_of
from mlsupply.cli.outputs import parse_outputs, write
from mlsupply.ledger import Ledger
from mlsupply.model import Checked, Inventory
from mlsupply.project import merge
from mlsupply.ruleset import Rules, load
from mlsupply.value import replace


def write_report(
    files: Iterable[Inventory],
    judge: Callable[[Rules], Iterable[Checked]],
    verdict: tuple[int, str],
    outputs: Sequence[str],
    options: Mapping[str, Any],
) -> None:
    """judge: what the rules of the run say of the files; verdict: exit code and sentence, which are the verb's own; outputs:
    `FORMAT[=FILE]`; options: of `cli.options.RUN`. Raises `MlsupplyError`."""
    chosen = parse_outputs(outputs)
    request, world = request_of((), options), real_world(offline=True)
    ledger = Ledger(())
    for said in judge(load(request.rules, world.now())):
        ledger.enter(said)
    report = report_of(merge(files), ledger, request, world)
    decided = replace(report.verdict, exit_code=verdict[0], reason=verdict[1])
    write(replace(report, verdict=decided), chosen)
