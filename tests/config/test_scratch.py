"""Temporary files: where they go, and that nothing of them stays."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tusk.config.paths import Paths
from tusk.config.scratch import ScratchFolder, scratch_place, scratch_root
from tusk.core.errors import StorageError

OTHER = """
import sys
from tusk.config.scratch import ScratchFolder
folder = ScratchFolder()
(folder.path / "file").write_text("something")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def no_tmpdir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """Another process with a folder of its own."""
    command = [sys.executable, "-c", OTHER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def age(folder: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(folder, (an_hour_ago, an_hour_ago))


def test_they_go_below_the_cache_folder_for_its_owner_only() -> None:
    assert not scratch_place().exists()
    assert scratch_root() == scratch_place() == Paths.find().cache_dir / "scratch"
    assert stat.S_IMODE(scratch_root().stat().st_mode) == 0o700
    assert stat.S_IMODE(ScratchFolder().path.parent.stat().st_mode) == 0o700


def test_tmpdir_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert scratch_place() == tmp_path
    assert scratch_root() == tmp_path
    assert ScratchFolder().path.parent == tmp_path


def test_where_no_folder_can_be_made_the_systems_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUSK_HOME", "/dev/null/nothing")
    assert scratch_root().is_dir()
    assert ScratchFolder().path.is_dir()


def test_a_folder_goes_when_it_is_closed_or_forgotten() -> None:
    closed, forgotten = ScratchFolder(), ScratchFolder()
    paths = [closed.path, forgotten.path]
    (closed.path / "a").mkdir()
    closed.close()
    closed.close()
    del forgotten
    assert [path.exists() for path in paths] == [False, False]


def test_what_a_killed_process_left_goes_with_the_next_one(other: subprocess.Popen[str]) -> None:
    left = folder_of(other)
    other.send_signal(signal.SIGKILL)
    other.wait()
    age(left)
    assert (left / "file").exists()
    mine = ScratchFolder()
    assert not left.exists()
    assert mine.path.exists()


def test_folders_of_living_processes_and_other_files_stay(other: subprocess.Popen[str]) -> None:
    theirs = folder_of(other)
    mine = ScratchFolder()
    stranger = scratch_root() / "stranger"
    stranger.mkdir()
    link = scratch_root() / "tusk-link"
    link.symlink_to(stranger)
    for folder in (theirs, mine.path, stranger):
        age(folder)
    os.utime(link, (0, 0), follow_symlinks=False)
    ScratchFolder()
    assert all(folder.exists() for folder in (theirs, mine.path, stranger))
    assert other.stdin is not None
    other.stdin.close()
    wait_until(lambda: not theirs.exists(), "it cleans up at its end")


def test_a_folder_that_cannot_be_made_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # No name of that length fits, whoever asks: a test as root may write anywhere.
    monkeypatch.setattr("tusk.config.scratch._PREFIX", "x" * 300)
    with pytest.raises(StorageError, match="cannot make temporary files in"):
        ScratchFolder()
