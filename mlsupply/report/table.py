"""The terminal report: verdict first, then findings by package, what to move to, gaps and coverage. Built from `Text`, never
from markup, so that nothing a package says is read as formatting."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mlsupply.model import Finding
from mlsupply.named import NamedTuple
from mlsupply.report.causes import Unchecked, alike, by_cause, scope_of, where
from mlsupply.report.upgrades import NO_STEP, upgrades
from mlsupply.report.vectors import FROM_VECTOR
from mlsupply.report.view import Group, View, brief, label_of, more_paths, summary_of, why
from mlsupply.text import count, some

_STYLES = {
    "MALICIOUS": "bold white on red",
    "CRITICAL": "bold red",
    "HIGH": "red",
    "MEDIUM": "yellow",
    "LOW": "blue",
    "UNKNOWN": "magenta",
    "FAIL": "bold white on red",
    "PASS": "bold white on green",
    "INCOMPLETE": "bold black on yellow",
    "NOTHING TO AUDIT": "bold black on yellow",
}


class Most(NamedTuple):
    """How many are shown, worst first; of what is left out the table says how much, and JSON has it."""

    findings: int = 8  # of a package; the ids of the others follow
    notes: int = 3
    paths: int = 3  # of a package; `mlsupply why` shows the rest
    places: int = 4
    causes: int = 6  # of one check and reason
    files: int = 6  # of one cause
    names: int = 8  # of one of them
    upgrades: int = 30
    inside: int = 3  # places of one finding inside an archive
    alike: int = 5  # files of which the same is said, and nothing worse


CUT = Most()
WHOLE = Most(*[1_000_000] * 10)


def render(view: View, width: int = 100, *, color: bool = False, most: Most = CUT) -> bytes:
    """UTF-8 text `width` columns wide, with ANSI colours if asked for."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        emoji=False,
    )
    _verdict(console, view)
    for several in _alike(view.groups):
        for group in several[: most.alike]:
            _group(console, group, view, most)
        if rest := several[most.alike :]:
            _more_alike(console, rest, most)
    _upgrades(console, view, most)
    _gaps(console, view, most)
    console.print(Padding(Text(" ".join(view.coverage), style="dim" if color else ""), (1, 0, 0, 0)))
    return "".join(_no_command(line.rstrip()) + "\n" for line in buffer.getvalue().splitlines()).encode()


def _no_command(line: str) -> str:
    """GitHub's runner obeys `::command::` where a line starts with it, spaces or not, and `##[command]` anywhere; wrapping
    may put a package's text there."""
    bare = line.lstrip()
    if bare.startswith("::"):
        line = f"{line[: len(line) - len(bare)]}: :{bare[2:]}"
    return line.replace("##[", "## [")


def _label(word: str) -> Text:
    return Text(f" {word} ", style=_STYLES.get(word, "dim"))


def _verdict(console: Console, view: View) -> None:
    head = Table.grid(padding=(0, 1))
    head.add_column(no_wrap=True)
    head.add_column(overflow="fold")
    head.add_row(_label(view.word), Text(view.headline, "bold"))
    console.print(head)
    for line in filter(None, (view.report.verdict.reason, scope_of(view.unchecked))):
        console.print(Padding(Text(line), (0, 0, 0, 3)))


def _counted(findings: Iterable[Finding]) -> str:
    """The ids, each once, with how often it stands there."""
    return ", ".join(f"{one} ({times:,})" if times > 1 else one for one, times in Counter(f.id for f in findings).items())


def _alike(groups: Iterable[Group]) -> list[list[Group]]:
    """The groups in their order; those of low severity about no package that say the same of one file after another, as in
    a folder of many projects, stand together."""
    found: dict[object, list[Group]] = {}
    for place, group in enumerate(groups):
        plain = group.package is None and group.label == "LOW"
        said = tuple((one.id, one.severity, one.waiver) for one in group.findings)
        found.setdefault((said, group.remedies) if plain else place, []).append(group)
    return list(found.values())


def _more_alike(console: Console, rest: list[Group], most: Most) -> None:
    """What is left of groups that are alike: how many, which, and where all of them are."""
    same = f"{len(rest):,} more with {_counted(rest[0].findings)} alone"
    console.print()
    console.print(Text.assemble(_label(rest[0].label), " ", (same, "bold")))
    named = some([group.title for group in rest], most.files)
    console.print(Padding(Text(f"{named}: -v shows all" if len(rest) > most.files else named), (0, 0, 0, 3)))


