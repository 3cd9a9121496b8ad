"""SQL for staged changes: one statement for each row, with every value bound by the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tusk.core.dialect import quote_identifier
from tusk.core.errors import UsageError
from tusk.core.params import ParameterValue, UntypedText
from tusk.core.render import render_column
from tusk.core.statement import Statement, StatementKind
from tusk.services.edits.staging import DEFAULT, Special, StagedValue, Staging

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.services.edits.origin import Origin, OriginColumn

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one row.

    Args:
        kind: What it does.
        row: Of the result; negative for a new one.
        columns: Columns of the result that it gives values to.
        statement: What is executed.
        parameters: Its values.
        look: A statement that shows the row by its key, for a word about a conflict.
        old: Values of the row as the result has them, by column.
    """

    kind: Literal["update", "delete", "insert"]
    row: int
    columns: tuple[int, ...]
    statement: Statement
    parameters: Mapping[str, ParameterValue]
    look: Statement | None = None
    old: Mapping[int, ParameterValue] = field(default_factory=dict[int, "ParameterValue"])


def changes_of(staging: Staging, origin: Origin, buffer: ResultBuffer, engine: str) -> list[Change]:
    """The changes in the order in which they are applied: deletions first, new rows last.

    Args:
        staging: What is wanted.
        origin: Where the result comes from.
        buffer: The result.
        engine: Registered engine name.

    Raises:
        UsageError: Something cannot be written for this engine.
    """
    writer = _Writer(origin, buffer, engine)
    return [
        *(writer.delete(row) for row in sorted(staging.deleted)),
        *(writer.update(row, dict(staging.values(row))) for row in staging.changed_rows),
        *(writer.insert(row, dict(staging.values(row))) for row in staging.added),
    ]


def preview(changes: Sequence[Change]) -> str:
    """The statements as a user reads them, each with its values below it."""
    return "\n\n".join(_shown(change) for change in changes)


def _shown(change: Change) -> str:
    values = [f"--   :{name} = {_literal(value)}" for name, value in change.parameters.items()]
    return "\n".join([f"{change.statement.text};", *values])


def _literal(value: ParameterValue) -> str:
    if value is None:
        return "NULL"
    text = str(value) if isinstance(value, str) else repr(value)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"
    return repr(str(shown)) if isinstance(value, str) else shown


