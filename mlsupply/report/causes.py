"""What a run did not check, by cause: gaps that one step closes are reported once, however many packages and files they
concern, and what failed comes before what the run ruled out. Every gap is in exactly one group, so nothing gets hidden.
Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mlsupply.model import Cause, Gap, Place, Reason
from mlsupply.text import count, some
from mlsupply.value import value

TITLES = {
    Cause.FAILED: "failed or too old",
    Cause.INPUT: "left open by the input",
    Cause.SCOPE: "outside this run",
    Cause.UNPUBLISHED: "published by nobody",
}
_NOWHERE = Place("")
INVENTORY = "inventory"  # what was not even listed was checked by nothing: first of its cause


@value
class Unchecked:
    """Gaps with a common cause and next step. why: one sentence; step: what closes them, "" where nothing is known to; gaps:
    in order, at least one; packages: how many they concern, 0 where they are not about packages; counts: whether they make
    the run incomplete."""

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
        """`156 packages`, `12 places`; "" for a single thing."""
        if self.packages > 1:
            return count(self.packages, "package")
        return count(len(self.gaps), "place") if len(self.gaps) > 1 else ""

    def places(self, most: int = 0) -> list[str]:
        """What it concerns, a line for each file: `app/requirements.txt: torch>=2, vllm, ${INDEX} (3 times)`.
        most: per line, 0 for all."""
        by_file: dict[str, list[str]] = {}
        for gap in self.gaps:
            file = str(gap.place._replace(line=0)) if gap.place else ""
            by_file.setdefault(file, []).append(_words(gap, file))
        return [": ".join(filter(None, (file, some(_counted(words), most)))) for file, words in by_file.items()]


def unchecked(gaps: Iterable[Gap], checks: Sequence[str] = ()) -> tuple[Unchecked, ...]:
    """The gaps by cause: what failed first, and within a cause last what does not make the run incomplete. checks: in the
    order in which they are reported."""
    found: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        found.setdefault((cause_of(gap), gap.counts, gap.check, gap.reason, gap.why, gap.hint), []).append(gap)
    rank = {check: number for number, check in enumerate((INVENTORY, *checks))}
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
    """Groups of one check and reason put together: where each of many gaps has its own words, the first few stand for
    all."""
    found: dict[tuple[object, ...], list[Unchecked]] = {}
    for group in groups:
        found.setdefault((group.cause, group.counts, group.check, group.reason), []).append(group)
    return list(found.values())


def in_brief(kin: Sequence[Unchecked]) -> str:
    """A line for groups that are alike."""
    first, gaps = kin[0], sum(len(group.gaps) for group in kin)
    one = first.gaps[0]
    more = f" and {gaps - 1:,} more" if gaps > 1 else ""
    said = f"{where(one)}{more}: {one.detail if gaps == 1 else first.why}"
    return f"{first.check}, {first.reason}: {said}" + (f" → {first.step}" if first.step else "")


def where(gap: Gap) -> str:
    """What was not looked at, and where: the place, and the subject unless the place names it already."""
    place = str(gap.place or "")
    if not place or gap.subject in place:
        return place or gap.subject
    return f"{place}: {gap.subject}"


def scope_of(groups: Iterable[Unchecked]) -> str:
    """What this run does not cover, in a sentence for the head of a report; "" where it covers everything."""
    parts = [f"{', '.join(_checks(members))} ({title})" for title, members in by_cause(groups)]
    return f"Not checked in full: {'; '.join(parts)}." if parts else ""


def _checks(groups: Iterable[Unchecked]) -> Iterator[str]:
    """Each check with how many packages it is about: those that gaps name one by one, however many reasons there are, or
    as many as the gap about the most of them says. Which packages that one means is not told, so no sum is made."""
    named: dict[str, set[str]] = {}
    most: dict[str, int] = {}
    for group in groups:
        named.setdefault(group.check, set()).update(gap.subject for gap in group.gaps if gap.packages == 1)
        most[group.check] = max(most.get(group.check, 0), group.packages)
    for check, subjects in named.items():
        size = max(len(subjects), most[check])
        yield f"{check} of {count(size, 'package')}" if size else check


def cause_of(gap: Gap) -> Cause:
    """The cause of a gap; one that is in no report yet has none."""
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
    """Each package once, where every gap is about a single one; gaps about many bring their own number."""
    single = {gap.subject for gap in gaps if gap.packages == 1}
    return len(single) + sum(gap.packages for gap in gaps if gap.packages > 1)


def _acceptance(gaps: Sequence[Gap]) -> str:
    """The one step left where nobody publishes something."""
    if cause_of(gaps[0]) is not Cause.UNPUBLISHED or not gaps[0].counts:
        return ""
    subjects = list(dict.fromkeys(gap.subject for gap in gaps))
    named = f'subject = "{subjects[0]}"' if len(subjects) == 1 else "the subjects above"
    return f'nothing here can close it; to accept it: [[tool.mlsupply.tolerate]] with check = "{gaps[0].check}", {named}'


def _words(gap: Gap, file: str) -> str:
    """What a gap is about within its file, or outside any file."""
    if gap.item:
        return gap.item
    if gap.subject and gap.subject not in file:
        return gap.subject
    return f"line {gap.place.line}" if gap.place and gap.place.line else ""


def _counted(words: Iterable[str]) -> list[str]:
    """Each word once, with how often it stands there."""
    return [f"{word} ({times:,} times)" if times > 1 else word for word, times in Counter(filter(None, words)).items()]
