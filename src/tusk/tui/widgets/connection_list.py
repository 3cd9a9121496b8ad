"""The list of connections: state, engine and name of each, in words and signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.color import Color, ColorParseError
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tusk.core.text import cell_width, clip, safe
from tusk.services.connections import ConnectionState
from tusk.tui.labels import STATE_SIGNS, engine_label

if TYPE_CHECKING:
    from tusk.tui.connection_book import Entry

_QUIET = {ConnectionState.OFFLINE, ConnectionState.ONLINE}


class ConnectionList(OptionList):
    """Shows entries; everything else is asked of whoever listens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Use", id="connections.use",
            tooltip="Use the connection in this tab, and open it",
        ),
        Binding(
            "a,insert", "request('add')", "Add", id="connections.add",
            tooltip="Add a connection: paste a URL or fill in the form",
        ),
        Binding(
            "e", "request('edit')", "Edit", id="connections.edit",
            tooltip="Change the stored connection",
        ),
        Binding(
            "d,delete", "request('remove')", "Delete", show=False, id="connections.remove",
            tooltip="Forget the connection, after a question",
        ),
        Binding(
            "c", "request('duplicate')", "Duplicate", show=False, id="connections.duplicate",
            tooltip="Make a copy of the connection to change",
        ),
        Binding(
            "i", "request('import')", "Import", show=False, id="connections.import",
            tooltip="Take connections from pg_service.conf or the PG* variables",
        ),
        Binding(
            "x", "request('close')", "Disconnect", id="connections.close",
            tooltip="Close the connection; an open transaction is rolled back, after a question",
        ),
    ]  # fmt: skip

    @dataclass
    class Requested(Message):
        """Something should be done with an entry: `use`, `add`, `edit`, `remove` …."""

        what: str
        entry: Entry | None

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        # What each line stands for: an entry, or None for a heading.
        self._rows: list[Entry | None] = []
        self._current: Entry | None = None

    @property
    def entries(self) -> list[Entry]:
        """The entries as they are listed, groups together."""
        return [entry for entry in self._rows if entry is not None]

    def show(self, entries: Sequence[Entry], current: Entry | None) -> None:
        """Show these entries; `current` is the one the tab in front uses."""
        highlighted = self.highlighted_entry if self.has_focus else current
        self._current = current
        self._rows = []
        options: list[Option] = []
        for group, members in _grouped(entries):
            if group:
                self._rows.append(None)
                options.append(Option(_heading(group), disabled=True))
            self._rows += members
            options += [Option(self._prompt(entry)) for entry in members]
        self.set_options(options)
        if highlighted in self._rows:
            self.highlighted = self._rows.index(highlighted)
        else:
            self.action_first()

    def refresh_entry(self, entry: Entry, current: Entry | None) -> None:
        """Show the new state of one entry."""
        if current is not self._current or entry not in self._rows:
            self.show(self.entries, current)
            return
        self.replace_option_prompt_at_index(self._rows.index(entry), self._prompt(entry))

    @property
    def highlighted_entry(self) -> Entry | None:
        """The entry under the cursor."""
        index = self.highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else None

    def _prompt(self, entry: Entry) -> Content:
        state = entry.state
        words = entry.note or ("" if state in _QUIET else state.value)
        mark = "›" if entry is self._current else " "
        icon = (entry.profile.icon if entry.profile else "") or engine_label(entry.engine).icon
        head = f"{STATE_SIGNS[state]} {clip(safe(icon), 2)} "
        lock = " ro" if entry.is_read_only else ""
        width = max(10, self.scrollable_content_region.width or 26)
        tail = f" {words}" if words else ""
        room = max(6, width - 1 - cell_width(head) - cell_width(tail) - len(lock))
        name = clip(safe(entry.label), room)
        return Content.assemble(
            (mark, _own_colour(entry)),
            (head, _tone(state)),
            (name, "bold" if entry is self._current else ""),
            (lock, "dim"),
            (tail, _tone(state)),
        )

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width:
            self.show(self.entries, self._current)

    @on(OptionList.OptionSelected)
    def _use(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_request("use")

    def action_request(self, what: str) -> None:
        self.post_message(self.Requested(what, self.highlighted_entry))


def _tone(state: ConnectionState) -> str:
    match state:
        case ConnectionState.ONLINE | ConnectionState.BUSY:
            return "$text-success"
        case ConnectionState.IN_TRANSACTION | ConnectionState.CONNECTING:
            return "$text-warning"
        case ConnectionState.OFFLINE:
            return "dim"
        case _:
            return "$text-error"


def _grouped(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Entries by the group of their profile, in the order of the first of each group."""
    groups: dict[str, list[Entry]] = {"": []}
    for entry in entries:
        groups.setdefault(entry.profile.group if entry.profile else "", []).append(entry)
    return list(groups.items())


def _heading(group: str) -> Content:
    return Content.styled(f" {safe(group)}", "italic")


def _own_colour(entry: Entry) -> str:
    """The user's colour for a connection, which tells production from the rest."""
    colour = entry.profile.color if entry.profile else ""
    try:
        return f"on {Color.parse(colour).hex}" if colour else ""
    except ColorParseError:
        return ""