def _group(console: Console, group: Group, view: View, most: Most) -> None:
    console.print()
    console.print(Text.assemble(_label(group.label), " ", (group.title, "bold")))
    for finding in group.findings[: most.findings]:
        console.print(Padding(_finding(finding, group, most), (0, 0, 0, 3)))
        if said := summary_of(finding):
            console.print(Padding(_summary(said, width=console.width - 6, most=most), (0, 0, 0, 5)))
    if rest := group.findings[most.findings :]:
        console.print(Padding(Text(f"and {len(rest):,} more: {_counted(rest)}", "dim"), (0, 0, 0, 3)))
    facts = _grid()
    shown = group.paths[: most.paths]
    for place, path in enumerate(shown):
        facts.add_row("through" if place == 0 else "", Text(" → ".join(path)))
    if more := more_paths(group, most.paths):
        facts.add_row("", Text(f"and {more}: {why(view, group.title.split()[0])}"))
    if group.places:
        facts.add_row("at", Text(some([str(place) for place in group.places], most.places)))
    for note in group.notes[: most.notes]:
        facts.add_row("note", Text(note))
    if len(group.notes) > most.notes:
        facts.add_row("", Text(f"and {count(len(group.notes) - most.notes, 'more note')}: -v shows all"))
    for remedy in group.remedies:
        facts.add_row("do", Text(remedy))
    console.print(Padding(facts, (0, 0, 0, 3)))


def _upgrades(console: Console, view: View, most: Most) -> None:
    """In a line each; of a single package its group has said all of it."""
    steps, stuck = upgrades(view.groups)
    if len(steps) + len(stuck) < 2:
        return
    console.print()
    console.print(Text.assemble(_label("UPGRADE"), " ", (f"{len(steps)} of {len(steps) + len(stuck)} packages", "bold")))
    grid = Table.grid(padding=(0, 2))
    for step in steps[: most.upgrades]:
        grid.add_row(Text(step.name), Text(f"{step.version} → {step.to}"), Text(step.said, "dim"))
    if len(steps) > most.upgrades:
        grid.add_row(Text(f"and {len(steps) - most.upgrades} more", "dim"))
    console.print(Padding(grid, (0, 0, 0, 3)))
    if stuck:
        names = ", ".join(f"{step.name} {step.version}" for step in stuck[: most.upgrades])
        more = f" and {len(stuck) - most.upgrades} more" if len(stuck) > most.upgrades else ""
        console.print(Padding(Text(f"{NO_STEP}: {names}{more}"), (0, 0, 0, 3)))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=7)
    grid.add_column(overflow="fold")  # a path that is cut would lose its line
    return grid


def _finding(finding: Finding, group: Group, most: Most) -> Text:
    word = label_of(finding)
    text = Text.assemble((finding.id, "bold"), " ")
    if word != group.label:
        text.append_text(Text(f"{word.lower()} ", style=_STYLES.get(word, "dim")))
    text.append(brief(finding))
    if finding.waiver is not None:
        text.append(f" ({finding.waiver.state}: {finding.waiver.reason})", style="dim")
    if inside := dict.fromkeys(f"{p.member}:{p.line}" if p.line else p.member for p in finding.places if p.member):
        text.append(f"\n  in {some([*inside], most.inside)}", style="dim")
    for quote in finding.quotes:
        text.append(f"\n  {quote.label + ': ' if quote.label else ''}{quote.text}", style="dim")
    return text


def _summary(said: str, width: int, most: Most) -> Text:
    """On one line, but where nothing is cut; what it was taken from is left out before anything else."""
    if len(said) > width and most is not WHOLE:
        said = said.removesuffix(f"{FROM_VECTOR}.")
    return Text(said if len(said) <= width or most is WHOLE else said[: width - 1] + "…", style="dim")


def _gaps(console: Console, view: View, most: Most) -> None:
    """By cause, each with its next step; what is not counted says so."""
    if not view.gaps:
        return
    size = count(len(view.gaps), "gap")
    causes = f" of {count(len(view.unchecked), 'cause')}" if len(view.unchecked) < len(view.gaps) else ""
    console.print()
    console.print(Text.assemble(_label("NOT CHECKED"), " ", (f"{size}{causes}", "bold")))
    for title, groups in by_cause(view.unchecked):
        console.print(Padding(Text(title, "bold"), (0, 0, 0, 3)))
        for kin in alike(groups):
            shown = kin[: most.causes]
            for group, after in zip_longest(shown, shown[1:]):
                _unchecked(console, group, most, step=after is None or after.step != group.step)
            if left := sum(len(group.gaps) for group in kin[most.causes :]):
                _more(console, left, kin[0])


def _unchecked(console: Console, group: Unchecked, most: Most, *, step: bool) -> None:
    """step: whether its next step is told here; of several with the same one it stands below the last."""
    several = len(group.gaps) > 1
    said = f"{group.size}: {group.why}" if several else f"{where(group.gaps[0])}: {group.gaps[0].detail}"
    head = Text.assemble((f"{group.check}, {group.reason}", "yellow"), f"  {said}")
    if not group.counts:
        head.append(" (not counted)", "dim")
    console.print(Padding(head, (0, 0, 0, 5)))
    lines = group.places(most.names) if several else []
    for line in lines[: most.files]:
        console.print(Padding(Text(line, "dim"), (0, 0, 0, 7)))
    if len(lines) > most.files:
        _more(console, len(lines) - most.files, group, "file")
    if step and group.step:
        console.print(Padding(Text(f"→ {group.step}"), (0, 0, 0, 7)))


def _more(console: Console, left: int, of: Unchecked, noun: str = "") -> None:
    size = count(left, f"more {noun}") if noun else f"{left:,} more"
    console.print(Padding(Text(f"and {size} of {of.check}, {of.reason}: -v shows all", "dim"), (0, 0, 0, 7)))
