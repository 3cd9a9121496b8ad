"""Open a connection for the user: ask for a password where one is missing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tusk.core.errors import ConnectError
from tusk.services import connections
from tusk.tui.screens.password import PasswordScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.connection_book import ConnectionBook, Entry

# invalid_password, invalid_authorization_specification (PostgreSQL manual, appendix A).
_NEEDS_PASSWORD = {"28P01", "28000"}


async def connect(app: App[object], book: ConnectionBook, entry: Entry) -> None:
    """Open an entry's connection unless it is open; call it from a worker.

    Raises:
        TuskError: It cannot be opened.
    """
    password: str | None = None
    keeps = False
    while True:
        try:
            await book.connect(entry, password=password)
        except ConnectError as exc:
            if not _wants_password(exc):
                raise
            answer = await app.push_screen_wait(
                PasswordScreen(entry.label, exc.message, can_keep=entry.profile is not None)
            )
            if answer is None:
                raise
            password, keeps = answer.password, answer.is_kept
            continue
        if keeps and entry.profile is not None:
            await asyncio.to_thread(
                connections.replace_profile, entry.profile.name, entry.profile, password
            )
        return


def _wants_password(error: ConnectError) -> bool:
    # libpq itself refuses without a SQLSTATE when the server asks and it has none.
    return error.sqlstate in _NEEDS_PASSWORD or "no password supplied" in error.message
