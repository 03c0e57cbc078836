"""One self-contained HTML file: verdict, filters, findings, gaps, the paths drawn as a graph, a timeline, all packages.

Complete without scripts (they filter, search and mark only), so it prints, and a screen reader reads it. Nothing is
loaded from outside; the content security policy allows the two inline blocks by their hash and nothing else, and every
text goes through `element`, which escapes it.
"""

from __future__ import annotations

from collections import Counter

from mlsupply.model import Finding, Package, SourceKind
from mlsupply.report.causes import TITLES, Unchecked, alike, in_brief, scope_of, where
from mlsupply.report.html_drawing import graph, timeline
from mlsupply.report.html_elements import Html, asset, element, join, page, prose, scrolled, section, table
from mlsupply.report.upgrades import NO_STEP, Step, upgrades
from mlsupply.report.view import Group, View, brief, label_of, more_paths, subject_of, summary_of
from mlsupply.text import count, some

_NOTICED = 5  # reasons told beside the verdict
_PATHS = 5  # of a package
_AT = 8  # places of a package
_ASKED_AT = 3  # the same in the list of packages
_OPEN = 4  # lines of one cause shown without a click
_SECTIONS = (
    ("upgrades", "Upgrade"),
    ("findings", "Findings"),
    ("gaps", "Not checked"),
    ("graph", "Paths"),
    ("timeline", "Timeline"),
    ("packages", "Packages"),
    ("coverage", "Coverage"),
)


def render(view: View) -> bytes:
    """UTF-8 HTML, the same bytes for the same view."""
    return page(
        f"mlsupply: {view.word}",
        element("a", "Skip to findings", href="#findings", class_="skip"),
        _header(view),
        _bar(view),
        element(
            "main",
            _upgrades(view),
            _findings(view),
            _gaps(view),
            graph(view),
            timeline(view),
            _packages(view),
            _coverage(view),
        ),
        style=asset("html.css"),
        script=asset("html.js"),
    )


def _header(view: View) -> Html:
    report = view.report
    badge = element("span", view.word, class_=f"badge verdict code-{report.verdict.exit_code}")
    inputs = ", ".join(f"{item.path} ({item.format})" for item in report.inputs[:6])
    more = f" and {len(report.inputs) - 6} more" if len(report.inputs) > 6 else ""
    about = f"mlsupply {report.tool_version}, {report.as_of}" + (f"; {inputs}{more}" if inputs else "")
    return element(
        "header",
        element(
            "div",
            element("h1", badge, " ", report.verdict.reason),
            element("button", "Dark or light", type="button", id="theme"),
            class_="top",
        ),
        element(
            "ul",
            join(*(_tile(*pair, whole=not view.gaps) for pair in view.numbers)),
            class_="tiles",
            aria_label=view.headline,
        ),
        _notice(view),
        element("p", about, class_="dim small"),
    )


def _tile(word: str, number: str, *, whole: bool) -> Html:
    """A number with its word; gaps are as loud as findings, and neither is where there is none. whole: nothing was left
    unchecked; only then is having found nothing good news."""
    tones = {
        "not checked": "ok" if number == "0" else "gap",
        "findings": "ok" if whole else "",
        "packages": "",
        "packages with findings": "",
    }
    tone = tones.get(word, _tone(word.upper()))
    return element("li", element("b", number), element("span", word), class_=tone)


def _notice(view: View) -> Html | str:
    """What was not looked at, beside the verdict: before anything that was found."""
    if not view.gaps:
        return ""
    kin = alike(view.unchecked)
    rows = [element("li", prose(in_brief(groups))) for groups in kin[:_NOTICED]]
    if len(kin) > _NOTICED:
        left = count(len(kin) - _NOTICED, "other cause")
        rows.append(element("li", element("a", f"and {left}", href="#gaps")))
    title = element("h2", f"{count(len(view.gaps), 'thing')} not checked", id="notice-title")
    scope = element("p", scope_of(view.unchecked))
    return element("aside", title, scope, element("ul", join(*rows)), class_="notice", aria_labelledby="notice-title")


def _bar(view: View) -> Html:
    sizes = {"findings": len(view.findings), "gaps": len(view.gaps), "packages": len(view.packages)}
    links = [
        element("a", title, element("span", f"{sizes[name]:,}", class_="number") if name in sizes else "", href=f"#{name}")
        for name, title in _SECTIONS
    ]
    return element("div", element("nav", join(*links), aria_label="Sections"), class_="bar")


