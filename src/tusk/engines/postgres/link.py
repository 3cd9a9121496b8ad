"""An open connection with what tusk knows about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tusk.engines.postgres.binding import Binder, Message
from tusk.engines.postgres.types import Column, TypeNames, arrow_type, is_short
from tusk.engines.postgres.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.pq.abc import PGresult


@dataclass(frozen=True, slots=True)
class Description:
    """What the server says about a statement before running it.

    Args:
        columns: Of its result set; none when it has none, or one without columns.
        parameter_types: Of `$1`, `$2` …, as the server writes them.
    """

    columns: Sequence[Column] = ()
    parameter_types: Sequence[str] = ()


class Link:
    """A connection, its way to send values, and the types it has met.

    Args:
        connection: Open; owned from now on.
        patience_s: How long a cancel request may take to reach the server.
    """

    def __init__(self, connection: psycopg.Connection[Any], patience_s: float) -> None:
        self.wire = Wire(connection)
        self.binder = Binder(connection)
        self.patience_s = patience_s
        self._names = TypeNames(self.wire.ask)

    def describe(self, message: Message) -> PGresult:
        """Have a statement analysed; its description or the error."""
        return self.wire.describe(message.sql, message.oids)

    def read_description(self, result: PGresult) -> Description:
        """Columns and parameters, their types with the names that the server gives them."""
        parameters = [result.param_type(i) for i in range(result.nparams)]
        self._names.learn([*_column_types(result), *((oid, -1) for oid in parameters)])
        return Description(self.columns(result), [self._names.name(oid) for oid in parameters])

    def columns(self, result: PGresult) -> list[Column]:
        """The columns of a description or of rows."""
        session = self.wire.session_text()
        columns: list[Column] = []
        for index, (oid, typmod) in enumerate(_column_types(result)):
            columns.append(
                Column(
                    name=session.decode(result.fname(index)),
                    oid=oid,
                    typmod=typmod,
                    type_name=self._names.name(oid, typmod),
                    arrow=arrow_type(oid, typmod, session),
                    is_short=is_short(oid, typmod),
                )
            )
        return columns


def _column_types(result: PGresult) -> list[tuple[int, int]]:
    return [(result.ftype(i), result.fmod(i)) for i in range(result.nfields)]
