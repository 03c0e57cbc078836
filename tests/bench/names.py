"""How well imitated names are told from honest ones, by technique, beside plain edit distance and published figures.

    python -m tests.bench.names [--unlearned] [LABELLED.jsonl]

A name counts as accused from medium on. Averages are over the headline rows; the others are listed by themselves. With
--unlearned each imitation in the brand group is judged without the brands and words that no other imitation of the sample
holds: what is found then, the lists owe to nothing in the sample. Words that anybody would list go with them, so this is
less than what is found of unseen names. A row says name, label (benign or not), technique, target, headline and stratum.
Figures of a peer are those published beside the sample for the same or comparable names.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mlsupply.evidence.name_advisories import advised_of
from mlsupply.evidence.name_data import engine, reviewed
from mlsupply.evidence.popular import popular
from mlsupply.ruleset.names import Likeness, NameEvidence, Names
from mlsupply.value import replace
from tests.conftest import SHARED

LABELLED = SHARED / "samples" / "names-dev.jsonl"
TYPO = ("edit-distance", "swap", "homoglyph", "separator")
BRAND = ("combosquat", "ai-brand combosquat", "scope-confusion", "other")
PUBLISHED = (
    "GuardDog 3.2.0 (published): P 0.73 R 0.33 F1 0.45; typo group 0.72/0.73/0.72; combosquats and AI brands recall 0.03;"
    " false alarms outside the 15,000: 12.5 %"
)
_TOP = 5_000

Row = dict[str, Any]
Accuse = Callable[[str], str | None]
"""A canonical name to the project it imitates, None where it is not accused ("" where no target is named)."""


class Score(NamedTuple):
    """Counts over rows: imitations, of them accused, of them with the right target; honest rows, of them accused."""

    imitations: int
    found: int
    right: int
    honest: int
    false: int

    def line(self, label: str) -> str:
        recall = self.found / self.imitations if self.imitations else 0.0
        precision = self.found / (self.found + self.false) if self.found + self.false else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        target = self.right / self.found if self.found else 0.0
        return f"{label:34} n {self.imitations:4}  P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  target {target:.3f}"


def score(rows: Iterable[Row], accuse: Accuse) -> Score:
    """Judge every row."""
    imitations = found = right = honest = false = 0
    for row in rows:
        target = accuse(row["name"])
        if row["label"] == "benign":
            honest += 1
            false += target is not None
        else:
            imitations += 1
            found += target is not None
            right += target == row["target"]
    return Score(imitations, found, right, honest, false)


def by_engine(names: Names) -> Accuse:
    """Our own verdict, on names alone."""

    def accuse(name: str) -> str | None:
        verdict = names.judge(name)
        return (verdict.target or "") if verdict.likeness in (Likeness.LIKELY, Likeness.CERTAIN) else None

    return accuse


def by_distance() -> Accuse:
    """One Damerau-Levenshtein edit from one of the first 5,000 names, and not itself among the popular ones."""
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    targets, known = popular().names[:_TOP], frozenset(popular().names[:_TOP])

    def accuse(name: str) -> str | None:
        if name in known:
            return None
        hit = process.extractOne(name, targets, scorer=DamerauLevenshtein.distance, score_cutoff=1)
        return hit[0] if hit else None

    return accuse


def report(rows: list[Row], accuse: Accuse) -> None:
    """Print the table of one method."""
    headline = [row for row in rows if row["headline"]]
    honest = [row for row in headline if row["label"] == "benign"]
    bad = [row for row in headline if row["label"] != "benign"]
    print(score(headline, accuse).line("all headline names"))
    for label, group in (("typo group", TYPO), ("brand group", BRAND)):
        print(score([row for row in bad if row["technique"] in group] + honest, accuse).line(label))
    for technique in sorted({row["technique"] for row in bad}):
        print(score([row for row in bad if row["technique"] == technique] + honest, accuse).line(f"  {technique}"))
    listed = frozenset(popular().names)
    unlisted = [row for row in honest if row["name"] not in listed]
    outside = score(unlisted, accuse)
    print(f"false alarms: {outside.false} of {outside.honest} honest names outside the popular ones", end="")
    print(f" ({outside.false / max(outside.honest, 1):.1%}); of all honest names {score(honest, accuse).false}")
    for stratum in sorted({row["stratum"] for row in unlisted}):
        part = score([row for row in unlisted if row["stratum"] == stratum], accuse)
        print(f"  {stratum}: {part.false} of {part.honest}")
    for technique in sorted({row["technique"] for row in rows if not row["headline"]}):
        apart = score([row for row in rows if not row["headline"] and row["technique"] == technique], accuse)
        print(f"apart, {technique}: {apart.found} of {apart.imitations} accused")


def advised(rows: list[Row], names: Names) -> None:
    """Print how many honest names are accused where what the snapshot of advisories says is heeded too, as a scan does."""
    listed = frozenset(popular().names)
    honest = [row["name"] for row in rows if row["headline"] and row["label"] == "benign" and row["name"] not in listed]
    known = advised_of(honest)
    verdicts = [names.judge(name, NameEvidence(advised=name in known)) for name in honest]
    false = sum(verdict.likeness in (Likeness.LIKELY, Likeness.CERTAIN) for verdict in verdicts)
    print(f"false alarms beside the embedded advisories: {false} of {len(honest)} ({false / max(len(honest), 1):.1%})")


def unlearned(rows: list[Row]) -> None:
    """Print how many borrowed names are found without the words and brands that they alone in the sample hold."""
    bad = [row for row in rows if row["label"] != "benign"]
    asked = [row for row in bad if row["headline"] and row["technique"] in BRAND]
    whole, lists = engine(), reviewed()
    lost = []
    for row in asked:
        others = [other["name"] for other in bad if other["name"] != row["name"]]
        own = {word for word in (*lists.brands, *lists.words) if _only(word, row["name"], others)}
        brands = {word: value for word, value in lists.brands.items() if word not in own}
        words = {word: value for word, value in lists.words.items() if word not in own}
        without = Names(popular().names, replace(lists, brands=brands, words=words)) if own else whole
        if by_engine(without)(row["name"]) is None:
            lost.append(row["name"])
    print(f"brand group, each without its own words: R {1 - len(lost) / len(asked):.3f} of {len(asked)}")


def _only(word: str, name: str, others: list[str]) -> bool:
    letters = word.replace("-", "")
    return len(word) > 1 and letters in name.replace("-", "") and not any(letters in one.replace("-", "") for one in others)


def timing(rows: list[Row], count: int = 1000) -> None:
    """Seconds of processor for so many names that are not popular, tables built anew each time."""
    known = frozenset(popular().names)
    unknown = [row["name"] for row in rows if row["name"] not in known]
    asked = [f"{name}{'' if turn == 0 else turn}" for turn in range(1 + count // len(unknown)) for name in unknown][:count]
    seconds = []
    for _ in range(5):
        names = engine()
        start = time.process_time()
        for name in asked:
            names.judge(name)
        seconds.append(time.process_time() - start)
    took = f"{min(seconds):.2f} to {max(seconds):.2f} s of processor in {len(seconds)} runs"
    print(f"{len(asked)} unknown names against {len(known):,}: {took}")


def main(path: Path, *, strictly: bool = False) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    print(f"# mlsupply, names alone ({len(rows)} rows of {path.name})")
    report(rows, by_engine(engine()))
    advised(rows, engine())
    if strictly:
        unlearned(rows)
    print(f"\n# Damerau-Levenshtein of at most 1 from the first {_TOP:,}")
    report(rows, by_distance())
    print(f"\n# {PUBLISHED}\n")
    timing(rows)


if __name__ == "__main__":
    paths = [Path(one) for one in sys.argv[1:] if not one.startswith("--")]
    main(paths[0] if paths else LABELLED, strictly="--unlearned" in sys.argv)
