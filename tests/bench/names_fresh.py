"""The name check on names nobody has listed: fresh squats by class, and thousands of honest look-alikes.

    python -m tests.bench.names_fresh [-v] [HONEST.txt ...]

Honest are: every popular name judged as if it were not on the list (in turns of one in thirty left out), by rank; the
names of real manifests and of ordinary advisories that are not popular; `honest_ai.txt` and `honest_science.txt` beside this
module, which say where they are from; and files of names, such as

    apt-cache search --names-only '^python3-' | sed 's/ .*//; s/^python3-//'

The words of the squats are those of `squats`, which the check does not read but may know. What it finds of words it does not
know is told by "withheld": squats with the check's own words and brands, judged by an engine from whose lists those were
taken. "drawn" are slips of targets drawn as impostors draw them, the most popular far more often (rank to the power of
-0.9).

A name counts as accused from medium on. With -v every miss and false alarm is printed.
"""

from __future__ import annotations

import json
import random
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlsupply.evidence.name_data import reviewed
from mlsupply.evidence.popular import popular
from mlsupply.ruleset.names import Likeness, Names, NameVerdict
from mlsupply.text import canonical
from mlsupply.value import replace
from tests.bench.squats import AFFIXES, AI_STACK, TYPOS, Squat, combos, typos
from tests.conftest import SHARED

SUSPECT = (Likeness.LIKELY, Likeness.CERTAIN)
FOLDS = 30
_TURNS = 10
_HONEST = tuple(Path(__file__).with_name(name) for name in ("honest_ai.txt", "honest_science.txt"))
BANDS = (500, 2_000, 5_000, 15_000)
_MALICIOUS = re.compile(r"malicious|malware|typosquat|backdoor|exfiltrat|compromised", re.IGNORECASE)


def squats() -> list[Squat]:
    """Those that are no popular names themselves, each once."""
    names = popular().names
    listed = frozenset(names)
    ai = [name for name in AI_STACK if name in listed and len(name) >= 5]
    top = [name for name in names[:2_000] if len(name) >= 5]
    made = [*typos(ai, 60), *typos(top, 60, seed=5), *combos(ai + top[:500], 80)]
    return list({squat.name: squat for squat in made if squat.name not in listed}.values())


def recall(names: Names, *, told: bool) -> None:
    """Print found and rightly named of each kind."""
    table: dict[tuple[str, str], list[tuple[Squat, NameVerdict]]] = defaultdict(list)
    judged = ((squat, names.judge(squat.name)) for squat in (*squats(), *drawn()))
    for squat, verdict in (*judged, *judged_without(list(withheld()))):
        kind = "withheld word" if squat.kind.startswith("withheld word") else squat.kind
        kind = "withheld brand" if kind.startswith("withheld brand") else kind
        table[squat.group, kind].append((squat, verdict))
        if kind == squat.kind:
            table[squat.group, "ALL"].append((squat, verdict))
    for (group, kind), rows in sorted(table.items()):
        found = [(squat, verdict) for squat, verdict in rows if verdict.likeness in SUSPECT]
        right = sum(verdict.target in squat.targets for squat, verdict in found)
        share = right / len(found) if found else 0.0
        print(f"{group:6} {kind:24} n {len(rows):5}  R {len(found) / len(rows):.3f}  target {share:.3f}")
        if told and kind != "ALL":
            for squat, verdict in rows:
                if verdict.likeness not in SUSPECT or verdict.target not in squat.targets:
                    meant = "/".join(sorted(squat.targets))
                    print(f"    {squat.name:36} {meant:30} {verdict.likeness} {verdict.weight} {verdict.target or ''}")


def withheld() -> Iterator[Squat]:
    """Squats with words, and of brands, that the check knows; `judged_without` judges them as if it did not."""
    lists, rng = reviewed(), random.Random(7)
    brands = [(word, project) for word, (project, _) in lists.brands.items() if word == project]
    for word in sorted(lists.words):
        brand, project = rng.choice(brands)
        yield Squat(f"{brand}-{word}", "brand", f"withheld word {word}", frozenset((project,)))
    for brand, project in sorted(brands):
        for word in rng.sample(AFFIXES, 3):
            yield Squat(f"{brand}-{word}", "brand", f"withheld brand {brand}", frozenset((project,)))


