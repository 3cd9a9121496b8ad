"""The statements that make an object again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogObject, CatalogReader
    from tusk.engines.base import Session


class DdlWriter(Protocol):
    """Writes DDL for one engine."""

    def statements(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """See `CatalogReader.ddl`."""
        ...


def open_ddl(reader: CatalogReader, session: Session, version: Callable[[], int]) -> DdlWriter:
    """The writer that fits a session's engine.

    Args:
        reader: Over the same session.
        session: Used by one call at a time.
        version: Asks for the server's version number.
    """
    if session.dialect.name == "postgres":
        from tusk.catalog.ddl.postgres import PostgresDdl

        return PostgresDdl(session, version())
    from tusk.catalog.ddl.embedded import DuckDbDdl, KeptDdl

    return DuckDbDdl(reader, session) if session.dialect.name == "duckdb" else KeptDdl(session)


def script(statements: Iterable[str]) -> str:
    r"""Statements as one text.

    >>> script(["create table t (a int)", "-- no statement"])
    'create table t (a int);\n\n-- no statement\n'
    """
    return "\n\n".join(map(_ended, statements)) + "\n"


def _ended(statement: str) -> str:
    last = statement.rpartition("\n")[2]
    return statement if last.startswith("--") else f"{statement.rstrip(';')};"
