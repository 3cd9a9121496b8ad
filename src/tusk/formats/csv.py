"""CSV: by default exactly as PostgreSQL's COPY … (FORMAT csv) writes it, whatever the engine.

NULL is nothing at all and the empty text is `""`, so that they stay apart. Values with a comma,
a quote or a line break are quoted. Lines end in a line feed. See "COPY" in PostgreSQL's manual,
and CopyAttributeOutCSV in its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

import pyarrow as pa

from tusk.core.errors import UsageError
from tusk.core.render import is_numeric
from tusk.core.render.arrays import Array, Field, kernels, replace_where
from tusk.core.schema import db_type_of
from tusk.core.text import safe
from tusk.formats.csv_quoting import Quoting
from tusk.formats.encoding import EncodedStream, TextOptions, known_encoding, misfit, misfit_name
from tusk.formats.formulas import (
    GUARD,
    WARNING,
    begins_formula,
    formula_mask,
    may_hold_formulas,
    number_mask,
)
from tusk.formats.options import one_character, option
from tusk.formats.rows import FEW_ROWS, data_texts, is_plain, joined, portions, safe_texts

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions


def _escape_character(text: str) -> str:
    return one_character(text) if text else ""


@dataclass(frozen=True, slots=True)
class CsvOptions(TextOptions):
    """Options of CSV."""

    delimiter: str = option(",", "Character between values.", check=one_character)
    quote: str = option('"', "Character around values that need it.", check=one_character)
    quoting: Literal["minimal", "all", "nonnumeric", "none"] = option(
        "minimal",
        "Which values are quoted: those that need it, all but NULL, all but numbers and NULL, or "
        "none, with what would end a value escaped.",
    )
    escape: str = option(
        "",
        "Character before a quote in a value. Empty: the quote itself, or with quoting=none a "
        "backslash.",
        check=_escape_character,
    )
    header: bool = option(True, "Begin with the column names.")
    null: str = option("", "Text for NULL. A value that is this text is quoted.")
    line_end: Literal["lf", "crlf"] = option("lf", "How lines end.")
    encoding: str = option(
        "utf-8", "Encoding of the file; utf-8-sig has a mark for Excel.", check=known_encoding
    )
    errors: Literal["strict", "replace"] = option(
        "strict", "A character that the encoding has not: an error that names the cell, or a `?`."
    )
    decimal: Literal[".", ","] = option(".", "The decimal mark of numbers.")
    formulas: Literal["keep", "guard"] = option(
        "keep",
        "Texts that spreadsheets take for formulas: as they are, or with an apostrophe before "
        "them.",
    )

    @property
    def is_copy(self) -> bool:
        """Whether PostgreSQL's COPY has the same options."""
        return (
            self.quoting in ("minimal", "all")
            and self.line_end == "lf"
            and self.encoding == "utf-8"
            and self.decimal == "."
            and self.formulas == "keep"
            and all(ord(c) < 0x80 for c in (self.delimiter, self.quote, self.escape or '"'))
            and not any(c in self.null for c in ("\r", "\n", self.delimiter, self.quote))
        )


