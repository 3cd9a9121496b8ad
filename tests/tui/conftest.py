"""What every test of the app needs."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def idle_is_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot waits after a key until the screen's thread rests, not the whole process.

    Textual measures the process, which never rests while DuckDB computes in it: every key would
    then take two seconds.
    """
    monkeypatch.setattr("textual._wait.process_time", time.thread_time)
