"""JSON and JSON lines: each row an object with the columns in order.

- Whole numbers, decimals and PostgreSQL's numeric are numbers with all their digits; floats are
  the shortest number that reads back as the same float. NaN and the infinities, which JSON does
  not know, are the texts "NaN", "Infinity" and "-Infinity".
- Dates and times are texts as the engine shows them; binary is a text of hexadecimal digits.
- Columns of JSON are embedded as they are; lists, structs and maps are arrays and objects.
- Of columns with the same name, later ones get a number: `a`, `a_2`.

Options change some of this, see `JsonLinesOptions`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal, cast

import pyarrow as pa

from tusk.core.render import render_data, render_strings
from tusk.core.render.arrays import (
    Array,
    Field,
    all_true,
    any_true,
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
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option
from tusk.formats.rows import as_bytes, joined, portions, unique_names, used_bytes

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

_SPECIAL = bytes(range(0x20)) + b'"\\'
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_NUMBER_WORDS = frozenset({"numeric", "decimal", "hugeint", "uhugeint", "bignum", "varint"})
_JSON_WORDS = frozenset({"json", "jsonb"})
_BINARY_WORDS = frozenset({"bytea", "blob", "binary", "large_binary", ""})


@dataclass(frozen=True, slots=True)
class JsonLinesOptions(TextOptions):
    """Options of JSON lines, and of JSON."""

    shape: Literal["objects", "arrays"] = option(
        "objects", "Each row as an object, or as an array of its values."
    )
    header: bool = option(True, "With shape=arrays, the column names as the first array.")
    big_numbers: Literal["number", "text"] = option(
        "number",
        "Decimals, and whole numbers that a double does not hold: as numbers with all their "
        "digits, or as texts for readers that would round them.",
    )
    dates: Literal["engine", "iso"] = option(
        "engine", "Timestamps as the engine shows them, or as in ISO 8601 with a T."
    )
    binary: Literal["hex", "base64"] = option("hex", "Bytes in hexadecimal, or in Base64.")


@dataclass(frozen=True, slots=True)
class JsonOptions(JsonLinesOptions):
    """Options of JSON."""

    indent: int = option(0, "Spaces for each level; 0 puts each row on one line.", least=0, most=16)


class JsonLinesWriter:
    """Writes one result set as an object per line.

    Args:
        out: Binary stream; stays open.
        options: Those of `JsonLinesOptions`, and `for_terminal`, apply.
    """

    Options: type[JsonLinesOptions] = JsonLinesOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._chosen = options.of(self.Options)
        self._for_terminal = options.for_terminal
        self._is_continued = options.is_continued
        self._schema = pa.schema([])
        self._frame = Frame(after=b"\n")
        self._indent = 0

    def open(self, schema: pa.Schema) -> None:
        """Take the columns' names."""
        self._schema = schema
        is_object = self._chosen.shape == "objects"
        names = unique_names(schema.names) if is_object else schema.names
        literals_ = [_string(name) for name in names]
        shown = [escape_unsafe(text) if self._for_terminal else text for text in literals_]
        self._frame = self._framed([text.encode() for text in shown] if is_object else None)
        if not is_object and self._chosen.header and not self._is_continued:
            texts = [byte_array([text.encode()]) for text in shown]
            self._emit(self._frame.rows(texts, 1))

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            columns = [self._column(part, number) for number in range(part.num_columns)]
            self._emit(self._frame.rows(columns, part.num_rows))

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _framed(self, keys: list[bytes] | None) -> Frame:
        return Frame(keys, after=b"\n")

    def _emit(self, data: memoryview) -> None:
        self._out.write(data)

    def _column(self, batch: pa.RecordBatch, number: int) -> Array:
        array, field = batch.column(number), self._schema.field(number)
        values = literals(array, field, self._chosen)
        if self._indent and _is_nested(array, field):
            step = self._indent
            values = byte_array(
                indented(v.decode(), step, 2).encode() for v in without_null(values)
            )
        if not self._for_terminal:
            return values
        return byte_array(escape_unsafe(v.decode()).encode() for v in without_null(values))


