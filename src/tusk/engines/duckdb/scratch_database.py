"""A DuckDB of our own for work on rows from anywhere: little memory, the rest on disk."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Generator, Iterable, Iterator

import duckdb
import pyarrow as pa

from tusk.config.scratch import ScratchFolder
from tusk.core.dialect import quote_identifier
from tusk.core.errors import QueryCancelled, StorageError
from tusk.engines.duckdb.errors import read_report

_ROWS = "tusk_rows"
_MEMORY_MB = 256
# Each thread that groups or joins wants buffers of its own; the screen wants a processor too.
_THREADS = 2


class ScratchDatabase:
    """Tables that are gone when it is closed. `stop` may come from any thread.

    Raises:
        StorageError: There is no room for temporary files.
    """

    def __init__(self) -> None:
        self._folder = ScratchFolder()
        self._is_stopped = False
        self._connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
                "threads": _THREADS,
                "memory_limit": f"{_MEMORY_MB}MB",
                "temp_directory": str(self._folder.path / "spill"),
                "preserve_insertion_order": "false",
                "errors_as_json": "true",
            }
        )

    def __enter__(self) -> ScratchDatabase:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def create(
        self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], select: str = "*"
    ) -> None:
        """Make a table of rows.

        Args:
            table: Its name, as it is.
            schema: Of the batches.
            batches: The rows; read in a thread of DuckDB's.
            select: What becomes of them: an expression list, and whatever may follow FROM after
                the word `ROWS`.

        Raises:
            QueryCancelled: `stop` was called.
            StorageError: The temporary files cannot be written.
        """
        failures: list[BaseException] = []
        reader = pa.RecordBatchReader.from_batches(schema, self._watched(batches, failures))
        what, _, rest = select.partition("ROWS")
        name = quote_identifier(table)
        statement = f"CREATE TABLE {name} AS SELECT {what} FROM {_ROWS} {rest}"  # noqa: S608 - ours
        with self._errors(failures):
            self._connection.register(_ROWS, reader)
            try:
                self._connection.execute(statement)
            finally:
                self._connection.unregister(_ROWS)

    def _watched(
        self, batches: Iterable[pa.RecordBatch], failures: list[BaseException]
    ) -> Iterator[pa.RecordBatch]:
        """The batches; an error of theirs is kept, as DuckDB would turn it into words."""
        try:
            for batch in batches:
                if self._is_stopped:
                    return
                yield batch
        except Exception as exc:
            failures.append(exc)
            raise

    def query(self, sql: str, *values: object) -> pa.Table:
        """All rows of a query, of which there should be few.

        Args:
            sql: The query.
            values: For its question marks.

        Raises:
            QueryCancelled: `stop` was called.
            StorageError: The temporary files cannot be written.
        """
        with self._errors([]):
            return self._connection.execute(sql, values).to_arrow_table()

    def stream(self, sql: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Rows of a query, some at a time.

        Raises:
            QueryCancelled: `stop` was called.
            StorageError: The temporary files cannot be written.
        """
        with self._errors([]):
            yield from self._connection.sql(sql).to_arrow_reader(rows)

    def run(self, sql: str) -> None:
        """Run a statement that gives nothing."""
        with self._errors([]):
            self._connection.execute(sql)

    def stop(self) -> None:
        """End what is running, and whatever is asked for later."""
        self._is_stopped = True
        with contextlib.suppress(duckdb.Error):
            self._connection.interrupt()

    def close(self) -> None:
        """Give memory and files back."""
        with contextlib.suppress(duckdb.Error):
            self._connection.close()
        self._folder.close()

    @contextlib.contextmanager
    def _errors(self, failures: list[BaseException]) -> Generator[None]:
        self._check()
        try:
            yield
        except (duckdb.Error, pa.ArrowException) as exc:
            self._check()
            if failures:
                raise failures[0] from exc
            text = read_report(exc).text
            reason = "the disk is full" if os.strerror(errno.ENOSPC) in text else text
            raise StorageError(
                f"cannot work on these rows: {reason}",
                hint="free space there, or name another place for temporary files with TMPDIR",
            ) from exc
        self._check()

    def _check(self) -> None:
        if self._is_stopped:
            raise QueryCancelled("stopped")
