"""Excel workbooks, a sheet for each result set, written row by row in little memory.

Excel keeps numbers as doubles, shows 15 digits of them, and its days begin with 1900. What that does
not hold is written as the text that the engine shows, and said. Texts are never formulas.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa

from tusk.config.scratch import ScratchFolder
from tusk.core.errors import StorageError, UsageError
from tusk.core.render.arrays import any_true, kernels
from tusk.core.text import cell_width, safe
from tusk.formats.columnar import copy_over, is_rewritable
from tusk.formats.options import option
from tusk.formats.rows import portions
from tusk.formats.xlsx_cells import Cells, cells_of
from tusk.formats.xlsx_sheet import remove_last, row_sheet, rows_xml, style_of

if TYPE_CHECKING:
    from tusk.core.render.arrays import Field
    from tusk.formats.writer import WriterOptions

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767  # in UTF-16, as Excel counts
_MOST_NAME = 31
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# What widths are told by.
_SAMPLE_ROWS = 100
_NARROWEST, _WIDEST = 8, 60
_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zones


@dataclass(frozen=True, slots=True)
class XlsxOptions:
    """Options of Excel workbooks."""

    sheet: str = option("", "Name of the sheet. Empty: that of the table or file.")
    header: bool = option(True, "Begin with the column names, bold, in view and with filters.")
    null: str = option("", "Text for NULL; empty leaves the cell empty.")
    too_many_rows: Literal["sheets", "error"] = option(
        "sheets", "More rows than a sheet holds (1,048,576): go on in another sheet, or an error."
    )
    long_text: Literal["error", "truncate"] = option(
        "error", "A text longer than a cell holds (32,767): an error that names the cell, or cut."
    )
    zoned: Literal["local", "text"] = option(
        "local",
        "Timestamps with a zone: as date and time in the session's zone, or as text with the "
        "offset.",
    )


class XlsxWriter:
    """Writes result sets as sheets of a workbook.

    Args:
        out: Binary stream; stays open.
        options: Those of `XlsxOptions`, and `table` for the sheet's name, apply.

    """

    Options = XlsxOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._chosen = options.of(XlsxOptions)
        self._out = out
        self._default_name = self._chosen.sheet or options.table or "result"
        self._name = self._default_name
        self._book = _Book(out)
        self._sheet: _Sheet | None = None
        self._schema = pa.schema([])
        self._rows = 0
        self._texts_for_numbers: Counter[str] = Counter()
        self._cut = 0
        self._is_finished = False

    @property
    def notes(self) -> Sequence[str]:
        """What is not in the workbook as it was in the result."""
        notes = [
            f"column {name!r}: {count:,} values that Excel cannot hold exactly are texts"
            for name, count in self._texts_for_numbers.items()
        ]
        if self._cut:
            notes.append(f"{self._cut:,} texts were cut to {MOST_CHARACTERS:,} characters")
        return notes

    def begin(self, name: str) -> None:
        """Take the name of the next result set."""
        self._name = self._chosen.sheet or name or self._default_name

    def open(self, schema: pa.Schema) -> None:
        """Begin a sheet.

        Raises:
            UsageError: There are more columns than a sheet has.
        """
        if len(schema) > MOST_COLUMNS:
            raise UsageError(
                f"the result has {len(schema):,} columns, a sheet has {MOST_COLUMNS:,}"
            )
        self._schema = schema
        self._rows = 0
        self._sheet = self._new_sheet()

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows, on a new sheet where one is full.

        Raises:
            StorageError: A value or the rows do not fit, and an error was wanted.
        """
        for part in portions(batch):
            while part.num_rows and self._sheet is not None:
                room = MOST_ROWS - self._sheet.next_row
                if not room:
                    self._sheet = self._following_sheet()
                    continue
                self._write(self._sheet, part.slice(0, room))
                part = part.slice(room)

    def close(self) -> None:
        """End the sheet."""
        if self._sheet is not None:
            self._sheet.end()
            self._sheet = None

    def take_back(self) -> None:
        """Remove the sheets of the result set that failed."""
        if self._sheet is not None:
            self._book.remove(self._sheet)
            self._sheet = None

    def finish(self) -> None:
        """Write the workbook."""
        self._book.close()
        self._is_finished = True

    def discard(self) -> None:
        """Remove the temporary files."""
        if not self._is_finished:
            self._book.drop()

    def _new_sheet(self, number: int = 1) -> _Sheet:
        names = self._schema.names if self._chosen.header else None
        return self._book.sheet(self._name, number, names)

    def _following_sheet(self) -> _Sheet:
        sheet = cast("_Sheet", self._sheet)
        if self._chosen.too_many_rows == "error":
            raise StorageError(
                f"the result has more than {MOST_ROWS:,} rows, which a sheet cannot hold",
                hint="leave too_many_rows=error out, or choose csv or parquet",
            )
        sheet.end()
        following = self._new_sheet(sheet.number + 1)
        following.before = sheet
        return following

    def _write(self, sheet: _Sheet, part: pa.RecordBatch) -> None:
        columns: list[Cells] = []
        for number, field in enumerate(self._schema):
            array = part.column(number)
            cells = cells_of(array, field, is_local=self._chosen.zoned == "local")
            if cells.odd:
                self._texts_for_numbers[field.name] += cells.odd
            columns.append(self._checked(cells, field))
        sheet.put(columns, part.num_rows, self._chosen.null)
        self._rows += part.num_rows

    def _checked(self, cells: Cells, field: Field) -> Cells:
        """Texts as long as a cell may hold."""
        if cells.texts is None:
            return cells
        lengths = kernels.utf8_length(cells.texts)
        may_be_long = kernels.greater(lengths, MOST_CHARACTERS // 2).fill_null(False)
        if not any_true(may_be_long):
            return cells
        texts = cells.texts.to_pylist()
        for row, text in enumerate(texts):
            size = len((text or "").encode("utf-16-le", "replace")) // 2
            if text is None or size <= MOST_CHARACTERS:
                continue
            if self._chosen.long_text == "error":
                raise StorageError(
                    f"row {self._rows + row + 1:,}, column {field.name!r}: a text of {size:,} "
                    f"characters, a cell of Excel holds {MOST_CHARACTERS:,}",
                    hint="choose long_text=truncate, or another format",
                )
            texts[row] = _cut(text)
            self._cut += 1
        return replace(cells, texts=pa.array(texts, pa.large_string()))


def _cut(text: str) -> str:
    units = text[:MOST_CHARACTERS].encode("utf-16-le", "replace")[: 2 * MOST_CHARACTERS]
    return units.decode("utf-16-le", "ignore")  # half a character at the end goes


class _Sheet:
    """A sheet being written.

    Args:
        sheet: XlsxWriter's.
        name: As in the workbook.
        number: Of the sheet among those of its result set, from 1.
        names: Column names for the first row; None without.
        formats: Formats by Excel's code.
    """

    def __init__(
        self,
        sheet: Any,
        name: str,
        number: int,
        names: Sequence[str] | None,
        formats: Callable[[str], Any],
    ) -> None:
        self.sheet = sheet
        self.name = name
        self.number = number
        self.before: _Sheet | None = None
        self.next_row = 0
        self._formats = formats
        self._widths: dict[int, int] = {}
        self._has_header = names is not None
        for column, text in enumerate(names or ()):
            self.sheet.write_string(0, column, _cut(text), formats("header"))
            self._widths[column] = _width(text) + 2  # room for the filter's button
        self._count = len(names or ())
        if names:
            self.sheet.freeze_panes(1, 0)
            self.next_row = 1

    def put(self, columns: Sequence[Cells], rows: int, null: str) -> None:
        """Write rows."""
        if self.next_row <= 1:
            for number, cells in enumerate(columns):
                self._widths[number] = max(self._widths.get(number, 0), _sample_width(cells))
        if columns:
            styles = [style_of(self._formats(cells.code)) for cells in columns]
            xml = rows_xml(columns, self.next_row + 1, rows, styles, null)
            self.sheet.add_rows(xml, rows, len(columns))
        self.next_row += rows

    def end(self) -> None:
        """Set what is known in the end: widths and filters."""
        for column, width in self._widths.items():
            self.sheet.set_column(column, column, max(_NARROWEST, min(_WIDEST, width + 1)))
        if self._has_header and self._count:
            self.sheet.autofilter(0, 0, max(1, self.next_row - 1), self._count - 1)


def _sample_width(cells: Cells) -> int:
    """Columns that the first values take."""
    width = len(cells.code)
    for texts in (cells.texts, None if cells.code else cells.numbers):
        if texts is not None:
            shown = texts.slice(0, _SAMPLE_ROWS).to_pylist()
            width = max([width, *(_width(text) for text in shown if text)])
    return width


def _width(text: str) -> int:
    lines = text[: 4 * _WIDEST].split("\n")
    return max(cell_width(safe(line)) for line in lines)


class _Guard:
    """A stream that after an error takes everything and does nothing.

    A zip file that could not be completed writes its end when it is forgotten, long after somebody
    was told of the error.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.is_dead = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stream, name)

        def call(*arguments: Any) -> Any:
            if self.is_dead:
                return 0
            try:
                return method(*arguments)
            except BaseException:
                self.is_dead = True
                raise

        return call


class _Book:
    """A workbook by XlsxWriter, with what we need to know about it.

    Args:
        out: Where it goes when it is closed.
    """

    def __init__(self, out: IO[bytes]) -> None:
        import xlsxwriter  # an extra, see `tusk.formats.registry.check_installed`

        self._folder = ScratchFolder()
        options = {
            "constant_memory": True,
            "tmpdir": str(self._folder.path),
            "use_zip64": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        # XlsxWriter's own types are not written down: it has no py.typed.
        self._out = out
        # A zip file that cannot go back has another layout, which not every reader takes.
        self._file = out if is_rewritable(out) else (self._folder.path / "book").open("w+b")
        self._guard = _Guard(self._file)
        self._book: Any = xlsxwriter.Workbook(cast("Any", self._guard), options)
        self._sheet_class = row_sheet()
        self._formats: dict[str, Any] = {"": None}
        self._names: set[str] = set()
        # The same rows make the same bytes.
        self._book.set_properties({"created": _EPOCH})

    def sheet(self, name: str, number: int, names: Sequence[str] | None) -> _Sheet:
        """A new sheet under a name that Excel takes."""
        name = sheet_name(name, number, self._names)
        self._names.add(name.casefold())
        sheet = self._book.add_worksheet(name, self._sheet_class)
        return _Sheet(sheet, name, number, names, self._format)

    def _format(self, code: str) -> Any:
        if code not in self._formats:
            what = {"bold": True} if code == "header" else {"num_format": code}
            self._formats[code] = self._book.add_format(what)
        return self._formats[code]

    def remove(self, sheet: _Sheet) -> None:
        """Take the last sheets back: this one and those that it goes on."""
        remove_last(self._book)
        self._names.discard(sheet.name.casefold())
        if sheet.before is not None:
            self.remove(sheet.before)

    def close(self) -> None:
        """Write everything to the stream."""
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as exc:
            raise exc.args[0] from exc  # the system's error, such as a full disk
        if self._file is not self._out:
            copy_over(self._file, self._out)
        self.drop()

    def drop(self) -> None:
        """Remove the temporary files."""
        self._guard.is_dead = True
        while self._book.worksheets():
            remove_last(self._book)
        if self._file is not self._out:
            self._file.close()
        self._folder.close()


def sheet_name(wanted: str, number: int, taken: set[str]) -> str:
    """A name as Excel demands: short, without some characters, like no other but for case.

    >>> sheet_name("a/b", 1, set()), sheet_name("A", 1, {"a"}), sheet_name("a" * 40, 2, set())
    ('a_b', 'A (2)', 'aaaaaaaaaaaaaaaaaaaaaaaaaaa (2)')
    """
    name = _FORBIDDEN_IN_NAMES.sub("_", safe(wanted)).strip("'").strip() or "result"
    if name.casefold() == "history":  # Excel keeps that one for itself
        name = "history_"
    while True:
        ending = f" ({number})" if number > 1 else ""
        found = _utf16_prefix(name, _MOST_NAME - len(ending)).rstrip("'") + ending
        if found.casefold() not in taken:
            return found
        number += 1


def _utf16_prefix(text: str, units: int) -> str:
    return text.encode("utf-16-le", "replace")[: 2 * units].decode("utf-16-le", "ignore")
