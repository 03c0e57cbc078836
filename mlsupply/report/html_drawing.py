"""The two pictures of the HTML report, drawn as SVG without a script: the paths from the roots to what was found, and a
timeline of releases, advisories and exposure windows."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from mlsupply.model import Package
from mlsupply.report.html_elements import Html, element, join
from mlsupply.report.view import Group, View

_MAX_NODES = 150
_COLUMN, _ROW, _WIDTH, _HEIGHT = 230, 46, 190, 30  # pixels
_MAX_ROWS = 60
_LEFT, _RIGHT = 220, 40


def graph(view: View) -> Html:
    """Nodes in columns by their distance from a root; findings carry the colour of their worst."""
    labels = {group.package.name: group.label for group in view.groups if group.package}
    links, hidden = _links(view)
    title = element("h2", "Paths", id="graph-title")
    if not links:
        text = element("p", "No finding has a path: nothing was found, or the inputs tell no edges.", class_="empty")
        return element("section", title, text, id="graph", aria_labelledby="graph-title")
    places = _layout(links)
    lines = [
        element("path", class_="edge", d=_curve(places[one], places[other]), data_from=one, data_to=other)
        for one, other in sorted(links)
    ]
    nodes = [_node(name, place, labels.get(name, "")) for name, place in sorted(places.items())]
    width = max(x for x, _ in places.values()) + _WIDTH + 20
    height = max(y for _, y in places.values()) + _HEIGHT + 20
    drawing = element(
        "svg", join(*lines, *nodes), viewBox=f"0 0 {width} {height}", width=str(width), height=str(height), role="group",
        aria_label="Dependency paths to findings",
    )  # fmt: skip
    note = element("p", f"{hidden} further paths are not drawn.", class_="dim") if hidden else ""
    intro = element("p", "Choose a package to see its paths and its findings alone.", class_="dim")
    selected = element("ul", id="selected-paths", class_="paths", aria_live="polite")
    scroll = element("div", drawing, class_="scroll", tabindex="0", role="region", aria_label="Graph")
    return element("section", title, intro, scroll, selected, note, id="graph", aria_labelledby="graph-title")


def _links(view: View) -> tuple[set[tuple[str, str]], int]:
    """The edges of the paths, whole paths at a time until the drawing is full; and how many paths did not fit."""
    links: set[tuple[str, str]] = set()
    nodes: set[str] = set()
    hidden = 0
    for group in view.groups:
        for path in group.paths:
            if len(nodes | set(path)) > _MAX_NODES:
                hidden += 1
                continue
            nodes.update(path)
            links.update(pairwise(path))
    return links, hidden


def _layout(links: set[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Column: longest distance from a node without parents, so that lines run to the right; links that close a cycle do
    not count. Row: in the order of the parents' rows, so that lines cross less."""
    children: dict[str, list[str]] = {}
    for one, other in sorted(links):
        children.setdefault(one, []).append(other)
    depths = _depths(children)
    places: dict[str, tuple[int, int]] = {}
    names = {name for link in links for name in link}
    for depth in range(max(depths.values(), default=0) + 1):
        column = sorted(name for name in names if depths.get(name, 0) == depth)
        order = {name: min((places[p][1] for p, c in links if c == name and p in places), default=0) for name in column}
        for row, name in enumerate(sorted(column, key=lambda name: (order[name], name))):
            places[name] = (10 + depth * _COLUMN, 10 + row * _ROW)
    return places


def _depths(children: dict[str, list[str]]) -> dict[str, int]:
    """Longest distance from a start for each node, links back to an ancestor left out."""
    finished: list[str] = []
    state: dict[str, bool] = {}  # True while on the way down, False when done
    back: set[tuple[str, str]] = set()
    for start in sorted(children):
        stack = [(start, iter(children[start]))] if start not in state else []
        state.setdefault(start, True)
        while stack:
            name, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                state[name] = False
                finished.append(name)
                stack.pop()
            elif child not in state:
                state[child] = True
                stack.append((child, iter(children.get(child, ()))))
            elif state[child]:
                back.add((name, child))
    depths = dict.fromkeys(finished, 0)
    for name in reversed(finished):
        for child in children.get(name, ()):
            if (name, child) not in back:
                depths[child] = max(depths[child], depths[name] + 1)
    return depths


