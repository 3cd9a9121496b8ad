"""What every engine gives: `Engine.connect` → `Session.execute` → `Cursor.batches`.

Everything here is synchronous. `Session.cancel` and `Session.abandon` may be called from any
thread; all other calls of one session come from one thread at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.core.dialect import Dialect
    from tusk.core.events import Notice, Timing
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.store.connections import SshRoute

# A batch is what one screen update or one write handles: big enough that per-batch costs
# vanish, small enough that the first one comes at once. Of wide rows it holds fewer, see
# `tusk.engines.arrow`: a few batches are on their way at any time.
FIRST_BATCH_ROWS = 200
BATCH_ROWS = 8192
BATCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, after names, URLs and paths have been resolved.

    Args:
        engine: Registered engine name.
        name: What the user calls it (profile name, file name or redacted URL); never a secret.
        parameters: Engine-specific: libpq keywords for `postgres`; for the others `path`
            (absolute path, empty for in memory) and `files` handling as the engine documents.
        password: Kept apart from `parameters` so that it is never printed; also out of `repr`.
        read_only: Refuse writes, enforced by the engine itself.
        startup_sql: Statements run on each new session, in order.
        statement_timeout_s: Default time limit per statement, None for no limit.
        keeps_history: Whether statements that are run here go into the history.
        ssh: The tunnel that leads there, None without one. No engine opens it: see
            `tusk.services.tunnels`.
        search_path: Schemas in which names are looked for, in order; empty: the engine's own.
    """

    engine: str
    name: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    password: str | None = field(default=None, repr=False)
    read_only: bool = False
    startup_sql: Sequence[str] = ()
    statement_timeout_s: float | None = None
    keeps_history: bool = True
    ssh: SshRoute | None = None
    search_path: Sequence[str] = ()


class TransactionState(enum.Enum):
    """State of a session's transaction, as the server reports it."""

    IDLE = "idle"
    ACTIVE = "active"
    IN_TRANSACTION = "in transaction"
    FAILED = "failed transaction"
    LOST = "connection lost"


class FetchMode(enum.Enum):
    """How rows will be consumed, so that an engine can choose its transport."""

    PAGE = "page"
    """Interactive: first rows at once, the reader may stop anywhere."""
    BULK = "bulk"
    """Everything, as fast as possible at bounded memory."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a connection test reports.

    Args:
        product: e.g. `PostgreSQL`, `DuckDB`.
        version: The server's own version text, e.g. `15.18`.
        latency_s: Round trip of an empty statement, in seconds.
        tls: `TLSv1.3 …` when in use, `off` when not, empty when it does not apply.
        is_read_only: The session refuses writes.
        is_standby: The server is in recovery.
        encoding: Server encoding name.
        database: Current database or file.
        user: Current user, empty when it does not apply.
        details: Further facts to show, label → text (pooler detected, server pid …).
    """

    product: str
    version: str
    latency_s: float
    tls: str = ""
    is_read_only: bool = False
    is_standby: bool = False
    encoding: str = ""
    database: str = ""
    user: str = ""
    details: Mapping[str, str] = field(default_factory=dict[str, str])


@runtime_checkable
class Cursor(Protocol):
    """One running statement. Read `batches` to the end, or `close` it.

    The schema's fields carry metadata, see `tusk.core.schema`. A statement without a result
    set has `schema is None`; `select` without columns has a schema of zero fields.
    """

    @property
    def schema(self) -> pa.Schema | None:
        """Arrow schema of the result set; known before the first batch."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows. May be called once.

        Batches have the columns of `schema`; a batch may carry a wider type for a column
        than the schema says, when a value does not fit it (`NaN` in a `numeric(10,2)`, a text
        in a SQLite integer column): its own schema tells. A batch of a result set without
        columns still counts its rows. A batch may be a part of a larger one, whose
        memory it keeps.

        Raises:
            QueryError: The statement failed (after some batches, perhaps).
        """
        ...

    @property
    def affected_rows(self) -> int | None:
        """Rows changed, once `batches` is exhausted; None where it does not apply."""
        ...

    @property
    def tag(self) -> str:
        """Command tag (`INSERT 0 1`, `SELECT 5`), once `batches` is exhausted."""
        ...

    @property
    def timing(self) -> Timing:
        """Times so far; final once `batches` is exhausted."""
        ...

    @property
    def can_pause(self) -> bool:
        """False when stopping before the end would undo work (DML … RETURNING)."""
        ...

    def close(self) -> None:
        """End the statement; what was not read is cancelled on the server. Idempotent.

        An open transaction survives it.
        """
        ...


