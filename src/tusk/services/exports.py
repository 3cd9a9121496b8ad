"""Write the results of statements to a file or a stream, in any format.

A file appears under its name only when it is complete: rows go to a nameless temporary file in
the same folder first. Until then, and after any failure, an older file of that name stays as
it was.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

from tusk.config.scratch import scratch_root
from tusk.core.errors import QueryCancelled, StorageError, TuskError, UsageError
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
from tusk.engines.base import CsvForm, CsvSource, FetchMode, Session
from tusk.formats.encoding import TextOptions, check_level
from tusk.formats.formulas import WARNING, FormulaWatch
from tusk.formats.options import Option, declared, parse_pairs, read_options
from tusk.formats.registry import (
    FORMATS,
    Format,
    check_installed,
    compression_of_path,
    find_format,
    format_of_path,
    make_writer,
    options_class,
)
from tusk.formats.writer import WriterOptions, notes_of
from tusk.services.export_places import begins_alike, check_append
from tusk.services.export_target import IfExists, Packing, open_target, storage_errors
from tusk.services.hints import add_hint
from tusk.services.history_recorder import recorded
from tusk.services.queries import RunOptions, run_statements

if TYPE_CHECKING:
    from tusk.formats.csv import CsvOptions
    from tusk.formats.writer import BookWriter, Writer

__all__ = [
    "ExportSummary",
    "Format",
    "IfExists",
    "Option",
    "Progress",
    "WriterOptions",
    "choose_format",
    "export",
    "export_rows",
    "format_of_path",
    "format_options",
    "formats",
    "options_of",
]

_PROGRESS_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is.

    Args:
        rows: Written so far.
        size_bytes: Written so far, after compression.
        seconds: Since it began.
        total_rows: Rows there will be, as far as somebody knew.
    """

    rows: int
    size_bytes: int
    seconds: float
    total_rows: int | None = None

    @property
    def rows_per_s(self) -> float:
        """Rows in a second, on average."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the end, if it goes on like this; None where nobody knows.

        >>> Progress(1_000, 50_000, 2.0, total_rows=4_000).remaining_s
        6.0
        """
        if self.total_rows is None or not self.rows or self.rows > self.total_rows:
            return None
        return (self.total_rows - self.rows) / self.rows_per_s if self.rows_per_s else None


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
        notes: What a user should know about how values were written.
    """

    format: str
    path: Path | None
    rows: int
    size_bytes: int
    seconds: float
    result_sets: int
    dropped: int
    errors: Sequence[TuskError] = field(default_factory=tuple[TuskError, ...])
    notes: Sequence[str] = ()


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


def formats() -> list[Format]:
    """Every format, in the order in which they are listed."""
    return list(FORMATS.values())


def options_of(format_: Format) -> list[Option]:
    """The format's own options, as a form shows them. Loads what writes the format.

    Raises:
        MissingExtraError: It is not installed.
    """
    check_installed(format_)
    return declared(options_class(format_))


def format_options(format_: Format, arguments: Sequence[str]) -> object:
    """The format's own options, from `NAME=VALUE`s: for `WriterOptions.own`.

    Raises:
        UsageError: There is no such option, or its value is none; the hint says what there is.
    """
    return read_options(options_class(format_), format_.name, parse_pairs(arguments))


def export(
    session: Session,
    statements: Statement | Sequence[Statement],
    destination: Path | IO[bytes],
    format_: Format | str,
    *,
    options: WriterOptions | None = None,
    run: RunOptions | None = None,
    names: Sequence[str] = (),
    if_exists: IfExists = "replace",
    total_rows: int | None = None,
    stop: threading.Event | None = None,
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
        names: What the statements' results are called (tables, sheets), in order; empty for a
            result without a name.
        if_exists: What becomes of a file that is there; see `open_target`.
        total_rows: Rows there will be, for the progress.
        stop: Set it, from any thread, to end the export: `QueryCancelled`. The statement itself is
            ended by `session.cancel`.
        on_event: Told what happens, but for the rows: for narration.
        on_progress: Told every now and then while rows are written.

    Raises:
        QueryError: A statement failed and `run.stop_on_error` holds. The file is untouched.
        StorageError: The file cannot be written. An older one is untouched.
        BrokenPipeError: The reader of the stream went away.
    """
    many = [statements] if isinstance(statements, Statement) else list(statements)
    plan = _Plan(names, if_exists, total_rows, stop, on_event, on_progress, len(many) > 1)
    job = _Export(destination, format_, options or WriterOptions(), plan)
    return job.run(session, many, run or RunOptions())


