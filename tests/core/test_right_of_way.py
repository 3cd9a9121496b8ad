"""Threads that work on rows wait while another one claims the right of way."""

from __future__ import annotations

import threading

from tests.support.waiting import wait_until
from tusk.core.right_of_way import RightOfWay

HOURS = 7200.0


def test_nobody_waits_without_a_claim() -> None:
    way = RightOfWay()
    way.give()
    assert not way.is_claimed


def test_a_thread_waits_until_the_claim_ends() -> None:
    way = RightOfWay()
    way.claim(HOURS)
    worker = threading.Thread(target=way.give, daemon=True)
    worker.start()
    worker.join(0.05)
    assert worker.is_alive()
    way.end_claim()
    worker.join(30)
    assert not worker.is_alive()
    assert not way.is_claimed


def test_a_claim_that_nobody_ends_is_over_by_itself() -> None:
    way = RightOfWay()
    way.claim(0.01)
    way.give()
    assert not way.is_claimed


def test_a_new_claim_goes_on_where_one_ended() -> None:
    way = RightOfWay()
    way.claim(HOURS)
    way.end_claim()
    way.claim(HOURS)
    worker = threading.Thread(target=way.give, daemon=True)
    worker.start()
    worker.join(0.05)
    assert worker.is_alive()
    way.end_claim()
    wait_until(lambda: not worker.is_alive(), "the thread goes on")
