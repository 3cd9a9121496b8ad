"""Cells that a spreadsheet would take for formulas.

A text that begins with one of `= + - @`, a tab or a carriage return may run as a formula when a CSV
file is opened in a spreadsheet (OWASP, "CSV Injection"). Numbers in columns of numbers do not.
"""

from __future__ import annotations

import re
from typing import IO

import pyarrow as pa

from tusk.core.render import is_numeric
from tusk.core.render.arrays import Array, Field, any_true, kernels
from tusk.core.schema import db_type_of
from tusk.formats.rows import is_plain

MARKS = b"=+-@\t\r"
# Begins a text that looks like another mark, so that it stays one.
GUARD = b"'"
_TIME_WORDS = frozenset({"interval", "time", "timetz"})
_STARTS, _LARGE_STARTS = (
    pa.array([bytes([mark]) for mark in MARKS], type_) for type_ in (pa.binary(), pa.large_binary())
)

_ALL_OF_BYTES = 16 * 1024 * 1024
_THEN_ONE_IN = 8
# Loading Arrow's kernels takes as long as a search through ten times as much.
_FEW_BYTES = 256 * 1024

WARNING = (
    "{where} begins with a character that makes spreadsheets take it for a formula; "
    "--option formulas=guard puts an apostrophe before such texts"
)


def may_hold_formulas(array: Array, field: Field) -> bool:
    """Whether texts of a column are of a kind that a user may have written."""
    if is_plain(array.type) or pa.types.is_null(array.type) or is_numeric(field):
        return False
    if pa.types.is_duration(array.type) or pa.types.is_interval(array.type):
        return False
    return db_type_of(field).lower().partition("(")[0].split(" ")[0] not in _TIME_WORDS


def number_mask(array: Array) -> Array | None:
    """Which values of a union are numbers; None for any other type."""
    if not pa.types.is_union(array.type):
        return None
    kinds = [array.type.field(code).type for code in range(array.type.num_fields)]
    codes = [
        code
        for code, kind in enumerate(kinds)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    ]
    _, buffer, *_ = array.buffers()
    places = pa.Array.from_buffers(pa.int8(), len(array), [None, buffer], offset=array.offset)
    return kernels.is_in(places, value_set=pa.array(codes, pa.int8()))


def formula_mask(texts: Array, array: Array) -> Array | None:
    """Which texts begin like formulas; None when none does.

    Args:
        texts: The column as an array of bytes.
        array: The column itself.
    """
    # Five times faster than a regular expression.
    starts = _LARGE_STARTS if pa.types.is_large_binary(texts.type) else _STARTS
    found = kernels.is_in(kernels.binary_slice(texts, 0, 1), value_set=starts)
    if not any_true(found):
        return None
    numbers = number_mask(array)
    if numbers is not None:
        found = kernels.and_not(found, numbers)
    return found if any_true(found) else None


class FormulaWatch:
    """A stream that looks for formulas in CSV on its way from a server, until it has found one.

    It looks at all of the first 16 MB, and at every eighth part of the rest: a look at everything
    makes copying a fifth slower where processors are busy.

    Args:
        out: Where the CSV goes on to. Each write brings whole rows.
        delimiter: Between values.
        quote: Around values.
        quotes_all: Numbers are quoted too, and so cannot be told from texts that begin with a sign.
    """

    def __init__(self, out: IO[bytes], delimiter: str, quote: str, *, quotes_all: bool) -> None:
        self._out = out
        self.has_found = False
        self._writes = 0
        self._bytes = 0
        mark = re.escape(quote)
        begin = rf"(?:^|[{re.escape(delimiter)}\n])"
        # After a minus a number has a digit or a point, or is an infinity.
        minus = "" if quotes_all else rf"|{mark}-|-[^0-9.Ii\n{re.escape(delimiter)}]"
        self._pattern = rf"{begin}(?:{mark}?[=+@\t\r]{minus})"

    def write(self, data: bytes) -> int:
        """Look at the rows, and write them on."""
        self._writes += 1
        self._bytes += len(data)
        is_looked_at = self._bytes <= _ALL_OF_BYTES or self._writes % _THEN_ONE_IN == 0
        if is_looked_at and not self.has_found:
            self.has_found = self._finds(data)
        return self._out.write(data)

    def _finds(self, data: bytes) -> bool:
        if len(data) <= _FEW_BYTES:
            return re.search(self._pattern.encode(), data) is not None
        offsets = pa.array([0, len(data)], pa.int64()).buffers()[1]
        block = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
        # RE2 is five times faster than Python's expressions, and lets other threads run.
        return any_true(kernels.match_substring_regex(block, self._pattern))


def begins_formula(text: bytes) -> bool:
    """Whether one text begins like a formula."""
    return text[:1] in MARKS and text != b""
