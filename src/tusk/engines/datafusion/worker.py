"""The process in which DataFusion runs; `process` starts it and talks to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import socket
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from datafusion import RuntimeEnvBuilder, SessionConfig, SessionContext, SQLOptions

from tusk.engines.arrow import cut, plain_type
from tusk.engines.datafusion.tables import register_path
from tusk.engines.datafusion.wire import Header, pack, pack_batch, pack_schema, unpack, unpack_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datafusion import DataFrame, RecordBatchStream

_SETTINGS = {
    "datafusion.catalog.information_schema": "true",
    "datafusion.execution.listing_table_ignore_subdirectory": "false",
    "datafusion.sql_parser.collect_spans": "true",
    "datafusion.execution.parquet.schema_force_view_types": "false",
    "datafusion.sql_parser.map_string_types_to_utf8view": "false",
}
_UNREADABLE = {"month_interval", "day_time_interval"}
_CANNOT_READ = (
    "a column holds intervals of months alone, or of days and milliseconds, which cannot be "
    "fetched: cast it to varchar"
)
# Of the machine's memory, for sorts, joins and groups; what is larger is spilled or fails. DuckDB
# takes 80 %, but counts all of its memory: DataFusion leaves out the files that it reads and the
# batches between operators.
_MEMORY_SHARE = 0.5
# A statement that was given up has stopped when, at some moment, no thread wants to compute.
# The engine tells nobody when that is: it is looked at eight times, a moment apart.
_CALM_CHECKS = 8
_CALM_WINDOW_S = 0.025
_CALM_SHARE = 0.3
_THREADS = Path("/proc/self/task")
_CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")


class Worker:
    """What the sessions of one connection share: the DataFusion context.

    Args:
        setup: `path` (file or folder to make tables of, or empty), `read_only`, `startup_sql`,
            `spill` (folder for what does not fit in memory).
    """

    def __init__(self, setup: Header) -> None:
        config = SessionConfig()
        for name, value in _SETTINGS.items():
            config = config.set(name, value)
        runtime = RuntimeEnvBuilder().with_temp_file_path(setup["spill"])
        runtime = runtime.with_fair_spill_pool(int(_memory_bytes() * _MEMORY_SHARE))
        # A path in place of a table name reads that file.
        self.context = SessionContext(config, runtime).enable_url_table()
        self.failures: dict[str, str] = {}
        if setup["path"]:
            self.failures = register_path(self.context, Path(setup["path"]))
        for statement in setup["startup_sql"]:
            self.context.sql(statement).collect()
        may_write = not setup["read_only"]
        self.options = (
            SQLOptions()
            .with_allow_ddl(may_write)
            .with_allow_dml(may_write)
            .with_allow_statements(may_write)
        )
        self._lock = threading.Lock()
        self._busy = 0

    @contextlib.contextmanager
    def working(self) -> Any:
        """Around what a session computes."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def is_stuck(self) -> bool:
        """Whether the process goes on computing although no session wants anything."""
        return all(_is_computing() and not self._busy for _ in range(_CALM_CHECKS))


