"""The history of statements: an SQLite database of its own, shared by all tusk processes."""

from __future__ import annotations

import enum
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tusk.core.errors import StorageError
from tusk.store.database import Database

_log = logging.getLogger(__name__)

MIGRATIONS = "history_migrations"
_SECONDS_A_DAY = 86_400.0
# A trigram index knows no shorter words.
_SHORTEST_INDEXED = 3
_COLUMNS = (
    "id, started_at, connection, location, engine, text, is_masked, is_cut, parameters, status, "
    "duration_s, rows, affected, is_complete, sqlstate, error, is_pinned"
)

_T = TypeVar("_T")


class Status(enum.Enum):
    """How a statement ended."""

    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A statement that was run.

    Args:
        started_at: Seconds since 1970.
        connection: What the user called it; never a secret.
        location: Absolute path of the database or data file; empty for a server and for none.
        engine: Registered engine name.
        text: The statement, its secrets masked.
        status: How it ended.
        duration_s: From sending it to its last row; pauses are not counted.
        id: Number in the store, 0 before it is there.
        is_masked: A secret was masked: it cannot be run again as it is.
        is_cut: Only the beginning of a long text was kept.
        parameters: `name:type=value` of each parameter that was bound, or just its name when
            values are not kept.
        rows: Rows fetched, None without a result set.
        affected: Rows changed, None when it does not apply.
        is_complete: False when there were more rows than were fetched.
        sqlstate: Of the error, when the server gave one.
        error: What went wrong; empty otherwise.
        is_pinned: Kept whatever its age.
    """

    started_at: float
    connection: str
    location: str
    engine: str
    text: str
    status: Status
    duration_s: float
    id: int = 0
    is_masked: bool = False
    is_cut: bool = False
    parameters: Sequence[str] = ()
    rows: int | None = None
    affected: int | None = None
    is_complete: bool = True
    sqlstate: str = ""
    error: str = ""
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which entries are wanted: those that everything given here applies to.

    Args:
        text: Words, or phrases in double quotes, that occur in the statement or its error.
        connections: Their names; empty for all.
        statuses: Empty for all.
        since: Started then or later, in seconds since 1970.
        until: Started before then.
        pinned: Pinned ones only, or only the others; None for both.
        before_id: Entries older than this one, to read on where a page ended.
        unique: Of entries with the same text and connection only the newest.
    """

    text: str = ""
    connections: Sequence[str] = ()
    statuses: Sequence[Status] = ()
    since: float | None = None
    until: float | None = None
    pinned: bool | None = None
    before_id: int | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of entries that are not pinned.

    Args:
        statements: The newest ones; None for any number.
        days: Those younger than that; None for any age.
    """

    statements: int | None = None
    days: float | None = None


class HistoryStore:
    """Entries in a database that several processes share.

    A damaged file is set aside when that is noticed, and a new one begun.

    Args:
        path: The file.
        is_checked: Look for damage first, instead of noticing it on the way.

    Raises:
        StorageError: It cannot be opened or made.
    """

    def __init__(self, path: Path, *, is_checked: bool = True) -> None:
        self._path = path
        self._database = self._open(is_checked=is_checked)

    def _open(self, *, is_checked: bool) -> Database:
        return Database.open(self._path, MIGRATIONS, is_checked=is_checked)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._database.close()

    def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do some work in a transaction; once more in a sound file when this one is damaged."""
        try:
            with self._database.transaction() as db:
                return work(db)
        except StorageError as exc:
            if not _is_damage(exc.__cause__):
                raise
        self._database.close()
        self._database = self._open(is_checked=True)
        with self._database.transaction() as db:
            # The index can be damaged in a file that is sound otherwise.
            db.execute("insert into statement_search (statement_search) values ('rebuild')")
            return work(db)

    def write(self, entries: Sequence[HistoryEntry], retention: Retention) -> list[int]:
        """Add new entries and replace known ones, then drop what is not to be kept.

        Returns:
            Their ids, in order.

        Raises:
            StorageError: Nothing was written.
        """

        def work(db: sqlite3.Connection) -> list[int]:
            ids = [_update(db, entry) if entry.id else _insert(db, entry) for entry in entries]
            _prune(db, retention)
            return ids

        return self._do(work)

    def find(self, wanted: HistoryFilter, limit: int | None = None) -> list[HistoryEntry]:
        """Entries, the newest first.

        Raises:
            StorageError: The file cannot be read.
        """
        where, values = _where(wanted)
        query = f"select {_COLUMNS} from statement where {where} order by id desc limit ?"  # noqa: S608 - no values
        values.append(-1 if limit is None else limit)
        rows = self._do(lambda db: db.execute(query, values).fetchall())
        return [_entry(row) for row in rows]

    def get(self, entry_id: int) -> HistoryEntry | None:
        """One entry, None when there is none of that number."""
        query = f"select {_COLUMNS} from statement where id = ?"  # noqa: S608 - no values
        row = self._do(lambda db: db.execute(query, [_as_id(entry_id)]).fetchone())
        return None if row is None else _entry(row)

    def connections(self) -> list[str]:
        """Names of the connections that occur, the last one used first."""
        query = "select connection from statement group by connection order by max(id) desc"
        return [row[0] for row in self._do(lambda db: db.execute(query).fetchall())]

    def count(self, wanted: HistoryFilter) -> int:
        """How many entries there are."""
        where, values = _where(wanted)
        query = f"select count(*) from statement where {where}"  # noqa: S608 - no values
        found: int = self._do(lambda db: db.execute(query, values).fetchone()[0])
        return found

    def pin(self, ids: Sequence[int], *, pinned: bool) -> int:
        """Pin entries, or take the pin away; how many there were."""
        return self._each("update statement set is_pinned = ? where id = ?", [int(pinned)], ids)

    def delete(self, ids: Sequence[int]) -> int:
        """Delete entries, pinned or not; how many there were."""
        return self._each("delete from statement where id = ?", [], ids)

    def _each(self, query: str, values: Sequence[int], ids: Sequence[int]) -> int:
        return self._do(
            lambda db: sum(db.execute(query, [*values, _as_id(i)]).rowcount for i in ids)
        )

    def clear(self, wanted: HistoryFilter) -> int:
        """Delete all entries that a filter finds, and leave nothing of them in the file.

        Returns:
            How many there were.
        """
        where, values = _where(wanted)
        query = f"delete from statement where {where}"  # noqa: S608 - no values

        def work(db: sqlite3.Connection) -> int:
            count = db.execute(query, values).rowcount
            # Deleting from the index only notes that; rebuilding forgets the words.
            db.execute("insert into statement_search (statement_search) values ('rebuild')")
            return count

        count = self._do(work)
        try:
            self._database.compact()
        except StorageError as exc:
            _log.warning("parts of what was deleted stay in the file until tusk ends: %s", exc)
        return count