def _upgrades(view: View) -> Html:
    steps, stuck = upgrades(view.groups)
    if not steps and not stuck:
        return _section("upgrades", element("p", "No other release is known to end a finding.", class_="empty"))
    told = table(("Package", "From", "To", "What it ends"), (_step(step) for step in (*steps, *stuck)))
    return _section("upgrades", scrolled(told, "Upgrades", "scroll cards"))


def _step(step: Step) -> Html:
    to = element("strong", step.to) if step.to else element("span", NO_STEP, class_="dim")
    cells = (
        element("td", step.name, class_="lead"),
        element("td", step.version, class_="short lead"),
        element("td", to, class_="lead"),
        element("td", step.said if step.to else ""),
    )
    return element("tr", *cells)


def _findings(view: View) -> Html:
    labels = Counter(label_of(finding) for finding in view.findings)
    kinds = sorted({finding.kind.value for finding in view.findings})
    buttons = [
        element(
            "button",
            f"{label.lower()} {number:,}",
            type="button",
            class_=f"filter {_tone(label)}",
            data_label=label,
            aria_pressed="true",
        )
        for label, number in labels.items()
    ]
    options = [element("option", "every kind", value=""), *(element("option", kind, value=kind) for kind in kinds)]
    controls = element(
        "div",
        element("label", "Search ", element("input", type="search", id="search", placeholder="package, id, text")),
        element("label", "Kind ", element("select", join(*options), id="kind")),
        element("div", join(*buttons), class_="filters", role="group", aria_label="Severities shown"),
        element("button", "Show all", type="button", id="reset"),
        element("button", "Open all", type="button", id="open", aria_pressed="false"),
        element("output", count(len(view.findings), "finding"), id="shown", aria_live="polite"),
        class_="controls",
    )
    failing = view.report.verdict.failing
    groups = [_group(group, failing) for group in view.groups]
    empty = element("p", "No findings.", class_="empty") if not groups else ""
    return _section("findings", controls if groups else "", join(*groups), empty)


def _section(name: str, *children: Html | str) -> Html:
    return section(name, dict(_SECTIONS)[name], *children)


def _group(group: Group, failing: frozenset[str]) -> Html:
    """What to do comes first, then through what it came, then one line a finding."""
    paths = [element("li", " → ".join(path)) for path in group.paths[:_PATHS]]
    if more := more_paths(group, _PATHS):
        paths.append(element("li", f"and {more}", class_="dim"))
    places = [element("li", element("code", str(place))) for place in group.places[:_AT]]
    if len(group.places) > _AT:
        places.append(element("li", f"and {count(len(group.places) - _AT, 'more place')}", class_="dim"))
    todo = [element("li", prose(remedy)) for remedy in group.remedies]
    facts = join(
        element("div", element("h4", "Do"), element("ul", join(*todo), class_="todo plain"), class_="do") if todo else "",
        element("div", element("h4", "Through"), element("ul", join(*paths), class_="paths")) if paths else "",
        element("div", element("h4", "At"), element("ul", join(*places), class_="plain")) if places else "",
    )
    title = element("h3", element("span", group.label, class_=f"badge {_tone(group.label)}"), " ", group.title)
    size = element("span", count(len(group.findings), "finding"), class_="dim small")
    return element(
        "article",
        element("div", title, size, class_="head"),
        element("div", facts, class_="facts"),
        join(*(_finding(finding, failing) for finding in group.findings)),
        class_=f"group {_tone(group.label)}",
        data_package=group.package.name if group.package else group.title,
    )


def _finding(finding: Finding, failing: frozenset[str]) -> Html:
    label = label_of(finding)
    links = [element("li", element("a", url, href=url, rel="noreferrer noopener")) for url in _safe_links(finding)]
    details = join(
        *(
            join(element("dt", name), element("dd", prose(text) if name == "Do" else text))
            for name, text in _rows(finding)
            if text
        )
    )
    said = summary_of(finding)
    quotes = [element("pre", f"{quote.label + ': ' if quote.label else ''}{quote.text}") for quote in finding.quotes]
    return element(
        "details",
        element(
            "summary",
            element("span", element("span", label.lower(), class_=f"tag {_tone(label)}")),
            element("strong", finding.id),
            element("span", brief(finding), element("span", said, class_="said") if said else "", class_="brief"),
            element("span", "fails the run", class_="fails") if finding.fingerprint in failing else "",
        ),
        element("dl", details),
        join(*quotes),
        element("ul", join(*links), class_="links") if links else "",
        class_="finding",
        data_label=label,
        data_kind=finding.kind.value,
        data_text=" ".join((finding.id, finding.title, finding.message, subject_of(finding))).lower(),
    )