class JsonWriter(JsonLinesWriter):
    """Writes one result set as an array of rows, each on a line of its own."""

    Options = JsonOptions
    _has_rows = False

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        super().__init__(out, options)
        self._indent = options.of(JsonOptions).indent

    def close(self) -> None:
        """Close the array."""
        self._out.write(b"\n]\n" if self._has_rows else b"[]\n")

    def _framed(self, keys: list[bytes] | None) -> Frame:
        return Frame(keys, before=b",\n", indent=self._indent)

    def _emit(self, data: memoryview) -> None:
        if not self._has_rows and len(data):
            self._has_rows = True
            self._out.write(b"[")
            data = data[1:]  # no comma before the first row
        self._out.write(data)


class Frame:
    """What stands around the values of a row.

    Args:
        keys: Names as JSON, of objects; None for arrays.
        before: Before each row.
        after: After each row.
        indent: Spaces for each level; 0 keeps a row on one line.
    """

    def __init__(
        self,
        keys: list[bytes] | None = None,
        *,
        before: bytes = b"",
        after: bytes = b"",
        indent: int = 0,
    ) -> None:
        self._keys = keys
        opening, closing = (b"[", b"]") if keys is None else (b"{", b"}")
        outer, inner = b" " * indent, b"\n" + b" " * 2 * indent if indent else b""
        self._colon = b": " if indent else b":"
        self._head = before + outer + opening + inner
        self._between = b"," + inner
        self._tail = (b"\n" + outer if indent else b"") + closing + after
        self._empty = before + outer + opening + closing + after

    def rows(self, columns: list[Array], count: int) -> memoryview:
        """The rows of some columns of JSON texts."""
        if not columns:
            return memoryview(self._empty * count)
        parts: list[Array | bytes] = []
        lead = self._head
        for number, column in enumerate(columns):
            key = b"" if self._keys is None else self._keys[number] + self._colon
            parts += [lead + key, column]
            lead = self._between
        return joined([*parts, self._tail])


def literals(array: Array, field: Field, style: JsonLinesOptions | None = None) -> Array:
    """The values as JSON, each a text of its own (bytes in UTF-8); no NULL among them."""
    style = style or _PLAIN
    type_, word = array.type, db_type_of(field).lower().partition("(")[0]
    if isinstance(type_, pa.DictionaryType):
        return literals(array.cast(type_.value_type), field, style)
    if pa.types.is_union(type_):
        render = _literals_of(field, style)
        return take_union(array, [render] * type_.num_fields, pa.large_binary())
    if pa.types.is_boolean(type_):
        texts = kernels.if_else(array, b"true", b"false")
    elif pa.types.is_integer(type_) or pa.types.is_decimal(type_):
        texts = _numbers(as_bytes(render_strings(array, field)), array, style)
    elif pa.types.is_floating(type_):
        texts = _floats(array, field)
    elif is_list(type_) or isinstance(type_, pa.StructType | pa.MapType):
        texts = _nested(array, field, style)
    elif is_binary(type_):
        texts = strings(_binary_texts(array, word, style))
    elif pa.types.is_timestamp(type_) and style.dates == "iso":
        texts = strings(as_bytes(_iso(render_strings(array, field))))
    else:
        texts = _texts(as_bytes(render_strings(array, field)), word, style)
    return texts.fill_null(b"null")


_PLAIN = JsonLinesOptions()
_MOST_EXACT = 2**53 - 1


def _literals_of(field: Field, style: JsonLinesOptions) -> Callable[[Array], Array]:
    return lambda array: literals(array, field, style)


def _numbers(texts: Array, array: Array, style: JsonLinesOptions) -> Array:
    """Texts of exact numbers, in quotes where they are to be texts."""
    if style.big_numbers == "number":
        return texts
    if pa.types.is_decimal(array.type):
        return strings(texts)
    if array.type.bit_width < 64:
        return texts
    too_big = kernels.invert(
        kernels.and_(
            kernels.less_equal(array, _MOST_EXACT), kernels.greater_equal(array, -_MOST_EXACT)
        )
    )
    return kernels.if_else(too_big, strings(texts), texts) if any_true(too_big) else texts


def _iso(texts: Array) -> Array:
    """Timestamps with a T, and with minutes in their offset; others (infinity, BC) as they are."""
    texts = kernels.replace_substring_regex(texts, _SPACED, r"\1T\2")
    return kernels.replace_substring_regex(texts, _SHORT_OFFSET, r"\1:00")


# RE2's dollar is the end of the text.
_SPACED = r"^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::\d\d)?)?)$"
_SHORT_OFFSET = r"^(\d{4,}-\d\d-\d\dT[\d:.]+[+-]\d\d)$"


