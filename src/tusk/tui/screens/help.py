"""Help, made from the bindings: every key, where you are first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tusk.tui.actions import Action, actions_of, key_text
from tusk.tui.completion.editor import AssistedEditor
from tusk.tui.completion.popup import CompletionPopup
from tusk.tui.screens.changes import ChangesScreen
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.history import HistoryScreen
from tusk.tui.screens.object_view import ObjectScreen
from tusk.tui.screens.plan import PlanScreen
from tusk.tui.screens.plan_compare import PlanCompareScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.screens.saved import SavedScreen
from tusk.tui.screens.snippets import SnippetScreen
from tusk.tui.widgets.catalog_pane import CatalogPane
from tusk.tui.widgets.connection_list import ConnectionList
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_pane import ResultPane

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.dom import DOMNode

_TERMINALS = (
    "Where several keys are named, the first ones may be kept by your terminal or desktop "
    "(Ctrl+Enter, Shift with function keys, F1, F10); the others pass through plain SSH and tmux. "
    "Alt with a letter is the same as Esc and then the letter. Your own keys go into the setting "
    "app.keymap, by the slanted names."
)
# Textual gives these to whatever scrolls; ours scroll by their cursor.
_SCROLLS = ("scroll_", "page_up", "page_down", "page_left", "page_right")
# They go on to the focused widget when there is nothing to cancel.
_PASSED_ON = {"escape", "ctrl+c"}
_TABS = (
    "A comment on a tab's first line is its title. Text is saved as you type and comes back, "
    "whatever ends tusk."
)


class HelpScreen(ModalScreen[None]):
    """Lists every action with its keys.

    Args:
        below: The screen that help was asked on.
        keymap: The user's own keys.
    """

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1", "dismiss(None)", "Back", id="help.leave", tooltip="Leave the help"),
    ]

    def __init__(self, below: Screen[object], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._below = below
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        with Vertical(classes="help"):
            yield Static("tusk: every key   (Esc leaves)", classes="dialog-title", markup=False)
            with VerticalScroll():
                for title, kind in self._sections():
                    actions = self._actions_of(kind)
                    if actions:
                        yield Static(title, classes="help-section", markup=False)
                        yield Static(_table(actions), markup=False)
                yield Static("Good to know", classes="help-section", markup=False)
                yield Static(_TABS, classes="help-text", markup=False)
                yield Static(_TERMINALS, classes="help-text", markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _actions_of(self, kind: type[DOMNode]) -> list[Action]:
        """What a class does by keys of its own: not what it inherits, nor what is hidden."""
        hidden: set[str] = set()
        if not issubclass(kind, (Screen, App)):
            hidden = {
                key
                for above in (QueryScreen, type(self.app))
                for action in actions_of(above, self._keymap)
                if action.id
                for key in action.keys
            } - _PASSED_ON
        return [
            replace(action, keys=keys)
            for action in actions_of(kind, self._keymap)
            if (keys := tuple(key for key in action.keys if key not in hidden))
            and (action.id or not action.call.startswith(_SCROLLS))
        ]

    def _sections(self) -> Iterator[tuple[str, type[DOMNode]]]:
        yield "Running, tabs and panes", QueryScreen
        sections: list[tuple[str, type[DOMNode]]] = [
            ("Editor", AssistedEditor),
            ("List of completions", CompletionPopup),
            ("Result grid", ResultGrid),
            ("Results", ResultPane),
            ("Connections", ConnectionList),
            ("Catalogue", CatalogPane),
            ("Tree", LazyTree),
            ("Object of the catalogue", ObjectScreen),
            ("Connection form", ConnectionForm),
            ("Changing rows", ChangesScreen),
            ("Plan", PlanScreen),
            ("Plans side by side", PlanCompareScreen),
            ("History", HistoryScreen),
            ("Saved queries", SavedScreen),
            ("Snippets", SnippetScreen),
            ("Everywhere", type(self.app)),
        ]
        focused = self._below.focused
        here = [type(node) for node in focused.ancestors_with_self] if focused else []
        # Where the focus is comes first, from the inside out.
        order = {kind: index for index, kind in enumerate(here)}
        yield from sorted(sections, key=lambda section: order.get(section[1], len(here)))


def _table(actions: list[Action]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=20, style="bold")
    table.add_column(width=18)
    table.add_column(ratio=1, style="dim")
    for action in actions:
        keys = Text("  ".join(key_text(key) for key in action.keys))
        name = f"  {action.id}" if action.id else ""
        about = Text(action.tooltip).append(name, "italic")
        table.add_row(keys, Text(action.description), about)
    return table
