"""What a run did not check, by cause: what one step closes is told once, however many packages and files it is about, and
what failed comes before what the run ruled out. Every gap is in exactly one group, so nothing is hidden by it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlsupply.model import Cause, Gap, Place, Reason
from mlsupply.text import count
from mlsupply.value import value

TITLES = {
    Cause.FAILED: "failed or too old",
    Cause.INPUT: "left open by the input",
    Cause.SCOPE: "outside this run",
    Cause.UNPUBLISHED: "published by nobody",
}
_NOWHERE = Place("")
_INVENTORY = "inventory"  # what was not even listed was checked by nothing: first of its cause


@value
class Unchecked:
    """Gaps that have a cause and a next step in common. why: one sentence; step: what closes them, "" where nothing is known
    to; gaps: in order, one at least; packages: how many they were said of, 0 where they are about none; counts: whether they
    make the run incomplete."""

    cause: Cause
    check: str
    reason: Reason
    why: str
    step: str
    gaps: tuple[Gap, ...]
    packages: int
    counts: bool

    @property
    def size(self) -> str:
        """`156 packages`, `12 places`; "" of one thing."""
        if self.packages > 1:
            return count(self.packages, "package")
        return count(len(self.gaps), "place") if len(self.gaps) > 1 else ""

    def places(self, most: int = 0) -> list[str]:
        """What it is about, a line a file: `app/requirements.txt: torch>=2, vllm`. most: of a line, 0 for all."""
        by_file: dict[str, list[str]] = {}
        for gap in self.gaps:
            file = str(gap.place._replace(line=0)) if gap.place else ""
            by_file.setdefault(file, []).append(_words(gap, file))
        return [_line(file, [word for word in dict.fromkeys(words) if word], most) for file, words in by_file.items()]


def unchecked(gaps: Iterable[Gap], checks: Sequence[str] = ()) -> tuple[Unchecked, ...]:
    """The gaps by cause: what failed first, what does not make the run incomplete last of its cause. checks: in the order
    in which they are told."""
    found: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        found.setdefault((cause_of(gap), gap.counts, gap.check, gap.reason, gap.why, gap.hint), []).append(gap)
    rank = {check: number for number, check in enumerate((_INVENTORY, *checks))}
    groups = [_group(members) for members in found.values()]
    order = list(Cause)
    groups.sort(key=lambda one: (order.index(one.cause), not one.counts, rank.get(one.check, len(rank))))
    return tuple(groups)


def by_cause(groups: Iterable[Unchecked]) -> Iterator[tuple[str, list[Unchecked]]]:
    """(title, groups) of each cause there is."""
    found: dict[Cause, list[Unchecked]] = {}
    for group in groups:
        found.setdefault(group.cause, []).append(group)
    return ((TITLES[cause], members) for cause, members in found.items())


def alike(groups: Iterable[Unchecked]) -> list[list[Unchecked]]:
    """Those of one check and reason together: where each of many gaps has words of its own, the first few stand for all."""
    found: dict[tuple[object, ...], list[Unchecked]] = {}
    for group in groups:
        found.setdefault((group.cause, group.counts, group.check, group.reason), []).append(group)
    return list(found.values())


def in_brief(kin: Sequence[Unchecked]) -> str:
    """Groups that are alike in a line."""
    first, gaps = kin[0], sum(len(group.gaps) for group in kin)
    one = first.gaps[0]
    more = f" and {gaps - 1:,} more" if gaps > 1 else ""
    said = f"{where(one)}{more}: {one.detail if gaps == 1 else first.why}"
    return f"{first.check}, {first.reason}: {said}" + (f" → {first.step}" if first.step else "")


def where(gap: Gap) -> str:
    """What was not looked at and where: the place, and the subject unless the place names it."""
    place = str(gap.place or "")
    if not place or gap.subject in place:
        return place or gap.subject
    return f"{place}: {gap.subject}"


def scope_of(groups: Iterable[Unchecked]) -> str:
    """What this run does not cover, in a sentence for the head of a report; "" where it covers all."""
    parts = [f"{', '.join(_checks(members))} ({title})" for title, members in by_cause(groups)]
    return f"Not checked in full: {'; '.join(parts)}." if parts else ""


def _checks(groups: Iterable[Unchecked]) -> Iterator[str]:
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group.check] = max(sizes.get(group.check, 0), group.packages)
    return (f"{check} of {count(size, 'package')}" if size else check for check, size in sizes.items())


def cause_of(gap: Gap) -> Cause:
    """A gap that is in no report yet has none."""
    return gap.cause or Cause.FAILED


def _group(gaps: Sequence[Gap]) -> Unchecked:
    first = gaps[0]
    return Unchecked(
        cause=cause_of(first),
        check=first.check,
        reason=first.reason,
        why=first.why,
        step=first.hint or _acceptance(gaps),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.place or _NOWHERE)),
        packages=_packages(gaps),
        counts=first.counts,
    )


def _packages(gaps: Sequence[Gap]) -> int:
    """Each once, where the gaps are of one package each; those that are of many have their own."""
    single = {gap.subject for gap in gaps if gap.packages == 1}
    return len(single) + sum(gap.packages for gap in gaps if gap.packages > 1)


def _acceptance(gaps: Sequence[Gap]) -> str:
    """The one step there is where nobody publishes a thing."""
    if cause_of(gaps[0]) is not Cause.UNPUBLISHED or not gaps[0].counts:
        return ""
    subjects = list(dict.fromkeys(gap.subject for gap in gaps))
    named = f'subject = "{subjects[0]}"' if len(subjects) == 1 else "the subjects above"
    return f'nothing here can close it; to accept it: [[tool.mlsupply.tolerate]] with check = "{gaps[0].check}", {named}'


def _words(gap: Gap, file: str) -> str:
    """What of a file, or of no file, a gap is about."""
    if gap.item:
        return gap.item
    if gap.subject and gap.subject not in file:
        return gap.subject
    return f"line {gap.place.line}" if gap.place and gap.place.line else ""


def _line(file: str, words: Sequence[str], most: int) -> str:
    shown = words[:most] if most else words
    more = f" and {len(words) - len(shown):,} more" if len(shown) < len(words) else ""
    return ": ".join(filter(None, (file, ", ".join(shown) + more)))
