"""Save a query under a name, or change what is known of a saved one."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static

from tusk.core.errors import UsageError
from tusk.core.text import safe
from tusk.services.saved import (
    SavedFile,
    SavedParameter,
    SavedQuery,
    check_name,
    open_saved,
    read_parameters,
)
from tusk.tui.defects import as_tusk_error
from tusk.tui.query_saving import change_query
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.widgets.sql_view import SqlView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

_FIELDS = {
    "name": ("Name", "sales/daily: folders with /"),
    "description": ("About", "what it is for"),
    "tags": ("Tags", "words to find it by, with commas between"),
    "connection": ("Runs on", "a connection; empty: where the tab is"),
    "parameters": ("Values", "day:date=2026-01-31 limit:int"),
}


class SaveQueryScreen(ModalScreen[SavedFile | None]):
    """A form for a saved query, which it writes; returns the file, None without saving.

    Args:
        query: What is saved.
        name: What it is called at first.
        file: The saved query that is changed; None to add one.
        folders: Names to propose.
    """

    CSS_PATH = ["dialogs.tcss", "save_query.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Save nothing"),
        Binding(
            "f2,ctrl+s", "save", "Save", id="save.save", priority=True, tooltip="Write the query",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        query: SavedQuery,
        name: str = "",
        *,
        file: SavedFile | None = None,
        folders: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._query = query
        self._name = name
        self._file = file
        self._folders = [f"{folder}/" for folder in folders]
        self._is_saving = False
        self._view = SqlView(id="save-sql")
        self._view.can_focus = False

    def compose(self) -> ComposeResult:
        title = f"Change {safe(self._file.name)}" if self._file else "Save the query"
        values = {"name": self._name, **_fields_of(self._query)}
        with Vertical(classes="dialog save-query"):
            yield Static(title, classes="dialog-title", markup=False)
            for name, (label, hint) in _FIELDS.items():
                with Horizontal(classes="form-row"):
                    yield Label(label, classes="form-label", markup=False)
                    suggester = SuggestFromList(self._folders) if name == "name" else None
                    yield Input(
                        values[name], hint, id=name, compact=True, select_on_focus=False,
                        suggester=suggester,
                    )  # fmt: skip
            yield self._view
            yield Static("", id="outcome", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("F2 Save", id="save", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._view.show(self._query.sql)
        self.query_one("#name").focus()

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _read(self) -> tuple[str, SavedQuery]:
        """Name and query as the form says. Raises UsageError when a field is wrong."""
        tags = dict.fromkeys(tag.strip() for tag in self._value("tags").split(","))
        query = replace(
            self._query,
            description=self._value("description"),
            tags=tuple(tag for tag in tags if tag),
            connection=self._value("connection"),
            parameters=_declared(self._value("parameters"), self._query.parameters),
        )
        return check_name(self._value("name")), query

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        if not self._is_saving:  # F2 twice saves once
            self._save()

    @work(group="save")
    async def _save(self) -> None:
        self._is_saving = True
        try:
            name, query = self._read()
            if self._file is None:
                written = await self._add(name, query)
            else:
                written = await self._change(self._file, name, query)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            error = as_tusk_error(exc)
            words = "\n".join(filter(None, [f"✗ {error.message}", error.hint]))
            self.query_one("#outcome", Static).update(Content(safe(words, keep_lines=True)))
            return
        finally:
            self._is_saving = False
        if written is not None:
            self.dismiss(written)

    async def _add(self, name: str, query: SavedQuery) -> SavedFile | None:
        saved = open_saved()
        has = await asyncio.to_thread(saved.has, name)
        if has:
            question = ConfirmScreen(
                f"There is a saved query {name}",
                "Replacing it puts this one in its place.",
                [Answer("replace", "Replace", is_dangerous=True), Answer("back", "Back")],
            )
            if await self.app.push_screen_wait(question) != "replace":
                return None
        return await asyncio.to_thread(lambda: saved.add(name, query, replace=has))

    async def _change(self, file: SavedFile, name: str, query: SavedQuery) -> SavedFile | None:
        written: SavedFile | None = file
        if query != file.query:
            written = await change_query(self.app, file, query)
        if written is None:
            return None
        # Should the new name be taken, what was written is not written once more.
        self._file, self._query = written, written.query
        if name == file.name:
            return written
        saved = open_saved()
        await asyncio.to_thread(saved.move, file.name, name)
        return await asyncio.to_thread(saved.get, name)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


def _fields_of(query: SavedQuery) -> dict[str, str]:
    return {
        "description": query.description,
        "tags": ", ".join(query.tags),
        "connection": query.connection,
        "parameters": shlex.join(_declarations(query.parameters)),
    }


def _declarations(parameters: Sequence[SavedParameter]) -> Iterator[str]:
    """Parameters as `read_parameters` takes them."""
    for each in parameters:
        kind = f":{each.type}" if each.type else ""
        default = "" if each.default is None else f"={each.default}"
        yield f"{each.name}{kind}{default}"


def _declared(text: str, before: Sequence[SavedParameter]) -> tuple[SavedParameter, ...]:
    """Parameters from a line of declarations; those of the same name keep their description.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        words = shlex.split(text)
    except ValueError as exc:
        raise UsageError(f"the values cannot be read: {exc}") from None
    descriptions = {each.name: each.description for each in before}
    return tuple(
        replace(each, description=descriptions.get(each.name, ""))
        for each in read_parameters(words)
    )
