"""What can be done with connections, each with its questions; called from workers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.services import connections
from tusk.services.connections import ConnectionState, Profile
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.connection_form import ConnectionForm

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.connection_book import ConnectionBook, Entry

_KEEP = Answer("keep", "Keep")


class ConnectionActions:
    """Adds, changes and removes stored connections.

    Args:
        app: Shows the questions.
        book: Is told what changed.
    """

    def __init__(self, app: App[object], book: ConnectionBook) -> None:
        self._app = app
        self._book = book

    async def add(self) -> Entry | None:
        """Add a connection; the new entry, None when it was left."""
        return await self._edit(Profile("", "postgres"))

    async def edit(self, entry: Entry) -> Entry | None:
        """Change a stored connection; for one that is not stored, store it.

        Returns:
            The entry of the saved connection, None when it was left.
        """
        if entry.profile is not None:
            return await self._edit(entry.profile, old_name=entry.profile.name)
        target = entry.target
        if target is None:
            target = await asyncio.to_thread(connections.resolve, entry.reference)
        profile = connections.profile_from_target(target, "")
        return await self._edit(profile, password=target.password)

    async def duplicate(self, entry: Entry) -> Entry | None:
        """Make a copy to change; its password is copied too."""
        if entry.profile is None:
            return await self.edit(entry)
        target = await asyncio.to_thread(connections.target_of, entry.profile)
        names = {e.profile.name for e in self._book.entries if e.profile}
        copy = replace(entry.profile, name=connections.free_name(entry.profile.name, names))
        return await self._edit(copy, password=target.password)

    async def _edit(
        self, profile: Profile, *, old_name: str | None = None, password: str | None = None
    ) -> Entry | None:
        form = ConnectionForm(profile, old_name=old_name, password=password)
        name = await self._app.push_screen_wait(form)
        if name is None:
            return None
        await self._book.load()
        return self._book.entry(name)

    async def remove(self, entry: Entry) -> None:
        """Forget a connection, after a question."""
        if entry.profile is None:
            if await self.close(entry):
                self._book.forget(entry)
            return
        answer = await self._app.push_screen_wait(
            ConfirmScreen(
                f"Delete the connection {entry.label}?",
                "Its password is forgotten too. Nothing changes on the server.",
                [Answer("delete", "Delete", is_dangerous=True), _KEEP],
            )
        )
        if answer != "delete" or not await self.close(entry):
            return
        await asyncio.to_thread(connections.remove_profile, entry.profile.name)
        await self._book.load()

    async def close(self, entry: Entry) -> bool:
        """Disconnect, with a question when something would be lost; False when it was kept."""
        loss = _loss(entry)
        if loss:
            answer = await self._app.push_screen_wait(
                ConfirmScreen(
                    f"Disconnect {entry.label}?",
                    loss,
                    [Answer("close", "Disconnect", is_dangerous=True), _KEEP],
                )
            )
            if answer != "close":
                return False
        await self._book.close(entry)
        return True

    async def import_known(self) -> int:
        """Store connections that other programs know; how many were stored."""
        from tusk.services import connection_imports
        from tusk.tui.screens.import_connections import ImportScreen

        chosen = await self._app.push_screen_wait(ImportScreen())
        if not chosen.proposals:
            return 0
        names = await asyncio.to_thread(
            connection_imports.store, chosen.proposals, with_passwords=chosen.with_passwords
        )
        await self._book.load()
        return len(names)


def _loss(entry: Entry) -> str:
    match entry.state:
        case ConnectionState.IN_TRANSACTION | ConnectionState.FAILED_TRANSACTION:
            return "Its open transaction is rolled back."
        case ConnectionState.BUSY if not entry.note:
            return "The statement that runs on it is cancelled."
        case _:
            return ""


def losses(entries: list[Entry]) -> list[str]:
    """What would be lost by leaving now, one line for each connection."""
    return [f"{entry.label}: {loss}" for entry in entries if (loss := _loss(entry))]