class CsvWriter:
    """Writes one result set as CSV.

    Args:
        out: Binary stream; stays open.
        options: Those of `CsvOptions`, and `for_terminal`, apply.

    Raises:
        UsageError: The options contradict each other.
    """

    Options = CsvOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        chosen = options.of(CsvOptions)
        _check(chosen)
        self.notes: list[str] = []
        self._out = out
        self._chosen = chosen
        self._encoded = _encoded(out, chosen, options)
        self._has_header = chosen.header and not options.is_continued
        self._for_terminal = options.for_terminal
        self._null = chosen.null.encode()
        self._line_end = b"\r\n" if chosen.line_end == "crlf" else b"\n"
        self._delimiter = chosen.delimiter.encode()
        self._has_usual_marks = (
            chosen.delimiter in ",;\t|" and chosen.quote in "\"'" and chosen.decimal == "."
        )
        self._schema = pa.schema([])
        self._quoting = Quoting()
        self._rows = 0

    def open(self, schema: pa.Schema) -> None:
        """Write the header."""
        self._schema = schema
        self._quoting = Quoting(
            delimiter=self._delimiter,
            quote=self._chosen.quote.encode(),
            escape=self._chosen.escape.encode(),
            null=self._null,
            is_escaped=self._chosen.quoting == "none",
            is_alone=len(schema) == 1,
        )
        if not self._has_header:
            return
        line = self._delimiter.join(map(self._name, schema.names)) + self._line_end
        try:
            self._put(line)
        except UnicodeError:
            raise misfit_name(self._chosen.encoding, schema.names) from None

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        make = self._few if batch.num_rows <= FEW_ROWS else self._column
        for part in portions(batch):
            columns = [make(part, number) for number in range(part.num_columns)]
            try:
                self._put(self._lines(columns, part.num_rows))
            except UnicodeError:
                names = self._schema.names
                raise misfit(self._chosen.encoding, columns, names, self._rows) from None
            self._rows += part.num_rows

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _put(self, data: bytes | memoryview) -> None:
        (self._encoded or self._out).write(data)

    def _lines(self, columns: list[Array], rows: int) -> bytes | memoryview:
        if not columns:
            return self._line_end * rows
        if rows <= FEW_ROWS:
            values = (column.to_pylist() for column in columns)
            lines = map(self._delimiter.join, zip(*values, strict=True))
            return b"".join(line + self._line_end for line in lines)
        parts: list[Array | bytes] = [columns[0]]
        for column in columns[1:]:
            parts += [self._delimiter, column]
        return joined([*parts, self._line_end])

    # ── one value at a time ──────────────────────────────────────────────────────────────────

    def _name(self, name: str) -> bytes:
        text = self._shown(name.encode("utf-8", "replace"))
        if begins_formula(text):
            text = self._guarded(text, f"the column name {name!r}")
        is_quoted = self._chosen.quoting in ("all", "nonnumeric")
        return self._quoting.one(text, is_forced=is_quoted)

    def _few(self, batch: pa.RecordBatch, number: int) -> Array:
        """What `_column` makes, without loading kernels."""
        field, array = self._schema.field(number), batch.column(number)
        may_be_formula = may_hold_formulas(array, field)
        made: list[bytes] = []
        for row, text in enumerate(data_texts(batch, self._schema, number).to_pylist()):
            if text is None:
                made.append(self._null)
                continue
            text = self._shown(text)
            is_number = _is_number(array, row, field)
            if is_number and self._chosen.decimal == ",":
                text = text.replace(b".", b",")
            if may_be_formula and not is_number and begins_formula(text):
                text = self._guarded(text, self._cell(field, row))
            made.append(self._quoting.one(text, is_forced=self._is_forced(is_number=is_number)))
        return pa.array(made, pa.large_binary())

    def _shown(self, text: bytes) -> bytes:
        if not self._for_terminal:
            return text
        return safe(text.decode("utf-8", "backslashreplace")).encode()

    def _is_forced(self, *, is_number: bool) -> bool:
        quoting = self._chosen.quoting
        return quoting == "all" or (quoting == "nonnumeric" and not is_number)

    def _guarded(self, text: bytes, where: str) -> bytes:
        if self._chosen.formulas == "guard":
            return GUARD + text
        self._warn(where)
        return text

    def _warn(self, where: str) -> None:
        if not self.notes and not self._for_terminal:
            self.notes.append(WARNING.format(where=where))

    def _cell(self, field: Field, row: int) -> str:
        return f"row {self._rows + row + 1:,}, column {field.name!r}"

    # ── whole columns ────────────────────────────────────────────────────────────────────────

    def _column(self, batch: pa.RecordBatch, number: int) -> Array:
        array, field = batch.column(number), self._schema.field(number)
        texts = data_texts(batch, self._schema, number)
        if self._chosen.decimal == ",":
            texts = _with_comma(texts, array, field)
        if not is_plain(array.type):
            if self._for_terminal:
                texts = safe_texts(texts)
            texts = self._checked(texts, array, field)
        return self._quoted(texts, array, field).fill_null(self._null)

    def _quoted(self, texts: Array, array: Array, field: Field) -> Array:
        if self._chosen.quoting in ("all", "nonnumeric"):
            return self._forced(texts, array, field)
        # Digits, letters and `+-.:` need no quotes, unless somebody uses them as marks.
        is_harmless = is_plain(array.type) and not self._null and self._has_usual_marks
        return texts if is_harmless else self._quoting.many(texts)

    def _forced(self, texts: Array, array: Array, field: Field) -> Array:
        if self._chosen.quoting == "all":
            return self._quoting.all(texts)
        if _is_number_column(array, field):
            return self._quoting.many(texts)
        numbers = number_mask(array)
        if numbers is None:
            return self._quoting.all(texts)
        return kernels.if_else(numbers, self._quoting.many(texts), self._quoting.all(texts))

    def _checked(self, texts: Array, array: Array, field: Field) -> Array:
        """The texts with formulas guarded, or looked for until one is found."""
        is_looked_for = self._chosen.formulas == "guard" or not (self.notes or self._for_terminal)
        if not is_looked_for or not may_hold_formulas(array, field):
            return texts
        found = formula_mask(texts, array)
        if found is None:
            return texts
        if self._chosen.formulas == "guard":
            guarded = kernels.binary_join_element_wise(GUARD, texts.filter(found), b"")
            return replace_where(texts, found, guarded)
        self._warn(self._cell(field, found.index(True).as_py()))
        return texts


def _encoded(out: IO[bytes], chosen: CsvOptions, options: WriterOptions) -> EncodedStream | None:
    if chosen.encoding == "utf-8":
        return None
    return EncodedStream(out, chosen.encoding, chosen.errors, is_continued=options.is_continued)


def _check(chosen: CsvOptions) -> None:
    if chosen.delimiter == chosen.quote or chosen.delimiter == chosen.escape:
        raise UsageError("the delimiter of csv cannot be its quote or escape character too")
    if any(mark in chosen.null for mark in "\r\n"):
        raise UsageError("the null text of csv cannot hold a line break")
    if any(mark in chosen.null for mark in (chosen.delimiter, chosen.quote)):
        raise UsageError("the null text of csv cannot hold its delimiter or quote character")


# ── numbers ──────────────────────────────────────────────────────────────────────────────────


def _is_number_column(array: Array, field: Field) -> bool:
    """Whether values are plain numbers: not the word that stands for an amount of money."""
    if pa.types.is_union(array.type):
        return False
    return is_numeric(field) and db_type_of(field).lower() != "money"


def _is_number(array: Array, row: int, field: Field) -> bool:
    if not pa.types.is_union(array.type):
        return _is_number_column(array, field)
    return isinstance(array[row].as_py(), int | float)


def _with_comma(texts: Array, array: Array, field: Field) -> Array:
    if _is_number_column(array, field):
        return kernels.replace_substring(texts, b".", b",")
    numbers = number_mask(array)
    if numbers is None:
        return texts
    return kernels.if_else(numbers, kernels.replace_substring(texts, b".", b","), texts)