class Session(Protocol):
    """One connection to one database, with its transaction and settings."""

    @property
    def target(self) -> Target:
        """What this session is connected to."""
        ...

    @property
    def dialect(self) -> Dialect:
        """Lexical rules for statements sent here."""
        ...

    @property
    def transaction(self) -> TransactionState:
        """State of the transaction; costs nothing to ask."""
        ...

    def execute(
        self,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None = None,
        *,
        mode: FetchMode = FetchMode.PAGE,
        timeout_s: float | None = None,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> Cursor:
        """Send one statement and return when its schema is known.

        Args:
            statement: Exactly one statement.
            parameters: Values for its `:name` parameters, bound by the driver. None means
                that the text is sent as it is, even if something in it looks like a parameter.
            mode: How the rows will be read.
            timeout_s: Time limit for the whole statement; None takes the target's.
            on_notice: Called from the executing thread for each notice, as it comes.

        Raises:
            QueryError: The statement was refused or failed. `position` refers to
                `statement.text`, whatever was sent.
            ConnectionLost: The connection is gone; `reopen` it.
        """
        ...

    def begin(self) -> None:
        """Open a transaction. Raises QueryError when one is open already."""
        ...

    def commit(self) -> None:
        """Commit the open transaction. Raises QueryError when there is none."""
        ...

    def rollback(self) -> None:
        """Roll the open transaction back. Does nothing when there is none."""
        ...

    def savepoint(self, name: str) -> None:
        """Set a savepoint in the open transaction."""
        ...

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint, keeping it."""
        ...

    def cancel(self) -> None:
        """Ask the running statement to end. Any thread; returns at once; idempotent.

        A cancelled statement raises QueryCancelled in the thread that runs it.
        """
        ...

    def abandon(self) -> None:
        """Give the connection up without waiting for the server. Any thread.

        For a server or network that no longer answers: the running statement raises
        ConnectionLost at once. On embedded engines the same as `cancel`.
        """
        ...

    def reopen(self) -> None:
        """Connect again after a loss.

        Settings made in the session are gone; so is a transaction. Raises ConnectError.
        """
        ...

    def test(self) -> ServerInfo:
        """Ask the server who and how it is."""
        ...

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a session shall write CSV, in the words of PostgreSQL's COPY.

    Args:
        delimiter: Between values, one ASCII character.
        quote: Around values, one ASCII character.
        escape: Before a quote in a value; empty for the quote itself.
        null: Text of NULL, without line breaks, delimiter and quote.
        quotes_all: Quote every value but NULL.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    null: str = ""
    quotes_all: bool = False


@runtime_checkable
class CsvSource(Protocol):
    """A session that can write a result as CSV by itself, faster than through Arrow."""

    @property
    def dialect(self) -> Dialect:
        """Lexical rules of its SQL."""
        ...

    def copy_csv(
        self,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
        out: IO[bytes],
        *,
        header: bool = True,
        form: CsvForm | None = None,
        timeout_s: float | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int | None:
        """Write the statement's rows to `out` and return their number.

        The bytes are exactly what `tusk.formats.csv` would write for the same rows, with the same
        options. Returns
        None, with nothing executed and nothing written, when this statement cannot be done
        this way (then use `execute`).
        """
        ...


class Engine(Protocol):
    """How to open sessions of one kind of database."""

    @property
    def name(self) -> str:
        """Registered name."""
        ...

    @property
    def dialect(self) -> Dialect:
        """Lexical rules of its SQL."""
        ...

    def connect(self, target: Target) -> Session:
        """Open a session.

        Raises:
            ConnectError: With what to do about it; never with a password in it.
            MissingExtraError: The engine's package is not installed.
        """
        ...
