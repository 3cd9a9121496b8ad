"""Private, atomic, locked files."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tusk.config import files
from tusk.core.errors import StorageError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_written_file_and_its_new_folders_are_private_whatever_the_umask_is(tmp_path: Path):
    before = os.umask(0)
    try:
        files.write_private(tmp_path / "a" / "b" / "file", b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "b" / "file") == 0o600
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_an_existing_folder_keeps_its_mode(tmp_path: Path):
    tmp_path.chmod(0o755)
    files.write_private(tmp_path / "file", b"x")
    assert mode(tmp_path) == 0o755


def test_writing_replaces_a_readable_file_by_a_private_one(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    files.write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


def test_a_symbolic_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path):
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "config.toml"
    real.write_bytes(b"old")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    files.write_private(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot write .*file: file too large") as caught:
            files.write_private(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "ulimit -f" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_made_is_a_storage_error(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="not a directory"):
        files.write_private(tmp_path / "file" / "a" / "b", b"x")


def test_setting_aside_never_overwrites_an_earlier_one(tmp_path: Path):
    path = tmp_path / "config.toml"
    kept = []
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content)
        kept.append(files.set_aside(path))
    assert [p.read_bytes() for p in kept] == [b"one", b"two", b"three"]
    assert all(p.name.startswith("config.toml.corrupt-") for p in kept)
    assert not path.exists()


def test_reading_a_missing_file_is_none_and_an_unreadable_one_an_error(tmp_path: Path):
    assert files.read_bytes(tmp_path / "none") is None
    with pytest.raises(StorageError, match="cannot read"):
        files.read_bytes(tmp_path)


def test_a_lock_makes_another_thread_wait(tmp_path: Path):
    order: list[str] = []
    is_held = threading.Event()

    def first() -> None:
        with files.locked(tmp_path / "file"):
            is_held.set()
            second_waits.wait(10)
            order.append("first")

    second_waits = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    is_held.wait(10)
    threading.Timer(0.1, second_waits.set).start()
    with files.locked(tmp_path / "file"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_that_is_never_released_is_an_error(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(files, "LOCK_WAIT_S", 0.1)
    with (
        files.locked(tmp_path / "file"),
        pytest.raises(StorageError, match="another tusk"),
        files.locked(tmp_path / "file"),
    ):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path):
    code = (
        "import os, sys; from pathlib import Path; from tusk.config.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "file")], stdout=subprocess.PIPE
    )
    assert done.stdout == b"held\n"
    with files.locked(tmp_path / "file"):
        pass
