"""Stopping a statement at any moment, and nothing but that statement."""

from __future__ import annotations

import threading
import time

import pytest

from tests.support.waiting import wait_until
from tusk.core.errors import QueryCancelled, QueryTimeout
from tusk.engines.running import Running, StopReason

# Against hanging.
GUARD_S = 30


class Clock:
    """Goes on by hand."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of the one that statements are timed by."""
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", lambda: clock.now)
    return clock


def repeaters() -> list[threading.Thread]:
    """Threads that repeat an interruption."""
    return [thread for thread in threading.enumerate() if thread.name == "tusk-interrupt"]


class Driver:
    """Forgets interruptions that come before it works, as real drivers do."""

    def __init__(self) -> None:
        self.is_working = False
        self.interruptions = 0
        self.late = 0

    def interrupt(self) -> None:
        self.interruptions += 1
        if not self.is_working:
            self.late += 1

    def work(self, running: Running, *, forgets: int = 0) -> None:
        with running.working():
            wait_until(lambda: self.interruptions >= forgets, "interrupted too early")
            self.is_working, before = True, self.interruptions
            wait_until(lambda: self.interruptions > before, "interrupted")
            self.is_working = False


def test_an_interruption_that_comes_too_early_is_repeated():
    driver = Driver()
    running = Running(driver.interrupt)
    thread = threading.Thread(target=driver.work, args=(running,), kwargs={"forgets": 2})
    thread.start()
    wait_until(lambda: running.timing.total_s > 0, "working")
    running.stop()
    thread.join(GUARD_S)
    assert not thread.is_alive()
    assert driver.interruptions > 2


def test_nothing_is_interrupted_once_the_driver_has_returned():
    driver = Driver()
    running = Running(driver.interrupt)
    thread = threading.Thread(target=driver.work, args=(running,))
    thread.start()
    wait_until(lambda: driver.is_working, "working")
    running.stop()
    thread.join(GUARD_S)
    seen = driver.interruptions
    wait_until(lambda: not repeaters(), "nobody interrupts")
    assert driver.interruptions == seen


def test_a_stop_between_two_calls_fails_the_next_one():
    driver = Driver()
    running = Running(driver.interrupt)
    running.stop()
    with pytest.raises(QueryCancelled), running.working():
        raise AssertionError("the driver was called")
    assert driver.interruptions == 0


def test_a_stop_after_the_end_does_nothing():
    running = Running(lambda: None)
    running.finish()
    running.stop()
    assert running.error() is None


def test_the_first_reason_stays():
    running = Running(lambda: None)
    running.stop(StopReason.REPLACED)
    running.stop(StopReason.CANCELLED)
    assert "another statement" in str(running.error())


def test_time_between_two_calls_is_not_counted(clock: Clock):
    running = Running(lambda: None, timeout_s=10)
    for _ in range(3):
        with running.working():
            clock.now += 3
        clock.now += 3600
    assert running.error() is None
    assert running.timing.total_s == 9


def test_time_that_is_used_up_ends_the_statement():
    driver = Driver()
    running = Running(driver.interrupt, timeout_s=0.2)
    driver.work(running)
    assert isinstance(running.error(), QueryTimeout)


def test_the_first_row_has_its_own_time(clock: Clock):
    running = Running(lambda: None)
    with running.working():
        clock.now += 2
        running.first_row()
        clock.now += 5
    running.first_row()
    assert (running.timing.first_row_s, running.timing.total_s) == (2, 7)


def test_a_signal_handler_may_stop_what_its_own_thread_runs():
    running = Running(lambda: None)
    with running._lock:
        running.stop()
    assert isinstance(running.error(), QueryCancelled)
