"""The whole catalogue as rows, a statement for each kind: what completion keeps in memory.

Unlike `CatalogReader` it tells the engine's own objects too, and nothing that needs a lock or a
look at a table. An engine without a query of its own is read through its `CatalogReader`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tusk.catalog import open_catalog
from tusk.catalog.objects import KeyKind
from tusk.catalog.sqlfiles import SqlFiles

if TYPE_CHECKING:
    from tusk.engines.base import Session

Row = dict[str, Any]
"""Any: values as Arrow gives them. Names are text, lists are lists of text."""
_LISTS = frozenset(["columns", "referenced_columns", "options"])


class Overview:
    """Reads each kind in one round trip (SQLite: one for each schema).

    Every method raises QueryError when the server refuses or the connection is gone.

    Args:
        session: Used by one call at a time; stays the caller's to close.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = SqlFiles.load(session.dialect.name)
        self._reader = open_catalog(session)

    def relations(self) -> list[Row]:
        """`schema`, `name`, `kind`, `database`, `comment`, `is_system`."""
        if (rows := self._query("all_relations")) is not None:
            return rows
        return [
            {
                "schema": r.schema, "name": r.name, "kind": r.kind.value, "database": r.database,
                "comment": r.comment, "is_system": False,
            }
            for r in self._reader.relations()
        ]  # fmt: skip

    def columns(self) -> list[Row]:
        """`schema`, `relation`, `name`, `type`, `comment`, `is_generated`, `database`; in order."""
        if (rows := self._query("all_columns")) is not None:
            return rows
        return [
            {
                "schema": c.schema, "relation": c.relation, "name": c.name, "type": c.type,
                "comment": c.comment, "database": c.database,
                "is_generated": c.default.startswith("generated always"),
            }
            for c in self._reader.columns()
        ]  # fmt: skip

    def foreign_keys(self) -> list[Row]:
        """`schema`, `relation`, `columns`, `referenced_schema`, `referenced`, …, `database`."""
        if (rows := self._query("all_foreign_keys")) is not None:
            return rows
        all_keys = self._reader.keys()
        return [
            {
                "schema": k.schema, "relation": k.relation, "columns": k.columns,
                "referenced_schema": k.referenced_schema, "referenced": k.referenced,
                "referenced_columns": k.referenced_columns, "database": k.database,
            }
            for k in all_keys
            if k.kind is KeyKind.FOREIGN
        ]  # fmt: skip

    def functions(self) -> list[Row]:
        """`schema`, `name`, `kind`, `arguments` or `example`, `result`, `comment`, `is_system`.

        `options` are the names of what can be given by name.
        """
        return self._query("all_functions") or []

    def schemas(self) -> list[Row]:
        """`name`, `is_system`, `place` on the search path or None, `database`, `is_current`."""
        if (rows := self._query("all_schemas")) is not None:
            return rows
        current = next((d.name for d in self._reader.databases() if d.is_current), "")
        default = {"sqlite": ("temp", "main"), "datafusion": ("public",)}
        path = default.get(self._session.dialect.name, ())
        return [
            {
                "name": s.name, "is_system": s.is_system, "database": s.database,
                "place": path.index(s.name) + 1 if s.name in path else None,
                "is_current": s.database == current,
            }
            for s in self._reader.schemas()
        ]  # fmt: skip

    def types(self) -> list[Row]:
        """`schema` and `name` of types that users made."""
        return self._query("all_types") or []

    def settings(self) -> list[Row]:
        """`name` and `comment` of what SET, or SQLite's PRAGMA, knows."""
        return self._query("all_settings") or []

    def _query(self, kind: str) -> list[Row] | None:
        """The rows of a kind; None when the engine has no query for it."""
        query = self._files.get(kind, 0)
        if query is None:
            return None
        cursor = self._session.execute(query.statement)
        try:
            return [row for batch in cursor.batches() for row in _rows(batch)]
        finally:
            cursor.close()


def _rows(batch: Any) -> Iterator[Row]:
    """Rows of an Arrow batch. Any: pyarrow's batch, whose stubs are partial."""
    names: Sequence[str] = batch.schema.names
    columns = [
        [_listed(v) if name in _LISTS else _text(v) for v in column.to_pylist()]
        for name, column in zip(names, batch.columns, strict=True)
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _text(value: Any) -> Any:
    # Not valid UTF-8, see `Cursor.batches`.
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _listed(value: Any) -> list[str]:
    if isinstance(value, str | bytes):
        value = json.loads(_text(value))
    return [str(_text(item)) for item in value or ()]
