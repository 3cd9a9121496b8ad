"""What stands where results will be: a word on how to run, or the first steps of a new user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tusk.tui.actions import actions_of, key_text
from tusk.tui.keymap import keymap_of
from tusk.tui.widgets.lazy_tree import LazyTree, Line

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

_LABEL_WIDTH = 22
_OFFERING = "-offering"


class FirstStep(Enum):
    """What somebody can begin with who has nothing yet: its name, and more about it."""

    SAMPLE = ("Try the sample data", "a year of ferries, and a query on it")
    FILE = ("Open a file", "CSV, Parquet, JSON, Excel, SQLite, DuckDB")
    CONNECT = ("Connect to PostgreSQL", "by host, by URL, through SSH")
    IMPORT = ("Import connections", "of pgAdmin, DBeaver and psql")


class StepList(LazyTree[FirstStep]):
    """The first steps; the keys of the empty editor work in it, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "Begin", show=False, id="steps.choose",
            tooltip="Begin with the step at the cursor",
        ),
    ]  # fmt: skip

    def on_mount(self) -> None:
        steps = [(each, *each.value) for each in FirstStep]
        self.show([Line(each, f"{name:<{_LABEL_WIDTH}}", note) for each, name, note in steps])

    def on_click(self, event: events.Click) -> None:
        """One click is enough."""
        event.prevent_default()
        place = event.y + self.scroll_offset.y
        if place < len(self.lines):
            self.cursor = place
            self.action_choose()


class EmptyResults(Vertical):
    """Says how to run; while it offers first steps, the empty editor's keys choose one."""

    @dataclass
    class Chosen(Message):
        """Somebody wants to begin with this."""

        step: FirstStep

    @dataclass
    class Ended(Message):
        """The first steps are no longer offered."""

    def compose(self) -> ComposeResult:
        yield Static(
            Content("No result yet. F5 runs the statement at the cursor, F8 runs them all."),
            classes="empty-state",
        )

    @property
    def is_offering(self) -> bool:
        """Whether first steps are offered, and seen."""
        return self.has_class(_OFFERING) and self.is_on_screen

    def offer(self) -> None:
        """Offer first steps."""
        if not self.query(StepList):
            name = Content.assemble(("tusk", "$text-accent bold"), "  a workbench for your data")
            parts = (Static(name), StepList(), Static(self._keys()))
            self.mount(Vertical(*parts, classes="first-steps"))
        self.add_class(_OFFERING)

    def end(self) -> None:
        """Offer them no more."""
        if self.has_class(_OFFERING):
            self.remove_class(_OFFERING)
            self.post_message(self.Ended())

    def _keys(self) -> Content:
        """The keys that whoever knows them finds everything else with."""
        actions = {action.id: action for action in actions_of(type(self.app), keymap_of(self.app))}
        words = [("↑ ↓ Enter", "choose")]
        for name, does in (("app.help", "help"), ("app.palette", "commands")):
            if name in actions and actions[name].keys:
                words.append((key_text(actions[name].keys[0]), does))
        keys = [Content.assemble((key, "$text-accent"), f" {does}") for key, does in words]
        return Content("   ").join([*keys, Content("or write SQL above")])

    def take_key(self, key: str) -> bool:
        """Take a key that was pressed in the empty editor; whether it meant something here."""
        if not self.is_offering or not (steps := self.query(StepList)):
            return False
        match key:
            case "up" | "down":
                steps.first().action_move(1 if key == "down" else -1)
            case "enter":
                steps.first().action_choose()
            case "escape":
                self.end()
            case _:
                return False
        return True

    @on(LazyTree.Chosen)
    def _step_chosen(self, event: LazyTree.Chosen) -> None:
        event.stop()
        if isinstance(event.line.data, FirstStep):
            self.post_message(self.Chosen(event.line.data))
