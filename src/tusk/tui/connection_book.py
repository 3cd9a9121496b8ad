"""The connections the app shows: stored ones, and those opened by a URL, a file or a name.

Everything that blocks runs in a thread; the rest of the app hears of changes by a signal.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.signal import Signal

from tusk.core.errors import ConnectionLost, TuskError, UsageError
from tusk.services import connections
from tusk.services.connections import (
    Connection,
    ConnectionState,
    Profile,
    ServerInfo,
    Target,
)
from tusk.services.demo import DEMO_NAME, demo_connection
from tusk.tui.completion.knowledge import KnowledgeBook
from tusk.tui.reconnecting import Reconnector, Retry

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from tusk.core.statement import Statement
    from tusk.services.queries import RunOptions
    from tusk.services.query_run import QueryRun
    from tusk.tui.turns import Runner

T = TypeVar("T")

_log = logging.getLogger(__name__)

MEMORY = ""
"""Reference of the embedded DuckDB in memory, which is always there."""
MEMORY_LABEL = "memory"
DEMO = "tusk:demo"
"""Reference of the sample data; a stored connection's name cannot hold a colon."""
# A statement that does not end this long after it was cancelled is given up.
CANCEL_GRACE_S = 1.2


@dataclass(eq=False, slots=True)
class Entry:
    """One line of the connection list.

    Args:
        reference: What leads back to it after a restart: a stored name, a URL, a file, or
            `MEMORY`; never a secret.
        label: What it is called on screen, not yet made safe.
        engine: Registered engine name.
        profile: The stored connection, None for one that is not stored.
        target: Where it leads, once that is known.
        connection: The open connection, or the one that was tried last.
        info: What the server told when it was opened.
        run: The run that was started last.
        runner: Who started it.
        note: What its session is busy with, when a pane knows better than the connection.
        is_opening: Whether a thread connects, or is about to.
        retry: How a lost connection is being opened again; None when it is not.
        is_known_lost: Whether something has been done about its loss.
        has_lost_transaction: A transaction was lost with it, which whoever runs something next
            may not know.
    """

    reference: str
    label: str
    engine: str
    profile: Profile | None = None
    target: Target | None = None
    connection: Connection | None = None
    info: ServerInfo | None = None
    run: QueryRun | None = None
    runner: Runner | None = None
    note: str = ""
    is_opening: bool = False
    retry: Retry | None = None
    is_known_lost: bool = False
    has_lost_transaction: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    browse_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def state(self) -> ConnectionState:
        """Its state now."""
        if self.is_opening:
            return ConnectionState.CONNECTING
        return ConnectionState.OFFLINE if self.connection is None else self.connection.state

    @property
    def is_open(self) -> bool:
        """Whether statements can be sent, without connecting first."""
        return self.state not in _NOT_OPEN

    @property
    def is_settled(self) -> bool:
        """Whether it is open, or closed as somebody wanted it."""
        return self.is_open or self.state is ConnectionState.OFFLINE

    def note_loss(self, error: ConnectionLost) -> None:
        """Remember that a transaction went with the connection."""
        self.has_lost_transaction = self.has_lost_transaction or error.transaction_lost

    @property
    def is_read_only(self) -> bool:
        """Whether writes are refused."""
        if self.info is not None:
            return self.info.is_read_only
        return bool(self.profile and self.profile.read_only)

    def options(self, general: RunOptions) -> RunOptions:
        """Options of a run here: the general ones, but for what the connection has of its own."""
        limit = self.profile.fetch_limit if self.profile else None
        return general if limit is None else replace(general, fetch_limit=limit)


_NOT_OPEN = {
    ConnectionState.OFFLINE,
    ConnectionState.CONNECTING,
    ConnectionState.FAILED,
    ConnectionState.LOST,
}


