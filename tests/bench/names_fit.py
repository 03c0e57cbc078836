"""Weights of the name check fitted anew, and what they find of names that took no part in the fit.

    python -m tests.bench.names_fit [--weights] [HONEST.txt ...]

Every weight of `lookalike` and `combination` is a parameter of one logistic regression (ridge towards the weights there are)
over the labelled sample, fresh and drawn slips, fresh combinations and honest names: popular ones left out of the list (one
in five, from rank 3,000 on), manifests, advisories and files of names. Printed are recall and false alarms by source for the
weights there are, and for every fifth judged by weights fitted to the other four. The words and brands of the lists are not
fitted here; `names --unlearned` tells what they owe to the sample. With --weights those fitted to all are printed.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Self

from mlsupply.evidence.name_data import reviewed
from mlsupply.evidence.popular import popular
from mlsupply.ruleset.names import Names, combination, lookalike
from mlsupply.ruleset.names.signs import SUSPECT
from mlsupply.text import canonical
from tests.bench.names import BRAND, LABELLED, TYPO
from tests.bench.names_fresh import drawn, manifests, squats, words
from tests.bench.squats import TYPOS, USUAL

_FOLDS = 5
_RIDGE = 2.0
_STEPS = 80
_COUNTS = {  # what one name of a source counts in the fit
    ("labelled", "honest"): 5.0,
    ("labelled", "typo"): 4.0,
    ("labelled", "brand"): 3.0,
    ("labelled", "none"): 2.5,
    ("fresh", "typo"): 0.1,
    ("drawn", "typo"): 1.0,
    ("disguised", "typo"): 0.0,  # judged only: how many of them impostors make is anybody's guess
    ("fresh", "brand"): 0.3,
    ("left out", "honest"): 2.0,
    ("manifests", "honest"): 1.5,
}
_COMBINED = {("labelled", "honest"): 8.0, ("left out", "honest"): 0.8, ("manifests", "honest"): 2.5}  # for combinations
_NO_WEIGHTS = {"_TOP", "_RARE_RANK", "_USUAL", "_MOST_DISTINCT", "_MANY", "_MOST_SPELLINGS", "_FAR_MORE_POPULAR", "_RANKS"}
_NO_WEIGHTS |= {
    "_MOST_WORDS",
    "_MISSPELT_LENGTH",
    "_TOP_MISSPELT",
    "_EVERYBODYS",
    "_LETTERS_USUAL",
    "_LETTERS_MOST",
    "_MOST_LETTERS",
    "_MADE_UP",
    "_READS_WELL",
    "_WHOLE",
    "_AGAIN",
    "_BEYOND_DOUBT",
    "_TWO_KNOWN_RANK",
    "_HOST",
}
_NO_WEIGHTS |= {
    "_JOINED",
    "_CUT",
    "_PARTLY",
    "_RARE",
    "_SAID_FOR",
    "_REVIEWED",
    "_ENGLISH",
    "_TWO_KNOWN",
    "_OTHERS_PART",
}  # by judgement
_COMBINING = {"_USUAL"}  # a weight there, a limit in the other


class Traced(float):
    """A weight, or a sum of weights, that remembers how often each went into it."""

    parts: dict[str, float]

    @classmethod
    def of(cls, value: float, parts: dict[str, float]) -> Self:
        made = cls(value)
        made.parts = parts
        return made

    def __add__(self, other: float) -> Traced:
        parts = dict(self.parts)
        for name, times in getattr(other, "parts", {}).items():
            parts[name] = parts.get(name, 0.0) + times
        return Traced.of(float(self) + float(other), parts)

    __radd__ = __add__

    def __mul__(self, factor: float) -> Traced:
        return Traced.of(float(self) * factor, {name: times * factor for name, times in self.parts.items()})

    __rmul__ = __mul__


class Option(NamedTuple):
    """One guess at a name: the project, what it weighs apart from parameters, and how often each parameter goes into it."""

    target: str
    rest: float
    parts: dict[str, float]

    def weight(self, values: dict[str, float]) -> float:
        return self.rest + sum(values[name] * times for name, times in self.parts.items())


class Case(NamedTuple):
    """A name of one source. group: typo, brand, none or honest; targets: right answers, none where it should be quiet."""

    name: str
    source: str
    group: str
    targets: frozenset[str]
    options: list[Option]

    def weight(self, values: dict[str, float]) -> float:
        return max((option.weight(values) for option in self.options), default=0.0)


def trace() -> dict[str, float]:
    """Make every weight of the two modules a traced one; name -> value."""
    values: dict[str, float] = {}
    for module in (lookalike, combination):
        for name in [name for name in vars(module) if name.startswith("_") and name.strip("_").isupper()]:
            if name not in _NO_WEIGHTS or (module is combination and name in _COMBINING):
                _trace(module, name, values)
    return values


def _trace(module: ModuleType, name: str, values: dict[str, float]) -> None:
    def traced(thing: Any, path: str) -> Any:
        if isinstance(thing, float):
            values[path] = thing
            return Traced.of(thing, {path: 1.0})
        if isinstance(thing, dict):
            return {key: traced(value, f"{path}[{key}]") for key, value in thing.items()}
        if isinstance(thing, tuple):
            return tuple(traced(value, f"{path}[{place}]") for place, value in enumerate(thing))
        return thing

    setattr(module, name, traced(getattr(module, name), f"{module.__name__.rpartition('.')[2]}.{name}"))


def options(names: Names, name: str, values: dict[str, float]) -> list[Option]:
    """All guesses of an engine at a name."""
    found = []
    for guess in names.guesses(name):
        parts = getattr(guess.weight, "parts", {})
        rest = float(guess.weight) - sum(values[part] * times for part, times in parts.items())
        found.append(Option(guess.target.project, rest, parts))
    return found


def cases(values: dict[str, float], files: Iterable[Path]) -> Iterator[Case]:
    """Everything to fit to and to judge."""
    names = Names(popular().names, reviewed())
    listed = frozenset(popular().names)
    labelled = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    for row in labelled:
        group = "typo" if row["technique"] in TYPO else "brand" if row["technique"] in BRAND else row["technique"]
        group = "honest" if row["label"] == "benign" else group
        if row["name"] not in listed and (row["headline"] or group == "none"):
            targets = frozenset({row["target"]} if group in ("typo", "brand") else ())
            yield Case(row["name"], "labelled", group, targets, options(names, row["name"], values))
    for squat in (*squats(), *drawn()):
        source, group = ("drawn", "typo") if squat.group == "drawn" else ("fresh", squat.group)
        source = "disguised" if squat.kind in TYPOS and squat.kind not in USUAL else source
        yield Case(squat.name, source, group, squat.targets, options(names, squat.name, values))
    seen = listed | {row["name"] for row in labelled}
    own = [(path.name, {canonical(one) for one in words(path)}) for path in files]
    for source, honest in (("manifests", manifests()), *own):
        for name in sorted(honest - seen):
            yield Case(name, source, "honest", frozenset(), options(names, name, values))
    for turn in range(_FOLDS):
        yield from _left_out(turn, values)


def _left_out(turn: int, values: dict[str, float]) -> Iterator[Case]:
    """A few popular names below rank 3,000, judged by an engine that does not know them."""
    every = _FOLDS * _FOLDS
    gone = [name for place, name in enumerate(popular().names) if place >= 3_000 and place % every == turn]
    names = Names([name for name in popular().names if name not in frozenset(gone)], reviewed())
    for name in gone:
        yield Case(name, "left out", "honest", frozenset(), options(names, name, values))


def fitted(rows: list[Case], start: dict[str, float]) -> dict[str, float]:
    """Weights by logistic regression over the heaviest right option of each imitation and the heaviest of every other name,
    each weight by steps of its own size."""
    values = dict(start)
    for _ in range(2):
        chosen = [(one, row) for row in rows if (one := _choice(row, values)) is not None]
        seen: dict[str, float] = defaultdict(lambda: 4 * _RIDGE)
        for option, row in chosen:
            for name, times in option.parts.items():
                seen[name] += _count(option, row) * abs(times) * len(option.parts) / 8
        for _ in range(_STEPS):
            slope = {name: 2 * _RIDGE * (value - start[name]) for name, value in values.items()}
            for option, row in chosen:
                error = 1 / (1 + math.exp(SUSPECT - option.weight(values))) - bool(row.targets)
                error *= _count(option, row)
                for name, times in option.parts.items():
                    slope[name] += error * times
            values = {name: value - slope[name] / seen[name] for name, value in values.items()}
    return values


def _count(option: Option, row: Case) -> float:
    source = row.source, row.group
    combined = any(name.startswith("combination") for name in option.parts)
    return (_COMBINED if combined and source in _COMBINED else _COUNTS).get(source, 1.0)


def _choice(row: Case, values: dict[str, float]) -> Option | None:
    fit = [option for option in row.options if option.parts and (not row.targets or option.target in row.targets)]
    return max(fit, key=lambda option: option.weight(values), default=None)


def report(label: str, weights: Iterable[tuple[Case, float]]) -> None:
    """Print the share accused of each source and group."""
    told: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, weight in weights:
        told[row.group, row.source].append(weight >= SUSPECT)
    print(f"# {label}")
    for (group, source), accused in sorted(told.items()):
        print(f"{group:8} {source:24} n {len(accused):5}  accused {sum(accused):5}  {sum(accused) / len(accused):.3f}")


def main(arguments: list[str]) -> None:
    values = trace()
    rows = list(cases(values, (Path(one) for one in arguments if not one.startswith("--"))))
    report("weights there are", ((row, row.weight(values)) for row in rows))
    random.Random(1).shuffle(rows)
    judged: list[tuple[Case, float]] = []
    for fold in range(_FOLDS):
        weights = fitted([row for place, row in enumerate(rows) if place % _FOLDS != fold], values)
        judged += [(row, row.weight(weights)) for row in rows[fold::_FOLDS]]
    report("weights fitted to the other four fifths", judged)
    if "--weights" in arguments:
        for name, value in fitted(rows, values).items():
            print(f"{name:50} {values[name]:6.2f} -> {value:6.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
