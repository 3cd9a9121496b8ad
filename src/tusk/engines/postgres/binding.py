"""A statement with its `:name` parameters as libpq takes it: `$1` and typed values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.string import StrDumper, StrDumperUnknown

from tusk.core.dialect import POSTGRES
from tusk.core.errors import QueryError, UsageError
from tusk.core.params import ParameterValue, UntypedText
from tusk.core.statement import BoundText, bind
from tusk.engines.postgres.types import INT4, INT8, NUMERIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent for a statement.

    Args:
        sql: The text in the client encoding.
        values: One for each `$n`, in text format.
        oids: Their types; 0 lets the server infer one.
        locate: From a position in the sent text (1-based) to an offset in the statement.
    """

    sql: bytes
    values: Sequence[bytes | None]
    oids: Sequence[int]
    locate: Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class _Value:
    data: bytes | None
    oid: int


class Binder:
    """Makes messages for one connection.

    Args:
        connection: Whose encoding and settings apply.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        # psycopg sends text without a type; here only UntypedText is left to the server.
        connection.adapters.register_dumper(str, StrDumper)
        connection.adapters.register_dumper(UntypedText, StrDumperUnknown)

    def message(self, text: str, parameters: Mapping[str, ParameterValue] | None) -> Message:
        """Bind the parameters of a statement as values.

        Raises:
            QueryError: The text or a value cannot be sent as it is.
        """
        given = parameters or {}
        bound = _bind(text, given, lambda number, _: f"${number}")
        values = [self._value(name, given[name]) for name in bound.names]
        return Message(
            self._encode(bound.text, text),
            [value.data for value in values],
            [value.oid for value in values],
            self._locator(bound),
        )

    def literal_message(
        self,
        text: str,
        parameters: Mapping[str, ParameterValue],
        type_names: Sequence[str],
        around: tuple[str, str],
    ) -> Message:
        """Bind the parameters as literals, for a statement inside another one (COPY).

        libpq does the quoting, and each literal is cast to the type that the server gave to
        the parameter.

        Args:
            text: The inner statement.
            parameters: As for `message`.
            type_names: Types of its parameters, as the server writes them.
            around: Text before and after it.
        """
        escaping = pq.Escaping(self._connection.pgconn)

        def literal(number: int, name: str) -> str:
            data = self._value(name, parameters[name]).data
            quoted = "NULL" if data is None else escaping.escape_literal(data).decode(self._codec)
            return f"({quoted.strip()}::{type_names[number - 1]})"

        bound = _bind(text, parameters, literal)
        before, after = around
        sql = self._encode(f"{before}{bound.text}{after}", text)
        return Message(sql, [], [], self._locator(bound, skip=len(before)))

    @property
    def _codec(self) -> str:
        encoding = self._connection.info.encoding
        return "utf-8" if encoding == "ascii" else encoding

    def _encode(self, sent: str, text: str) -> bytes:
        if "\0" in text:
            raise QueryError(
                "the statement holds a NUL character, which PostgreSQL does not accept",
                sqlstate="22021",
                position=text.index("\0"),
            )
        try:
            return sent.encode(self._codec)
        except UnicodeEncodeError as exc:
            character = exc.object[exc.start]
            raise QueryError(
                f"the statement holds {character!r}, which the client encoding lacks",
                sqlstate="22P05",
                position=text.find(character),
            ) from None

    def _locator(self, bound: BoundText, *, skip: int = 0) -> Callable[[int], int | None]:
        status = self._connection.pgconn.parameter_status(b"server_encoding")
        counts_bytes = status == b"SQL_ASCII"

        def locate(position: int) -> int | None:
            offset = position - 1 - skip
            if counts_bytes:
                offset = len(bound.text.encode()[:offset].decode("utf-8", "ignore"))
            if not 0 <= offset <= len(bound.text):
                return None
            return bound.original_offset(offset)

        return locate

    def _value(self, name: str, value: ParameterValue) -> _Value:
        if value is None:
            return _Value(None, _UNKNOWN)
        if isinstance(value, int) and not isinstance(value, bool):
            return _Value(str(value).encode(), _int_type(value))
        if isinstance(value, str) and "\0" in value:
            raise UsageError(
                f"parameter :{name} holds a NUL character, which PostgreSQL text cannot store",
                hint="pass it as bytes to a bytea column",
            )
        dumper = Transformer(self._connection).get_dumper(value, PyFormat.TEXT)
        if isinstance(value, str) and self._connection.info.encoding == "ascii":
            # SQL_ASCII: text that is no UTF-8 comes and goes with its bytes as surrogates.
            return _Value(value.encode("utf-8", "surrogateescape"), dumper.oid)
        try:
            data = dumper.dump(value)
        except (psycopg.DataError, UnicodeEncodeError) as exc:
            raise UsageError(f"parameter :{name} cannot be sent: {exc}") from None
        return _Value(None if data is None else bytes(data), dumper.oid)


def _bind(
    text: str,
    parameters: Mapping[str, ParameterValue],
    placeholder: Callable[[int, str], str],
) -> BoundText:
    # Without values there is nothing to look for in a text that may have megabytes.
    return bind(text, POSTGRES, parameters, placeholder) if parameters else BoundText(text, ())


def _int_type(value: int) -> int:
    """The type that the same digits have as a literal in SQL.

    psycopg takes the smallest one, so that `:a * :b` of two small values overflows.
    """
    if -(2**31) <= value < 2**31:
        return INT4
    return INT8 if -(2**63) <= value < 2**63 else NUMERIC