def export_rows(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    destination: Path | IO[bytes],
    format_: Format | str,
    *,
    options: WriterOptions | None = None,
    name: str = "",
    if_exists: IfExists = "replace",
    total_rows: int | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ExportSummary:
    """Write rows that have been fetched already; `export_buffer` takes them from a `ResultBuffer`.

    Args:
        schema: Of the rows.
        batches: The rows.
        destination: As of `export`.
        format_: See `choose_format`.
        options: For the format.
        name: What the rows are called (table, sheet); empty for the name of the file.
        if_exists: What becomes of a file that is there; see `open_target`.
        total_rows: Rows there will be, for the progress.
        stop: Set it, from any thread, to end the export: `QueryCancelled`.
        on_progress: Told every now and then while rows are written.

    Raises:
        StorageError: The file cannot be written. An older one is untouched.
        BrokenPipeError: The reader of the stream went away.
    """
    plan = _Plan([name], if_exists, total_rows, stop, on_progress=on_progress)
    return _Export(destination, format_, options or WriterOptions(), plan).write_rows(
        schema, batches
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an export was asked for, beside rows, place and format; see `export`."""

    names: Sequence[str]
    if_exists: IfExists
    total_rows: int | None
    stop: threading.Event | None
    on_event: Callable[[Event], None] | None = None
    on_progress: Callable[[Progress], None] | None = None
    is_script: bool = False


class _Export:
    """One export on its way from statements to a file."""

    def __init__(
        self,
        destination: Path | IO[bytes],
        format_: Format | str,
        options: WriterOptions,
        plan: _Plan,
    ) -> None:
        self._path = destination if isinstance(destination, Path) else None
        self._format = find_format(format_) if isinstance(format_, str) else format_
        check_installed(self._format)  # now, not after a long statement
        self._plan = plan
        self._packing = _packing(self._format, self._path, options, plan.stop)
        self._options = _named_after(self._path, options)
        if self._path is not None and plan.if_exists == "append":
            check_append(self._format)
            self._options = replace(self._options, is_continued=_has_content(self._path))
        self._target = open_target(
            destination,
            self._packing,
            takes_last=self._format.holds_one and plan.is_script,
            if_exists=plan.if_exists,
        )
        self._started = time.perf_counter()
        self._told = self._started
        self._stream: IO[bytes] | None = None
        self._writer: Writer | None = None
        self._book: BookWriter | None = None
        self._name = ""
        self._notes: list[str] = []
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
        self._name = self._plan.names[0]
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
        self._check_stop()
        self._name = self._plan.names[index] if index < len(self._plan.names) else ""
        self._tell(Started(statement, index))
        if not self._copied_csv(session, statement, run):
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
        if self._plan.on_event is not None:
            self._plan.on_event(event)

    def _check_stop(self) -> None:
        if self._plan.stop is not None and self._plan.stop.is_set():
            raise QueryCancelled("the export was cancelled", sqlstate="57014")

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
        if self._book is not None:
            self._take_back(self._book, error)
            return
        self._discard_writer()
        if self._format.holds_one:
            self._target.reject()

    def _take_back(self, book: BookWriter, error: TuskError) -> None:
        if self._writer is None:
            return
        self._writer = None
        try:
            with _writing(self._format):
                book.take_back()
        except TuskError:
            # The file itself is what failed, such as by a full disk: nothing can go on.
            raise error from None

    def _commit(self) -> None:
        if self._book is not None and self._result_sets:
            with _writing(self._format):
                self._book.finish()
            self._keep_notes(self._book)
            self._book = None
        if not self._format.holds_one and self._result_sets:
            self._target.accept()
        self._target.commit()
        self._size_bytes = self._target.size_bytes

    # ── through Arrow ────────────────────────────────────────────────────────────────────

    def _open(self, schema: pa.Schema) -> None:
        options = replace(self._options, index=self._result_sets)
        if self._name:
            options = replace(options, table=self._name)
        if self._options.is_continued and self._path is not None:
            whole = replace(options, is_continued=False)
            begins_alike(self._path, self._format, whole, schema, self._packing.compression)
        with _writing(self._format):
            self._writer = self._next_writer(options)
            self._writer.open(schema)

    def _next_writer(self, options: WriterOptions) -> Writer:
        if not self._format.is_book:
            return make_writer(self._format, self._begin(), options)
        stream = self._begin()
        if self._book is None:
            # The name of the first result set is not that of the others.
            shared = replace(options, table=self._options.table)
            self._book = cast("BookWriter", make_writer(self._format, stream, shared))
        self._book.begin(self._name)
        return self._book

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            return
        with _writing(self._format):
            self._writer.write(batch)
        self._target.flush()
        self._check_stop()
        self._report(self._rows_here + batch.num_rows)

    def _close(self) -> None:
        if self._writer is None:
            return
        with _writing(self._format):
            self._writer.close()
        if self._book is None:
            self._keep_notes(self._writer)
        self._writer = None
        self._target.flush()
        self._end()

    def _discard_writer(self) -> None:
        writer = self._book or self._writer
        self._book = self._writer = None
        if writer is not None:
            writer.discard()

    def _keep_notes(self, writer: Writer) -> None:
        """Take the notes; of results of which one is kept, those of the last."""
        if self._format.holds_one:
            self._notes = []
        self._notes += notes_of(writer)

    # ── straight from the server ─────────────────────────────────────────────────────────

    def _csv_form(self, run: RunOptions) -> CsvOptions | None:
        """The options, when the server's COPY has the same ones."""
        if (
            self._format.name != "csv"
            or run.fetch_limit is not None
            or self._options.for_terminal
            or self._options.is_continued
        ):
            return None
        from tusk.formats.csv import CsvOptions

        chosen = self._options.of(CsvOptions)
        return chosen if chosen.is_copy else None

    def _copied_csv(self, session: Session, statement: Statement, run: RunOptions) -> bool:
        """Let the server write the CSV; False when it cannot do that for this statement."""
        chosen = self._csv_form(run)
        if chosen is None or not isinstance(session, CsvSource):
            return False
        with recorded(run.recorder, session, statement, run.parameters, self._tell) as tell:
            return self._copy_csv(session, statement, run, chosen, tell)

    def _copy_csv(
        self,
        session: CsvSource,
        statement: Statement,
        run: RunOptions,
        chosen: CsvOptions,
        tell: Callable[[Event], None],
    ) -> bool:
        began = time.perf_counter()
        arrivals: list[float] = []
        out = _watched(self._begin(), chosen)

        def follow(rows: int) -> None:
            self._check_stop()
            if not arrivals:
                arrivals.append(time.perf_counter() - began)
            self._report(rows)

        try:
            rows = session.copy_csv(
                statement,
                run.parameters,
                cast("IO[bytes]", out),
                header=chosen.header,
                form=CsvForm(
                    chosen.delimiter,
                    chosen.quote,
                    chosen.escape,
                    chosen.null,
                    chosen.quoting == "all",
                ),
                timeout_s=run.timeout_s,
                on_notice=lambda notice: tell(NoticeArrived(notice)),
                on_progress=follow,
            )
        except TuskError as exc:
            add_hint(exc, statement.text, session.dialect, run.parameters)
            self._fail(exc)
            seconds = time.perf_counter() - began
            tell(Failed(exc, self._rows_here, Timing(seconds, seconds)))
            return True
        if rows is None:
            self._target.reject()
            return False
        self._rows_here = rows
        self._end()
        self._notes = [WARNING.format(where="a value")] if out.has_found else []
        seconds = time.perf_counter() - began
        timing = Timing(arrivals[0] if arrivals else seconds, seconds)
        tell(Finished(rows, None, f"SELECT {rows}", timing))
        return True

    # ── progress and end ─────────────────────────────────────────────────────────────────

    def _report(self, rows_here: int) -> None:
        self._rows_here = rows_here
        now = time.perf_counter()
        if self._plan.on_progress is not None and now - self._told >= _PROGRESS_EVERY_S:
            self._told = now
            rows = rows_here if self._format.holds_one else self._rows + rows_here
            size, seconds = self._target.size_bytes, now - self._started
            self._plan.on_progress(Progress(rows, size, seconds, self._plan.total_rows))

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
            notes=tuple(self._notes),
        )


def _named_after(path: Path | None, options: WriterOptions) -> WriterOptions:
    """Tables, sheets and the like have the name of the file, unless another was given."""
    if options.table or path is None:
        return options
    return replace(options, table=path.name.partition(".")[0])


def _packing(
    format_: Format, path: Path | None, options: WriterOptions, stop: threading.Event | None
) -> Packing:
    """How the bytes are compressed: as the options say, else as the file's name does.

    Raises:
        UsageError: The compression has no such level.
    """
    by_name = compression_of_path(path) if path is not None else ""
    # A format that compresses its values itself has an option of the same name.
    if not isinstance(options.own, TextOptions):
        return Packing(by_name, None, stop)
    compression: str = options.own.compression
    level = options.own.level
    if compression == "auto":
        compression = by_name
    if compression in ("", "none"):
        return Packing("", None, stop)
    if level is not None:
        check_level(compression, level)
    return Packing(compression, level, stop)


def _watched(out: IO[bytes], chosen: CsvOptions) -> FormulaWatch:
    is_all = chosen.quoting == "all"
    return FormulaWatch(out, chosen.delimiter, chosen.quote, quotes_all=is_all)


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


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
