"""JSON and JSON lines: each row an object with the columns in order.

- Whole numbers, decimals and PostgreSQL's numeric are numbers with all their digits; floats are
  the shortest number that reads back as the same float. NaN and the infinities, which JSON does
  not know, are the texts "NaN", "Infinity" and "-Infinity".
- Dates and times are texts as the engine shows them; binary is a text of hexadecimal digits.
- Columns of JSON are embedded as they are; lists, structs and maps are arrays and objects.
- Of columns with the same name, later ones get a number: `a`, `a_2`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

from tusk.core.render import render_data, render_strings
from tusk.core.render.arrays import (
    Array,
    Field,
    all_true,
    byte_array,
    kernels,
    replace_where,
    without_null,
)
from tusk.core.render.column import loose_text, take_union
from tusk.core.render.kinds import is_binary, is_list
from tusk.core.render.nested import list_items, map_items, struct_items, wrap
from tusk.core.schema import db_type_of, engine_of, make_field
from tusk.core.text import escape_unsafe
from tusk.formats.rows import as_bytes, joined, portions, unique_names, used_bytes

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

_SPECIAL = bytes(range(0x20)) + b'"\\'
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_NUMBER_WORDS = frozenset({"numeric", "decimal", "hugeint", "uhugeint", "bignum", "varint"})
_JSON_WORDS = frozenset({"json", "jsonb"})
_BINARY_WORDS = frozenset({"bytea", "blob", "binary", "large_binary", ""})


class JsonLinesWriter:
    """Writes one result set as an object per line.

    Args:
        out: Binary stream; stays open.
        options: `for_terminal` applies.
    """

    _before = b""
    _after = b"\n"

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._for_terminal = options.for_terminal
        self._schema = pa.schema([])
        self._keys: list[bytes] = []

    def open(self, schema: pa.Schema) -> None:
        """Take the columns' names."""
        self._schema = schema
        names = [_string(name) for name in unique_names(schema.names)]
        shown = map(escape_unsafe, names) if self._for_terminal else names
        self._keys = [name.encode() + b":" for name in shown]

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            self._emit(self._rows(part))

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _rows(self, batch: pa.RecordBatch) -> memoryview:
        if not batch.num_columns:
            return memoryview((self._before + b"{}" + self._after) * batch.num_rows)
        parts: list[Array | bytes] = []
        lead = self._before + b"{"
        for number, key in enumerate(self._keys):
            parts += [lead + key, self._column(batch, number)]
            lead = b","
        return joined([*parts, b"}" + self._after])

    def _emit(self, data: memoryview) -> None:
        self._out.write(data)

    def _column(self, batch: pa.RecordBatch, number: int) -> Array:
        values = literals(batch.column(number), self._schema.field(number))
        if not self._for_terminal:
            return values
        return byte_array(escape_unsafe(v.decode()).encode() for v in without_null(values))


class JsonWriter(JsonLinesWriter):
    """Writes one result set as an array of objects, each on a line of its own."""

    _before = b",\n"
    _after = b""
    _has_rows = False

    def close(self) -> None:
        """Close the array."""
        self._out.write(b"\n]\n" if self._has_rows else b"[]\n")

    def _emit(self, data: memoryview) -> None:
        if not self._has_rows and len(data):
            self._has_rows = True
            self._out.write(b"[")
            data = data[1:]  # no comma before the first row
        self._out.write(data)


def literals(array: Array, field: Field) -> Array:
    """The values as JSON, each a text of its own (bytes in UTF-8); no NULL among them."""
    type_, word = array.type, db_type_of(field).lower().partition("(")[0]
    if isinstance(type_, pa.DictionaryType):
        return literals(array.cast(type_.value_type), field)
    if pa.types.is_union(type_):
        render = _literals_of(field)
        return take_union(array, [render] * type_.num_fields, pa.large_binary())
    if pa.types.is_boolean(type_):
        texts = kernels.if_else(array, b"true", b"false")
    elif pa.types.is_integer(type_) or pa.types.is_decimal(type_):
        texts = as_bytes(render_strings(array, field))
    elif pa.types.is_floating(type_):
        texts = _floats(array, field)
    elif is_list(type_) or isinstance(type_, pa.StructType | pa.MapType):
        texts = _nested(array, field)
    elif is_binary(type_):
        texts = strings(_binary_texts(array, word))
    else:
        texts = _texts(as_bytes(render_strings(array, field)), word)
    return texts.fill_null(b"null")


