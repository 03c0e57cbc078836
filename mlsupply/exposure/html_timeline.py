"""The answer as one HTML file: verdict, a timeline of every span against the window, traces, indicators, what to do.

No scripts at all, nothing loaded from outside; the content security policy allows the one inline style by its hash. Each
mark of the drawing stands in the tables below it too, for those who do not see drawings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from mlsupply.exposure import report
from mlsupply.exposure.answer import Answer, Exposure, Verdict
from mlsupply.exposure.history import Commit
from mlsupply.exposure.machine_report import coverage
from mlsupply.exposure.question import Question
from mlsupply.exposure.traces import Machine, State
from mlsupply.named import NamedTuple
from mlsupply.report.html_elements import Html, asset, element, join, page, scrolled, section, table
from mlsupply.text import count, safe

_NOTICED = 5  # gaps told beside the verdict
_MAX_ROWS = 300  # spans drawn; the tables hold all
_WIDTH, _LEFT, _RIGHT, _ROW = 1000, 290, 24, 26  # pixels
_DAY = 86_400
_STYLE = """
:root { --resolved: #8b0000; --would: #c4320a; --could: #8a5a00; --unknown: #7a3e9d; --no: #6e7781; }
@media screen and (prefers-color-scheme: dark) {
  :root { --resolved: #ff5c5c; --would: #ff9a68; --could: #e3b341; --unknown: #d2a8ff; --no: #8b949e; } }
.resolved { --tone: var(--resolved); } .would-have-resolved { --tone: var(--would); } .could-have { --tone: var(--could); }
.unknown { --tone: var(--unknown); } .no { --tone: var(--no); }
.present { --tone: var(--resolved); } .absent { --tone: var(--ok); }
.not-looked { --tone: var(--gap); } rect.span { fill: var(--tone); } .still { fill: var(--tone); }
.late { fill: var(--malicious); opacity: .16; } rect.window { opacity: .3; } svg text { fill: var(--text); font-size: 12px; }
svg text.tick { fill: var(--dim); } .key span { margin-right: 14px; }
td.long { min-width: 120px; } td:first-child { min-width: 0; } pre.steps { white-space: pre-wrap; }
#exposures td:nth-child(2) { min-width: 230px; }
@media (max-width: 640px) { #exposures td { min-width: 0 !important; }
  #exposures td:nth-child(4)::before { content: "came "; } #exposures td:nth-child(5)::before { content: "left "; } }
"""


class _Row(NamedTuple):
    """A bar. until: None for still."""

    exposure: Exposure
    since: int
    until: int | None


def as_html(question: Question, answers: Sequence[Answer], machine: Machine | None = None) -> bytes:
    """UTF-8 HTML, the same bytes for the same answer."""
    headline = report.headline(question, answers, machine)
    releases = element("p", f"Releases: {report.releases_of(question)}", class_="dim")
    window = element("p", f"Window: {report.window_of(question)}", class_="dim")
    header = element("header", element("h1", headline), releases, window, _notice(answers, machine))
    sections = (
        _timeline(question, answers) if answers else "",
        _exposures(answers),
        _machine(machine),
        _gaps(answers, machine),
        _section("Do", element("pre", "\n".join(report.playbook(question, answers, machine)).strip(), class_="steps")),
        element(
            "p", " ".join((*report.coverage(answers, machine), *([coverage(machine)] if machine else []))), class_="dim"
        ),
    )
    return page(f"mlsupply exposure: {question.text}", header, element("main", *sections), style=asset("html.css") + _STYLE)


def _section(title: str, *children: Html | str) -> Html:
    return section(title.lower().replace(" ", "-"), title, *children)


def _told(answers: Sequence[Answer]) -> list[Exposure]:
    order = list(Verdict)
    shown = [one for answer in answers for one in answer.exposures if one.verdict is not Verdict.NO]
    return sorted(shown, key=lambda one: (order.index(one.verdict), one.first.time, one.repository, one.file))


def _timeline(question: Question, answers: Sequence[Answer]) -> Html:
    told = _told(answers)
    if not told:
        return _section("Timeline", element("p", "No file held, allowed or may have held a bad release.", class_="empty"))
    rows = [_Row(one, one.first.time, _until(one)) for one in told[:_MAX_ROWS]]
    verdicts = [verdict for verdict in Verdict if any(row.exposure.verdict is verdict for row in rows)]
    key = join(*(element("span", verdict.value, class_=f"tag {_class(verdict)}") for verdict in verdicts))
    more = f" {len(told) - len(rows):,} further spans are in the table alone." if len(told) > len(rows) else ""
    about = "Shaded: the window; lighter: where sources disagree on its end. An arrow: it is still there." + more
    return _section(
        "Timeline",
        element("p", key, class_="key"),
        scrolled(_drawing(question, rows), "Timeline drawing"),
        element("p", about, class_="dim"),
    )


def _until(one: Exposure) -> int | None:
    """When it ended, None while a ref holds it; what could not be traced on ends where it came."""
    return one.last.time if one.last else None if one.refs else one.first.time


def _drawing(question: Question, rows: Sequence[_Row]) -> Html:
    window = question.window
    times = [row.since for row in rows] + [row.until for row in rows if row.until is not None]
    times += [moment for moment in (window.start, window.end) if moment is not None]
    pad = max((max(times) - min(times)) // 20, 3600)
    scale = _Scale(min(times) - pad, max(times) + pad)
    height = 30 + _ROW * len(rows) + 24
    marks = [
        *_window(question, scale, height),
        *(mark for place, row in enumerate(rows) for mark in _bar(row, place, scale)),
    ]
    marks += _ticks(scale, height)
    return element(
        "svg", join(*marks), viewBox=f"0 0 {_WIDTH} {height}", width=str(_WIDTH), height=str(height), role="img",
        aria_label="When each file held or allowed a bad release, against the window",
    )  # fmt: skip


class _Scale(NamedTuple):
    first: int
    last: int

    def across(self, moment: int) -> int:
        """Pixels from the left."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (moment - self.first) // max(self.last - self.first, 1)


def _window(question: Question, scale: _Scale, height: int) -> Iterator[Html]:
    window = question.window
    if window.start is None or window.end is None:
        return
    early = window.end if window.early_end is None else window.early_end
    for start, end, name in ((window.start, early, "window"), (early, window.end, "late")):
        if end > start:
            x, wide = scale.across(start), max(scale.across(end) - scale.across(start), 2)
            title = element("title", f"window {_stamp(start)} to {_stamp(end)}")
            yield element("rect", title, x=str(x), y="8", width=str(wide), height=str(height - 34), class_=name)


def _bar(row: _Row, place: int, scale: _Scale) -> Iterator[Html]:
    one, y = row.exposure, 30 + _ROW * place
    tone = _class(one.verdict)
    label = f"{safe(one.repository).rstrip('/').rpartition('/')[2]}/{one.file}"
    yield element("text", element("title", label), label if len(label) <= 44 else f"…{label[-43:]}", x="8", y=str(y + 4))
    end = scale.last if row.until is None else row.until
    x, wide = scale.across(row.since), max(scale.across(end) - scale.across(row.since), 4)
    until = "still" if row.until is None else _stamp(row.until)
    held = one.version or one.specifier or "any version"
    says = element("title", f"{one.verdict.value}: {one.name} {held}, {_stamp(row.since)} to {until}")
    yield element("rect", says, x=str(x), y=str(y - 6), width=str(wide), height="12", rx="2", class_=f"span {tone}")
    if row.until is None:
        tip = x + wide
        yield element("path", d=f"M{tip} {y - 9} L{tip + 10} {y} L{tip} {y + 9} Z", class_=f"still {tone}")


def _ticks(scale: _Scale, height: int) -> Iterator[Html]:
    steps = 4
    form = "%Y-%m-%d" if scale.last - scale.first > 4 * _DAY else "%m-%d %H:%MZ"
    for step in range(steps + 1):
        moment = scale.first + (scale.last - scale.first) * step // steps
        x = str(scale.across(moment))
        anchor = "start" if step == 0 else "end" if step == steps else "middle"
        text = datetime.fromtimestamp(moment, UTC).strftime(form)
        yield element("line", x1=x, x2=x, y1="8", y2=str(height - 26), class_="track")
        yield element("text", text, x=x, y=str(height - 8), text_anchor=anchor, class_="tick")


def _exposures(answers: Sequence[Answer]) -> Html:
    heads = ("Verdict", "Where", "Holds", "Came", "Left", "Through, and why")
    rows = []
    for one in _told(answers):
        left = f"still on {', '.join(one.refs[:3])}" if one.refs else "not traced on"
        ends = f"{_stamp(one.last.time)} {one.last.oid[:12]}" if one.last else left
        merged = (f"merged {_stamp(merge.time)} by {merge.committer}" for merge in one.merged[:3])
        why = [*(" → ".join(path) for path in one.paths), *one.notes, *merged]
        where = join(element("strong", one.file), element("span", safe(one.repository), class_="said"))
        held = f"{one.name} {one.version or one.specifier or 'any'}"
        told = element("ul", *(element("li", line) for line in why), class_="plain") if why else ""
        rows.append((_tag(one.verdict.value), where, held, _came(one.first), ends, told))
    return _section("Exposures", _table(heads, rows)) if rows else Html("")


def _came(commit: Commit) -> str:
    said = f"{commit.oid[:12]} by {commit.author}" if commit.oid else commit.subject
    return f"{_stamp(commit.time)} {said}"


def _machine(machine: Machine | None) -> Html:
    if machine is None:
        return Html("")
    traces = [(trace.kind, trace.path, trace.says) for trace in machine.traces]
    indicators = [
        (_tag(one.state.value), one.kind, one.text, ", ".join(one.places[:3]) or one.why)
        for state in State
        for one in machine.indicators
        if one.state is state
    ]
    none = element("p", f"No trace among {machine.files:,} files.", class_="empty")
    return join(
        _section("Traces", _table(("Kind", "Where", "What"), traces) if traces else none),
        _section("Indicators", _table(("State", "Kind", "Indicator", "Where, or why"), indicators)) if indicators else "",
    )


def _notice(answers: Sequence[Answer], machine: Machine | None) -> Html | str:
    """What was not looked at, before anything that was found."""
    found = report.gaps_of(answers, machine)
    if not found:
        return ""
    rows = [element("li", f"{gap.subject}: {gap.detail}") for gap in found[:_NOTICED]]
    if len(found) > _NOTICED:
        rows.append(element("li", element("a", f"and {len(found) - _NOTICED:,} more", href="#not-checked")))
    title = element("h2", f"{count(len(found), 'thing')} not checked", id="notice-title")
    return element("aside", title, element("ul", *rows), class_="notice", aria_labelledby="notice-title")


def _gaps(answers: Sequence[Answer], machine: Machine | None) -> Html:
    rows = [(gap.subject, gap.detail, gap.hint) for gap in report.gaps_of(answers, machine)]
    if not rows:
        return _section("Not checked", element("p", "Everything that was asked for was looked at.", class_="empty"))
    return _section("Not checked", _table(("What", "Why", "Next step"), rows))


def _table(heads: Sequence[str], rows: Sequence[Sequence[Html | str]]) -> Html:
    told = (element("tr", *(element("td", cell, class_="long") for cell in row)) for row in rows)
    return scrolled(table(heads, told), heads[0], "scroll cards")


def _tag(text: str) -> Html:
    return element("span", text, class_=f"tag {text.replace(' ', '-')}")


def _class(verdict: Verdict) -> str:
    return verdict.value.replace(" ", "-")


def _stamp(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%MZ")
