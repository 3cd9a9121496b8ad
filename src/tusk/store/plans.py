"""Saved query plans: an SQLite database of its own, shared by all tusk processes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tusk.core.errors import StorageError
from tusk.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIGRATIONS = "plan_migrations"
LARGEST_BYTES = 16 * 1024 * 1024
"""A plan that is larger is not kept."""
_COLUMNS = "id, saved_at, name, connection, engine, sql, options, is_generic, document"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it is kept.

    Args:
        name: What the user calls it; several may have the same.
        connection: What the user calls the connection; never a secret.
        engine: Registered engine name.
        sql: The statement, its secrets masked.
        options: What was asked for, in words.
        document: The engine's own answer.
        is_generic: Whether it was planned without values for its parameters.
        saved_at: Seconds since 1970.
        id: Number in the store, 0 before it is there.
    """

    name: str
    connection: str
    engine: str
    sql: str
    options: str
    document: str
    is_generic: bool = False
    saved_at: float = 0.0
    id: int = 0


class PlanStore:
    """Plans in a database that several processes share.

    Args:
        path: The file; a damaged one is set aside and a new one begun.

    Raises:
        StorageError: It cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database.open(path, MIGRATIONS)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._database.close()

    def add(self, plan: StoredPlan) -> int:
        """Keep a plan; its id.

        Raises:
            StorageError: It is too large, or cannot be written.
        """
        if len(plan.document) > LARGEST_BYTES:
            raise StorageError(f"a plan of more than {LARGEST_BYTES >> 20} MiB is not kept")
        values = [
            time.time(), *map(_storable, (plan.name, plan.connection, plan.engine, plan.sql)),
            _storable(plan.options), int(plan.is_generic), _storable(plan.document),
        ]  # fmt: skip
        with self._database.transaction() as db:
            added = db.execute(
                "insert into plan (saved_at, name, connection, engine, sql, options, is_generic,"
                " document) values (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return added.lastrowid or 0

    def all(self) -> list[StoredPlan]:
        """Every plan without its document, the newest first.

        Raises:
            StorageError: The file cannot be read.
        """
        columns = _COLUMNS.replace("document", "''")
        with self._database.transaction() as db:
            rows = db.execute(f"select {columns} from plan order by id desc").fetchall()  # noqa: S608 - no values
        return [_plan(row) for row in rows]

    def get(self, plan_id: int) -> StoredPlan | None:
        """One plan, None when there is none of that number."""
        with self._database.transaction() as db:
            query = f"select {_COLUMNS} from plan where id = ?"  # noqa: S608 - no values
            row = db.execute(query, (plan_id,)).fetchone()
        return None if row is None else _plan(row)

    def delete(self, plan_id: int) -> bool:
        """Forget a plan; whether it was there."""
        with self._database.transaction() as db:
            return db.execute("delete from plan where id = ?", (plan_id,)).rowcount > 0


def _plan(row: Sequence[Any]) -> StoredPlan:
    id_, saved_at, name, connection, engine, sql, options, is_generic, document = row
    return StoredPlan(
        name, connection, engine, sql, options, document, bool(is_generic), saved_at, id_
    )


def _storable(text: str) -> str:
    """Text as SQLite can hold it: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
