"""Choose a theme while the app below shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import clip
from tusk.tui.themes import THEMES

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.theme import Theme

_WORDS = {
    "tusk-contrast-dark": "dark, high contrast",
    "tusk-contrast-light": "light, high contrast",
    "tusk-16": "the terminal's own",
}


class ThemeScreen(ModalScreen[bool]):
    """Takes each theme the cursor is on; True when one was chosen, Escape goes back to the old."""

    CSS_PATH = ["dialogs.tcss", "themes.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q", "leave", "Back", id="themes.leave", tooltip="Keep the theme from before"
        ),
    ]

    def compose(self) -> ComposeResult:
        self._before = self.app.theme
        self._themes = _ordered(list(self.app.available_themes.values()))
        with Vertical(classes="dialog themes"):
            yield Static("Themes", classes="dialog-title", markup=False)
            yield OptionList(
                *(Option(_label(theme)) for theme in self._themes), markup=False, compact=True
            )
            yield Static("Enter takes it, Esc goes back", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        names = [theme.name for theme in self._themes]
        options.highlighted = names.index(self._before) if self._before in names else 0
        options.focus()

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        self.app.theme = self._themes[event.option_index].name

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.app.theme = self._themes[event.option_index].name
        self.dismiss(True)

    def action_leave(self) -> None:
        self.app.theme = self._before
        self.dismiss(False)


def _ordered(themes: list[Theme]) -> list[Theme]:
    """Tusk's first, in their order; then by name."""
    ours = [theme.name for theme in THEMES]
    return sorted(
        themes,
        key=lambda each: (ours.index(each.name) if each.name in ours else len(ours), each.name),
    )


def _label(theme: Theme) -> str:
    words = _WORDS.get(theme.name) or ("dark" if theme.dark else "light")
    return f"{clip(theme.name, 24):<21} {words}"
