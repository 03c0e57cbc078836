"""The ledger: no report while a package x check pair is unaccounted for."""

from __future__ import annotations

import pytest

from mlsupply.errors import MlsupplyError
from mlsupply.ledger import Ledger, once_each
from mlsupply.model import AdvisoryRef, Checked, Coordinate, Finding, Gap, Kind, Learned, Package, Place, Reason, Severity
from mlsupply.upgrade import Blocker, Upgrade
from mlsupply.value import replace

TORCH = Package(coordinate=Coordinate("pypi", "torch", "2.9.0"))
NUMPY = Package(coordinate=Coordinate("pypi", "numpy", "2.3.0"))


def _finding() -> Finding:
    return Finding(id="X-1", check="advisories", kind=Kind.ADVISORY, title="t", message="m", severity=Severity.HIGH)


def test_a_package_nobody_spoke_of_stops_the_report() -> None:
    ledger = Ledger([TORCH, NUMPY])
    ledger.open("advisories")
    ledger.enter(Checked(check="advisories", package=TORCH))
    with pytest.raises(MlsupplyError, match="said nothing of 1 packages, the first being numpy"):
        ledger.close()


def test_a_check_that_breaks_off_leaves_gaps_for_what_it_had_not_reached() -> None:
    ledger = Ledger([TORCH, NUMPY])
    ledger.open("advisories")
    ledger.enter(Checked(check="advisories", package=TORCH))
    ledger.fail("advisories", "the disk is gone")
    (row,) = ledger.close()
    assert (row.clean, row.with_findings, row.with_gaps) == (1, 0, 1)
    assert [(gap.subject, gap.reason) for gap in ledger.gaps] == [("numpy 2.3.0", Reason.INTERNAL)]


def test_a_licence_that_was_learned_stands_where_no_input_states_one() -> None:
    stated = replace(NUMPY, licence="BSD-3-Clause")
    ledger = Ledger([TORCH, stated])
    ledger.learn(Learned(TORCH.key, "BSD-2-Clause"))
    ledger.learn(Learned(NUMPY.key, "GPL-3.0-only"))
    assert [package.licence for package in ledger.packages()] == ["BSD-2-Clause", "BSD-3-Clause"]


@pytest.mark.parametrize("found_first", [True, False])
def test_a_finding_outweighs_a_gap_and_both_are_kept(found_first: bool) -> None:
    gap = Gap(subject="torch 2.9.0", check="advisories", reason=Reason.STALE, detail="old")
    said = [
        Checked(check="advisories", package=TORCH, findings=(_finding(),)),
        Checked(check="advisories", package=TORCH, gaps=(gap,)),
    ]
    ledger = Ledger([TORCH])
    for one in said if found_first else reversed(said):
        ledger.enter(one)
    (row,) = ledger.close()
    assert (row.with_findings, row.with_gaps, row.found_with_gaps) == (1, 0, 1)
    assert len(ledger.findings) == len(ledger.gaps) == 1


def test_a_release_from_thousands_of_sources_is_told_once_at_all_its_places() -> None:
    """A lock may name one release as often as it likes, each time from another address: to hold each against each would
    take minutes."""
    said = [replace(_finding(), places=(Place("uv.lock", line),), message=f"m {line % 2}") for line in range(20_000)]
    even, odd = once_each(said)
    assert (even.message, odd.message) == ("m 0", "m 1")
    assert [place.line for place in odd.places] == list(range(1, 20_000, 2))


def test_a_flaw_of_a_release_from_two_indexes_is_told_once_in_the_words_of_the_index_that_answers() -> None:
    def said(remedy: str, upgrade: Upgrade, line: int) -> Finding:
        advisory = AdvisoryRef(id="CVE-2025-1", upgrade=upgrade)
        return replace(_finding(), places=(Place("uv.lock", line),), remedy=remedy, advisory=advisory)

    blocked = Upgrade("2.9.1", checked=True, blockers=(Blocker("app 1.0", "<2.9.1"),))
    unchecked = said("to 2.9.1, by advisory data alone", Upgrade("2.9.1"), 1)
    checked = said("to 2.9.1, of the index", blocked, 2)
    elsewhere = said("to 3.0", Upgrade("3.0", checked=True), 3)
    one, other = once_each([unchecked, checked, elsewhere])
    assert (one.remedy, one.places) == (checked.remedy, (Place("uv.lock", 1), Place("uv.lock", 2)))
    assert one.advisory == checked.advisory
    assert other == elsewhere
