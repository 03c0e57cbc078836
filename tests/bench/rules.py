"""What rules cost: loading the compiled ones beside parsing their YAML, judging facts, and the worst regular expressions.

    python -m tests.bench.rules [ROUNDS]

CPU time of this process, the least of the rounds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mlsupply.evidence.release_facet import ReleaseFacet
from mlsupply.request import RuleSettings
from mlsupply.ruleset import Fact, load
from mlsupply.ruleset.library import builtin_rules
from mlsupply.ruleset.patterns import MAX_SUBJECT, compiled, search

NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
FACTS = 10_000
# each is as dear as is admitted, on the text that makes it so
WORST = (
    (r"a*[ab]{0,28}c", "a" * MAX_SUBJECT),
    (r".*.{0,28}x", "a" * MAX_SUBJECT),
    (r"(?:ab){0,28}a*c", "ab" * (MAX_SUBJECT // 2)),
)


def least(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of CPU of the quickest round."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append((time.process_time() - began) * 1000)
    return min(spent)


def facts(count: int) -> list[Fact]:
    """Releases that no rule minds, as the index of a whole lock would give them."""
    facet = ReleaseFacet(
        index="index.example", version="1.0", listed=True, project_listed=True, yanked=False, status="active",
        uploaded=NOW - timedelta(days=400), releases_before=9, silence_days=30.0, size=1, size_before=1, growth=1.0,
        kinds=("sdist",), new_kinds=(), lost_kinds=(), late_files=(), late_days=0.0, missing_files=(), changed_files=(),
        missing_hashes=(), attested=True, attested_before=True, publisher="", publisher_before="", publisher_changed=False,
        publisher_elsewhere=False,
    )  # fmt: skip
    return [Fact(facet) for _ in range(count)]


def main(rounds: int) -> None:
    rules = load(RuleSettings(), NOW)
    print(f"{len(rules.all)} rules")
    print(f"load, compiled              {least(lambda: load(RuleSettings(), NOW), rounds):9.2f} ms")
    print(f"load, YAML and type check   {least(builtin_rules, max(rounds // 5, 1)):9.2f} ms")
    many = facts(FACTS)
    spent = least(lambda: rules.judge("release", many), max(rounds // 5, 1))
    print(f"judge {FACTS:,} releases     {spent:9.2f} ms")
    for pattern, text in WORST:
        ready = compiled(pattern)
        print(f"worst case of {pattern:14}{least(lambda: search(ready, text), 3):9.2f} ms")  # noqa: B023  called at once


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
