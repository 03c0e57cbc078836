"""What a run ends in: the report that every format gets, and the values that only it holds. `model` has those on the way to
it."""

from __future__ import annotations

from mlsupply.model import DataSource, Finding, Gap, Inventory, Package, PackageKey, Place
from mlsupply.named import NamedTuple
from mlsupply.value import field, value


@value
class Coverage:
    """How far one check got: packages it accounted for, by outcome. found_with_gaps: of those with findings, how many it
    could not look at in full."""

    check: str
    clean: int = 0
    with_findings: int = 0
    with_gaps: int = 0
    found_with_gaps: int = 0


@value
class Asset:
    """A part of the supply chain that is not a package. kind: `model`, `dataset` or `service` (a hosted model, a gateway, a
    tool server); registry: where it is looked up, or who provides it; version: the revision as written; files: (path,
    size in bytes, sha256) where they are locked; bases, datasets: as its card states; notes: (name, value) for reports."""

    kind: str
    registry: str
    name: str
    version: str = ""
    url: str = ""
    places: tuple[Place, ...] = ()
    licence: str = ""
    bases: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    files: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


class Checkout(NamedTuple):
    """Where on disk the run took place. folder: absolute POSIX path that relative paths of the report start from;
    repository: root of the git checkout that holds what was scanned, "" where there is none; subject: the one file or folder
    that was scanned, relative to that root, "" for the root itself, several or none."""

    folder: str = ""
    repository: str = ""
    subject: str = ""


@value
class Verdict:
    """exit_code: 0 clean and complete, 1 findings at or above the threshold, 3 incomplete, 4 nothing to audit; reason:
    the sentence that says why; failing: fingerprints of the findings that decided; counts: by severity and state."""

    exit_code: int
    reason: str
    failing: frozenset[str] = frozenset()
    counts: tuple[tuple[str, int], ...] = ()


@value
class Report:
    """Everything a format needs; built by `audit.report_of` alone, from a `ledger.Ledger`, which refuses a package x check
    pair that nobody accounted for. as_of: when the run looked, ISO 8601 UTC."""

    tool_version: str
    as_of: str
    inputs: tuple[Inventory, ...]
    packages: tuple[Package, ...]
    paths: dict[PackageKey, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    sources: tuple[DataSource, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    assets: tuple[Asset, ...] = ()
    checkout: Checkout = Checkout()
    verdict: Verdict