class ConnectionBook:
    """Knows every connection of this run of the app, and opens and closes them.

    Args:
        owner: The node that `changed` belongs to: the app.
    """

    def __init__(self, owner: DOMNode) -> None:
        self.changed: Signal[Entry | None] = Signal(owner, "connections changed")
        """Published with the entry that changed, None when the list itself did."""
        self.cautioned: Signal[tuple[Entry, str]] = Signal(owner, "caution")
        """Published when a session was opened that has something to say before it is used."""
        self.ticked: Signal[Entry] = Signal(owner, "countdown")
        """Published each second while a lost connection waits to be opened again."""
        self.reopened: Signal[tuple[Entry, TuskError | None]] = Signal(owner, "reopened")
        """Published when a lost connection is open again, or with why it no longer is tried."""
        self.reconnector = Reconnector(
            owner,
            self._reopen,
            self.ticked.publish,
            lambda entry, error: self.reopened.publish((entry, error)),
        )
        """Opens lost connections again."""
        self.last_used = ""
        """Reference of the connection that was opened last."""
        self.knowledge = KnowledgeBook(self.changed.publish)
        """What the editor knows of each open connection."""
        self._entries: dict[str, Entry] = {MEMORY: Entry(MEMORY, MEMORY_LABEL, "duckdb")}

    @property
    def entries(self) -> list[Entry]:
        """All of them: the embedded one first, then stored ones, then others."""
        return list(self._entries.values())

    def entry(self, reference: str) -> Entry | None:
        """The entry of a reference, None when there is none."""
        return self._entries.get(reference)

    @property
    def embedded(self) -> list[Entry]:
        """Entries that live in this process: opening them asks no server and locks no file."""
        return [e for e in self.entries if e.reference in (MEMORY, DEMO)]

    def touch(self, entry: Entry, note: str = "") -> None:
        """Tell everyone that an entry's state may have changed."""
        entry.note = note
        # Wakes those that wait now, and nobody who comes later.
        entry.moved.set()
        entry.moved.clear()
        self.reconnector.look_at(entry)
        self.knowledge.connection_changed(entry)
        self.changed.publish(entry)

    # ── the list ─────────────────────────────────────────────────────────────────────────

    async def load(self) -> None:
        """Read the stored connections; open ones keep their sessions.

        Raises:
            StorageError: The file exists but cannot be read.
        """
        profiles = await asyncio.to_thread(connections.list_profiles)
        old = self._entries
        others = [e for e in old.values() if e.profile is None and e.reference != MEMORY]
        new = {MEMORY: old[MEMORY]}
        for profile in profiles:
            known = old.get(profile.name)
            if known is None or known.profile is None:
                new[profile.name] = Entry(profile.name, profile.name, profile.engine, profile)
                continue
            if known.profile != profile:
                known.profile, known.engine, known.target = profile, profile.engine, None
            new[profile.name] = known
        for entry in others:
            new.setdefault(entry.reference, entry)
        self._entries = new
        self.changed.publish(None)

    async def add(self, text: str) -> Entry:
        """The entry for what a user named; a new one unless it is known already.

        Raises:
            TuskError: It is neither a stored connection nor a URL nor a file.
        """
        if text in self._entries:
            return self._entries[text]
        if text == DEMO:
            return self._put(Entry(DEMO, DEMO_NAME, "duckdb"))
        target = await asyncio.to_thread(connections.resolve, text)
        reference = _reference(text, target)
        known = self._entries.get(reference)
        if known is not None:
            if known.profile is None and not known.is_open:
                # The references of the last time lack the password, which this may bring.
                known.target = target
            return known
        return self._put(Entry(reference, _short_name(target), target.engine, target=target))

    async def remember(self, reference: str) -> None:
        """Have an entry for a reference of the last time, whether it still leads anywhere."""
        try:
            await self.add(reference)
        except TuskError as exc:
            _log.info("%s: %s", reference, exc.message)
            self._put(Entry(reference, reference, "duckdb"))

    def _put(self, entry: Entry) -> Entry:
        self._entries[entry.reference] = entry
        self.changed.publish(None)
        return entry

    def forget(self, entry: Entry) -> None:
        """Take a closed entry that is not stored out of the list."""
        self._entries.pop(entry.reference, None)
        self.changed.publish(None)

    # ── opening and closing ──────────────────────────────────────────────────────────────

    async def connect(self, entry: Entry, *, password: str | None = None) -> Connection:
        """Open an entry's connection, unless it is open; a lost one is not reopened by this.

        Args:
            entry: Which one.
            password: Used instead of a stored one.

        Raises:
            TuskError: It cannot be opened, for the reason given.
        """
        async with entry.lock:
            connection = entry.connection
            if connection is not None and connection.state is ConnectionState.LOST:
                raise UsageError(
                    f"the connection {entry.label!r} is lost", hint="press F6 to open it again"
                )
            if connection is None or not entry.is_open:
                connection = await self._open(entry, password)
            return connection

    async def _open(self, entry: Entry, password: str | None) -> Connection:
        target = await asyncio.to_thread(_target_of, entry)
        if password is not None:
            target = replace(target, password=password)
        connection = Connection(target)
        entry.target, entry.connection, entry.info = target, connection, None
        await self._opening(entry, lambda: _open_and_test(connection, entry))
        self.last_used = entry.reference
        if caution := connections.caution_of(connection.session):
            self.cautioned.publish((entry, caution))
        return connection

    async def reopen(self, entry: Entry) -> None:
        """Connect again after a loss, as the user wants it. Nothing is run again.

        Raises:
            TuskError: It cannot be reached.
        """
        self.reconnector.stop(entry)
        await self._reopen(entry)
        entry.has_lost_transaction = False

    def hurry(self, entry: Entry) -> bool:
        """Open a lost connection at once that waits for its next attempt; False if none does."""
        entry.has_lost_transaction = entry.has_lost_transaction and entry.retry is None
        return self.reconnector.hurry(entry)

    async def _reopen(self, entry: Entry) -> None:
        async with entry.lock:
            connection = entry.connection
            if entry.is_open:
                return
            if connection is None:
                await self._open(entry, None)
            else:
                await self._opening(entry, lambda: _reopen_and_test(connection, entry))

    async def close(self, entry: Entry) -> None:
        """Disconnect; an open transaction is rolled back."""
        self.reconnector.stop(entry)
        entry.has_lost_transaction = False
        connection, entry.connection, entry.info = entry.connection, None, None
        self.knowledge.connection_changed(entry)
        if connection is not None:
            await asyncio.to_thread(connection.close)
        self.touch(entry)

    async def close_all(self) -> None:
        """Disconnect everything, at the same time."""
        await asyncio.gather(
            *(self.close(e) for e in self.entries if e.connection is not None),
            return_exceptions=True,
        )

    async def transact(self, entry: Entry, action: Callable[[Connection], None]) -> None:
        """Run `begin`, `commit` or `rollback` of an open connection.

        Raises:
            TuskError: As the action does.
        """
        connection = await self.connect(entry)
        try:
            await self._blocking(entry, functools.partial(action, connection))
        except ConnectionLost as exc:
            entry.note_loss(exc)
            raise
        entry.has_lost_transaction = False

    async def _opening(self, entry: Entry, call: Callable[[], None]) -> None:
        entry.is_opening = True
        self.touch(entry)
        try:
            await self._blocking(entry, call)
        finally:
            entry.is_opening = False
            self.touch(entry)

    async def _blocking(self, entry: Entry, call: Callable[[], None]) -> None:
        work = asyncio.ensure_future(asyncio.to_thread(call))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_ignore_outcome)
            self._give_up(entry)
            raise
        finally:
            self.touch(entry)

    def _give_up(self, entry: Entry) -> None:
        """Stop waiting for a server that does not answer."""
        connection = entry.connection
        if connection is None:
            return
        leave = connection.abandon
        if entry.is_opening:
            # A session that still comes is closed then.
            entry.connection, leave = None, connection.close
        asyncio.get_running_loop().run_in_executor(None, leave)

    async def browse(self, entry: Entry, read: Callable[[Connection], T]) -> T:
        """Read the catalogue in a thread; one reader at a time for each connection.

        A cancelled caller leaves the reading be, so that no second one meets it.

        Args:
            entry: Whose catalogue.
            read: Gets the connection; see `Connection.catalog`.

        Raises:
            TuskError: It is not connected, or as `read` does.
        """
        connection = entry.connection
        if connection is None:
            raise UsageError(f"{entry.label!r} is not connected")

        async def alone() -> T:
            async with entry.browse_lock:
                return await asyncio.to_thread(read, connection)

        return await asyncio.shield(asyncio.ensure_future(alone()))

    # ── runs ─────────────────────────────────────────────────────────────────────────────

    def start(
        self,
        entry: Entry,
        statements: Sequence[Statement],
        options: RunOptions,
        runner: Runner,
        how: Callable[..., bool] | None = None,
    ) -> QueryRun:
        """Prepare a run on an open connection, to be entered with `async with`.

        Args:
            entry: Which connection.
            statements: In order.
            options: See `RunOptions`.
            runner: For whom.
            how: Runs them; see `Connection.run`.

        Raises:
            TuskError: The connection is not open.
        """
        if entry.connection is None:
            raise UsageError(f"{entry.label!r} is not connected")
        entry.run = entry.connection.run(statements, options, how=how)
        entry.runner = runner
        return entry.run

    def occupant(self, entry: Entry, runner: Runner) -> Runner | None:
        """Another runner whose run must not be ended unasked; one that pauses may be."""
        run = entry.run
        if run is None or run.is_over or run.is_paused or entry.runner is runner:
            return None
        return entry.runner

    async def take_turn(
        self, entry: Entry, runner: Runner, waits: Callable[[Runner], None]
    ) -> None:
        """Wait until no other runner occupies a connection, and end what else is left there.

        Args:
            entry: Which connection.
            runner: For whom; must call `start` before anything else can happen.
            waits: Called with each runner that is waited for.
        """
        while True:
            while (occupant := self.occupant(entry, runner)) is not None:
                waits(occupant)
                await entry.moved.wait()
            run = entry.run
            if run is None or run.is_over:
                return
            await self.release(entry, for_runner=runner)

    async def release(self, entry: Entry, *, for_runner: Runner | None = None) -> bool:
        """End what runs on a connection: cancel it, and give the server up if it stays silent.

        Args:
            entry: Which connection.
            for_runner: Who wants it; the runner of what is ended is told.

        Returns:
            False when the server was given up: its session ends soon, as lost.
        """
        run, runner = entry.run, entry.runner
        if run is None or run.is_over:
            return True
        if runner is not None and for_runner is not None and runner is not for_runner:
            runner.make_way(for_runner.title)
        cancelling = asyncio.ensure_future(asyncio.to_thread(run.cancel))
        cancelling.add_done_callback(_ignore_outcome)
        try:
            await asyncio.wait_for(run.finished(), CANCEL_GRACE_S)
        except TimeoutError:
            await asyncio.to_thread(run.abandon)
            return False
        return True

    @property
    def open_transactions(self) -> list[Entry]:
        """Entries whose uncommitted work would be lost by leaving."""
        return [e for e in self.entries if e.state in _TRANSACTIONS]


