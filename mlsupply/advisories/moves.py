"""Which release of a parent allows a fix, found with few requests. Pure.

Each request to an index tells what one release requires, so not all releases are asked about. A parent that has begun to
allow a version rarely stops: the newest release and a few in between are asked about, then some below the first that allows
the fix, in three rounds at most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlsupply.advisories.fixes import NAMED, Fix, Release, admits, newer
from mlsupply.named import NamedTuple
from mlsupply.upgrade import Blocker

ROUNDS = 3
_PROBES = 4  # releases of one parent that are asked for in a round


class KeptOut(NamedTuple):
    """A fix that a parent rules out. parent: `dspy 2.6.0`; name, version: of the fix; python: the oldest it has to run
    on."""

    parent: str
    name: str
    version: str
    python: str = ""


class Move(NamedTuple):
    """to: a release of the parent that lets the fix in; newest: where none is known to, its newest release, which does not.
    Both "" where nothing is known."""

    to: str = ""
    newest: str = ""


Moves = Mapping[KeptOut, Move]
Allowing = Callable[[Sequence[KeptOut]], Moves]
"""Asks the indexes; what they cannot tell of is left out."""


def kept_out_by(name: str, fix: Fix, python: str) -> list[KeptOut]:
    """What keeps a fix of a package out, as far as reports name it. python: the oldest it has to run on, "" unknown; a fix
    that is for newer ones alone asks no more of its parents."""
    return [KeptOut(one.package, name, fix.version, "" if fix.needs else python) for one in fix.held[:NAMED]]


def with_moves(name: str, fix: Fix, python: str, moves: Moves) -> Fix:
    """The fix, with the releases its parents have to move to."""
    if not fix.held or not moves:
        return fix
    known = {kept_out.parent: moves.get(kept_out, Move()) for kept_out in kept_out_by(name, fix, python)}
    return fix._replace(held=tuple(Blocker(one.package, one.asks, *known.get(one.package, Move())) for one in fix.held))


class Search:
    """The releases of one parent above its own, narrowed from round to round. Not thread-safe."""

    def __init__(self, kept_out: KeptOut, releases: Sequence[Release]) -> None:
        self.kept_out = kept_out
        version = kept_out.parent.rpartition(" ")[2]
        self._versions = newer(version, releases, kept_out.python)
        self._below = -1  # place of the last release that keeps the fix out
        self._first: int | None = None  # place of the first one known to let it in
        self._refused = ""

    def probes(self) -> list[str]:
        """The versions whose requirements to ask for next; none where nothing is left to learn."""
        if self._refused:
            return []
        span = range(self._below + 1, len(self._versions) if self._first is None else self._first)
        picks = range(1, _PROBES + 1) if len(span) > _PROBES else range(1, len(span) + 1)
        return [self._versions[span[pick * len(span) // len(picks) - 1]] for pick in picks]

    def learn(self, stated: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """stated: version to what it requires, canonical name to specifiers (one of which is enough)."""
        probed = self.probes()
        for version in probed:
            if not stated.get(version):  # nothing is told, or that it requires nothing, which some indexes say of all
                continue
            asks = stated[version].get(self.kept_out.name, ())
            if not asks or any(admits(one, self.kept_out.version) for one in asks):
                self._first = self._versions.index(version)
                return
            self._below = self._versions.index(version)
        if self._first is None and probed:
            self._refused = probed[-1] if stated.get(probed[-1]) else "?"

    @property
    def found(self) -> Move:
        """What is known so far."""
        if self._first is not None:
            return Move(to=self._versions[self._first])
        return Move(newest=self._refused.strip("?"))
