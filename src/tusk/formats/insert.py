"""SQL INSERT statements, with literals of the engine that shall run them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

import pyarrow as pa

from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import UsageError
from tusk.core.render import render_data, render_strings
from tusk.core.render.arrays import Array, Field, byte_array, kernels, replace_where, without_null
from tusk.core.render.column import take_union
from tusk.core.render.kinds import is_binary, is_list
from tusk.core.render.nested import list_items, map_items, struct_items, wrap
from tusk.core.schema import db_type_of, engine_of, make_field
from tusk.core.text import safe
from tusk.formats.encoding import TextOptions
from tusk.formats.json import literals as json_literals
from tusk.formats.options import option
from tusk.formats.rows import as_bytes, joined, portions, safe_texts, unique_names, used_bytes
from tusk.formats.sql_types import column_type

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

# Of which DataFusion has no primary keys, and so no conflicts.
_WITH_CONFLICTS = ("postgres", "duckdb", "sqlite")
_BINARY_WORDS = frozenset({"bytea", "blob", "binary", "large_binary", ""})


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a dialect writes what differs.

    Args:
        booleans: True and false.
        nan: A float that is no number, where it has a literal or a cast.
        infinities: The greatest and the least float.
        binary: Literal of some bytes.
        with_nul: Expression for a text with NUL characters, which quotes cannot hold.
        has_nested: Lists, structs and maps have literals.
    """

    booleans: tuple[bytes, bytes]
    nan: bytes
    infinities: tuple[bytes, bytes]
    binary: Callable[[bytes], str]
    with_nul: Callable[[str], str]
    has_nested: bool = False


def _hex_blob(value: bytes) -> str:
    return f"X'{value.hex()}'"


def _bytea(value: bytes) -> str:
    return f"'\\x{value.hex()}'"


