r"""One line per value, like psql's expanded display (`\x`): for rows too wide for a table.

A picture like `table`, so that control characters are always shown as visible marks. A value of
several lines goes on below itself, with `+` where psql puts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import render_column
from tusk.core.text import cell_width, clip, safe
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option
from tusk.formats.rows import portions

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

# Of the rule above a record, beyond the names. (psql looks for the longest value of all rows.)
_RULE_WIDTH = 24


@dataclass(frozen=True, slots=True)
class VerticalOptions(TextOptions):
    """Options of this format."""

    null: str = option("NULL", "Text for NULL.")


class VerticalWriter:
    """Writes one result set value by value.

    Args:
        out: Binary stream; stays open.
        options: Those of `VerticalOptions`, and `width`, apply.
    """

    Options = VerticalOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        chosen = options.of(VerticalOptions)
        self._null = safe(chosen.null)
        self._schema = pa.schema([])
        self._names: list[str] = []
        self._name_width = 0
        self._row = 0

    def open(self, schema: pa.Schema) -> None:
        """Take the columns' names."""
        self._schema = schema
        names = [safe(name) for name in schema.names]
        self._name_width = max(map(cell_width, names), default=0)
        self._names = [name + " " * (self._name_width - cell_width(name)) for name in names]
        if self._options.index:
            self._out.write(b"\n")

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            columns = [self._lines(part, number) for number in range(part.num_columns)]
            rows = zip(*columns, strict=True) if columns else [()] * part.num_rows
            text = "".join(line for row in rows for line in self._record(row))
            self._out.write(text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _lines(self, batch: pa.RecordBatch, number: int) -> list[list[str]]:
        """The lines of each value of a column."""
        texts = render_column(batch.column(number), self._schema.field(number))
        return [
            [self._null]
            if text is None
            else [self._clipped(line) for line in safe(text, keep_lines=True).split("\n")]
            for text in texts
        ]

    def _clipped(self, line: str) -> str:
        line = line.replace("\t", "␉")
        width = self._options.width
        return line if width is None else clip(line, max(8, width - self._name_width - 4))

    def _record(self, row: tuple[list[str], ...]) -> list[str]:
        self._row += 1
        written = [self._rule(f"-[ RECORD {self._row} ]")]
        for name, lines in zip(self._names, row, strict=True):
            before = name
            for line in lines[:-1]:
                written.append(f"{before} | {line}+\n")
                before = " " * self._name_width
            written.append(f"{before} | {lines[-1]}\n")
        return written

    def _rule(self, title: str) -> str:
        """The line above a record, with a cross where the bar is, if the title leaves room."""
        room = self._name_width + 1
        if len(title) <= room:
            title = title.ljust(room, "-") + "+"
        return title.ljust(self._name_width + 3 + _RULE_WIDTH, "-") + "\n"