def _curve(one: tuple[int, int], other: tuple[int, int]) -> str:
    x1, y1, x2, y2 = one[0] + _WIDTH, one[1] + _HEIGHT // 2, other[0], other[1] + _HEIGHT // 2
    bend = max(30, (x2 - x1) // 2)
    return f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"


def _node(name: str, place: tuple[int, int], label: str) -> Html:
    shown = name if len(name) <= 24 else name[:23] + "…"
    x, y = place
    said = f"{name}, {label.lower()}" if label else name
    return element(
        "g",
        element("rect", x=str(x), y=str(y), width=str(_WIDTH), height=str(_HEIGHT), rx="6"),
        element("text", shown, x=str(x + 10), y=str(y + 20)),
        class_=f"node {label.lower()}".strip(),
        data_name=name,
        tabindex="0",
        role="button",
        aria_pressed="false",
        aria_label=said,
    )


def timeline(view: View) -> Html:
    """A row a package with findings: when its release came, when advisories were published, when it was on the index
    though known bad, and when this report looked."""
    releases = {package.coordinate: package for package in view.packages}
    rows = [(group, _events(group, releases.get(group.package) if group.package else None)) for group in view.groups]
    rows = [(group, events) for group, events in rows if events][:_MAX_ROWS]
    title = element("h2", "Timeline", id="timeline-title")
    if not rows:
        text = element("p", "No finding carries a date.", class_="empty")
        return element("section", title, text, id="timeline", aria_labelledby="timeline-title")
    now = datetime.fromisoformat(view.report.as_of)
    times = [moment for _, events in rows for moment, _ in events] + [now]
    table = join(
        *(
            element("li", f"{group.title}: " + "; ".join(f"{moment:%Y-%m-%d %H:%MZ} {word}" for moment, word in events))
            for group, events in rows
        )
    )
    drawing = _draw_timeline(rows, min(times), max(times), now)
    listed = element("details", element("summary", "The same as a list"), element("ul", table))
    scroll = element("div", drawing, class_="scroll", tabindex="0", role="region", aria_label="Timeline drawing")
    return element("section", title, scroll, listed, id="timeline", aria_labelledby="timeline-title")


Event = tuple[datetime, str]


def _events(group: Group, package: Package | None) -> list[Event]:
    found: list[Event] = []
    uploads = [artifact.uploaded for artifact in package.artifacts if artifact.uploaded] if package else []
    if uploads and (moment := _moment(min(uploads))):
        found.append((moment, "released"))
    for finding in group.findings:
        if finding.advisory is None:
            continue
        if moment := _moment(finding.advisory.published):
            found.append((moment, f"{finding.id} published"))
        if finding.advisory.window:
            bounds = zip(finding.advisory.window, ("on the index from", "removed"), strict=True)
            found += [(moment, word) for text, word in bounds if (moment := _moment(text))]
    return sorted(dict.fromkeys(found))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _draw_timeline(rows: list[tuple[Group, list[Event]]], first: datetime, last: datetime, now: datetime) -> Html:
    width, height = 900, 40 + 28 * len(rows)
    span = max((last - first).total_seconds(), 1.0)

    def across(moment: datetime) -> int:
        return _LEFT + int((width - _LEFT - _RIGHT) * (moment - first).total_seconds() / span)

    marks = []
    for number, (group, events) in enumerate(rows):
        y = 20 + 28 * number
        marks.append(element("text", group.title[:30], x="0", y=str(y + 5), class_="row"))
        marks.append(element("line", x1=str(_LEFT), x2=str(width - _RIGHT), y1=str(y), y2=str(y), class_="track"))
        bounds = [across(moment) for moment, word in events if word in {"on the index from", "removed"}]
        if len(bounds) == 2:
            wide = str(max(bounds[1] - bounds[0], 6))
            marks.append(element("rect", x=str(bounds[0]), y=str(y - 7), width=wide, height="14", class_="window"))
        marks += [
            element(
                "circle", element("title", f"{moment:%Y-%m-%d %H:%MZ} {word}"), cx=str(across(moment)), cy=str(y), r="5",
                class_="release" if word == "released" else "advisory",
            )
            for moment, word in events
            if word not in {"on the index from", "removed"}
        ]  # fmt: skip
    x = str(across(now))
    marks.append(element("line", x1=x, x2=x, y1="6", y2=str(height - 18), class_="now"))
    ends = [(first, _LEFT, "start"), (last, width - _RIGHT, "end")]
    marks += [
        element("text", f"{m:%Y-%m-%d}", x=str(at), y=str(height - 2), text_anchor=anchor, class_="tick")
        for m, at, anchor in ends
    ]
    return element(
        "svg",
        join(*marks),
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
        aria_label="Timeline",
    )
