"""Exports: complete files or none, whatever happens, and in the right place."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.services.export_support import (
    FAILS,
    MANY,
    OLD,
    PRELUDE,
    ROWS,
    contents,
    run_python,
    script,
)
from tusk.core.errors import QueryError, StorageError
from tusk.core.statement import Statement
from tusk.engines.base import Session
from tusk.formats.registry import FORMATS
from tusk.services.export_target import open_target
from tusk.services.exports import export, export_rows

# ── nothing or all ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FORMATS)
def test_a_statement_that_fails_midway_changes_nothing(session: Session, folder: Path, name: str):
    path = folder / "result"
    path.write_bytes(OLD)
    with pytest.raises(QueryError, match="late"):
        export(session, FAILS, path, name)
    assert contents(folder) == {"result": OLD}
    with pytest.raises(QueryError, match="late"):
        export(session, FAILS, folder / "new", name)
    assert contents(folder) == {"result": OLD}


class Stopped(BaseException):
    """As Ctrl+C is: no Exception."""


def interrupted(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    yield batch
    raise Stopped


@pytest.mark.parametrize("hides", ["without a name", "hidden beside its place"])
def test_an_interrupt_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, hides: str):
    if hides != "without a name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = folder / "a.csv"
    path.write_bytes(OLD)
    batch = pa.record_batch({"a": range(100_000)})
    seen: list[set[str]] = []

    def batches() -> Iterator[pa.RecordBatch]:
        yield batch
        seen.append({path.name for path in folder.iterdir()})
        raise Stopped

    with pytest.raises(Stopped):
        export_rows(batch.schema, batches(), path, "csv")
    assert contents(folder) == {"a.csv": OLD}
    assert len(seen[0]) == (1 if hides == "without a name" else 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_killed_export_leaves_nothing(folder: Path, number: signal.Signals):
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("files without a name exist on Linux only")
    path = folder / "a.csv"
    path.write_bytes(OLD)
    code = f"""
def forever():
    while True:
        yield rows
        print("written", flush=True)
export_rows(rows.schema, forever(), Path({str(path)!r}), "csv")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(number)
    process.wait()
    process.stdout.close()
    assert process.returncode == -number
    assert contents(folder) == {"a.csv": OLD}


@pytest.mark.parametrize("name", ["csv", "json", "parquet", "arrow", "table", "csv.gz", "html"])
def test_a_limit_on_file_sizes_is_an_error_in_words(folder: Path, name: str):
    path = folder / f"a.{name}"
    path.write_bytes(OLD)
    format_ = name.partition(".")[0]
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from tusk.core.errors import StorageError
import random
noise = pa.record_batch({{"x": [random.random() for _ in range(200_000)]}})
try:
    export_rows(noise.schema, [noise, noise], Path({str(path)!r}), {format_!r})
except StorageError as error:
    print(error.message, "|", error.hint)
