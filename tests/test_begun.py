"""Calls in threads: in order, a few at a time, and nothing that breaks is lost."""

from __future__ import annotations

import threading
import time

import pytest

from mlsupply.begun import Begun, each


def test_a_call_goes_on_while_its_caller_does_something_else() -> None:
    gate = threading.Event()
    begun = Begun(lambda: gate.wait(5))
    gate.set()  # would never come if the call had to end first
    assert begun.result() is True
    assert begun.result() is True


def test_what_a_call_raises_is_raised_where_its_result_is_wanted() -> None:
    begun = Begun(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        begun.result()


def test_results_come_in_the_order_of_the_tasks_whatever_ends_first() -> None:
    def slowest_first(task: int) -> int:
        time.sleep(0.02 if task == 0 else 0)
        return task * task

    assert list(each(slowest_first, range(50), 8)) == [task * task for task in range(50)]
    assert list(each(slowest_first, [], 8)) == []


def test_no_more_are_under_way_than_allowed_and_as_many_as_that() -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def work(task: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return task

    assert len(list(each(work, range(24), 4))) == 24
    assert most == 4


def test_one_task_needs_no_thread() -> None:
    assert list(each(lambda task: threading.current_thread(), ["one"], 8)) == [threading.main_thread()]


def test_a_single_task_has_its_own_thread_where_that_is_wanted() -> None:
    (used,) = each(lambda task: threading.current_thread(), ["one"], 8, aside=True)
    assert used is not threading.main_thread()
    assert list(each(lambda task: task, [], 8, aside=True)) == []


def test_the_first_task_that_breaks_ends_the_row_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []

    def work(task: int) -> int:
        begun.append(task)
        if task == 3:
            raise ValueError(task)
        time.sleep(0.001)
        return task

    got: list[int] = []
    with pytest.raises(ValueError, match="3"):
        got.extend(each(work, range(10_000), 4))
    assert got == [0, 1, 2]
    assert len(begun) < 10_000


def test_whoever_stops_asking_stops_the_work() -> None:
    begun: list[int] = []

    def work(task: int) -> None:
        begun.append(task)
        time.sleep(0.001)

    results = each(work, range(10_000), 4)
    next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    count = len(begun)
    time.sleep(0.02)
    assert len(begun) == count < 10_000
