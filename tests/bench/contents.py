"""What the check `contents` finds and costs.

    python -m tests.bench.contents samples                    precision and recall by technique on the labelled trees
    python -m tests.bench.contents unseen                     the same on the trees of tests/unseen
    python -m tests.bench.contents wheels FOLDER              findings on honest wheels, seconds and MB/s of each
    python -m tests.bench.contents peer FOLDER COMMAND        a peer's time on the same wheels, e.g. "guarddog pypi scan"
    python -m tests.bench.contents against FOLDER COMMAND     both on the same wheels, one after the other on one core
    python -m tests.bench.contents parse FILE                 seconds that ast.parse needs for all of a wheel
    python -m tests.bench.contents fuzz [SECONDS]             mutated sources and archives, looking for a crash

Peers on comparable trees: GuardDog 3.2.0 recall 0.41 at precision 0.74.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import json
import os
import random
import resource
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mlsupply.evidence.contents import judged
from mlsupply.evidence.package import PackageFacts, look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.model import Checked, Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import Rules, load
from tests.conftest import NOW, SHARED

THRESHOLD = Severity.MEDIUM
_SLOW = 3.0  # seconds for one small input, which ask for a look


def _rules() -> Rules:
    return load(RuleSettings(), NOW)


def _found(said: Checked) -> list[str]:
    return sorted(f"{f.severity.value}:{f.id}" for f in said.findings if f.severity.rank >= THRESHOLD.rank)


def samples() -> None:
    """Each labelled tree as `inspect` sees it, threshold medium."""
    folder = SHARED / "samples" / "code-dev"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    _score((row["label"] == "malicious", row["technique"], folder / row["path"]) for row in rows)
    print("GuardDog 3.2.0 on comparable trees: recall 0.41, precision 0.74")


def unseen() -> None:
    """The trees of `tests/unseen`, written before anybody looked at what is found in them."""
    from tests.unseen import cases, written

    with tempfile.TemporaryDirectory() as folder:
        _score(
            (case.malicious, case.technique, written(case, Path(folder)))
            for label in ("malicious", "honest")
            for case in cases(label)
        )


def _score(trees: Iterable[tuple[bool, str, Path]]) -> None:
    rules, missed, false, malicious, benign = _rules(), 0, 0, 0, 0
    with Pool(2) as pool:
        for bad, technique, path in sorted(trees):
            found = _found(judged(look_inside(path, pool), rules))
            malicious, benign = malicious + bad, benign + (not bad)
            missed, false = missed + (bad and not found), false + (not bad and bool(found))
            print(f"{' ' if bool(found) == bad else 'X'} {'malicious' if bad else 'honest':<9} {technique:<36} "
                  f"{path.name:<18} {' '.join(found)}")  # fmt: skip
    true = malicious - missed
    print(f"recall {true}/{malicious} = {true / malicious:.3f}, precision {true}/{true + false} = "
          f"{true / max(1, true + false):.3f}, {false} of {benign} honest ones accused")  # fmt: skip


def wheels(folder: Path) -> None:
    """Honest wheels: every finding of medium or more is a false alarm."""
    rules, counts = _rules(), Counter[str]()
    paths = sorted(folder.glob("*.whl"))
    total = parse = 0.0
    size = 0
    with Pool(1) as pool:
        for path in paths:
            started = time.perf_counter()
            facts = look_inside(path, pool)
            spent = time.perf_counter() - started
            said = judged(facts, rules)
            parsed = _parse_everything(path)
            total, parse, size = total + spent, parse + parsed, size + facts.source_bytes
            print(_line(path, facts, said, spent, parsed))
            counts.update(f.severity.value for f in said.findings)
    print(f"{len(paths)} wheels, {dict(counts)}; {total:.1f} s, {size / total / 1e6:.1f} MB/s of source on one worker; "
          f"of everything: {_beside(total, parse)}")  # fmt: skip


def _line(path: Path, facts: PackageFacts, said: Checked, spent: float, parsed: float) -> str:
    shown = "".join(
        f"\n      {f.severity.value} {f.id} {f.places[0]} {f.message}" for f in said.findings if f.severity.rank >= 2
    )
    gaps = "".join(f"\n      gap {gap.reason.value} {gap.detail}" for gap in said.gaps)
    return (
        f"{path.name[:40]:<40} {facts.python:5d} files {facts.parsed:4d} followed {facts.source_bytes / 1e6:6.1f} MB "
        f"{spent:6.2f} s, ast.parse {parsed:6.2f} s{shown}{gaps}"
    )


def parse(path: Path) -> float:
    """Processor seconds of `ast.parse` for every Python file of the wheel, with nothing else in memory to collect."""
    spent = 0.0
    gc.disable()
    with zipfile.ZipFile(path) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for data in [archive.read(name) for name in archive.namelist() if name.endswith(".py")]:
            started = time.process_time()
            with contextlib.suppress(SyntaxError, ValueError, RecursionError):
                ast.parse(data)
            spent += time.process_time() - started
    return spent


def _parse_everything(path: Path) -> float:
    """The same in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.contents", "parse", str(path)], capture_output=True, text=True, check=True
    )
    return float(told.stdout)