_TRANSACTIONS = {ConnectionState.IN_TRANSACTION, ConnectionState.FAILED_TRANSACTION}


def _target_of(entry: Entry) -> Target:
    if entry.profile is not None:
        return connections.target_of(entry.profile)
    if entry.reference == DEMO:
        return demo_connection()
    return entry.target or connections.resolve(entry.reference)


def _open_and_test(connection: Connection, entry: Entry) -> None:
    connection.open()
    entry.info = connection.session.test()


def _reopen_and_test(connection: Connection, entry: Entry) -> None:
    connection.reopen()
    # Another server may answer now, as a standby that took over.
    entry.info = connection.session.test()


def _short_name(target: Target) -> str:
    """A URL is longer than the list is wide: a server is called database@host."""
    parameters = target.parameters
    database = parameters.get("service") or parameters.get("dbname") or parameters.get("user")
    if target.engine != "postgres" or not database:
        return target.name.rstrip("/").rsplit("/", 1)[-1] or target.name
    host = parameters.get("host", "")
    return f"{database}@{host}" if host else database


def _reference(text: str, target: Target) -> str:
    """What leads there again from another folder, without a secret."""
    if target.engine == "postgres":
        return target.name
    return text if "://" in text else str(Path(text).expanduser().absolute())


def _ignore_outcome(work: asyncio.Future[None]) -> None:
    """Fetch the exception of work nobody waits for, so that asyncio does not report it."""
    if not work.cancelled() and isinstance(work.exception(), TuskError):
        return
