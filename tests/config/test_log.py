"""Warnings and the log file."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from tests.support.hostile import HOSTILE_TEXTS, unsafe_characters
from tusk.config.log import show_warnings
from tusk.config.log_file import write_log_file
from tusk.core.errors import StorageError

log = logging.getLogger("tusk.test")


def test_a_warning_is_shown_once_and_less_is_not():
    shown: list[str] = []
    show_warnings(shown.append)
    log.info("nothing")
    log.warning("%s is set aside", "x")
    log.warning("x is set aside")
    log.error("worse")
    assert shown == ["x is set aside", "worse"]


def test_the_log_file_is_private_and_harmless_to_look_at(tmp_path: Path):
    path = tmp_path / "log" / "tusk.log"
    write_log_file(path, "info")
    log.debug("not important")
    for text in HOSTILE_TEXTS:
        log.info("said: %s", text)
    content = path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "not important" not in content
    assert unsafe_characters(content, allow="\n\t") == []


def test_the_log_file_stays_small(tmp_path: Path):
    folder = tmp_path / "log"
    write_log_file(folder / "tusk.log", "info")
    for _ in range(50):
        log.info("x" * 200_000)
    sizes = [p.stat().st_size for p in folder.iterdir()]
    assert len(sizes) == 4
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in folder.iterdir())
    assert max(sizes) < 1_300_000


def test_a_log_file_that_cannot_be_written_is_a_storage_error(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot write"):
        write_log_file(tmp_path, "info")