def _floats(array: Array, field: Field) -> Array:
    texts = as_bytes(render_data(array, field))
    finite = kernels.is_finite(array)
    if all_true(finite):
        return texts
    is_positive = kernels.greater(array, 0)
    names = kernels.if_else(is_positive, b'"Infinity"', b'"-Infinity"')
    names = kernels.if_else(kernels.is_nan(array), b'"NaN"', names)
    return kernels.if_else(finite, texts, names)


def _binary_texts(array: Array, word: str, style: JsonLinesOptions) -> Array:
    # Bytes in a column of another type are text that is not UTF-8.
    of_bytes = _base64 if style.binary == "base64" else bytes.hex
    one: Callable[[bytes], str] = of_bytes if word in _BINARY_WORDS else loose_text
    return byte_array(None if v is None else one(v).encode() for v in array.to_pylist())


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _texts(texts: Array, word: str, style: JsonLinesOptions) -> Array:
    """Texts as JSON strings, or as what they hold where their type says so."""
    if word in _JSON_WORDS:
        return byte_array(None if v is None else _embedded(v) for v in texts.to_pylist())
    if word in _NUMBER_WORDS and style.big_numbers == "number":
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


def _is_nested(array: Array, field: Field) -> bool:
    is_json = db_type_of(field).lower() in _JSON_WORDS
    return is_json or is_list(array.type) or isinstance(array.type, pa.StructType | pa.MapType)


_AFTER = (":", ",")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def indented(text: str, step: int, level: int) -> str:
    r"""JSON with each value on a line of its own.

    >>> indented('{"a":[1,"x,y"],"b":{}}', 1, 0)
    '{\n "a": [\n  1,\n  "x,y"\n ],\n "b": {}\n}'

    Args:
        text: Valid JSON.
        step: Spaces for each level.
        level: Of the value itself.
    """
    made: list[str] = []
    is_opened = False
    for part in _TOKEN.findall(text):
        is_end = part in ("}", "]")
        level -= is_end
        # The first value of a container, or the end of one that is not empty.
        if is_opened != is_end:
            made.append("\n" + " " * step * level)
        made.append(part)
        is_opened = part in ("{", "[")
        level += is_opened
        if part in _AFTER:
            made.append(" " if part == ":" else "\n" + " " * step * level)
    return "".join(made)


def _nested(array: Array, field: Field, style: JsonLinesOptions) -> Array:
    texts = _nested_texts(array, field, style)
    return byte_array(None if text is None else text.encode() for text in texts)


def _nested_texts(array: Array, field: Field, style: JsonLinesOptions) -> list[str | None]:
    type_ = array.type
    child = _Child(field, style)
    if isinstance(type_, pa.MapType):
        key_field = child.field(type_.key_type)
        entries = map_items(array, lambda keys: _keys(keys, key_field), child.texts(), ":")
        return wrap("{", entries, "}", ",")
    if isinstance(type_, pa.StructType):
        return _structs(array, child)
    is_json = re.fullmatch(r"JSON(\[\d*\])+", db_type_of(field)) is not None
    items = list_items(array, child.texts("JSON" if is_json else ""))
    return wrap("[", items, "]", ",")


def _structs(array: Array, child: _Child) -> list[str | None]:
    names = [each.name for each in cast("pa.StructType", array.type).fields]
    if not any(names):  # made by row(…)
        return wrap("[", struct_items(array, [child.texts()] * len(names)), "]", ",")
    renders = [child.texts(head=_string(name) + ":") for name in names]
    return wrap("{", struct_items(array, renders), "}", ",")


class _Child:
    """Makes literals of the values inside a nested one."""

    def __init__(self, parent: Field, style: JsonLinesOptions) -> None:
        self._engine = engine_of(parent)
        self._style = style

    def field(self, type_: pa.DataType, db_type: str = "") -> Field:
        return make_field("", type_, engine=self._engine, db_type=db_type)

    def texts(self, db_type: str = "", head: str = "") -> Callable[[Array], list[str]]:
        """Literals, each after `head`."""

        def of(array: Array) -> list[str]:
            values = literals(array, self.field(array.type, db_type), self._style)
            return [head + value.decode() for value in without_null(values)]

        return of


def _keys(keys: Array, field: Field) -> list[str]:
    texts = strings(as_bytes(render_strings(keys, field)))
    return [text.decode() for text in without_null(texts)]
