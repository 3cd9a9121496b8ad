"""The list of connections: state, engine and name of each, in words and signs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tusk.core.text import cell_width, clip, safe
from tusk.services.connections import ConnectionState
from tusk.tui.labels import STATE_SIGNS, colour_mark, engine_label

if TYPE_CHECKING:
    from tusk.tui.connection_book import Entry

_QUIET = {ConnectionState.OFFLINE, ConnectionState.ONLINE}


class ConnectionList(OptionList):
    """Shows entries; everything else is asked of whoever listens.

    Args:
        folded: Groups that are folded to begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Use", id="connections.use",
            tooltip="Use the connection in this tab, and open it; fold or unfold a group",
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
            tooltip="Take connections from DBeaver, pgAdmin, .pgpass, pg_service.conf or PG* variables",
        ),
        Binding(
            "x", "request('close')", "Disconnect", id="connections.close",
            tooltip="Close the connection; an open transaction is rolled back, after a question",
        ),
        Binding(
            "left", "fold(True)", "Fold", show=False, id="connections.fold",
            tooltip="Fold the group of the connection",
        ),
        Binding(
            "right", "fold(False)", "Unfold", show=False, id="connections.unfold",
            tooltip="Unfold the group",
        ),
        Binding(
            "up", "cursor_up", "Up", show=False, id="connections.up", tooltip="One connection up"
        ),
        Binding(
            "down", "cursor_down", "Down", show=False, id="connections.down",
            tooltip="One connection down",
        ),
    ]  # fmt: skip

    @dataclass
    class Requested(Message):
        """Something should be done with an entry: `use`, `add`, `edit`, `remove` …."""

        what: str
        entry: Entry | None

    @dataclass
    class Folded(Message):
        """Groups were folded or unfolded, which should be saved soon."""

    def __init__(self, folded: Iterable[str] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        # What each line stands for: an entry, or the name of a group for its heading.
        self._rows: list[Entry | str] = []
        self._entries: list[Entry] = []
        self._current: Entry | None = None
        self._folded = set(folded)

    @property
    def entries(self) -> list[Entry]:
        """The entries as they are listed, groups together, also those of a folded group."""
        return [entry for _, members in _grouped(self._entries) for entry in members]

    @property
    def folded(self) -> list[str]:
        """Groups that are folded, of those that are listed."""
        return sorted(self._folded & {_group_of(entry) for entry in self._entries})

    def show(self, entries: Sequence[Entry], current: Entry | None) -> None:
        """Show these entries; `current` is the one the tab in front uses."""
        highlighted = self._highlighted_row if self.has_focus else current
        self._current = current
        self._entries = list(entries)
        self._rows = []
        options: list[Option] = []
        for group, members in _grouped(entries):
            is_folded = group in self._folded
            if group:
                self._rows.append(group)
                options.append(Option(_heading(group, members, is_folded=is_folded)))
            if not is_folded:
                self._rows += members
                options += [Option(self._prompt(entry)) for entry in members]
        self.set_options(options)
        if highlighted in self._rows:
            self.highlighted = self._rows.index(highlighted)
        elif highlighted is current and current is not None and _group_of(current) in self._rows:
            self.highlighted = self._rows.index(_group_of(current))
        else:
            self.action_first()

    def refresh_entry(self, entry: Entry, current: Entry | None) -> None:
        """Show the new state of one entry."""
        if current is not self._current or entry not in self._rows:
            self.show(self._entries, current)
            return
        self.replace_option_prompt_at_index(self._rows.index(entry), self._prompt(entry))

    @property
    def _highlighted_row(self) -> Entry | str | None:
        index = self.highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else None

    @property
    def highlighted_entry(self) -> Entry | None:
        """The entry under the cursor; None on a heading."""
        row = self._highlighted_row
        return None if isinstance(row, str) else row

    def action_fold(self, is_folded: bool) -> None:
        row = self._highlighted_row
        group = row if isinstance(row, str) else _group_of(row)
        if not group or (group in self._folded) is is_folded:
            return
        self._folded ^= {group}
        self.show(self._entries, self._current)
        self.highlighted = self._rows.index(group)
        self.post_message(self.Folded())

    def _prompt(self, entry: Entry) -> Content:
        state = entry.state
        words = entry.note or ("" if state in _QUIET else state.value)
        if entry.retry is not None and entry.retry.left_s:
            words = f"lost, again in {entry.retry.left_s} s"
        mark = "›" if entry is self._current else " "
        icon = (entry.profile.icon if entry.profile else "") or engine_label(entry.engine).icon
        head = f"{STATE_SIGNS[state]} {clip(safe(icon), 2)} "
        lock = " ro" if entry.is_read_only else ""
        colour = colour_mark(entry.profile)
        colour_word = f" {entry.profile.color}" if entry.profile and colour else ""
        width = max(10, self.scrollable_content_region.width or 26)
        tail = f" {words}" if words else ""
        rest = cell_width(tail) + len(lock) + len(colour_word)
        room = max(6, width - 1 - cell_width(head) - rest)
        name = clip(safe(entry.label), room)
        return Content.assemble(
            (mark, colour.style if colour else ""),
            (head, _tone(state)),
            (name, "bold" if entry is self._current else ""),
            (colour_word, "dim"),
            (lock, "dim"),
            (tail, _tone(state)),
        )

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width:
            self.show(self._entries, self._current)

    @on(OptionList.OptionSelected)
    def _use(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        row = self._highlighted_row
        if isinstance(row, str):
            self.action_fold(row not in self._folded)
        else:
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


def write_groups(groups: Iterable[str]) -> str:
    """Names of groups as one text, for the workspace."""
    return json.dumps(list(groups), ensure_ascii=False)


def read_groups(text: str) -> list[str]:
    """The names in such a text; none when it is something else.

    >>> read_groups(write_groups(["a, b", "c"])), read_groups("{"), read_groups("[1]")
    (['a, b', 'c'], [], [])
    """
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _group_of(entry: Entry | None) -> str:
    return entry.profile.group if entry is not None and entry.profile else ""


def _grouped(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Entries by group, those without one first; groups, and stored connections within, by name."""
    groups: dict[str, list[Entry]] = {"": []}
    for entry in sorted(entries, key=_place):
        groups.setdefault(_group_of(entry), []).append(entry)
    return sorted(groups.items(), key=lambda group: group[0].casefold())


def _place(entry: Entry) -> tuple[int, str]:
    """The embedded database, then stored connections by name, then others as they came."""
    if entry.profile is None:
        return (2 if entry.reference else 0, "")
    return (1, entry.label.casefold())


def _heading(group: str, members: Sequence[Entry], *, is_folded: bool) -> Content:
    sign = "▸" if is_folded else "▾"
    opened = sum(entry.state is not ConnectionState.OFFLINE for entry in members)
    inside = f" {len(members)}" + (f", {opened} open" if opened else "")
    return Content.assemble(
        (f"{sign} {safe(group)}", "italic"), (inside if is_folded else "", "dim")
    )