def _literals_of(field: Field) -> Callable[[Array], Array]:
    return lambda array: literals(array, field)


def _floats(array: Array, field: Field) -> Array:
    texts = as_bytes(render_data(array, field))
    finite = kernels.is_finite(array)
    if all_true(finite):
        return texts
    is_positive = kernels.greater(array, 0)
    names = kernels.if_else(is_positive, b'"Infinity"', b'"-Infinity"')
    names = kernels.if_else(kernels.is_nan(array), b'"NaN"', names)
    return kernels.if_else(finite, texts, names)


def _binary_texts(array: Array, word: str) -> Array:
    # Bytes in a column of another type are text that is not UTF-8.
    one = bytes.hex if word in _BINARY_WORDS else loose_text
    return byte_array(None if v is None else one(v).encode() for v in array.to_pylist())


def _texts(texts: Array, word: str) -> Array:
    """Texts as JSON strings, or as what they hold where their type says so."""
    if word in _JSON_WORDS:
        return byte_array(None if v is None else _embedded(v) for v in texts.to_pylist())
    if word in _NUMBER_WORDS:
        is_number = kernels.match_substring_regex(texts, _NUMBER)
        return kernels.if_else(is_number, texts, strings(texts))
    return strings(texts)


def _embedded(value: bytes) -> bytes:
    """A JSON document on one line, or a string of it when it is not JSON."""
    text = value.decode()
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return _string(text).encode()
    # A string inside cannot hold a line break, so these are white space.
    return value.replace(b"\r", b" ").replace(b"\n", b" ").strip()


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(constant)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def strings(texts: Array) -> Array:
    """Texts (bytes in UTF-8) as JSON strings. NULL stays NULL."""
    data = bytes(used_bytes(texts))
    if len(data.translate(None, _SPECIAL)) != len(data):
        needs = kernels.match_substring_regex(texts, r'["\\\x00-\x1f]').fill_null(False)
        special = without_null(texts.filter(needs))
        escaped = byte_array(_string(text.decode()).encode()[1:-1] for text in special)
        texts = replace_where(texts, needs, escaped)
    return kernels.binary_join_element_wise(b'"', texts, b'"', b"")


# ── nested values ────────────────────────────────────────────────────────────────────────


def _nested(array: Array, field: Field) -> Array:
    texts = _nested_texts(array, field)
    return byte_array(None if text is None else text.encode() for text in texts)


def _nested_texts(array: Array, field: Field) -> list[str | None]:
    type_ = array.type
    if isinstance(type_, pa.MapType):
        key_field = _child_field(type_.key_type, field)
        entries = map_items(array, lambda keys: _keys(keys, key_field), _child(field), ":")
        return wrap("{", entries, "}", ",")
    if isinstance(type_, pa.StructType):
        return _structs(array, field)
    is_json = re.fullmatch(r"JSON(\[\d*\])+", db_type_of(field)) is not None
    items = list_items(array, _child(field, "JSON" if is_json else ""))
    return wrap("[", items, "]", ",")


def _structs(array: Array, field: Field) -> list[str | None]:
    names = [child.name for child in cast("pa.StructType", array.type).fields]
    if not any(names):  # made by row(…)
        return wrap("[", struct_items(array, [_child(field)] * len(names)), "]", ",")
    renders = [_child(field, head=_string(name) + ":") for name in names]
    return wrap("{", struct_items(array, renders), "}", ",")


def _child_field(type_: pa.DataType, parent: Field, db_type: str = "") -> Field:
    return make_field("", type_, engine=engine_of(parent), db_type=db_type)


def _child(parent: Field, db_type: str = "", head: str = "") -> Callable[[Array], list[str]]:
    """What makes literals of the values inside a nested one, each after `head`."""

    def texts(array: Array) -> list[str]:
        values = literals(array, _child_field(array.type, parent, db_type))
        return [head + value.decode() for value in without_null(values)]

    return texts


def _keys(keys: Array, field: Field) -> list[str]:
    texts = strings(as_bytes(render_strings(keys, field)))
    return [text.decode() for text in without_null(texts)]