"""
    result = run_python(code)
    assert result.stderr == ""
    assert result.stdout.strip() == (
        f"cannot write {path}: it would grow over the limit for files | see `ulimit -f`"
    )
    assert contents(folder) == {f"a.{name}": OLD}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_an_error_in_words(session: Session, small_disk: Path, name: str):
    path = small_disk / "result"
    path.write_bytes(OLD)
    statement = Statement("select i, random() as x from range(400000) r(i)")
    with pytest.raises(StorageError, match=f"cannot write {path}: the disk is full") as caught:
        export(session, statement, path, name)
    assert "free some space" in caught.value.hint
    assert contents(small_disk) == {"result": OLD}
    # The session goes on.
    assert export(session, Statement("select 1 as a"), path, name).rows == 1


def test_a_full_device_is_an_error_in_words():
    rows = pa.record_batch({"a": range(100_000)})
    for name in ("csv", "parquet"):
        with pytest.raises(StorageError, match="cannot write /dev/full: the disk is full"):
            export_rows(rows.schema, [rows], Path("/dev/full"), name)


def test_a_reader_that_went_away_is_no_storage_error(session: Session):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as out, pytest.raises(BrokenPipeError):
        export(session, ROWS, out, "csv")


# ── places ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hides", ["without a name", "hidden beside its place"])
def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hides: str
):
    if hides != "without a name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    rows = pa.record_batch({"a": [1]})
    before = os.umask(0o027)
    try:
        export_rows(rows.schema, [rows], folder / "new.csv", "csv")
        (folder / "old.csv").write_bytes(OLD)
        (folder / "old.csv").chmod(0o604)
        export_rows(rows.schema, [rows], folder / "old.csv", "csv")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"new.csv": 0o640, "old.csv": 0o604}


def test_a_symbolic_link_keeps_pointing(folder: Path, tmp_path: Path):
    target = tmp_path / "elsewhere.csv"
    target.write_bytes(OLD)
    (folder / "link.csv").symlink_to(target)
    (folder / "dangling.csv").symlink_to(tmp_path / "new.csv")
    rows = pa.record_batch({"a": [1]})
    for name in ("link.csv", "dangling.csv"):
        export_rows(rows.schema, [rows], folder / name, "csv")
        assert (folder / name).is_symlink()
    assert target.read_bytes() == (tmp_path / "new.csv").read_bytes() == b"a\n1\n"


def test_a_device_is_written_and_not_replaced(session: Session):
    export(session, ROWS, Path("/dev/null"), "parquet")
    export(session, MANY, Path("/dev/null"), "csv")
    assert Path("/dev/null").is_char_device()


def test_a_fifo_is_written_and_not_replaced(folder: Path):
    path = folder / "fifo.csv"
    os.mkfifo(path)
    reader = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
    rows = pa.record_batch({"a": [1]})
    export_rows(rows.schema, [rows], path, "csv")
    assert reader.communicate()[0] == b"a\n1\n"
    assert path.is_fifo()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "it is a folder"),
        ("missing/a.csv", "the folder does not exist"),
        ("file/a.csv", "a part of the path is not a folder"),
        ("n" * 300, "File name too long"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_anything_runs(
    session: Session, folder: Path, name: str, reason: str
):
    (folder / "file").write_bytes(OLD)
    statement = Statement("create table must_not_be (x int)")
    with pytest.raises(StorageError, match=reason):
        export(session, statement, folder / name, "csv")
    with pytest.raises(QueryError):
        export(session, Statement("select * from must_not_be"), io.BytesIO(), "csv")


def test_a_file_that_may_not_be_written_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    path = folder / "a.csv"
    path.write_bytes(OLD)
    # A rename would replace it, whatever its mode. (Tests may run as root, who may do anything.)
    monkeypatch.setattr(os, "access", lambda place, mode: (Path(place), mode) != (path, os.W_OK))
    rows = pa.record_batch({"a": [1]})
    with pytest.raises(StorageError, match="permission denied"):
        export_rows(rows.schema, [rows], path, "csv")
    assert contents(folder) == {"a.csv": OLD}


def test_a_long_name_leaves_room_for_the_hidden_one(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    rows = pa.record_batch({"a": [1]})
    name = "n" * 251 + ".csv"
    export_rows(rows.schema, [rows], folder / name, "csv")
    assert list(contents(folder)) == [name]


def test_an_unused_target_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    with open_target(folder / "a.csv"):
        assert len(contents(folder)) == 1
    assert contents(folder) == {}


# ── temporary files ──────────────────────────────────────────────────────────────────────


class Pipe(io.RawIOBase):
    """A stream that can only be written."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return len(data)


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow", "xlsx", "sqlite", "duckdb"])
def test_a_full_temporary_folder_is_an_error_in_words(
    session: Session, small_disk: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv("TMPDIR", str(small_disk))
    # A script for one result, and files that are written anew, wait for their end there.
    statements = script("select i, random() as x from range(400000) r(i)", "select 1")
    with pytest.raises(StorageError, match=r"cannot write temporary files in .*: the disk is full"):
        export(session, statements, Pipe(), name)  # type: ignore[arg-type]
    assert contents(small_disk) == {}


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system has no posix_fadvise")
def test_the_disk_begins_long_before_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch):
    begun: list[tuple[int, int]] = []
    advise = os.posix_fadvise

    def spy(descriptor: int, offset: int, length: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_DONTNEED
        begun.append((offset, length))
        advise(descriptor, offset, length, advice)

    monkeypatch.setattr(os, "posix_fadvise", spy)
    block = os.urandom(3 * 1024 * 1024)
    with open_target(folder / "big") as target:
        out = target.open()
        for _ in range(10):
            out.write(block)
        target.accept()
        target.commit()
    assert contents(folder) == {"big": block * 10}
    # Each piece once, and all but the last few megabytes of them.
    assert [offset for offset, _ in begun] == [sum(n for _, n in begun[:i]) for i in range(3)]
    assert sum(length for _, length in begun) > len(block) * 10 - 9 * 1024 * 1024
