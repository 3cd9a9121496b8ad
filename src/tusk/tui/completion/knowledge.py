"""What the editor knows of each connection: names, files and grammar, read in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError
from tusk.core.statement import Statement, StatementKind
from tusk.services.completion import (
    CompletionCatalog,
    FileCatalog,
    Usage,
    describe_source,
    spare_session,
)
from tusk.services.connections import ConnectionState
from tusk.services.sql_check import Checker, Problem
from tusk.tui.defects import as_tusk_error

if TYPE_CHECKING:
    from tusk.engines.base import Session
    from tusk.services.completion.candidates import Wanted
    from tusk.services.completion.context import KeywordCase
    from tusk.services.completion.snapshot import Column
    from tusk.services.connections import Connection
    from tusk.tui.connection_book import Entry

_log = logging.getLogger(__name__)

_READ_FILES = frozenset({"duckdb", "datafusion"})
# What a connection is opened for comes first.
_LOAD_AFTER_S = 0.3


class Knowledge:
    """What is known of one open connection, shared by its tabs. Used on the UI thread.

    Args:
        connection: Whose.
        changed: Called when something else is known than before.
    """

    def __init__(self, connection: Connection, changed: Callable[[], None]) -> None:
        self.connection = connection
        self.error: TuskError | None = None
        """Why the catalogue could not be read."""
        self.is_loaded = False
        """Whether the catalogue was read."""
        self._changed = changed
        self.catalog = CompletionCatalog.of(connection, self._opened)
        reads_files = connection.dialect.name in _READ_FILES
        self.files = FileCatalog(self._describe) if reads_files else None
        self.checker = Checker(connection.dialect)
        """Finds mistakes; another one when version and extensions are known."""
        self._checking = asyncio.Lock()
        self._fetching = asyncio.Lock()
        self._is_outdated = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ── names ────────────────────────────────────────────────────────────────────────────

    @property
    def is_loading(self) -> bool:
        """Whether the catalogue is being read, or about to."""
        return self._task is not None or self._timer is not None

    def load_soon(self) -> None:
        """Read the catalogue when what comes first is done; again, if it is being read."""
        if self._task is not None:
            self._is_outdated = True
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LOAD_AFTER_S, self.load)

    def load(self) -> None:
        """Read the catalogue in the background; again, if it is being read."""
        self._end_timer()
        self._is_outdated = True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._load())

    async def _load(self) -> None:
        try:
            while self._is_outdated:
                self._is_outdated = False
                await self._refresh()
        finally:
            self._task = None
        self._changed()

    async def _refresh(self) -> None:
        try:
            await asyncio.to_thread(self.catalog.refresh)
        except Exception as exc:  # noqa: BLE001 - the boundary of the task
            self.error = as_tusk_error(exc)
            _log.info("%s: no names for completion: %s", self.connection.name, self.error.message)
        else:
            self.error, self.is_loaded = None, True

    async def loaded(self) -> None:
        """Wait until no catalogue is being read; begins with it at once if that is to come."""
        if self._timer is not None:
            self.load()
        while self._task is not None:
            await asyncio.wait({self._task})

    def follow(self, statement: Statement) -> None:
        """Take a statement that has succeeded: names may have changed by it."""
        if self.catalog.follow([statement]):
            self.load_soon()

    def stop(self) -> None:
        """Read nothing more: the connection is closed, or about to be."""
        self.pause()
        self.catalog.stop()

    def pause(self) -> None:
        """Read nothing until the connection, which was lost, is open again."""
        self._end_timer()
        self._is_outdated = False
        self.catalog.give_up()

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _opened(self, session: Session) -> None:
        """Choose the grammar, which depends on version and extensions. Any thread."""
        try:
            self.checker = Checker.of(session)
        except TuskError as exc:
            _log.info("%s: no grammar: %s", self.connection.name, exc.message)

    # ── files and mistakes ───────────────────────────────────────────────────────────────

    async def fetch(self, wanted: Sequence[Wanted]) -> None:
        """Read folders and the columns of files, which completion asked for."""
        async with self._fetching:
            if self.files is not None:
                await asyncio.to_thread(self.files.fetch, wanted)

    def _describe(self, source: str) -> Sequence[Column]:
        with closing(spare_session(self.connection)) as session:
            return describe_source(session, source)

    async def check(self, text: str) -> list[Problem]:
        """What is surely wrong with a script."""
        async with self._checking:
            return await asyncio.to_thread(self.checker.check, text)


class KnowledgeBook:
    """Finds what is known of the connection of an entry.

    Args:
        changed: Called with an entry of which something else is known than before.
    """

    def __init__(self, changed: Callable[[Entry], None]) -> None:
        self.usage = Usage()
        """What was taken from completion, on any connection."""
        self.opens_by_itself = True
        """Whether the list of completions opens while somebody types."""
        self.keyword_case: KeywordCase = "auto"
        """How keywords are written; `auto`: as they are, or as others are, by whoever types."""
        self._changed = changed
        self._known: dict[str, Knowledge] = {}
        self._lost: set[str] = set()

    def of(self, entry: Entry | None) -> Knowledge | None:
        """What is known of an entry's connection; None while that is not open."""
        known = self._known.get(entry.reference) if entry is not None else None
        is_current = known is not None and entry is not None and entry.is_open
        return known if is_current else None

    def connection_changed(self, entry: Entry) -> None:
        """Begin with a connection that was opened, and end with one that was closed."""
        reference, connection = entry.reference, entry.connection
        known = self._known.get(reference)
        if known is not None and known.connection is not connection:
            known.stop()
            del self._known[reference]
            known = None
        if entry.state is ConnectionState.LOST:
            self._lost.add(reference)
            if known is not None:
                known.pause()
        if connection is None or not entry.is_open:
            return
        if known is None:
            known = Knowledge(connection, lambda: self._changed(entry))
            self._known[reference] = known
            known.load_soon()
        elif reference in self._lost:
            known.load_soon()
        self._lost.discard(reference)

    def follow(self, entry: Entry, statement: Statement) -> None:
        """Take a statement that has succeeded on an entry's connection."""
        if (known := self.of(entry)) is not None:
            known.follow(statement)

    def committed(self, entry: Entry) -> None:
        """Take a commit that was no statement of a script."""
        self.follow(entry, Statement("commit", kind=StatementKind.TRANSACTION))
