"""What to move to, in a line a package, in the formats that people read."""

from __future__ import annotations

from dataclasses import replace

from mlsupply.model import AdvisoryRef, Coordinate, Finding, Kind, Severity, Waiver
from mlsupply.report.html import render as html
from mlsupply.report.markdown import render as markdown
from mlsupply.report.table import WHOLE
from mlsupply.report.table import render as table
from mlsupply.report.view import View, view_of
from mlsupply.upgrade import Blocker, Upgrade
from tests.golden import REPORT


def _flaw(number: int, name: str, version: str, upgrade: Upgrade | None) -> Finding:
    identifier = f"CVE-2026-{number:04}"
    return Finding(
        id=identifier,
        check="advisories",
        kind=Kind.ADVISORY,
        title=f"{name}: a flaw",
        message=f"{name} {version} is affected",
        severity=Severity.HIGH,
        package=Coordinate("pypi", name, version),
        advisory=AdvisoryRef(id=identifier, upgrade=upgrade, fixed=(upgrade.version,) if upgrade else ()),
    )


TO_PROXY = Upgrade("1.84.0", checked=True, blockers=(Blocker("dspy 2.6.0", "<1.83", to="2.7.1"),))
PROXY = (_flaw(1, "litellm", "1.82.6", TO_PROXY), _flaw(2, "litellm", "1.82.6", TO_PROXY))
SSO = _flaw(3, "fastapi-sso", "0.16.0", Upgrade("0.19.0", needs_python=">=3.12"))
STUCK = _flaw(4, "diskcache", "5.6.3", None)
RULE = replace(STUCK, id="MLS-C029", kind=Kind.CONTENT, package=Coordinate("pypi", "msal", "1.39.0"), advisory=None)


def _view(*findings: Finding) -> View:
    return view_of(replace(REPORT, findings=findings, gaps=()))


def _section(view: View, width: int = 110, **options: object) -> list[str]:
    """The lines of the table's section, "" before and after it left out."""
    lines = [line.strip() for line in table(view, width, **options).decode().splitlines()]  # type: ignore[arg-type]
    start = next((n for n, line in enumerate(lines) if line.startswith("UPGRADE")), len(lines))
    end = next((n for n, line in enumerate(lines) if n > start and not line), len(lines))
    return [" ".join(line.split()) for line in lines[start:end]]


def test_the_table_ends_its_findings_with_the_step_of_each_package_and_what_keeps_it_out() -> None:
    assert _section(_view(*PROXY, SSO, STUCK, RULE)) == [
        "UPGRADE 2 of 3 packages",
        "fastapi-sso 0.16.0 → 0.19.0 ends 1 finding; needs Python >=3.12",
        "litellm 1.82.6 → 1.84.0 ends 2 findings; dspy 2.6.0 asks for <1.83 and has to move to 2.7.1",
        "no release known to be clear: diskcache 5.6.3",
    ]


def test_a_single_package_has_all_of_it_in_its_own_lines() -> None:
    assert _section(_view(*PROXY, RULE)) == []
    assert "**Upgrade**" not in markdown(_view(*PROXY, RULE)).decode()


def test_what_is_waived_needs_no_step() -> None:
    waived = replace(SSO, waiver=Waiver(reason="not reachable"))
    assert _section(_view(*PROXY, waived)) == []
    assert "2 of 2 packages" in _section(_view(*PROXY, waived, _flaw(5, "orjson", "3.0", Upgrade("3.1"))))[0]


def test_a_parent_that_cannot_move_is_told_as_such() -> None:
    held = (Blocker("app 1.0", "<2", newest="app 1.4"), Blocker("other 2.0", "==1.*"))
    many = tuple(Blocker(f"parent{n} 1.0", "<2", to="2.0") for n in range(5))
    view = _view(_flaw(1, "a", "1", Upgrade("2", blockers=held)), _flaw(2, "b", "1", Upgrade("2", blockers=many)))
    lines = _section(view, 400)
    assert "app 1.0 asks for <2, and so does app 1.4, its newest; other 2.0 asks for ==1.* and has to move too" in lines[1]
    assert lines[2].endswith("parent2 1.0 asks for <2 and has to move to 2.0; and 2 others that keep it out")


def test_a_release_that_is_only_not_listed_is_not_said_to_end_a_flaw() -> None:
    torch = _flaw(1, "torch", "2.10.0", Upgrade("2.11.0"))
    listed = AdvisoryRef(id="CVE-2026-9", upgrade=Upgrade("2.11.0"), last_affected="2.10.0")
    unnamed = replace(torch, id="CVE-2026-9", advisory=listed)
    hijacked = replace(unnamed, id="MAL-1", kind=Kind.MALICIOUS)
    assert [line.partition("2.11.0 ")[2] for line in _section(_view(torch, unnamed, SSO))[1:] if "torch" in line] == [
        "ends 1 finding; 1 finding without a named fix does not list it"
    ]
    assert "2.11.0 1 finding without a named fix does not list it" in " ".join(_section(_view(unnamed, SSO)))
    assert "2.11.0 ends 1 finding fastapi" in " ".join(_section(_view(hijacked, SSO)))


def test_many_steps_are_cut_and_counted_and_verbose_cuts_nothing() -> None:
    view = _view(*(_flaw(n, f"package{n}", "1.0", Upgrade("1.1") if n % 2 else None) for n in range(100)))
    cut = _section(view)
    assert cut[0] == "UPGRADE 50 of 100 packages"
    assert cut[31] == "and 20 more"
    assert "and 20 more" in " ".join(cut[32:])
    whole = _section(view, most=WHOLE)
    assert sum("→" in line for line in whole) == 50
    assert "more" not in " ".join(whole)
    assert markdown(view).decode().count("| package") == 101, "fifty steps, fifty without one, and the head"


def test_it_keeps_to_narrow_terminals() -> None:
    lines = table(_view(*PROXY, SSO, STUCK), 50).decode().splitlines()
    assert max(map(len, lines)) <= 50


def test_markdown_and_html_have_it_before_the_findings_and_as_text() -> None:
    hostile = Upgrade("2.0", blockers=(Blocker("<img src=x> 1", "|[x](javascript:1)", to="2"),))
    view = _view(*PROXY, _flaw(7, "b", "1", hostile))
    said = markdown(view).decode()
    assert said.index("**Upgrade**") < said.index("### HIGH")
    assert "| litellm | 1.82.6 → 1.84.0 | ends 2 findings;" in said
    assert "<img" not in said
    assert "](javascript" not in said
    page = html(view).decode()
    assert page.index('id="upgrades"') < page.index('id="findings"')
    assert "<img" not in page
    assert "<strong>1.84.0</strong>" in page


def test_html_says_where_there_is_nothing_to_move_to() -> None:
    assert "No other release is known to end a finding." in html(_view(RULE)).decode()