def _rows(finding: Finding) -> list[tuple[str, str]]:
    """(name, text) of all that is known of a finding beside its line; empty texts are not shown."""
    rows = [("What", finding.title), ("In full", finding.message), ("Do", finding.remedy)]
    if advisory := finding.advisory:
        score = f" (CVSS {advisory.score})" if advisory.score is not None else ""
        rows += [
            ("Fixed in", ", ".join(advisory.fixed)),
            ("Also known as", ", ".join(advisory.aliases)),
            ("Matched on", advisory.matched_on),
            ("Rated", f"{finding.severity}{score} {advisory.vector}"),
            ("Published", advisory.published[:10]),
            ("According to", ", ".join(advisory.sources)),
            ("Note", "; ".join(advisory.notes)),
        ]
    rows += [("Technique", finding.technique), ("Runs at", finding.moment), ("Places", ", ".join(map(str, finding.places)))]
    if waiver := finding.waiver:
        until = waiver.until and f"until {waiver.until}"
        rows.append(("Waived", " ".join(filter(None, (waiver.reason, waiver.owner, until, waiver.origin)))))
    return rows


def _safe_links(finding: Finding) -> list[str]:
    return [url for url in finding.references if url.startswith("https://")]


def _gaps(view: View) -> Html:
    if not view.gaps:
        return _section("gaps", element("p", "Everything that was asked for was looked at.", class_="empty"))
    intro = element("p", "What could not be looked at ranks with what was found.")
    titles = ("Cause", "Check", "What", "Why", "Next step")
    told = table(titles, (_unchecked(group) for group in view.unchecked))
    return _section("gaps", intro, scrolled(told, "Gaps", "scroll cards"))


def _unchecked(group: Unchecked) -> Html:
    """A row for one cause; what it is about opens where it is much."""
    lines = [where(group.gaps[0])] if len(group.gaps) == 1 else group.places()
    what: Html | str = lines[0]
    if len(lines) > 1 or len(group.gaps) > _OPEN:
        what = element("ul", join(*(element("li", line) for line in lines)), class_="plain")
    if len(lines) > _OPEN or len(group.gaps) > _OPEN:
        what = element("details", element("summary", group.size), what)
    why = group.gaps[0].detail if len(group.gaps) == 1 else group.why
    cells = (
        element("td", element("span", TITLES[group.cause], class_="tag gap"), class_="short lead"),
        element("td", f"{group.check}, {group.reason}", class_="short lead"),
        element("td", what, class_="long"),
        element("td", why if group.counts else f"{why} (not counted)", class_="long"),
        element("td", prose(group.step)),
    )
    return element("tr", join(*cells))


def _packages(view: View) -> Html:
    hit = {finding.package for finding in view.findings if finding.waiver is None}
    titles = ("Package", "Version", "Licence", "Source", "Asked for at", "State")
    if not view.packages:
        return _section("packages", element("p", "No package was read from the inputs.", class_="empty"))
    search = element("label", "Search ", element("input", type="search", id="package-search", placeholder="name"))
    rows = (_package(package, package.coordinate in hit) for package in view.packages)
    return _section("packages", search, scrolled(table(titles, rows, id="package-rows"), "Packages", "scroll tall cards"))


def _package(package: Package, hit: bool) -> Html:
    kind, url = package.source.kind, package.source.url
    source = url if url and kind is SourceKind.REGISTRY else f"{kind} {url}".rstrip()
    places = some([str(place) for place in package.places], _ASKED_AT)
    state = element("span", "findings", class_="tag high") if hit else "no findings"
    cells = (
        element("td", package.name, class_="lead"),
        element("td", package.version or "not pinned", class_="short lead"),
        element("td", package.licence or "not stated", class_="" if package.licence else "dim short"),
        element("td", source, class_="long"),
        element("td", places, class_="long"),
        element("td", state, class_="short"),
    )
    return element("tr", join(*cells), data_name=package.name)


def _coverage(view: View) -> Html:
    sources = [
        element("li", " ".join(filter(None, (f"{s.name}, data of {s.as_of}", s.licence, s.url))))
        for s in view.report.sources
    ]
    return _section(
        "coverage",
        element("ul", join(*(element("li", prose(sentence)) for sentence in view.coverage))),
        element("ul", join(*sources)) if sources else "",
    )


def _tone(label: str) -> str:
    return label.lower() if label in {"MALICIOUS", "CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"} else "waived"
