"""The tables of the workspace: tabs by process, layout, recent connections and files."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.store.instances import Instance, sweep

if TYPE_CHECKING:
    import sqlite3

    from tusk.store.database import Database

_KEPT_CONNECTIONS = 50
_KEPT_FILES = 50


@dataclass(frozen=True, slots=True)
class KeptFile:
    r"""The file behind a tab, as the tab knew it last.

    Args:
        path: From the root; bytes that are no text are in it as the system's `os.fsdecode` has it.
        encoding: Of its text.
        has_mark: Whether it begins with a byte order mark.
        line_end: `\n`, `\r\n` or `\r`.
        digest: Of its content when it was read or written.
        is_modified: Whether the tab's text is another one.
    """

    path: str
    encoding: str
    has_mark: bool
    line_end: str
    digest: str
    is_modified: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """An editor tab.

    Args:
        id: Unique; made by whoever opens the tab.
        title: What the tab says.
        text: The editor's text.
        caret: Position in `text`, in code points.
        connection: Name of the connection it runs on, or what was typed to reach it; no secret.
        is_active: The tab in front.
        file: Where its text comes from; None when it has no file.
    """

    id: str
    title: str
    text: str
    caret: int = 0
    connection: str = ""
    is_active: bool = False
    file: KeptFile | None = None


class WorkspaceStore:
    """The workspace of one process in a database that several share.

    Each process has tabs of its own; `adopt` takes over those of processes that have ended, in
    whatever way.

    Args:
        database: Open; closed with this.
        folder: Where the lock files of the processes lie; None when no other process sees the
            database.
    """

    def __init__(self, database: Database, folder: Path | None) -> None:
        self._database = database
        self._saved: dict[str, tuple[int, Tab]] = {}
        # Inside the transaction, so that no other process takes the new lock for an old one.
        with database.transaction() as db:
            if folder is not None:
                known = {row[0] for row in db.execute("select id from instance")}
                sweep(folder, known)
            self._instance = Instance(folder)
            db.execute("insert into instance values (?, ?)", (self._instance.id, time.time()))

    def adopt(self) -> list[Tab]:
        """Take over the tabs of ended processes, in order. Call it once, before saving any.

        The process that saved last comes first and whole; of the others, empty tabs are left
        out. One tab is active.
        """
        with self._database.transaction() as db:
            tabs: list[Tab] = []
            for instance in self._ended(db):
                found = _tabs_of(db, instance)
                is_first = not tabs
                tabs += [tab for tab in found if is_first or tab.text.strip() or tab.file]
                db.execute("delete from tab where instance_id = ?", (instance,))
                db.execute("delete from instance where id = ?", (instance,))
                self._instance.forget(instance)
            tabs = _with_one_active(tabs)
            self._write(db, tabs)
        self._remember(tabs)
        return tabs

    def _ended(self, db: sqlite3.Connection) -> list[str]:
        rows = db.execute("select id from instance order by saved_at desc").fetchall()
        return [row[0] for row in rows if not self._instance.is_alive(row[0])]

    def save_tabs(self, tabs: Sequence[Tab]) -> None:
        """Make these the tabs of this process, in this order.

        Only what changed since the last call is written; without a change nothing is.

        Raises:
            StorageError: It cannot be written; the tabs saved before are still there.
        """
        if self._saved == {tab.id: (position, tab) for position, tab in enumerate(tabs)}:
            return
        with self._database.transaction() as db:
            self._write(db, tabs)
        self._remember(tabs)

    def _write(self, db: sqlite3.Connection, tabs: Sequence[Tab]) -> None:
        gone = self._saved.keys() - {tab.id for tab in tabs}
        db.executemany("delete from tab where id = ?", [(tab,) for tab in gone])
        changed = [
            (position, tab)
            for position, tab in enumerate(tabs)
            if self._saved.get(tab.id) != (position, tab)
        ]
        db.executemany(
            "insert or replace into tab values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    tab.id,
                    self._instance.id,
                    position,
                    _storable(tab.title),
                    _storable(tab.text),
                    tab.caret,
                    _storable(tab.connection),
                    tab.is_active,
                )
                for position, tab in changed
            ],
        )
        # Those of tabs that are replaced or gone went with them.
        db.executemany(
            "insert into tab_file values (?, ?, ?, ?, ?, ?, ?)",
            [_file_row(tab.id, tab.file) for _, tab in changed if tab.file is not None],
        )
        db.execute(
            "update instance set saved_at = ? where id = ?", (time.time(), self._instance.id)
        )

    def _remember(self, tabs: Sequence[Tab]) -> None:
        self._saved = {tab.id: (position, tab) for position, tab in enumerate(tabs)}

    def layout(self) -> dict[str, str]:
        """Sizes of panes and the like, by name."""
        with self._database.transaction() as db:
            return dict(db.execute("select name, value from layout"))

    def save_layout(self, values: Mapping[str, str]) -> None:
        """Change some of them; others stay.

        Raises:
            StorageError: It cannot be written.
        """
        with self._database.transaction() as db:
            db.executemany("insert or replace into layout values (?, ?)", list(values.items()))

    def recent_connections(self) -> list[str]:
        """Names of the connections used, the last one first."""
        with self._database.transaction() as db:
            query = "select name from recent_connection order by used_at desc, rowid desc"
            return [row[0] for row in db.execute(query)]

    def remember_connection(self, name: str) -> None:
        """Note that a connection was used now.

        Raises:
            StorageError: It cannot be written.
        """
        with self._database.transaction() as db:
            db.execute("delete from recent_connection where name = ?", (_storable(name),))
            db.execute(
                "insert into recent_connection values (?, ?)", (_storable(name), time.time())
            )
            db.execute(
                "delete from recent_connection where name not in (select name from"
                " recent_connection order by used_at desc, rowid desc limit ?)",
                (_KEPT_CONNECTIONS,),
            )

    def recent_files(self) -> list[str]:
        """Paths of the files used, the last one first."""
        with self._database.transaction() as db:
            query = "select path from recent_file order by used_at desc, rowid desc"
            return [os.fsdecode(row[0]) for row in db.execute(query)]

    def remember_files(self, used: Mapping[str, float]) -> None:
        """Note when files were used, in seconds since 1970, by their paths.

        Raises:
            StorageError: It cannot be written.
        """
        with self._database.transaction() as db:
            db.executemany(
                "insert or replace into recent_file values (?, ?)",
                [(os.fsencode(path), at) for path, at in used.items()],
            )
            db.execute(
                "delete from recent_file where path not in (select path from recent_file"
                " order by used_at desc, rowid desc limit ?)",
                (_KEPT_FILES,),
            )

    def close(self) -> None:
        """Leave the tabs to the next start. Idempotent."""
        self._instance.close()
        self._database.close()


def _tabs_of(db: sqlite3.Connection, instance: str) -> list[Tab]:
    rows = db.execute(
        "select id, title, text, caret, connection, is_active,"
        " path, encoding, has_mark, line_end, digest, is_modified"
        " from tab left join tab_file on tab_id = id where instance_id = ? order by position",
        (instance,),
    )
    return [
        Tab(id_, title, text, caret, connection, bool(is_active), _kept_file(*file))
        for id_, title, text, caret, connection, is_active, *file in rows
    ]


def _kept_file(
    path: bytes | None,
    encoding: str,
    has_mark: int,
    line_end: str,
    digest: str,
    is_modified: int,
) -> KeptFile | None:
    if path is None:
        return None
    return KeptFile(
        os.fsdecode(path), encoding, bool(has_mark), line_end, digest, bool(is_modified)
    )


def _file_row(tab_id: str, file: KeptFile) -> tuple[object, ...]:
    return (
        tab_id,
        os.fsencode(file.path),
        file.encoding,
        file.has_mark,
        file.line_end,
        file.digest,
        file.is_modified,
    )


def _with_one_active(tabs: Sequence[Tab]) -> list[Tab]:
    active = next((tab.id for tab in tabs if tab.is_active), tabs[0].id if tabs else "")
    return [replace(tab, is_active=tab.id == active) for tab in tabs]


def _storable(text: str) -> str:
    """Text as SQLite can hold it: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
