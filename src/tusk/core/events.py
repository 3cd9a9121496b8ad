"""What happens while a statement runs, as a closed union: one call down, one stream up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.core.errors import TuskError
    from tusk.core.result import ResultBuffer
    from tusk.core.statement import Statement


@dataclass(frozen=True, slots=True)
class Notice:
    """A message the server sent beside the result.

    Args:
        severity: NOTICE, WARNING, INFO, LOG, DEBUG …, untranslated where the server tells.
        message: The text; hostile until it went through `core.text`.
    """

    severity: str
    message: str
    sqlstate: str = ""
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Elapsed times in seconds since the statement was sent.

    Args:
        first_row_s: Until the first batch (or the end, without rows) arrived.
        total_s: Until the last batch arrived. Time spent paused is not counted.
    """

    first_row_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """The statement was sent. `index` counts statements of the script from 0."""

    statement: Statement
    index: int


@dataclass(frozen=True, slots=True)
class ResultOpened:
    """The statement has a result set with this schema (it may have zero columns).

    `buffer` is where the rows go, when the runner keeps them.
    """

    schema: pa.Schema
    buffer: ResultBuffer | None = None


@dataclass(frozen=True, slots=True)
class BatchArrived:
    """Some rows. A column may be wider than in `ResultOpened` (see `Cursor.batches`)."""

    batch: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class NoticeArrived:
    """A notice came while the statement ran."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Paused:
    """The fetch limit is reached and there are more rows; `rows` have arrived.

    `is_held` is False once the server's side was closed to free its snapshot: fetching on then
    runs the statement again. The total in `timing` is that of the rows so far.
    """

    rows: int
    timing: Timing
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class Finished:
    """The statement ended well.

    Args:
        rows: Rows fetched, None for a statement without a result set.
        affected: Rows inserted, updated, deleted …, None when it does not apply.
        tag: The server's command tag, or the statement's first word.
        is_complete: False when the fetch was ended early with rows left on the server.
    """

    rows: int | None
    affected: int | None
    tag: str
    timing: Timing
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """The statement ended with an error. Rows that arrived before stay valid but partial."""

    error: TuskError
    rows: int
    timing: Timing


Event = Started | ResultOpened | BatchArrived | NoticeArrived | Paused | Finished | Failed