def _duckdb_blob(value: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"


def _concatenated(value: str) -> str:
    return "(" + " || chr(0) || ".join(quote_text(part) for part in value.split("\0")) + ")"


def _cast_text(value: str) -> str:
    return f"CAST({_hex_blob(value.encode())} AS TEXT)"


_RULES = {
    "postgres": _Rules(
        booleans=(b"true", b"false"),
        nan=b"'NaN'",
        infinities=(b"'Infinity'", b"'-Infinity'"),
        binary=_bytea,
        with_nul=quote_text,  # it has no such text: it will say so
    ),
    "duckdb": _Rules(
        booleans=(b"true", b"false"),
        nan=b"'nan'::DOUBLE",
        infinities=(b"'inf'::DOUBLE", b"'-inf'::DOUBLE"),
        binary=_duckdb_blob,
        with_nul=_concatenated,
        has_nested=True,
    ),
    "sqlite": _Rules(
        booleans=(b"1", b"0"),
        nan=b"NULL",
        infinities=(b"9e999", b"-9e999"),
        binary=_hex_blob,
        with_nul=_cast_text,
    ),
    "datafusion": _Rules(
        booleans=(b"true", b"false"),
        nan=b"CAST('NaN' AS DOUBLE)",
        infinities=(b"CAST('inf' AS DOUBLE)", b"CAST('-inf' AS DOUBLE)"),
        binary=_hex_blob,
        with_nul=_concatenated,
    ),
}


@dataclass(frozen=True, slots=True)
class InsertOptions(TextOptions):
    """Options of INSERT statements."""

    table: str = option(
        "",
        "Table they go to; a dot parts schema and name, unless it is in double quotes. Empty: "
        "named after the file.",
    )
    # Long enough that parsing costs more than the round trip, short enough for any engine.
    batch: int = option(500, "Rows in a statement.", least=1, most=100_000)
    dialect: Literal["auto", "postgres", "duckdb", "sqlite", "datafusion"] = option(
        "auto", "Whose literals are used; auto: those of the engine that the rows came from."
    )
    on_conflict: Literal["error", "nothing", "update"] = option(
        "error",
        "What becomes of a row whose key is there: an error, nothing, or an update of the other "
        "columns.",
    )
    keys: tuple[str, ...] = option(
        (), "The key's columns, with commas between them; on_conflict=update needs them."
    )
    create: bool = option(False, "Begin with CREATE TABLE, with types of the dialect.")
    transaction: bool = option(False, "Put everything into one transaction.")


class InsertWriter:
    """Writes one result set as INSERT statements of some hundred rows each.

    Args:
        out: Binary stream; stays open.
        options: Those of `InsertOptions`, `table`, `dialect` and `for_terminal` apply.
    """

    Options = InsertOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        self._chosen = options.of(InsertOptions)
        self._schema = pa.schema([])
        self._dialect = ""
        self._head = b""
        self._tail = b";\n"
        self._in_statement = 0  # rows written of the statement that is open

    def open(self, schema: pa.Schema) -> None:
        """Take the columns, and write what comes before the rows.

        Raises:
            UsageError: A key is no column, or the dialect has no such thing.
        """
        self._schema = schema
        chosen = self._chosen
        named = "" if chosen.dialect == "auto" else chosen.dialect
        self._dialect = literal_dialect((named, self._options.dialect, *map(engine_of, schema)))
        names = unique_names(schema.names, empty="column")
        table = quoted_table(chosen.table or self._options.table or "result")
        self._head = self._text(
            f"INSERT INTO {table} ({', '.join(map(quote_identifier, names))}) VALUES\n"
        )
        self._tail = self._text(on_conflict(chosen, names, self._dialect) + ";\n")
        if chosen.transaction:
            self._out.write(b"BEGIN;\n")
        if chosen.create and not self._options.is_continued:
            self._out.write(self._text(create_table(table, names, schema, self._dialect, chosen)))

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows. There is no statement that inserts rows without columns."""
        if not batch.num_columns:
            return
        for part in portions(batch):
            columns = [
                self._shown(sql_literals(part.column(number), field, self._dialect))
                for number, field in enumerate(self._schema)
            ]
            self._write_rows(columns, part.num_rows)

    def close(self) -> None:
        """End the last statement."""
        if self._in_statement:
            self._out.write(self._tail)
        if self._chosen.transaction:
            self._out.write(b"COMMIT;\n")

    def discard(self) -> None:
        """Nothing is held."""

    def _text(self, text: str) -> bytes:
        if self._options.for_terminal:
            text = "\n".join(map(safe, text.split("\n")))
        return text.encode("utf-8", "replace")

    def _shown(self, values: Array) -> Array:
        return safe_texts(values) if self._options.for_terminal else values

    def _write_rows(self, columns: list[Array], rows: int) -> None:
        """Write rows, each statement as long as it may be, however the rows arrive."""
        start = 0
        while start < rows:
            count = min(rows - start, self._chosen.batch - self._in_statement)
            self._out.write(b",\n" if self._in_statement else self._head)
            self._out.write(_tuples([column.slice(start, count) for column in columns]))
            start += count
            self._in_statement += count
            if self._in_statement == self._chosen.batch:
                self._out.write(self._tail)
                self._in_statement = 0


def on_conflict(chosen: InsertOptions, names: list[str], dialect: str) -> str:
    """The clause at the end of a statement.

    >>> print(on_conflict(InsertOptions(on_conflict="update", keys=("i",)), ["i", "a"], "sqlite"))
    ON CONFLICT ("i") DO UPDATE SET "a" = excluded."a"

    Raises:
        UsageError: A key is no column, there is none, or the dialect has no such clause.
    """
    for key in chosen.keys:
        if key not in names:
            raise UsageError(
                f"the key {key!r} is not a column", hint=f"columns: {', '.join(names)}"
            )
    if chosen.on_conflict == "error":
        return ""
    if dialect not in _WITH_CONFLICTS:
        raise UsageError(f"{dialect} has no ON CONFLICT")
    keys = ", ".join(map(quote_identifier, chosen.keys))
    target = f" ({keys})" if keys else ""
    others = [quote_identifier(name) for name in names if name not in chosen.keys]
    if chosen.on_conflict == "nothing" or (keys and not others):
        return f"\nON CONFLICT{target} DO NOTHING"
    if not keys:
        raise UsageError("on_conflict=update needs the key's columns", hint="as in keys=id")
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"\nON CONFLICT{target} DO UPDATE SET {changes}"


def create_table(
    table: str, names: list[str], schema: pa.Schema, dialect: str, chosen: InsertOptions
) -> str:
    """The statement that makes the table, with the keys as its primary key."""
    lines = [
        f"  {quote_identifier(name)} {column_type(field, dialect)}".rstrip()
        for name, field in zip(names, schema, strict=True)
    ]
    if chosen.keys:
        lines.append(f"  PRIMARY KEY ({', '.join(map(quote_identifier, chosen.keys))})")
    inside = ",\n".join(lines)
    return f"CREATE TABLE {table} (\n{inside}\n);\n"


def literal_dialect(engines: Iterable[str]) -> str:
    """The first of some engines whose literals are known, else DuckDB."""
    return next((engine for engine in engines if engine in _RULES), "duckdb")


def _tuples(columns: list[Array]) -> memoryview:
    parts: list[Array | bytes] = []
    lead = b"  ("
    for values in columns:
        parts += [lead, values]
        lead = b", "
    return joined([*parts, b"),\n"])[:-2]


def quoted_table(name: str) -> str:
    """A table's name as SQL.

    >>> quoted_table("sales.items"), quoted_table('"a.b"')
    ('"sales"."items"', '"a.b"')
    """
    return name if name.startswith('"') else ".".join(map(quote_identifier, name.split(".")))


def sql_literals(array: Array, field: Field, dialect: str) -> Array:
    """The values as SQL literals, in bytes; NULL is among them as a word."""
    type_, rules = array.type, _RULES[dialect]
    if isinstance(type_, pa.DictionaryType):
        return sql_literals(array.cast(type_.value_type), field, dialect)
    if pa.types.is_union(type_):
        render = _literals_of(field, dialect)
        return take_union(array, [render] * type_.num_fields, pa.large_binary())
    if pa.types.is_boolean(type_):
        texts = kernels.if_else(array, *rules.booleans)
    elif pa.types.is_integer(type_) or pa.types.is_decimal(type_):
        texts = as_bytes(render_strings(array, field))
    elif pa.types.is_floating(type_):
        texts = _floats(array, field, rules)
    elif is_binary(type_):
        texts = _binary(array, field, rules)
    elif is_list(type_) or isinstance(type_, pa.StructType | pa.MapType):
        texts = _nested(array, field, dialect)
    else:
        # As the engine that reads it writes it: infinity and years BC differ.
        as_read = make_field("", type_, engine=dialect, db_type="")
        texts = _quoted(as_bytes(render_strings(array, as_read)), rules)
    return texts.fill_null(b"NULL")


def _literals_of(field: Field, dialect: str) -> Callable[[Array], Array]:
    return lambda array: sql_literals(array, field, dialect)


def _quoted(texts: Array, rules: _Rules) -> Array:
    """Texts (bytes in UTF-8, or in whatever they are) between quotes. NULL stays NULL."""
    inner = kernels.replace_substring(texts, b"'", b"''")
    quoted = kernels.binary_join_element_wise(b"'", inner, b"'", b"")
    if b"\0" not in bytes(used_bytes(texts)):
        return quoted
    with_nul = kernels.match_substring(texts, b"\0").fill_null(False)
    odd = without_null(texts.filter(with_nul))
    return replace_where(
        quoted, with_nul, byte_array(rules.with_nul(v.decode()).encode() for v in odd)
    )


def _floats(array: Array, field: Field, rules: _Rules) -> Array:
    words = kernels.if_else(kernels.greater(array, 0.0), *rules.infinities)
    words = kernels.if_else(kernels.is_nan(array), rules.nan, words)
    texts = as_bytes(render_data(array, field))
    texts = kernels.if_else(kernels.is_finite(array), texts, words)
    # Read as a number, this is the minus of a zero that has no sign.
    return kernels.if_else(kernels.equal(texts, b"-0"), b"'-0'", texts)


def _binary(array: Array, field: Field, rules: _Rules) -> Array:
    if db_type_of(field).lower() not in _BINARY_WORDS:
        return _quoted(as_bytes(array), rules)  # text that is not UTF-8
    return byte_array(None if v is None else rules.binary(v).encode() for v in array.to_pylist())


# ── nested values ────────────────────────────────────────────────────────────────────────


def _nested(array: Array, field: Field, dialect: str) -> Array:
    """Literals of DuckDB; JSON in a text where the dialect has none for nested values."""
    rules = _RULES[dialect]
    if not rules.has_nested:
        missing = pa.scalar(None, pa.large_binary())
        return _quoted(
            kernels.if_else(array.is_null(), missing, json_literals(array, field)), rules
        )
    type_, child = array.type, _child(dialect)
    if isinstance(type_, pa.MapType):
        values = wrap("MAP {", map_items(array, child, child, ": "), "}")
    elif isinstance(type_, pa.StructType):
        values = _structs(array, [f.name for f in type_.fields], dialect)
    else:
        values = wrap("[", list_items(array, child), "]")
    return byte_array(None if value is None else value.encode() for value in values)


def _structs(array: Array, names: list[str], dialect: str) -> list[str | None]:
    if not any(names):
        return wrap("row(", struct_items(array, [_child(dialect)] * len(names)), ")")
    renders = [_child(dialect, quote_text(name) + ": ") for name in names]
    return wrap("{", struct_items(array, renders), "}")


def _child(dialect: str, head: str = "") -> Callable[[Array], list[str]]:
    """What makes literals of the values inside a nested one, each after `head`."""

    def texts(array: Array) -> list[str]:
        field = make_field("", array.type, engine=dialect, db_type="")
        values = sql_literals(array, field, dialect)
        return [head + value.decode() for value in without_null(values)]

    return texts
