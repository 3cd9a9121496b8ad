"""Choose which connections of other programs should be stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Select, Static

from tusk.core.text import safe
from tusk.services import connection_imports
from tusk.services.connection_imports import Found, Proposal, Source
from tusk.services.connections import location_of
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.path_input import PathInput
from tusk.tui.widgets.tick_box import TickBox
from tusk.tui.widgets.tick_list import TickLine, TickList

if TYPE_CHECKING:
    from textual.app import ComposeResult

_EVERYTHING = "everything"
_SOURCES = {
    _EVERYTHING: "everything that is found",
    Source.DBEAVER.value: "DBeaver",
    Source.PGADMIN.value: "pgAdmin (its JSON export)",
    Source.PGPASS.value: "the password file of PostgreSQL",
    Source.SERVICE.value: "service files of PostgreSQL",
    Source.ENVIRONMENT.value: "PG* variables",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What should be stored.

    Args:
        proposals: The ticked ones.
        with_passwords: Whether to keep the passwords that came with them.
    """

    proposals: Sequence[Proposal] = ()
    with_passwords: bool = False


class ImportScreen(ModalScreen[Chosen]):
    """Shows what other programs know, with a box for each; returns the ticked ones."""

    CSS_PATH = ["dialogs.tcss", "connection_form.tcss", "import_connections.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="dialog.cancel", tooltip="Import nothing"),
        Binding("f2,ctrl+s", "take", "Import", id="import.take", tooltip="Store the ticked ones"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found = Found()
        self._proposals: list[Proposal] = []

    def compose(self) -> ComposeResult:
        sources = [(words, value) for value, words in _SOURCES.items()]
        with Vertical(classes="dialog import-connections"):
            yield Static("Import connections", classes="dialog-title", markup=False)
            with Horizontal(classes="form-row"):
                yield Label("From", classes="form-label", markup=False)
                yield Select(sources, allow_blank=False, id="source", compact=True)
            with Horizontal(classes="form-row"):
                yield Label("File", classes="form-label", markup=False)
                yield PathInput(
                    placeholder="empty: the usual places; Enter reads the file",
                    id="file",
                    compact=True,
                )
            yield TickList(id="found")
            yield Static("", id="import-details", markup=False)
            yield Static("", id="import-note", markup=False)
            yield TickBox("", False, id="with-passwords", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button("F2 Import", id="take", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._read()

    # ── reading ──────────────────────────────────────────────────────────────────────────

    @property
    def _source(self) -> Source | None:
        value = self.query_one("#source", Select).value
        return None if value == _EVERYTHING else Source(str(value))

    @on(Select.Changed, "#source")
    @on(Input.Submitted, "#file")
    def _read(self) -> None:
        self._say("reading …")
        self._show_found(self.query_one("#file", Input).value.strip())

    @work(exclusive=True, group="read")
    async def _show_found(self, path: str) -> None:
        try:
            found, proposals = await asyncio.to_thread(_look, self._source, path)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            error = as_tusk_error(exc)
            self._show(Found(), [])
            self._say(error.message + (f"\n{error.hint}" if error.hint else ""))
            self.query_one("#file").focus()
            return
        self._show(found, proposals)
        self._say("\n".join(found.problems))
        if not found.candidates and not found.refused:
            nothing = connection_imports.nothing_words(self._source)
            self._say("\n".join(["Nothing to import: " + nothing, *found.problems]))
            self.query_one("#file").focus()
        else:
            self.query_one(TickList).focus()

    def _show(self, found: Found, proposals: list[Proposal]) -> None:
        self._found, self._proposals = found, proposals
        lines = [
            TickLine(each.profile.name, f"{each.words} · {_place(each)}", each.is_new)
            for each in proposals
        ]
        lines += [
            TickLine(each.name, f"cannot be taken: {each.reason}", None) for each in found.refused
        ]
        self.query_one(TickList).show(lines)
        self.query_one("#import-details", Static).display = bool(lines)
        self.query_one(".import-connections").set_class(not lines, "-empty")

    def _say(self, text: str) -> None:
        note = self.query_one("#import-note", Static)
        note.update(safe(text, keep_lines=True))
        note.display = bool(text)

    @on(OptionList.OptionHighlighted, "#found")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        text = _details(self._found, self._proposals, event.option_index)
        self.query_one("#import-details", Static).update(safe(text, keep_lines=True))

    # ── choosing ─────────────────────────────────────────────────────────────────────────

    @property
    def _ticked(self) -> list[Proposal]:
        return [self._proposals[number] for number in self.query_one(TickList).ticked]

    @on(TickList.Ticked)
    def _count(self) -> None:
        ticked = self._ticked
        take = self.query_one("#take", Button)
        take.label = f"F2 Import {len(ticked)}"
        take.disabled = not ticked
        take.refresh(layout=True)  # a button does not grow with its label
        passwords = sum(each.candidate.password is not None for each in ticked)
        box = self.query_one("#with-passwords", TickBox)
        box.display = passwords > 0
        box.label = f"Keep their passwords too ({passwords}), where tusk keeps its own"

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        if ticked := self._ticked:
            self.dismiss(Chosen(ticked, self.query_one("#with-passwords", TickBox).value))

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        self.dismiss(Chosen())


def _look(source: Source | None, path: str) -> tuple[Found, list[Proposal]]:
    if path:
        found = connection_imports.find_in(Path(path), source)
    else:
        found = connection_imports.find(source)
    return found, connection_imports.propose_for_stored(found)


def _place(proposal: Proposal) -> str:
    group = f" · {proposal.profile.group}" if proposal.profile.group else ""
    return f"{location_of(proposal.profile)}{group}"


def _details(found: Found, proposals: Sequence[Proposal], number: int) -> str:
    """All that is to be known of a line."""
    if number >= len(proposals):
        refused = found.refused[number - len(proposals)]
        return f"{refused.origin}: {refused.name}\n{refused.reason}"
    proposal = proposals[number]
    profile, candidate = proposal.profile, proposal.candidate
    facts = [candidate.origin, profile.group, profile.color]
    facts += ["read-only"] if profile.read_only else []
    facts += [f"through {profile.ssh.words}"] if profile.ssh else []
    lines = [location_of(profile), " · ".join(filter(None, facts)), "; ".join(candidate.notes)]
    return "\n".join(filter(None, lines))