class _Writer:
    """Writes statements for rows of one table."""

    def __init__(self, origin: Origin, buffer: ResultBuffer, engine: str) -> None:
        self._origin = origin
        self._buffer = buffer
        self._engine = engine

    def delete(self, row: int) -> Change:
        names = _Names()
        where = self._where(
            row, [c for c, found in enumerate(self._origin.columns) if found], names
        )
        text = f"DELETE FROM {self._origin.sql_name} WHERE {where}"  # noqa: S608 - quoted names
        return self._change("delete", row, (), text, names)

    def update(self, row: int, values: Mapping[int, StagedValue]) -> Change:
        names = _Names()
        parts = [self._assignment(column, value, row, names) for column, value in values.items()]
        where = self._where(row, list(values), names)
        text = f"UPDATE {self._origin.sql_name} SET {', '.join(parts)} WHERE {where}"  # noqa: S608 - quoted names
        return self._change("update", row, tuple(values), text, names)

    def insert(self, row: int, values: Mapping[int, StagedValue]) -> Change:
        names = _Names()
        given = {column: value for column, value in values.items() if value is not DEFAULT}
        table = self._origin.sql_name
        if given:
            columns = ", ".join(quote_identifier(self._column(c).name) for c in given)
            marks = ", ".join(self._new(c, value, None, names) for c, value in given.items())
            text = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - quoted names
        else:
            text = f"INSERT INTO {table} DEFAULT VALUES"
        statement = Statement(text, kind=StatementKind.DML)
        return Change("insert", row, tuple(given), statement, names.values)

    def _change(
        self,
        kind: Literal["update", "delete"],
        row: int,
        columns: tuple[int, ...],
        text: str,
        names: _Names,
    ) -> Change:
        own = [c for c, found in enumerate(self._origin.columns) if found]
        shown = ", ".join(quote_identifier(self._column(c).name) for c in own)
        keys = _Names()
        where = " AND ".join(self._is(column, row, "key", keys) for column in self._origin.key)
        look = Statement(f"SELECT {shown} FROM {self._origin.sql_name} WHERE {where}")  # noqa: S608 - quoted names
        statement = Statement(text, kind=StatementKind.DML)
        old = {column: self._old(row, column) for column in own}
        return Change(kind, row, columns, statement, names.values, look, old)

    def _column(self, column: int) -> OriginColumn:
        found = self._origin.columns[column]
        if found is None:
            raise UsageError(self._origin.why_not(column))
        return found

    def _assignment(self, column: int, value: StagedValue, row: int, names: _Names) -> str:
        return f"{quote_identifier(self._column(column).name)} = {self._new(column, value, row, names)}"

    def _new(self, column: int, value: StagedValue, row: int | None, names: _Names) -> str:
        """What stands for a new value."""
        if value is DEFAULT:
            if self._engine == "sqlite":
                raise UsageError("SQLite sets a row's column to no DEFAULT; only a new row has it")
            return "DEFAULT"
        if isinstance(value, Special):
            return names.add("new", None)
        kept: ParameterValue = UntypedText(value)
        if self._engine == "sqlite":
            old = None if row is None else self._old(row, column)
            kept = _sqlite_value(value, old, self._column(column).type)
        return self._cast(names.add("new", kept), column)

    def _cast(self, mark: str, column: int) -> str:
        # PostgreSQL infers the type of a value from where it stands, and then refuses what is too
        # long, where a cast would cut it. DuckDB compares no text with numbers.
        if self._engine == "duckdb":
            return f"CAST({mark} AS {self._column(column).type})"
        return mark

    def _where(self, row: int, changed: Sequence[int], names: _Names) -> str:
        """The row by its key, as long as it has the values that the result shows."""
        key = self._origin.key
        parts = [self._is(column, row, "key", names) for column in key]
        parts += [self._is(c, row, "old", names) for c in changed if c not in key]
        return " AND ".join(parts)

    def _is(self, column: int, row: int, what: str, names: _Names) -> str:
        """A condition that a column has the value of the result, be it NULL."""
        found = self._column(column)
        name = quote_identifier(found.name)
        old = self._old(row, column)
        mark = names.add(what, old)
        if self._engine == "sqlite":
            return f"{name} IS {mark}"
        if found.compares_as_text:
            return f"CAST({name} AS VARCHAR) IS NOT DISTINCT FROM {mark}"
        return f"{name} IS NOT DISTINCT FROM {self._cast(mark, column)}"

    def _old(self, row: int, column: int) -> ParameterValue:
        """A value of the result, for the driver: exact, and as text where types are strict."""
        batch, offset = self._buffer.batch_at(row)
        array = batch.column(column).slice(offset, 1)
        if self._engine == "sqlite":
            value: ParameterValue = array[0].as_py()
            return value
        text = render_column(array, self._buffer.schema.field(column))[0]
        return None if text is None else UntypedText(text)


class _Names:
    """Parameters of a statement being written."""

    def __init__(self) -> None:
        self.values: dict[str, ParameterValue] = {}

    def add(self, what: str, value: ParameterValue) -> str:
        """A new parameter, as it stands in the statement."""
        count = sum(name.startswith(f"{what}_") for name in self.values)
        name = f"{what}_{count + 1}"
        self.values[name] = value
        return f":{name}"


def _sqlite_value(text: str, old: ParameterValue, type_: str) -> ParameterValue:
    """A value of the type that the column declares, else of that which the old value has.

    SQLite itself makes numbers of text where the column is declared so.

    Raises:
        UsageError: Bytes that are not in hexadecimal.
    """
    declared = type_.upper()
    if isinstance(old, bytes):
        return _bytes(text)
    if declared and "BLOB" not in declared:
        return text
    for kind in (int, float):
        if isinstance(old, kind):
            try:
                return kind(text)
            except ValueError:
                return text
    return text


def _bytes(text: str) -> bytes:
    digits = text.removeprefix("\\x").removeprefix("x'").removeprefix("X'").removesuffix("'")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise UsageError("bytes are written in hexadecimal, as \\x00ff") from None
