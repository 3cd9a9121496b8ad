"""`SqlView`: SQL to look at, in the editor's colours, whole and never run from."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.widgets.text_area import TextAreaTheme

from tusk.core.text import safe
from tusk.tui.widgets.large_text import LargeTextArea
from tusk.tui.widgets.sql_highlight import HIGHLIGHTS, load_highlighter
from tusk.tui.widgets.text_style import text_style

# A parse tree of more than that keeps a key waiting.
_COLOURED_CHARACTERS = 50_000
_COLOURED_LINE = 5_000


class SqlView(LargeTextArea):
    """Shows a statement; keys scroll it when it has the focus."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"sql-view--{name}" for name in HIGHLIGHTS}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+home", "scroll_home", "Text start", show=False, id="view.start",
            tooltip="Go to the first line",
        ),
        Binding(
            "ctrl+end", "scroll_end", "Text end", show=False, id="view.end",
            tooltip="Go to the last line",
        ),
    ]  # fmt: skip
    DEFAULT_CSS = """
    SqlView {
        border: none;
        padding: 0 1;
        background: $surface;
        scrollbar-size-vertical: 1;

        &:focus { border: none; }
        & > .sql-view--keyword { color: $text-primary; text-style: bold; }
        & > .sql-view--type { color: $text-secondary; }
        & > .sql-view--constant { color: $text-secondary; text-style: italic; }
        & > .sql-view--function { color: $text-accent; }
        & > .sql-view--relation { color: $foreground; text-style: bold; }
        & > .sql-view--string { color: $text-success; }
        & > .sql-view--number { color: $text-warning; }
        & > .sql-view--parameter { color: $text-accent; text-style: italic; }
        & > .sql-view--comment { color: $text-muted; text-style: italic; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(
            id=id, soft_wrap=True, read_only=True, show_cursor=False, compact=True,
            highlight_cursor_line=False,
        )  # fmt: skip
        self._highlighter = load_highlighter()
        if self._highlighter is not None:
            self.register_language("tusk-sql", self._highlighter.language, self._highlighter.query)

    def on_mount(self) -> None:
        self._use_app_theme()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._use_app_theme())

    def _use_app_theme(self) -> None:
        styles = {name: text_style(self, f"sql-view--{name}") for name in HIGHLIGHTS}
        theme = TextAreaTheme("tusk-view", cursor_line_style=Style(), syntax_styles=styles)
        self.register_theme(theme)
        self.theme = "tusk-view"

    def show(self, sql: str) -> None:
        """Show another text, from its beginning."""
        shown = safe(sql, keep_lines=True, keep_length=True)
        is_small = len(shown) <= _COLOURED_CHARACTERS and (
            max(map(len, shown.split("\n"))) <= _COLOURED_LINE
        )
        self.language = "tusk-sql" if is_small and self._highlighter is not None else None
        self.load_text(shown)
        self.scroll_home(animate=False)
