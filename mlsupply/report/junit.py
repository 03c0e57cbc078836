"""JUnit XML: a test case for each finding and each gap, so that any CI shows them. Findings that fail the run are
failures, other live findings are passed cases with output, gaps are errors; waived findings and gaps that do not make the
run incomplete are skipped."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring  # writes only; nothing is parsed

from mlsupply.model import Finding, Gap
from mlsupply.report.causes import where
from mlsupply.report.view import View, label_of, subject_of


def render(view: View) -> bytes:
    """UTF-8 XML in the shape the Jenkins plug-in and GitLab read."""
    failing = view.report.verdict.failing
    root = Element("testsuites", name="mlsupply")
    by_check: dict[str, list[Element]] = {row.check: [] for row in view.report.coverage}
    for finding in view.findings:
        by_check.setdefault(finding.check, []).append(_finding(finding, finding.fingerprint in failing))
    for gap in view.gaps:
        by_check.setdefault(gap.check, []).append(_gap(gap))
    for row in view.report.coverage:
        if not by_check[row.check]:
            by_check[row.check].append(
                Element("testcase", classname=row.check, name=f"{row.clean:,} packages clean", time="0")
            )
    for check, cases in by_check.items():
        suite = SubElement(root, "testsuite", name=check, timestamp=view.report.as_of[:19])
        suite.extend(cases)
        _count(suite, cases, "skipped")
    _count(root, [case for cases in by_check.values() for case in cases])  # Jenkins' schema has no `skipped` here
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _count(element: Element, cases: list[Element], *more: str) -> None:
    """The totals that readers show instead of counting; nothing here was timed."""
    outcomes = [case[0].tag for case in cases if len(case)]
    element.set("tests", str(len(cases)))
    for name, kind in (("failures", "failure"), ("errors", "error"), *((one, one) for one in more)):
        element.set(name, str(outcomes.count(kind)))
    element.set("time", "0")


def _finding(finding: Finding, failing: bool) -> Element:
    case = Element("testcase", classname=finding.check, name=f"{finding.id} {subject_of(finding)}", time="0")
    # a word in front of each line: CI systems obey lines of a log that start with `::`
    places = [f"at {place}" for place in finding.places]
    text = "\n".join(filter(None, (finding.message, *places, finding.remedy and f"do: {finding.remedy}")))
    if finding.waiver is not None:
        SubElement(case, "skipped", message=f"{finding.waiver.state}: {finding.waiver.reason}")
    elif failing:
        SubElement(case, "failure", message=finding.title, type=label_of(finding)).text = text
    else:
        SubElement(case, "system-out").text = f"{label_of(finding)}: {text}"
    return case


def _gap(gap: Gap) -> Element:
    case = Element("testcase", classname=gap.check, name=f"not checked: {where(gap)}", time="0")
    text = "\n".join(filter(None, (gap.detail, gap.hint and f"do: {gap.hint}")))
    if gap.counts:
        SubElement(case, "error", message=f"not checked: {gap.reason}", type=gap.reason.value).text = text
    else:
        SubElement(case, "skipped", message=f"not checked: {gap.reason}; {'; '.join(text.splitlines())}")
    return case
