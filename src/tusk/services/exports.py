"""Write the results of statements to a file or a stream, in any format.

A file appears under its name only when it is complete: rows go to a nameless temporary file in
the same folder first. Until then, and after any failure, an older file of that name stays as
it was.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.config.scratch import scratch_root
from tusk.core.errors import StorageError, TuskError, UsageError
from tusk.core.events import (
    BatchArrived,
    Event,
    Failed,
    Finished,
    NoticeArrived,
    ResultOpened,
    Started,
    Timing,
)
from tusk.core.statement import Statement
from tusk.engines.base import CsvSource, FetchMode, Session
from tusk.formats.registry import (
    Format,
    compression_of_path,
    find_format,
    format_of_path,
    make_writer,
)
from tusk.formats.writer import WriterOptions
from tusk.services.export_target import open_target, storage_errors
from tusk.services.queries import RunOptions, run_statements

if TYPE_CHECKING:
    from tusk.formats.writer import Writer

__all__ = [
    "ExportSummary",
    "Progress",
    "WriterOptions",
    "choose_format",
    "export",
    "export_rows",
]

_PROGRESS_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is."""

    rows: int
    size_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written.

    Args:
        format: Name of the format.
        path: The file, None for a stream. Without a result set there is none.
        rows: Rows written, in all result sets.
        size_bytes: Bytes written, after compression.
        seconds: From the first statement to the file in place.
        result_sets: Result sets written.
        dropped: Result sets not written, because the format holds one only.
        errors: Statements' errors, when the script was told to go on after them.
    """

    format: str
    path: Path | None
    rows: int
    size_bytes: int
    seconds: float
    result_sets: int
    dropped: int
    errors: Sequence[TuskError] = field(default_factory=tuple[TuskError, ...])


def choose_format(name: str, destination: Path | None, default: str = "csv") -> Format:
    """The format that was asked for, else the one that the file's suffix means.

    Args:
        name: Format name, empty when none was given.
        destination: The file, None for a stream.
        default: For a stream without a name.

    Raises:
        UsageError: Unknown name, or a suffix that means no format.
    """
    if name:
        return find_format(name)
    if destination is None:
        return find_format(default)
    found = format_of_path(destination)
    if found is None:
        suffix = destination.suffix
        what = f"the suffix {suffix!r}" if suffix else f"the name {destination.name!r}"
        raise UsageError(f"{what} does not tell the format", hint="say it with -F FORMAT")
    return found


def export(
    session: Session,
    statements: Statement | Sequence[Statement],
    destination: Path | IO[bytes],
    format_: Format | str,
    *,
    options: WriterOptions | None = None,
    run: RunOptions | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ExportSummary:
    """Run statements and write their result sets.

    Args:
        session: Where to run them.
        statements: One, or a script. Of several result sets, formats that hold one take the
            last complete one; the others write them one after the other.
        destination: A file, replaced when everything has succeeded, or a binary stream.
        format_: See `choose_format`.
        options: For the format.
        run: How to run the statements; `mode` is chosen here.
        on_event: Told what happens, but for the rows: for narration.
        on_progress: Told every now and then while rows are written.

    Raises:
        QueryError: A statement failed and `run.stop_on_error` holds. The file is untouched.
        StorageError: The file cannot be written. An older one is untouched.
        BrokenPipeError: The reader of the stream went away.
    """
    many = [statements] if isinstance(statements, Statement) else list(statements)
    job = _Export(destination, format_, options, on_event, on_progress, is_script=len(many) > 1)
    return job.run(session, many, run or RunOptions())


def export_rows(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    destination: Path | IO[bytes],
    format_: Format | str,
    *,
    options: WriterOptions | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ExportSummary:
    """Write rows that have been fetched already, such as those of a `ResultBuffer`.

    Raises:
        StorageError: The file cannot be written. An older one is untouched.
        BrokenPipeError: The reader of the stream went away.
    """
    job = _Export(destination, format_, options, None, on_progress, is_script=False)
    return job.write_rows(schema, batches)


class _Export:
    """One export on its way from statements to a file."""

    def __init__(
        self,
        destination: Path | IO[bytes],
        format_: Format | str,
        options: WriterOptions | None,
        on_event: Callable[[Event], None] | None,
        on_progress: Callable[[Progress], None] | None,
        *,
        is_script: bool,
    ) -> None:
        self._path = destination if isinstance(destination, Path) else None
        self._format = find_format(format_) if isinstance(format_, str) else format_
        self._options = _named_after(self._path, options or WriterOptions())
        self._target = open_target(
            destination,
            compression=compression_of_path(self._path) if self._path is not None else "",
            takes_last=self._format.holds_one and is_script,
        )
        self._on_event = on_event
        self._on_progress = on_progress
        self._started = time.perf_counter()
        self._told = self._started
        self._stream: IO[bytes] | None = None
        self._writer: Writer | None = None
        self._rows = 0  # of complete result sets that are kept
        self._rows_here = 0  # of the one being written
        self._result_sets = 0
        self._dropped = 0
        self._size_bytes = 0
        self._errors: list[TuskError] = []

    def run(self, session: Session, statements: list[Statement], run: RunOptions) -> ExportSummary:
        """Run the statements and write their results."""
        mode = FetchMode.BULK if run.fetch_limit is None else FetchMode.PAGE
        run = replace(run, mode=mode, budget_bytes=None)
        with self._target:
            try:
                for index, statement in enumerate(statements):
                    self._run_one(session, statement, index, run)
                    if self._errors and run.stop_on_error:
                        raise self._errors[-1]
                self._commit()
            finally:
                self._discard_writer()
        return self._summary()

    def write_rows(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> ExportSummary:
        """Write one result set that is here already."""
        with self._target:
            try:
                self._open(schema)
                for batch in batches:
                    self._write(batch)
                self._close()
                self._commit()
            finally:
                self._discard_writer()
        return self._summary()

    def _run_one(self, session: Session, statement: Statement, index: int, run: RunOptions) -> None:
        self._tell(Started(statement, index))
        is_done = (
            self._copies_csv(run)
            and isinstance(session, CsvSource)
            and self._copy_csv(session, statement, run)
        )
        if not is_done:
            run_statements(session, [statement], self._follow, run)

    def _follow(self, event: Event) -> None:
        match event:
            case Started():
                return  # told already, with its place in the script
            case BatchArrived(batch):
                self._write(batch)
                return
            case ResultOpened(schema):
                self._open(schema)
            case Finished(rows):
                if rows is not None:
                    self._close()
            case Failed(error):
                self._fail(error)
            case _:
                pass
        self._tell(event)

    def _tell(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

    # ── result sets ──────────────────────────────────────────────────────────────────────

    def _begin(self) -> IO[bytes]:
        """A stream for the next result set."""
        self._rows_here = 0
        if self._format.holds_one or self._stream is None:
            self._stream = self._target.open()
        return self._stream

    def _end(self) -> None:
        """The result set is complete."""
        if not self._format.holds_one:
            self._rows += self._rows_here
            self._result_sets += 1
            return
        self._target.accept()
        self._dropped += self._result_sets
        self._rows, self._result_sets = self._rows_here, 1

    def _fail(self, error: TuskError) -> None:
        self._errors.append(error)
        self._discard_writer()
        if self._format.holds_one:
            self._target.reject()

    def _commit(self) -> None:
        if not self._format.holds_one:
            self._target.accept()
        self._target.commit()
        self._size_bytes = self._target.size_bytes

    # ── through Arrow ────────────────────────────────────────────────────────────────────

    def _open(self, schema: pa.Schema) -> None:
        options = replace(self._options, index=self._result_sets)
        self._writer = make_writer(self._format, self._begin(), options)
        with _writing(self._format):
            self._writer.open(schema)

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            return
        with _writing(self._format):
            self._writer.write(batch)
        self._target.flush()
        self._report(self._rows_here + batch.num_rows)

    def _close(self) -> None:
        if self._writer is None:
            return
        with _writing(self._format):
            self._writer.close()
        self._writer = None
        self._target.flush()
        self._end()

    def _discard_writer(self) -> None:
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    # ── straight from the server ─────────────────────────────────────────────────────────

    def _copies_csv(self, run: RunOptions) -> bool:
        return (
            self._format.name == "csv"
            and run.fetch_limit is None
            and not self._options.null
            and not self._options.for_terminal
        )

    def _copy_csv(self, session: CsvSource, statement: Statement, run: RunOptions) -> bool:
        """Let the server write the CSV; False when it cannot do that for this statement."""
        began = time.perf_counter()
        arrivals: list[float] = []

        def follow(rows: int) -> None:
            if not arrivals:
                arrivals.append(time.perf_counter() - began)
            self._report(rows)

        try:
            rows = session.copy_csv(
                statement,
                run.parameters,
                self._begin(),
                header=self._options.header,
                timeout_s=run.timeout_s,
                on_notice=lambda notice: self._tell(NoticeArrived(notice)),
                on_progress=follow,
            )
        except TuskError as exc:
            self._fail(exc)
            seconds = time.perf_counter() - began
            self._tell(Failed(exc, self._rows_here, Timing(seconds, seconds)))
            return True
        if rows is None:
            self._target.reject()
            return False
        self._rows_here = rows
        self._end()
        seconds = time.perf_counter() - began
        timing = Timing(arrivals[0] if arrivals else seconds, seconds)
        self._tell(Finished(rows, None, f"SELECT {rows}", timing))
        return True

    # ── progress and end ─────────────────────────────────────────────────────────────────

    def _report(self, rows_here: int) -> None:
        self._rows_here = rows_here
        now = time.perf_counter()
        if self._on_progress is not None and now - self._told >= _PROGRESS_EVERY_S:
            self._told = now
            kept = 0 if self._format.holds_one else self._rows
            size = self._target.size_bytes
            self._on_progress(Progress(kept + rows_here, size, now - self._started))

    def _summary(self) -> ExportSummary:
        return ExportSummary(
            format=self._format.name,
            path=self._path,
            rows=self._rows,
            size_bytes=self._size_bytes,
            seconds=time.perf_counter() - self._started,
            result_sets=self._result_sets,
            dropped=self._dropped,
            errors=tuple(self._errors),
        )


def _named_after(path: Path | None, options: WriterOptions) -> WriterOptions:
    """INSERT statements go to a table of the file's name, unless another was named."""
    if options.table or path is None:
        return options
    return replace(options, table=path.name.partition(".")[0])


@contextlib.contextmanager
def _writing(format_: Format) -> Generator[None]:
    """Turn what a writer raises into words.

    The target names itself in its errors; what else fails are a format's temporary files.
    """
    try:
        with storage_errors(f"temporary files in {scratch_root()}"):
            yield
    except pa.ArrowException as exc:
        raise StorageError(f"cannot write this result as {format_.name}: {exc}") from exc
