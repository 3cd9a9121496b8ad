"""What `tusk query` says on stderr while it runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tusk.cli.narration import SourcePlace, put, report, say
from tusk.core.errors import QueryError, TuskError
from tusk.core.events import Event, Failed, Finished, Notice, NoticeArrived, Started

if TYPE_CHECKING:
    from tusk.formats.registry import Format
    from tusk.services.exports import ExportSummary, Progress

# Shorter work ends before anybody could read a line about it.
_PROGRESS_AFTER_S = 1.0
_UNITS = (("kB", 10**3), ("MB", 10**6), ("GB", 10**9))


class Narrator:
    """Follows a script and tells notices, errors, counts and progress.

    Args:
        places: Where each statement came from, in order.
        destination: Where the rows go.
        quiet: Tell errors only.
    """

    def __init__(
        self,
        places: Sequence[SourcePlace],
        destination: Path | IO[bytes],
        *,
        quiet: bool,
    ) -> None:
        self._places = places
        self._place: SourcePlace | None = None
        self._is_quiet = quiet
        self._told: TuskError | None = None
        self._results = 0
        self.shows_progress = (
            not quiet
            and sys.stderr.isatty()
            and (isinstance(destination, Path) or not sys.stdout.isatty())
        )
        self._stream = None if isinstance(destination, Path) else destination
        self._progress_width = 0
        # Notices come from the driver's thread, between progress from the writing one.
        self._lock = threading.RLock()

    def follow(self, event: Event) -> None:
        """Tell one event."""
        match event:
            case Started(_, index):
                self._place = self._places[index]
            case NoticeArrived(notice):
                self._say("\n".join(notice_lines(notice)))
            case Finished(rows):
                self._results += rows is not None
                self._flush()
                self._say(f"({finished_words(event)})")
            case Failed(error):
                self._flush()
                self._told = error
                with self._lock:
                    self._erase_progress()
                    # A full disk is not the statement's fault: its line would mislead.
                    report(error, self._place if isinstance(error, QueryError) else None)
            case _:
                pass

    def has_told(self, error: TuskError) -> bool:
        """Whether this error has been told already."""
        return error is self._told

    def progress(self, progress: Progress) -> None:
        """Show how far it is, on one line that is written over."""
        if not self.shows_progress or progress.seconds < _PROGRESS_AFTER_S:
            return
        text = progress_words(progress)
        with self._lock:
            self._erase_progress()
            put(text)
            self._progress_width = len(text)

    def summarise(self, summary: ExportSummary) -> None:
        """Tell what was written, and what was not."""
        for note in summary.notes:
            self._say(f"tusk: warning: {note}")
        if summary.dropped:
            self._say(
                f"tusk: {summary.format} holds one result: the last of "
                f"{summary.dropped + summary.result_sets} was written"
            )
        if summary.path is not None and summary.result_sets:
            rate = f", {summary.rows / summary.seconds:,.0f} rows/s" if summary.seconds > 1 else ""
            self._say(
                f"wrote {summary.path}: {rows_words(summary.rows)}, "
                f"{size_words(summary.size_bytes)}, {seconds_words(summary.seconds)}{rate}"
            )
        elif summary.path is not None:
            self._say(f"tusk: no statement gave a result, {summary.path} was not written")

    def tell_unwritten(self, format_: Format, path: Path | None) -> None:
        """After a failure: tell of results that were announced and are not written."""
        if not self._results:
            return
        if path is not None:
            self._say(f"tusk: {path} was not written, for a statement failed")
        elif format_.holds_one:
            self._say(
                f"tusk: nothing was written: {format_.name} holds one result, the last, and a "
                "statement failed\nHINT: --on-error continue writes the last one that succeeds"
            )

    def end(self) -> None:
        """Leave no progress on the screen."""
        with self._lock:
            self._erase_progress()

    def _say(self, text: str) -> None:
        if self._is_quiet:
            return
        with self._lock:
            self._erase_progress()
            say(text)

    def _flush(self) -> None:
        """Bring rows to the screen before what is said about them."""
        if self._stream is not None:
            self._stream.flush()

    def _erase_progress(self) -> None:
        if self._progress_width:
            put("\r" + " " * self._progress_width + "\r")
            self._progress_width = 0


def progress_words(progress: Progress) -> str:
    """How far an export is, and how long it may still take.

    >>> from tusk.services.exports import Progress
    >>> progress_words(Progress(50_000, 1_000_000, 2.0, total_rows=200_000))
    '50,000 of 200,000 rows, 25,000 rows/s, 1.0 MB, 2 s, about 6 s left'
    """
    total, left = "", ""
    if progress.remaining_s is not None:
        total = f" of {progress.total_rows:,}"
        left = f", about {progress.remaining_s:.0f} s left"
    return (
        f"{progress.rows:,}{total} rows, {progress.rows_per_s:,.0f} rows/s, "
        f"{size_words(progress.size_bytes)}, {progress.seconds:.0f} s{left}"
    )


def notice_lines(notice: Notice) -> list[str]:
    """The lines of a server's notice, as psql shows them."""
    lines = [f"{notice.severity}: {notice.message}"]
    lines += [f"DETAIL: {notice.detail}"] if notice.detail else []
    lines += [f"HINT: {notice.hint}"] if notice.hint else []
    return lines


def finished_words(event: Finished) -> str:
    """How a statement ended.

    >>> from tusk.core.events import Timing
    >>> finished_words(Finished(1200, None, "SELECT 1200", Timing(0.001, 0.0123)))
    '1,200 rows, 12 ms'
    >>> finished_words(Finished(None, 3, "UPDATE 3", Timing(2.5, 2.5)))
    'UPDATE 3, 2.50 s'
    """
    time = seconds_words(event.timing.total_s)
    if event.rows is None:
        return f"{event.tag}, {time}"
    if not event.is_complete:
        return f"the first {rows_words(event.rows)}, there are more, {time}"
    return f"{rows_words(event.rows)}, {time}"


def rows_words(rows: int) -> str:
    """A number of rows.

    >>> rows_words(1), rows_words(0), rows_words(12345)
    ('1 row', '0 rows', '12,345 rows')
    """
    return f"{rows:,} row" if rows == 1 else f"{rows:,} rows"


def seconds_words(seconds: float) -> str:
    """A duration.

    >>> seconds_words(0.0004), seconds_words(0.25), seconds_words(75)
    ('0.4 ms', '250 ms', '75.0 s')
    """
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60 else f"{seconds:.1f} s"


def size_words(size: int) -> str:
    """A number of bytes.

    >>> size_words(512), size_words(1_500_000), size_words(3 * 10**12)
    ('512 B', '1.5 MB', '3000.0 GB')
    """
    if size < 1000:
        return f"{size} B"
    unit, factor = next(
        ((unit, factor) for unit, factor in _UNITS if size < factor * 1000), _UNITS[-1]
    )
    return f"{size / factor:.1f} {unit}"
