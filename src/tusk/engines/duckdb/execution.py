"""Sending one statement to DuckDB so that its rows stream and lose nothing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, cast

import duckdb
import pyarrow as pa

from tusk.core.dialect import DUCKDB
from tusk.core.errors import QueryError, QueryRefused
from tusk.core.params import ParameterValue, infer_untyped
from tusk.core.statement import BoundText, Statement, TokenKind, bind, first_word, split, tokens
from tusk.engines.arrow import batch_rows
from tusk.engines.base import FetchMode
from tusk.engines.duckdb.types import text_projection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb.sqltypes import DuckDBPyType

    from tusk.engines.duckdb.errors import Report

# What DuckDB raises, by itself or through an Arrow stream; RuntimeError is pybind's, for text
# that is not Unicode.
DRIVER_ERRORS = (duckdb.Error, pa.ArrowException, OSError, RuntimeError, UnicodeError)

Column: TypeAlias = "tuple[str, DuckDBPyType]"

# DuckDB works in vectors of this many rows. Smaller batches do not come sooner, and leave its
# memory in pieces: 610 instead of 430 MB after 100,000 rows of 2,000 columns.
_VECTOR_ROWS = 2048
_LARGEST_DECIMAL_DIGITS = 38
# Statements that answer with a number of rows unless they return rows.
_COUNTING = frozenset(["INSERT", "UPDATE", "DELETE", "MERGE_INTO", "COPY", "CREATE"])
_CHANGING = _COUNTING | {"EXECUTE", "CALL"}
_WRITES_FILES = frozenset(["COPY", "EXPORT"])


class Message:
    """A statement's text and values on their way to DuckDB.

    Args:
        statement: As the user wrote it.
        parameters: Values for its `:name` parameters; None leaves the text alone.
    """

    def __init__(
        self, statement: Statement, parameters: Mapping[str, ParameterValue] | None
    ) -> None:
        given = parameters or {}
        self._bound = BoundText(statement.text, ())
        if given:
            self._bound = bind(statement.text, DUCKDB, given, lambda n, _: f"${n}")
        self.values = [_value(name, given[name]) for name in self._bound.names]
        refuse_nul(statement.text)
        self.text = _unicode(self._bound.text, "the statement")
        self._prefix = ""

    def cast(self, projection: str) -> None:
        """Select from the statement with this select list instead of its own."""
        self._prefix = f"SELECT {projection} FROM ("  # noqa: S608 - numbers, not names
        self.text = f"{self._prefix}{self._bound.text}\n)"

    @property
    def word(self) -> str:
        """The statement's first word."""
        return first_word(self._bound.text, DUCKDB)

    @property
    def returns_rows(self) -> bool:
        """Whether it has a RETURNING clause; only a word outside parentheses is one."""
        depth = 0
        for token in tokens(self._bound.text, DUCKDB):
            depth += (token.kind is TokenKind.OPEN) - (token.kind is TokenKind.CLOSE)
            word = self._bound.text[token.start : token.end]
            if depth == 0 and token.kind is TokenKind.WORD and word.upper() == "RETURNING":
                return True
        return False

    def locate(self, report: Report) -> int | None:
        """The offset in the user's text that an error refers to."""
        offset = report.offset_in(self.text)
        if offset is None or offset < len(self._prefix):
            return None
        return self._bound.original_offset(offset - len(self._prefix))


def refuse_nul(text: str) -> None:
    """Refuse a text that DuckDB would read up to its first NUL, and run what is before it.

    Raises:
        QueryError: It is one.
    """
    if "\0" in text:
        raise QueryError(
            "the statement holds a NUL character, which DuckDB does not accept",
            position=text.index("\0"),
        )


def _unicode(text: str, what: str) -> str:
    """Refuse lone surrogates, for which the driver has no clear word."""
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        code_point = f"U+{ord(text[exc.start]):04X}"
        raise QueryError(f"{what} holds {code_point}, which is not a character") from exc
    return text


def _value(name: str, value: ParameterValue) -> ParameterValue:
    value = infer_untyped(value)
    if isinstance(value, str):
        return _unicode(value, f"the parameter {name!r}")
    if isinstance(value, Decimal) and value.is_finite():
        digits, before_point = len(value.as_tuple().digits), value.adjusted() + 1
        width = max(1, before_point) + max(0, digits - before_point)
        # DuckDB would make a DOUBLE of it without a word.
        if width > _LARGEST_DECIMAL_DIGITS:
            raise QueryError(
                f"the parameter {name!r} has more than the {_LARGEST_DECIMAL_DIGITS} digits "
                "that DuckDB's DECIMAL holds",
                hint="give it as text, or as a float",
            )
    return value


@dataclass(frozen=True, slots=True)
class Rows:
    """A result set that is ready to stream.

    Args:
        reader: The stream.
        columns: Names, as DuckDB gave them, and types before any cast to VARCHAR.
    """

    reader: pa.RecordBatchReader
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Answer:
    """What DuckDB answered.

    Args:
        kind: Name of DuckDB's own statement type.
        word: The statement's first word.
        rows: The result set, if there is one.
        affected: Rows changed, where DuckDB says.
    """

    kind: str
    word: str
    rows: Rows | None = None
    affected: int | None = None

    @property
    def can_pause(self) -> bool:
        """Whether the statement's work is not hurt by an early end."""
        return self.kind not in _CHANGING


