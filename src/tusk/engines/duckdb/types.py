"""DuckDB's types on their way through Arrow: what stays, what travels as text, what is widened.

DuckDB's Arrow export is exact for most types. Some it cannot express (VARIANT fails, a TIMETZ
loses its offset, an INTERVAL overflows, BIT and BIGNUM come as internal bytes): such columns,
and nested ones that hold such a type anywhere, are cast to VARCHAR by DuckDB itself, which is
also what its shell shows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from tusk.core.schema import make_field
from tusk.engines.arrow import plain_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from duckdb.sqltypes import DuckDBPyType

_AS_TEXT = frozenset(
    ["bignum", "bit", "geometry", "interval", "time with time zone", "union", "variant"]
)
# Exact as decimal128(38, 0) with a check per batch, which a value inside a list cannot have.
_WIDE_INTEGERS = frozenset(["hugeint", "uhugeint"])
_NESTED = frozenset(["list", "array", "struct", "map"])
# An enum of 70,000 labels would put a megabyte of type name on each field.
_LONGEST_TYPE_NAME = 1000
_LABELS = re.compile(r"ENUM\((?:'(?:[^']|'')*'(?:, )?)*\)")
_DECIMAL_38 = pa.decimal128(38, 0)
_LARGEST_38 = 10**38 - 1

Array: TypeAlias = "pa.Array[Any]"
Convert: TypeAlias = "Callable[[Array], Array]"


def _children(type_: DuckDBPyType) -> list[DuckDBPyType]:
    # Among an ARRAY's children is its size, among an ENUM's its labels.
    return [child for _, child in type_.children if not isinstance(child, (int, list))]


def travels_as_text(type_: DuckDBPyType, *, is_nested: bool = False) -> bool:
    """Whether a column of this type is cast to VARCHAR to lose nothing.

    Args:
        type_: The column's type.
        is_nested: True for a type inside another one.
    """
    kind = type_.id
    if kind in _AS_TEXT or (is_nested and kind in _WIDE_INTEGERS):
        return True
    return kind in _NESTED and any(travels_as_text(c, is_nested=True) for c in _children(type_))


def text_projection(types: Sequence[DuckDBPyType]) -> str | None:
    """The select list that casts what must travel as text; None when nothing must.

    Columns are named by position, so that duplicate and odd names do not matter.
    """
    marks = [travels_as_text(t) for t in types]
    if not any(marks):
        return None
    return ", ".join(f"#{i}::VARCHAR" if m else f"#{i}" for i, m in enumerate(marks, 1))


def type_name(type_: DuckDBPyType) -> str:
    """The type in DuckDB's words, shortened where it would list thousands of labels."""
    name = str(type_)
    return name if len(name) <= _LONGEST_TYPE_NAME else _LABELS.sub("ENUM", name)


def _wide_integers(array: Array, *, is_signed: bool) -> Array:
    """128-bit integers: decimals of 38 digits where they fit, else text.

    DuckDB hands the 128 bits over as they are, whatever the decimal's precision says.
    """
    values = array.cast(_DECIMAL_38) if array.type != _DECIMAL_38 else array
    import pyarrow.compute as pc  # 45 ms, and few results have such a column

    lowest, highest = (v.as_py() for v in pc.min_max(values).values())
    if lowest is None:
        return values
    if highest <= _LARGEST_38 and lowest >= (-_LARGEST_38 if is_signed else 0):
        return values
    raw = memoryview(values.buffers()[1] or b"")[16 * values.offset :]
    integers = [
        int.from_bytes(raw[16 * i : 16 * i + 16], "little", signed=is_signed)
        for i in range(len(values))
    ]
    texts = [
        str(integer) if is_valid else None
        for integer, is_valid in zip(integers, values.is_valid().to_pylist(), strict=True)
    ]
    return pa.array(texts, pa.string())


def result_field(
    name: str, type_: DuckDBPyType, exported: pa.DataType
) -> tuple[pa.Field[Any], Convert | None]:
    """A result field, and what to do to its arrays (None: nothing).

    Args:
        name: Column name.
        type_: The column's type in the statement, before any cast to VARCHAR.
        exported: The Arrow type that DuckDB gives.
    """
    convert: Convert | None = None
    kept = exported
    if type_.id in _WIDE_INTEGERS and not pa.types.is_string(exported):
        is_signed = type_.id == "hugeint"
        convert = lambda a: _wide_integers(a, is_signed=is_signed)  # noqa: E731
    elif (plain := plain_type(exported)) != exported:
        kept = plain
        convert = lambda a: a.cast(plain)  # noqa: E731
    field = make_field(name, kept, engine="duckdb", db_type=type_name(type_))
    return field, convert
