"""What a column's values look like: their kind, their side of the cell and their text."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from tusk.core.render import is_numeric, render_column
from tusk.core.schema import db_type_of

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array, Field

# A cell shows at most this many characters, so that one value of a gigabyte costs no more.
CELL_CHARACTERS = 600


class ValueKind(enum.Enum):
    """How values are told apart on screen; also the names of the style classes."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEMPORAL = "temporal"
    JSON = "json"
    BINARY = "binary"
    NESTED = "nested"


_KINDS_BY_NAME = {
    "json": ValueKind.JSON,
    "jsonb": ValueKind.JSON,
    "interval": ValueKind.TEMPORAL,
    "timetz": ValueKind.TEMPORAL,
    "time with time zone": ValueKind.TEMPORAL,
    "bytea": ValueKind.BINARY,
    "blob": ValueKind.BINARY,
}


_PLAIN_NUMBER = re.compile(r"([-+]?)(\d+)(\.\d*)?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)", re.ASCII)
_DATE = re.compile(r"(\d{4,6})-(0[1-9]|1[0-2])-(\d\d)(?=[ T]|$)", re.ASCII)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class ColumnFormat:
    """How to show the values of one column.

    Args:
        field: The result's field; batches may carry wider types than it says.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.kind = kind_of(field)
        self.kind_name: str = self.kind.value
        self.is_right_aligned = is_numeric(field)

    def texts(self, values: Array) -> list[str | None]:
        """The values' texts, whole and not made safe; None is NULL."""
        return render_column(values, self.field)

    def short_texts(self, values: Array) -> list[str | None]:
        """The values' texts, of long ones only the beginning."""
        texts = render_column(values, self.field, limit=CELL_CHARACTERS)
        return [text and text[:CELL_CHARACTERS] for text in texts]

    def readable_texts(self, values: Array) -> list[str | None]:
        """The same with dates and numbers as people write them."""
        texts = self.short_texts(values)
        make = {ValueKind.NUMBER: readable_number, ValueKind.TEMPORAL: readable_moment}
        change = make.get(self.kind)
        return texts if change is None else [text and change(text) for text in texts]


def readable_number(text: str) -> str:
    """A number with separators.

    >>> [readable_number(text) for text in ("1234567.8901", "-1000", "999", "1e+20", "NaN")]
    ['1,234,567.8901', '-1,000', '999', '1e+20', 'NaN']
    """
    found = _PLAIN_NUMBER.fullmatch(text)
    if found is None:
        return text
    sign, whole, fraction = found.groups("")
    return f"{sign}{_THOUSANDS.sub(',', whole)}{fraction}"


def readable_moment(text: str) -> str:
    """A date as people write it; the time stays as it is.

    >>> readable_moment("2024-05-31 14:30:00+02"), readable_moment("infinity")
    ('31 May 2024 14:30:00+02', 'infinity')
    """
    found = _DATE.match(text)
    if found is None:
        return text
    year, month, day = found.groups()
    rest = text[found.end() :].replace("T", " ", 1)
    return f"{int(day):>2} {_MONTHS[int(month) - 1]} {year}{rest}"


def kind_of(field: Field) -> ValueKind:
    """The kind of a field's values.

    >>> kind_of(pa.field("n", pa.int32())), kind_of(pa.field("s", pa.string()))
    (<ValueKind.NUMBER: 'number'>, <ValueKind.TEXT: 'text'>)
    """
    named = _KINDS_BY_NAME.get(db_type_of(field).lower())
    if named is not None:
        return named
    kind = field.type
    if is_numeric(field):
        return ValueKind.NUMBER
    if pat.is_boolean(kind):
        return ValueKind.BOOLEAN
    if pat.is_temporal(kind):
        return ValueKind.TEMPORAL
    if _is_bytes(kind):
        return ValueKind.BINARY
    if pat.is_nested(kind):
        return ValueKind.NESTED
    return ValueKind.TEXT


def _is_bytes(kind: pa.DataType) -> bool:
    return (
        pat.is_binary(kind)
        or pat.is_large_binary(kind)
        or pat.is_binary_view(kind)
        or pat.is_fixed_size_binary(kind)
    )
