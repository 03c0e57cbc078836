"""The line of progress: only for people, only when there is something to wait for, and gone at the end."""

from __future__ import annotations

import io
import os
import sys

import pytest

from mlsupply.cli import progress
from mlsupply.cli.progress import Progress


class _Screen(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class _Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def _screen(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True) -> _Screen:
    screen = _Screen(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch, clock: _Clock) -> None:
    screen = _screen(monkeypatch)
    say = Progress()
    clock.now = 0.9
    say("resolving", 1, 2)
    say.end()
    assert screen.getvalue() == ""


def test_a_long_one_shows_a_bar_at_most_ten_times_a_second_and_clears_it(
    monkeypatch: pytest.MonkeyPatch, clock: _Clock
) -> None:
    screen = _screen(monkeypatch)
    say = Progress()
    clock.now = 1.5
    say("looking inside torch", 6, 12)
    clock.now = 1.55
    say("too soon", 7, 12)
    clock.now = 1.7
    say("asking the index")
    say.end()
    say.end()
    assert screen.getvalue().split("\r\x1b[K")[1:] == [
        "[############............] 6/12 looking inside torch",
        "asking the index",
        "",
    ]


def test_more_done_than_there_was_to_do_stays_inside_the_bar(monkeypatch: pytest.MonkeyPatch, clock: _Clock) -> None:
    screen = _screen(monkeypatch)
    say = Progress()
    clock.now = 2.0
    say("x" * 200, 3_000, 2_000)
    assert screen.getvalue() == f"\r\x1b[K[{'#' * 24}] 3,000/2,000 {'x' * 60}"


@pytest.mark.parametrize(("terminal", "quiet"), [(False, False), (True, True)])
def test_pipes_and_quiet_runs_get_none(monkeypatch: pytest.MonkeyPatch, clock: _Clock, terminal: bool, quiet: bool) -> None:
    screen = _screen(monkeypatch, terminal=terminal)
    say = Progress(quiet=quiet)
    clock.now = 5.0
    say("resolving", 1, 2)
    say.end()
    assert screen.getvalue() == ""


@pytest.mark.parametrize(("columns", "shown"), [(60, 59), (20, 19), (1, 1)])
def test_the_line_never_wraps_so_that_it_can_be_cleared(
    columns: int, shown: int, monkeypatch: pytest.MonkeyPatch, clock: _Clock
) -> None:
    screen = _screen(monkeypatch)
    screen.fileno = lambda: 2  # type: ignore[method-assign]
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((columns, 24)))
    say = Progress()
    clock.now = 2
    say("looking inside " + "a-long-name-" * 9, 600, 1200)
    assert len(screen.getvalue().removeprefix("\r\x1b[K")) == shown


def test_a_terminal_that_cannot_clear_a_line_is_shown_none(monkeypatch: pytest.MonkeyPatch, clock: _Clock) -> None:
    monkeypatch.setenv("TERM", "dumb")
    screen = _screen(monkeypatch)
    say = Progress()
    clock.now = 2
    say("resolving")
    say.end()
    assert screen.getvalue() == ""