def send(
    connection: duckdb.DuckDBPyConnection, message: Message, mode: FetchMode, *, read_only: bool
) -> Answer:
    """Execute a statement up to its first rows.

    Args:
        connection: Where to.
        message: One statement.
        mode: How the rows will be read.
        read_only: Refuse statements that write files, see `_refuse_writing`.

    Raises:
        duckdb.Error: It failed.
        QueryRefused: It writes to a file, in a read-only session.
        QueryError: It is no single statement.
    """
    parsed = connection.extract_statements(message.text)
    word = message.word
    if not parsed:
        if word:
            raise QueryError("DuckDB finds no statement in this text, so nothing was run")
        return Answer("", word)
    if len(parsed) > 1 and len(split(message.text, DUCKDB)) > 1:
        raise QueryError("these are several statements: run them one by one")
    # PIVOT and IMPORT DATABASE are parsed into several statements; the last one answers.
    kind = parsed[-1].type.name
    if read_only:
        _refuse_writing(kind, message)
    if kind == "SELECT":
        return Answer(kind, word, _select(connection, message, mode))
    expected = [e.name for e in parsed[-1].expected_result_type]
    is_counting = kind in _COUNTING and not message.returns_rows
    if expected == ["NOTHING"] or is_counting:
        connection.execute(message.text, message.values)
        return Answer(kind, word, affected=_affected(connection))
    rows = _materialized(connection, message, mode)
    return Answer(kind, word, rows)


def _refuse_writing(kind: str, message: Message) -> None:
    """Refuse COPY and EXPORT, which may overwrite the very file that the session reads.

    DuckDB keeps a read-only session away from all other files, but knows no right to read a
    file without the one to write it. The statement's type is DuckDB's own finding; inside
    EXPLAIN and PREPARE any mention of the two counts.
    """
    is_hidden = kind in {"EXPLAIN", "PREPARE"} and any(
        word in message.text.upper() for word in _WRITES_FILES
    )
    if kind in _WRITES_FILES or is_hidden:
        raise QueryRefused(
            f"{kind} was refused: it may write to a file", hint="the connection is read-only"
        )


def _rows_at_once(columns: Sequence[Column], mode: FetchMode) -> int:
    """Rows per batch of a stream, which cannot be changed once it flows.

    Arrow's types are known to the stream only; most take as much as a whole number.
    """
    rows = batch_rows([pa.int64()] * len(columns))
    return _VECTOR_ROWS if mode is FetchMode.PAGE else max(rows, _VECTOR_ROWS)


def _select(connection: duckdb.DuckDBPyConnection, message: Message, mode: FetchMode) -> Rows:
    columns = _columns(connection, message)
    projection = text_projection([type_ for _, type_ in columns])
    if projection is not None:
        message.cast(projection)
    connection.execute(message.text, message.values)
    if projection is None:
        columns = _description(connection)
    return Rows(connection.to_arrow_reader(_rows_at_once(columns, mode)), columns)


def _columns(connection: duckdb.DuckDBPyConnection, message: Message) -> list[Column]:
    """Names and types of a query without executing it; empty when it cannot be known."""
    try:
        if not message.values:
            relation = connection.sql(message.text)
            return list(zip(relation.columns, relation.types, strict=True))
        connection.execute(f"DESCRIBE {message.text}", message.values)
        return [(row[0], connection.sqltype(row[1])) for row in connection.fetchall()]
    except duckdb.Error:
        # The statement itself will tell what is wrong, with the right position.
        return []


def _description(connection: duckdb.DuckDBPyConnection) -> list[Column]:
    return [(entry[0], entry[1]) for entry in connection.description or ()]


def _affected(connection: duckdb.DuckDBPyConnection) -> int | None:
    if [name for name, _ in _description(connection)] != ["Count"]:
        return None
    row = connection.fetchone()
    return int(row[0]) if row else None


def _materialized(
    connection: duckdb.DuckDBPyConnection, message: Message, mode: FetchMode
) -> Rows | None:
    """Rows of a statement that cannot be selected from: RETURNING, CALL, EXPLAIN, EXECUTE.

    DuckDB keeps these results as a whole (its buffer manager does), and a relation over them
    can cast what must travel as text without executing twice.
    """
    # The stub does not say that it is None for a statement without a result.
    relation = cast(
        "duckdb.DuckDBPyRelation | None",
        connection.sql(message.text, params=message.values or None),
    )
    if relation is None:
        return None
    columns = list(zip(relation.columns, relation.types, strict=True))
    if [(name, type_.id) for name, type_ in columns] == [("Success", "boolean")]:
        return None
    projection = text_projection([type_ for _, type_ in columns])
    if projection is not None:
        relation = relation.project(projection)
    return Rows(relation.to_arrow_reader(_rows_at_once(columns, mode)), columns)