def against(folder: Path, command: str) -> None:
    """`mlsupply inspect`, cold and with what was kept, and a peer on the same wheels in turn, all on one core: seconds on
    the clock, and of processor time."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    own = [sys.executable, "-m", "mlsupply", "inspect"]
    sums = [Spent(0.0, 0.0)] * 3
    for path in sorted(folder.glob("*.whl")):
        with tempfile.TemporaryDirectory() as cache:
            here = {**os.environ, "MLSUPPLY_CACHE_DIR": cache}
            runs = [_timed([*words, str(path)], here) for words in (own, own, shlex.split(command))]
        parsed = _parse_everything(path)
        sums = [Spent(so_far.clock + run.clock, so_far.cpu + run.cpu) for so_far, run in zip(sums, runs, strict=True)]
        print(f"{path.name[:40]:<40} cold {runs[0]}, kept {runs[1]}, peer {runs[2]}: {runs[2].clock / runs[0].clock:.1f} of "
              f"cold; {_beside(runs[0].cpu, parsed)}")  # fmt: skip
    print(f"in all: cold {sums[0]}, kept {sums[1]}, peer {sums[2]}, {sums[2].clock / sums[0].clock:.1f} of cold")


def _beside(spent: float, parsed: float) -> str:
    """parsed: processor seconds of `ast.parse`, 0 for a wheel without Python."""
    return f"ast.parse {parsed:.2f} s: cold is {spent / parsed:.2f} of it" if parsed else "no Python to parse"


class Spent(NamedTuple):
    """Seconds on the clock and of the processor."""

    clock: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.cpu:.2f} s)"


def _timed(command: list[str], environ: dict[str, str]) -> Spent:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, capture_output=True, env=environ, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.perf_counter() - started, cpu)


def peer(folder: Path, command: str) -> None:
    """A peer's seconds for each wheel."""
    for path in sorted(folder.glob("*.whl")):
        started = time.perf_counter()
        done = subprocess.run([*shlex.split(command), str(path)], capture_output=True, text=True, check=False)
        last = (done.stdout.strip().splitlines() or [""])[-1]
        print(f"{path.name[:40]:<40} {time.perf_counter() - started:6.1f} s  {last[:100]}")


def _mutants(seed: int) -> Iterator[tuple[str, bytes]]:
    """Sources made of the pieces the analyser follows, put together at random, seeds of the corpus put into one another, and
    archives with bytes changed."""
    from tests.code_pieces import source, spliced, spoiled_archive

    chance = random.Random(seed)
    while True:
        yield "source", source(chance).encode()
        yield "source", spliced(chance).encode()
        yield "archive", spoiled_archive(chance)


def _kept(kind: str, data: bytes) -> Path:
    file = Path(tempfile.gettempdir(), f"mlsupply-fuzz-{kind}.bin")
    file.write_bytes(data)
    return file


def fuzz(seconds: float) -> None:
    """Until the time is over or something is raised; what it was raised for, and what took long, is kept in the temporary
    folder."""
    from mlsupply.evidence.python import analyse
    from tests.looking import walk_bytes

    end, tried, slowest = time.monotonic() + seconds, 0, 0.0
    for kind, data in _mutants(int(time.time())):
        started = time.process_time()  # on a busy machine the clock tells about others
        try:
            if kind == "source":
                analyse.module("demo/__init__.py", data)
            else:
                list(walk_bytes(data, lambda path, size: True))
        except BaseException:
            print(f"raised for {_kept(kind, data)}")
            raise
        if (took := time.process_time() - started) > slowest:
            slowest = took
            if took > _SLOW:
                print(f"{took:.1f} s for {_kept(f'slow-{kind}', data)}", flush=True)
        tried += 1
        if time.monotonic() > end:
            break
    print(f"{tried:,} inputs in {seconds:g} s, slowest {slowest:.2f} s, nothing raised")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["samples"]:
            samples()
        case ["unseen"]:
            unseen()
        case ["wheels", folder]:
            wheels(Path(folder))
        case ["parse", file]:
            print(parse(Path(file)))
        case ["against", folder, command]:
            against(Path(folder), command)
        case ["peer", folder, command]:
            peer(Path(folder), command)
        case ["fuzz", *rest]:
            fuzz(float(rest[0]) if rest else 600.0)
        case _:
            print(__doc__)