def judged_without(squats: Iterable[Squat]) -> Iterator[tuple[Squat, NameVerdict]]:
    """Each with an engine that lacks its word or brand, in turns of one in ten."""
    lists, names = reviewed(), popular().names
    listed = frozenset(names)
    left = {kind: place % _TURNS for place, kind in enumerate(dict.fromkeys(squat.kind for squat in squats))}
    for turn in range(_TURNS):
        gone = {kind.rpartition(" ")[2] for kind, place in left.items() if place == turn}
        words = {word: kind for word, kind in lists.words.items() if word not in gone}
        brands = {word: value for word, value in lists.brands.items() if word not in gone}
        engine = Names(names, replace(lists, words=words, brands=brands))
        for squat in squats:
            if left[squat.kind] == turn and squat.name not in listed:
                yield squat, engine.judge(squat.name)


def drawn(count: int = 4_000, seed: int = 9) -> Iterator[Squat]:
    """Slips of targets drawn by popularity, the kinds of slips evenly; each once."""
    rng, listed = random.Random(seed), frozenset(popular().names)
    targets = [name for name in popular().names[:8_000] if len(name) >= 4]
    chances = [(place + 1) ** -0.9 for place in range(len(targets))]
    made: set[str] = set()
    while len(made) < count:
        (target,), kind = rng.choices(targets, chances), rng.choice(tuple(TYPOS))
        try:
            name = TYPOS[kind](target, rng).strip("-").replace("--", "-")
        except IndexError:
            continue  # the target holds nothing this slip needs
        if name not in listed and name not in made:
            made.add(name)
            yield Squat(name, "drawn", kind, frozenset((target,)))


def left_out() -> list[tuple[int, NameVerdict]]:
    """(rank, verdict) of every popular name, judged by an engine that does not know it."""
    names = popular().names
    found = []
    for fold in range(FOLDS):
        engine = Names([name for place, name in enumerate(names) if place % FOLDS != fold], reviewed())
        found += [(place + 1, engine.judge(name)) for place, name in enumerate(names) if place % FOLDS == fold]
    return sorted(found, key=lambda one: one[0])


def manifests() -> set[str]:
    """Names in real manifests, locks and advisories that are not about malicious releases."""
    names = set()
    for path in sorted((SHARED / "corpus" / "truth").glob("*.json")):
        names |= {canonical(row[0]) for row in json.loads(path.read_text(encoding="utf-8"))}
    for path in sorted((SHARED / "trees").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        names |= {
            canonical(line.split("==")[0].split("[")[0].strip()) for line in lines if "==" in line and line[0] not in "# "
        }
    archive = zipfile.ZipFile(SHARED / "feeds" / "PyPI-all.zip")
    for member in archive.namelist():
        record = json.loads(archive.read(member))
        if not _MALICIOUS.search(record.get("summary", "") + record.get("details", "")):
            names |= {canonical(one["package"]["name"]) for one in record.get("affected", ())}
    return names


def words(path: Path) -> Iterator[str]:
    """What a file of names holds beside its comments."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield from () if line.startswith("#") else line.split()


def alarms(label: str, verdicts: Iterable[NameVerdict], *, told: bool) -> None:
    """Print how many honest names are accused."""
    rows = list(verdicts)
    false = [verdict for verdict in rows if verdict.likeness in SUSPECT]
    print(f"honest {label:32} n {len(rows):5}  accused {len(false):4}  {len(false) / max(len(rows), 1):.2%}")
    if told:
        for verdict in sorted(false, key=lambda verdict: (verdict.technique, verdict.target or "")):
            print(f"    {verdict.name:36} {verdict.target or '':28} {verdict.technique} {verdict.weight}")


def main(arguments: list[str]) -> None:
    told = "-v" in arguments
    names = Names(popular().names, reviewed())
    recall(names, told=told)
    judged = left_out()
    for low, high in zip((0, *BANDS), BANDS, strict=False):
        band = [verdict for rank, verdict in judged if low < rank <= high]
        alarms(f"popular {low + 1:,} to {high:,}", band, told=told)
    listed = frozenset(popular().names)
    alarms("manifests and advisories", (names.judge(name) for name in sorted(manifests() - listed)), told=told)
    for path in (*_HONEST, *map(Path, (one for one in arguments if one != "-v"))):
        own = {canonical(word) for word in words(path)} - listed
        alarms(path.name, (names.judge(name) for name in sorted(own)), told=told)


if __name__ == "__main__":
    main(sys.argv[1:])