def _memory_bytes() -> int:
    """The machine's memory, or what a container leaves of it."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # There is no such file, or it says "max".
    with contextlib.suppress(OSError, ValueError):
        size = min(size, int(_CONTAINER_MEMORY.read_text()))
    return size


def _is_computing() -> bool:
    """Whether another thread of this process computes, or would if it got a processor."""
    if not _THREADS.exists():
        before = time.process_time()
        time.sleep(_CALM_WINDOW_S)
        return time.process_time() - before > _CALM_WINDOW_S * _CALM_SHARE
    time.sleep(_CALM_WINDOW_S)
    states: list[str] = []
    for thread in _THREADS.iterdir():
        if int(thread.name) != threading.get_native_id():
            # A thread may end between being listed and being read.
            with contextlib.suppress(OSError):
                # pid (name) state …, and the name may hold anything.
                states.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
    return "R" in states


class Channel:
    """One session: requests come in over a connection, one after the other.

    A thread of its own reads them, so that a `cancel` is seen while a statement runs.
    """

    def __init__(self, worker: Worker, connection: Connection) -> None:
        self._worker = worker
        self._connection = connection
        self._requests: queue.SimpleQueue[tuple[Header, memoryview] | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[pa.RecordBatch | None] | None = None
        self._cancelled = 0
        self._run = 0
        self._streams: list[RecordBatchStream] = []
        self._schema = pa.schema([])
        self._first: pa.RecordBatch | None = None
        self._parts: Iterator[pa.RecordBatch] = iter(())

    def start(self) -> None:
        """Serve from now on, in the background."""
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._serve, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                header, payload = unpack(self._connection.recv_bytes())
                if header["do"] == "cancel":
                    self._cancelled = header["run"]
                    self._loop.call_soon_threadsafe(self._cancel_task)
                else:
                    self._requests.put((header, payload))
        self._cancelled = sys.maxsize
        self._loop.call_soon_threadsafe(self._cancel_task)
        self._requests.put(None)

    def _cancel_task(self) -> None:
        if self._task is not None and self._run <= self._cancelled:
            self._task.cancel()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while (request := self._requests.get()) is not None:
                header, payload = request
                try:
                    reply = self._answer(header, payload)
                except asyncio.CancelledError:
                    reply = pack({"is": "cancelled"})
                except BaseException as exc:  # noqa: BLE001 - Rust panics are BaseException
                    reply = pack({"is": "failed", "message": str(exc)})
                self._connection.send_bytes(reply)
        self._connection.close()

    def _answer(self, header: Header, payload: memoryview) -> bytes:
        match header["do"]:
            case "run":
                with self._worker.working():
                    return self._start(header, payload)
            case "next":
                with self._worker.working():
                    return self._next()
            case "close":
                is_open = bool(self._streams)
                self._forget()
                return pack({"is": "closed", "stuck": is_open and self._worker.is_stuck()})
            case _:
                version = self._worker.context.sql("select version()").collect()[0][0][0].as_py()
                return pack({"is": "info", "version": version, "failures": self._worker.failures})

    def _start(self, header: Header, payload: memoryview) -> bytes:
        self._run = header["run"]
        self._forget()
        frame = self._worker.context.sql(
            header["text"], options=self._worker.options, param_values=unpack_row(payload) or None
        )
        schema = frame.schema()
        if not all(map(_is_readable, schema.types)):
            raise ValueError(_CANNOT_READ)
        if not schema.names:
            return pack({"is": "done"})
        self._streams = _execute(frame)
        if header["counts"] and schema.names == ["count"]:
            return pack({"is": "done", "affected": self._count()})
        if any(pa.types.is_null(type_) for type_ in schema.types):
            # The type of a parameter is known only to the rows.
            self._first = self._fetch()
            schema = schema if self._first is None else self._first.schema
        self._schema = pa.schema([field.with_type(plain_type(field.type)) for field in schema])
        return pack({"is": "rows"}, pack_schema(self._schema))

    def _count(self) -> int:
        total = 0
        while (batch := self._fetch()) is not None:
            total += sum(int(count or 0) for count in batch.column(0).to_pylist())
        return total

    def _next(self) -> bytes:
        part = next(self._parts, None)
        if part is None:
            batch, self._first = self._first, None
            if batch is None:
                batch = self._fetch()
            if batch is None:
                self._forget()
                return pack({"is": "end"})
            self._parts = cut(batch.cast(self._schema))
            part = next(self._parts)
        return pack({"is": "batch"}, pack_batch(part))

    def _forget(self) -> None:
        """Let go of the statement's streams and of what came from it."""
        self._streams = []
        self._first = None
        self._parts = iter(())

    def _fetch(self) -> pa.RecordBatch | None:
        while self._streams:
            batch = self._fetch_from(self._streams[0])
            if batch is not None:
                return batch
            del self._streams[0]
        return None

    def _fetch_from(self, stream: RecordBatchStream) -> pa.RecordBatch | None:
        if self._cancelled >= self._run:
            raise asyncio.CancelledError
        self._task = self._loop.create_task(_next_batch(stream))
        try:
            return self._loop.run_until_complete(self._task)
        finally:
            self._task = None


def _execute(frame: DataFrame) -> list[RecordBatchStream]:
    """The streams of a statement's rows, to be read one after the other.

    A plan without inputs only reads, by as many partitions as there are processors. One at a time
    they take a sixth longer, since all rows go to one reader anyhow, but the first rows come
    sooner, in the order of the file, and each partition less saves 100 MB: DataFusion's allocator
    holds that much back of what was read.
    """
    if frame.execution_plan().children():
        return [frame.execute_stream()]
    return frame.execute_stream_partitioned()


def _is_readable(type_: pa.DataType) -> bool:
    """Whether pyarrow can take over values of a type; it has one of Arrow's three intervals."""
    children = [type_.field(index).type for index in range(type_.num_fields)]
    return str(type_) not in _UNREADABLE and all(map(_is_readable, children))


async def _next_batch(stream: RecordBatchStream) -> pa.RecordBatch | None:
    try:
        batch = await stream.__anext__()
    except StopAsyncIteration:
        return None
    arrow: pa.RecordBatch = batch.to_pyarrow()
    return arrow


def main() -> None:
    """Serve the sessions whose connections come in over the socket given by number."""
    control = socket.socket(fileno=int(sys.argv[1]))
    setup = json.loads(sys.argv[2])
    try:
        worker = Worker(setup)
    except BaseException as exc:  # noqa: BLE001 - Rust panics are BaseException
        control.sendall(pack({"is": "failed", "message": str(exc)}))
        return
    control.sendall(pack({"is": "ready"}))
    while True:
        _, handles, _, _ = socket.recv_fds(control, 1, 1)
        if not handles:
            break
        Channel(worker, Connection(handles[0])).start()
    # Statements may be running; there is nobody left to want them.
    os._exit(0)


if __name__ == "__main__":
    main()