def _is_damage(cause: BaseException | None) -> bool:
    """Whether an error is about the file's content; its subclasses are about other things."""
    return type(cause) is sqlite3.DatabaseError


def _as_id(number: int) -> int:
    """A number that SQLite can hold; one that it cannot is no entry's."""
    return number if 0 < number < 1 << 63 else 0


def _storable(text: str) -> str:
    """Text as SQLite can hold and search it: no halves of surrogate pairs, no NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def _values(entry: HistoryEntry) -> list[Any]:
    return [
        entry.started_at,
        _storable(entry.connection),
        _storable(entry.location),
        entry.engine,
        _storable(entry.text),
        int(entry.is_masked),
        int(entry.is_cut),
        json.dumps(list(entry.parameters)) if entry.parameters else "",
        entry.status.value,
        entry.duration_s,
        entry.rows,
        entry.affected,
        int(entry.is_complete),
        entry.sqlstate,
        _storable(entry.error),
    ]


_VALUE_COLUMNS = _COLUMNS.split(", ")[1:-1]
_MARKS = ", ".join("?" for _ in _VALUE_COLUMNS)
_INSERT = f"insert into statement ({', '.join(_VALUE_COLUMNS)}) values ({_MARKS})"  # noqa: S608 - no values
_UPDATE = f"update statement set ({', '.join(_VALUE_COLUMNS)}) = ({_MARKS}) where id = ?"  # noqa: S608 - no values


def _insert(db: sqlite3.Connection, entry: HistoryEntry) -> int:
    number = db.execute(_INSERT, _values(entry)).lastrowid
    return number or 0


def _update(db: sqlite3.Connection, entry: HistoryEntry) -> int:
    """Replace an entry. One that was deleted meanwhile stays deleted."""
    db.execute(_UPDATE, [*_values(entry), entry.id])
    return entry.id


def _prune(db: sqlite3.Connection, retention: Retention) -> None:
    if retention.days is not None:
        oldest = time.time() - retention.days * _SECONDS_A_DAY
        db.execute("delete from statement where started_at < ? and not is_pinned", (oldest,))
    if retention.statements is not None:
        db.execute(
            "delete from statement where not is_pinned and id <="
            " (select id from statement where not is_pinned order by id desc limit 1 offset ?)",
            (retention.statements,),
        )


def _entry(row: Sequence[Any]) -> HistoryEntry:
    return HistoryEntry(
        id=row[0],
        started_at=row[1],
        connection=row[2],
        location=row[3],
        engine=row[4],
        text=row[5],
        is_masked=bool(row[6]),
        is_cut=bool(row[7]),
        parameters=tuple(json.loads(row[8])) if row[8] else (),
        status=Status(row[9]),
        duration_s=row[10],
        rows=row[11],
        affected=row[12],
        is_complete=bool(row[13]),
        sqlstate=row[14],
        error=row[15],
        is_pinned=bool(row[16]),
    )


# ── filters ──────────────────────────────────────────────────────────────────────────────────


def _where(wanted: HistoryFilter) -> tuple[str, list[Any]]:
    """A condition and its values."""
    conditions = list(_conditions(wanted))
    where = " and ".join(f"({condition})" for condition, _ in conditions) or "true"
    values = [value for _, some in conditions for value in some]
    if wanted.unique:
        newest = f"select max(id) from statement where {where} group by connection, text"  # noqa: S608 - no values
        where = f"id in ({newest})"
    if wanted.before_id is not None:
        # After the newest were found: on the next page an older equal one is none.
        where, values = f"{where} and id < ?", [*values, wanted.before_id]
    return where, values


def _conditions(wanted: HistoryFilter) -> Iterator[tuple[str, list[Any]]]:
    yield from _text_conditions(wanted.text)
    if wanted.connections:
        yield f"connection in ({_marks(wanted.connections)})", list(wanted.connections)
    if wanted.statuses:
        yield f"status in ({_marks(wanted.statuses)})", [s.value for s in wanted.statuses]
    if wanted.since is not None:
        yield "started_at >= ?", [wanted.since]
    if wanted.until is not None:
        yield "started_at < ?", [wanted.until]
    if wanted.pinned is not None:
        yield "is_pinned = ?", [int(wanted.pinned)]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)


def _text_conditions(text: str) -> Iterator[tuple[str, list[Any]]]:
    words = search_words(_storable(text))
    if indexed := [word for word in words if len(word) >= _SHORTEST_INDEXED]:
        match = " ".join('"' + word.replace('"', '""') + '"' for word in indexed)
        yield (
            "id in (select rowid from statement_search where statement_search match ?)",
            [match],
        )
    for word in words:
        if len(word) < _SHORTEST_INDEXED:
            pattern = "%" + "".join(f"\\{c}" if c in "\\%_" else c for c in word) + "%"
            yield "text like ? escape '\\' or error like ? escape '\\'", [pattern, pattern]


def search_words(text: str) -> list[str]:
    """What a user looks for: words, and phrases in double quotes (the last one may be open).

    >>> search_words('select "from orders" x')
    ['select', 'from orders', 'x']
    """
    words: list[str] = []
    for number, part in enumerate(text.split('"')):
        words += [part] if number % 2 else part.split()
    return [word for word in words if word]
