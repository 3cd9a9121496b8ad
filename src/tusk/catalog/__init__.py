"""What a database holds: schemas, relations, columns, keys, functions …, read by plain SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.catalog.reader import SqlReader
from tusk.catalog.sqlite import SqliteReader

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader
    from tusk.engines.base import Session


def open_catalog(session: Session) -> CatalogReader:
    """Make the reader that fits a session's engine.

    Args:
        session: Stays the caller's to close. While it runs a statement of a catalogue it cannot
            run another, so give the catalogue a session of its own.
    """
    if session.dialect.name == "sqlite":
        return SqliteReader(session)
    return SqlReader(session)
