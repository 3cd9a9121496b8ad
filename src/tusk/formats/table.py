"""A table to look at: box drawing, numbers on the right, nothing wrapped.

Widths are those of the first rows, so that a result of any size streams; a longer value further
down pushes its row's border out, or is cut where the terminal's width is known. A table is a
picture, not data: line breaks and control characters are always shown as visible marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import is_numeric, render_column
from tusk.core.text import cell_width, clip, safe, safe_clip
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

_ROWS_AT_ONCE = 1000
_SAMPLE_ROWS = 10_000
_SAMPLE_CHARACTERS = 4_000_000
# A column is never padded further than this, however long its longest value is.
_WIDEST = 500
_NARROWEST = 6


@dataclass(frozen=True, slots=True)
class _Box:
    """Characters of the frame.

    Args:
        line: Of which lines are made.
        bar: Between cells.
        top, middle, bottom: Left end, crossing and right end of each line.
    """

    line: str
    bar: str
    top: tuple[str, str, str]
    middle: tuple[str, str, str]
    bottom: tuple[str, str, str]


_PLUS = ("+", "+", "+")
_ASCII = _Box("-", "|", _PLUS, _PLUS, _PLUS)
_UNICODE = _Box("─", "│", ("┌", "┬", "┐"), ("├", "┼", "┤"), ("└", "┴", "┘"))


@dataclass(frozen=True, slots=True)
class TableOptions(TextOptions):
    """Options of this format."""

    header: bool = option(True, "Show the column names.")
    null: str = option("NULL", "Text for NULL.")


class TableWriter:
    """Writes one result set as a table.

    Args:
        out: Binary stream; stays open.
        options: Those of `TableOptions`, `width` and `ascii` apply.
    """

    Options = TableOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        chosen = options.of(TableOptions)
        self._null = safe(chosen.null)
        self._has_header = chosen.header
        self._box = _ASCII if options.ascii else _UNICODE
        self._schema = pa.schema([])
        self._names: list[str] = []
        self._is_right: list[bool] = []
        self._sample: list[Sequence[str]] | None = []
        self._sampled = 0
        self._widths: list[int] = []

    def open(self, schema: pa.Schema) -> None:
        """Take the columns; nothing is written before widths are known."""
        self._schema = schema
        self._names = [safe(name) for name in schema.names]
        self._is_right = [is_numeric(field) for field in schema]

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows, or keep them while they are the sample."""
        if not len(self._schema):
            return
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
            rows = self._rows(batch.slice(start, _ROWS_AT_ONCE))
            if self._sample is None:
                self._put(map(self._row, rows))
                continue
            self._sample += rows
            self._sampled += sum(len(text) for row in rows for text in row)
            if len(self._sample) >= _SAMPLE_ROWS or self._sampled >= _SAMPLE_CHARACTERS:
                self._begin(self._sample)

    def close(self) -> None:
        """Write what was kept, and the last line."""
        if not len(self._schema):
            self._put(["--"])  # as psql shows rows without columns
            return
        if self._sample is not None:
            self._begin(self._sample)
        self._put([self._line(self._box.bottom)])

    def discard(self) -> None:
        """Nothing is held outside memory."""

    def _rows(self, batch: pa.RecordBatch) -> list[Sequence[str]]:
        columns: list[list[str]] = []
        for number, field in enumerate(self._schema):
            # Where values get cut, no more of them is looked at than what may be seen.
            limit = None if self._options.width is None else 8 * self._options.width
            texts = render_column(batch.column(number), field, limit=limit)
            columns.append([self._null if text is None else self._shown(text) for text in texts])
        return list(zip(*columns, strict=True))

    def _shown(self, text: str) -> str:
        width = self._options.width
        return safe(text) if width is None else safe_clip(text, width)

    def _begin(self, sample: list[Sequence[str]]) -> None:
        """Fix the widths, write the header and the sample."""
        self._sample = None
        columns = [*zip(*sample, strict=True)] or [()] * len(self._names)
        names = self._names if self._has_header else [""] * len(columns)
        natural = [
            min(_WIDEST, max([cell_width(name), *map(cell_width, texts)]))
            for name, texts in zip(names, columns, strict=True)
        ]
        self._widths = fit(natural, self._options.width)
        head = [""] if self._options.index else []
        head.append(self._line(self._box.top))
        if self._has_header:
            head += [self._row(names), self._line(self._box.middle)]
        self._put(head)
        self._put(map(self._row, sample))

    def _row(self, texts: Sequence[str]) -> str:
        cells: list[str] = []
        for text, width, is_right in zip(texts, self._widths, self._is_right, strict=True):
            if self._options.width is not None:
                text = clip(text, width)
            padding = " " * (width - cell_width(text))
            cells.append(padding + text if is_right else text + padding)
        bar = self._box.bar
        return f"{bar} {f' {bar} '.join(cells)} {bar}"

    def _line(self, ends: tuple[str, str, str]) -> str:
        left, crossing, right = ends
        return left + crossing.join(self._box.line * (w + 2) for w in self._widths) + right

    def _put(self, lines: Iterable[str]) -> None:
        self._out.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def fit(widths: Sequence[int], room: int | None) -> list[int]:
    """Make columns narrower, the widest first, until a table of them fits.

    Args:
        widths: What the columns would like to have.
        room: Columns of the terminal, None for any number.

    >>> fit([5, 100, 40], 60)
    [5, 23, 22]
    """
    if room is None:
        return list(widths)
    room -= 3 * len(widths) + 1
    result = [0] * len(widths)
    # The narrow ones get what they want; what they leave is shared by the others.
    order = sorted(range(len(widths)), key=lambda number: widths[number])
    for done, number in enumerate(order):
        share = room // (len(order) - done)
        result[number] = min(widths[number], max(share, _NARROWEST))
        room -= result[number]
    return result
