"""The two pictures of the HTML report, drawn as SVG without a script: the paths from the roots to what was found, and a
timeline of releases, advisories and exposure windows."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from mlsupply.model import Package
from mlsupply.named import NamedTuple
from mlsupply.report.html_elements import Html, element, join, scrolled, section
from mlsupply.report.view import Group, View
from mlsupply.text import count

_MAX_NODES = 150
_LETTERS = 27  # that a box has room for, beside the word of its worst finding
_COLUMN, _WIDTH = 264, 220  # pixels from column to column, and of a box
_ROW, _HEIGHT, _LANE = 44, 30, 16  # pixels from box to box, of a box, and of a line that passes a column
_FITS = 1500  # a wider drawing is scrolled, a narrower one is made to fit
_CENTRED = 900  # columns of drawings up to this height stand in the middle
_SWEEPS = 4  # times the rows are ordered by their neighbours'
_MAX_ROWS = 60
_LEFT, _RIGHT, _TIMES = 220, 30, 1160  # margins and width of the timeline


def graph(view: View) -> Html:
    """Nodes in columns by their distance from a root; findings carry the colour of their worst."""
    labels = {group.package.name: group.label for group in reversed(view.groups) if group.package}
    links, hidden = _links(view)
    if not links:
        text = element(
            "p", "No finding has a path: nothing was found, or the inputs do not say what requires what.", class_="empty"
        )
        return section("graph", "Paths", text)
    drawn = layout(links)
    lines = [
        element("path", class_="edge", d=_curve(points), data_from=one, data_to=other)
        for (one, other), points in sorted(drawn.lines.items())
    ]
    boxes = sorted(drawn.boxes.items(), key=lambda box: (box[1], box[0]))
    nodes = [_node(name, place, labels.get(name, ""), first=not number) for number, (name, place) in enumerate(boxes)]
    width = max(x for x, _ in drawn.boxes.values()) + _WIDTH + 12
    drawing = element(
        "svg", join(*lines, *nodes), viewBox=f"0 0 {width} {drawn.height}", width=str(width), height=str(drawn.height),
        role="group", class_="fits" if width <= _FITS else "", aria_label="Dependency paths to findings",
    )  # fmt: skip
    note = element("p", f"{hidden} further paths are not drawn.", class_="dim") if hidden else ""
    intro = element(
        "p", "Choose a package to see its paths and its findings alone; arrow keys go through them.", class_="dim hint"
    )
    selected = element("ul", id="selected-paths", class_="paths", aria_live="polite")
    return section("graph", "Paths", intro, scrolled(drawing, "Graph"), selected, note)


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


_Point = tuple[int, int]
_Stop = tuple[str, str, int] | str
"""A box by its name, or where a line (from, to) passes a column."""


class Drawn(NamedTuple):
    """Upper left corners of the boxes; for each link the points its line goes through."""

    boxes: dict[str, _Point]
    lines: dict[tuple[str, str], list[_Point]]
    height: int


def layout(links: set[tuple[str, str]]) -> Drawn:
    """Columns by the longest distance from a start, so that lines run to the right; links that close a cycle do not count.
    A line that passes a column has a lane of its own there and no box lies on it (Sugiyama, Tagawa, Toda 1981)."""
    children: dict[str, list[str]] = {}
    for one, other in sorted(links):
        children.setdefault(one, []).append(other)
    depths = _depths(children)
    routes = {link: _route(link, depths) for link in sorted(links)}
    columns: list[list[_Stop]] = [[] for _ in range(max(depths.values(), default=0) + 1)]
    for name in sorted({name for link in links for name in link}):
        columns[depths.get(name, 0)].append(name)
    for route in routes.values():
        for stop in route:
            if not isinstance(stop, str):
                columns[stop[2]].append(stop)
    _untangle(columns, routes)
    return _placed(columns, routes)


def _route(link: tuple[str, str], depths: dict[str, int]) -> list[_Stop]:
    one, other = link
    return [one, *((one, other, depth) for depth in range(depths.get(one, 0) + 1, depths.get(other, 0))), other]


def _untangle(columns: list[list[_Stop]], routes: dict[tuple[str, str], list[_Stop]]) -> None:
    """Order each column by the mean row of its neighbours, to the right and back again, so that fewer lines cross."""
    beside: dict[_Stop, list[_Stop]] = {}
    for route in routes.values():
        for one, other in pairwise(route):
            beside.setdefault(one, []).append(other)
            beside.setdefault(other, []).append(one)
    rows = {stop: row for column in columns for row, stop in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            column.sort(key=lambda stop: sum(rows[near] for near in beside[stop]) / len(beside[stop]))
            rows.update({stop: row for row, stop in enumerate(column)})


def _placed(columns: list[list[_Stop]], routes: dict[tuple[str, str], list[_Stop]]) -> Drawn:
    heights = [sum(_ROW if isinstance(stop, str) else _LANE for stop in column) for column in columns]
    tallest = max(heights)
    points: dict[_Stop, _Point] = {}
    for depth, (column, height) in enumerate(zip(columns, heights, strict=True)):
        y = 12 + ((tallest - height) // 2 if tallest <= _CENTRED else 0)
        for stop in column:
            points[stop] = (12 + depth * _COLUMN, y)
            y += _ROW if isinstance(stop, str) else _LANE
    lines = {link: [point for stop in route for point in _ends(stop, points[stop])] for link, route in routes.items()}
    boxes = {stop: point for stop, point in points.items() if isinstance(stop, str)}
    return Drawn(boxes, {link: line[1:-1] for link, line in lines.items()}, tallest + 12)


def _ends(stop: _Stop, point: _Point) -> tuple[_Point, _Point]:
    """Where a line enters a box or lane and where it leaves it."""
    y = point[1] + (_HEIGHT if isinstance(stop, str) else _LANE) // 2
    return (point[0], y), (point[0] + _WIDTH, y)


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


def _curve(points: list[_Point]) -> str:
    """Bends between columns, straight through lanes."""
    words = [f"M{points[0][0]},{points[0][1]}"]
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        bend = max(22, abs(x2 - x1) // 2)
        words.append(f"L{x2},{y2}" if number % 2 else f"C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}")
    return " ".join(words)


def _node(name: str, place: _Point, label: str, *, first: bool) -> Html:
    """A box with the name and the word of its worst finding, so that colour is not all that tells."""
    most = _LETTERS - len(label)
    shown = name if len(name) <= most else f"…{name[1 - most :]}" if "/" in name else f"{name[: most - 1]}…"
    x, y = place
    word = label.lower()
    return element(
        "g",
        element("title", name),
        element("rect", x=str(x), y=str(y), width=str(_WIDTH), height=str(_HEIGHT), rx="6"),
        element("text", shown, x=str(x + 10), y=str(y + 20)),
        element("text", word, x=str(x + _WIDTH - 9), y=str(y + 19), text_anchor="end", class_="word") if word else "",
        class_=f"node {word}".strip(),
        data_name=name,
        tabindex="0" if first else "-1",
        role="button",
        aria_pressed="false",
        aria_label=f"{name}, {word}" if word else name,
    )


def timeline(view: View) -> Html:
    """A row a package with findings: when its release came, when advisories were published, when it was on the index
    though known bad, and when this report looked."""
    releases = {package.coordinate: package for package in view.packages}
    rows = [(group, _events(group, releases.get(group.package) if group.package else None)) for group in view.groups]
    dated = [(group, events) for group, events in rows if events]
    rows = dated[:_MAX_ROWS]
    if not rows:
        text = element("p", "No finding carries a date.", class_="empty")
        return section("timeline", "Timeline", text)
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
    return section(
        "timeline",
        "Timeline",
        scrolled(drawing, "Timeline drawing"),
        _key({_mark_of(word) for _, events in rows for _, word in events}),
        listed,
        element("p", f"and {count(len(dated) - len(rows), 'more package')} with dates", class_="dim")
        if dated[len(rows) :]
        else "",
    )


def _key(drawn: set[str]) -> Html:
    """What the marks mean that are drawn."""
    marks = (
        ("circle", "release", "released", {"cx": "7", "cy": "7", "r": "4.5"}),
        ("path", "advisory", "advisory published", {"d": _diamond(7, 7)}),
        ("rect", "window", "on the index though known bad", {"x": "1", "y": "1", "width": "8", "height": "12"}),
        ("line", "now", "this report", {"x1": "7", "x2": "7", "y1": "0", "y2": "14"}),
    )
    return element(
        "p",
        join(
            *(
                element(
                    "span",
                    element("svg", element(tag, class_=name, **at), width="14", height="14", aria_hidden="true"),
                    words,
                )
                for tag, name, words, at in marks
                if name in drawn or name == "now"
            )
        ),
        class_="key",
    )


def _diamond(x: int, y: int) -> str:
    return f"M{x - 6},{y} L{x},{y - 6} L{x + 6},{y} L{x},{y + 6} Z"


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
    height = 42 + 28 * len(rows)
    span = max((last - first).total_seconds(), 1.0)

    def across(moment: datetime) -> int:
        return _LEFT + int((_TIMES - _LEFT - _RIGHT) * (moment - first).total_seconds() / span)

    marks = []
    for moment, words in ticks(first, last):
        x = str(across(moment))
        marks.append(element("line", x1=x, x2=x, y1="4", y2=str(height - 22), class_="grid"))
        marks.append(element("text", words, x=x, y=str(height - 7), text_anchor="middle", class_="tick"))
    for number, (group, events) in enumerate(rows):
        y = 18 + 28 * number
        name = group.title if len(group.title) <= 30 else group.title[:29] + "…"
        marks.append(element("text", element("title", group.title), name, x="12", y=str(y + 4), class_="row"))
        marks.append(element("line", x1=str(_LEFT), x2=str(_TIMES - _RIGHT), y1=str(y), y2=str(y), class_="track"))
        marks += [_mark(moment, word, across(moment), y) for moment, word in events if word not in _WINDOW]
        bounds = [across(moment) for moment, word in events if word in _WINDOW]
        if bounds:
            said = element(
                "title", "; ".join(f"{word} {moment:%Y-%m-%d %H:%MZ}" for moment, word in events if word in _WINDOW)
            )
            wide = str(max(bounds[-1] - bounds[0], 4))
            marks.append(element("rect", said, x=str(bounds[0]), y=str(y - 11), width=wide, height="22", class_="window"))
    x = str(across(now))
    marks.append(element("line", element("title", "this report"), x1=x, x2=x, y1="4", y2=str(height - 22), class_="now"))
    return element(
        "svg", join(*marks), viewBox=f"0 0 {_TIMES} {height}", width=str(_TIMES), height=str(height), role="img",
        class_="fits", aria_label="Timeline; the same follows as a list",
    )  # fmt: skip


_WINDOW = ("on the index from", "removed")


def _mark_of(word: str) -> str:
    """The class of the mark that stands for an event."""
    return "window" if word in _WINDOW else "release" if word == "released" else "advisory"


def _mark(moment: datetime, word: str, x: int, y: int) -> Html:
    said, name = element("title", f"{moment:%Y-%m-%d %H:%MZ} {word}"), _mark_of(word)
    if name == "release":
        return element("circle", said, cx=str(x), cy=str(y), r="5", class_=name)
    return element("path", said, d=_diamond(x, y), class_=name)


def ticks(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """Starts of months, quarters or years between two times, at most nine of them; of less than two months the two ends."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step in (1, 3, 6, 12, 24, 60, 120) if months / step < 9), 600)
    start = first.year * 12 + first.month - 1
    found = []
    for month in range(-(-(start + 1) // step) * step, start + months + 1, step):
        moment = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        found.append((moment, f"{moment:%Y}" if step % 12 == 0 else f"{moment:%Y-%m}"))
    return found if len(found) > 1 else [(first, f"{first:%Y-%m-%d}"), (last, f"{last:%Y-%m-%d}")]
