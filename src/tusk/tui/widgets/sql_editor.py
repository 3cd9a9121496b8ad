"""The SQL editor: Textual's `TextArea` with our highlighting, safe display and error marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets.text_area import Document, Location, Selection, TextAreaTheme

from tusk.core.dialect import DUCKDB
from tusk.core.statement import Statement, split, statement_at
from tusk.core.text import safe
from tusk.tui.widgets.editing_area import EditingArea
from tusk.tui.widgets.sql_highlight import HIGHLIGHTS, load_highlighter
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from tusk.core.dialect import Dialect

# TextArea looks at the whole text after each key: 40 ms at this size, and growing with it.
HIGHLIGHT_LIMIT = 50_000
# And it colours the line with the caret whole for each key: 0.6 s for 27,000 characters.
HIGHLIGHT_LINE_LIMIT = 2_000
_INDENT = re.compile(r"[ \t]*")
_MARKED = re.compile(r"\w+|\S|\s?")
_COMMENT = "-- "


@dataclass(frozen=True, slots=True)
class Script:
    """Statements taken from the editor.

    Args:
        statements: In order; their offsets count from `start`.
        start: Offset of the text they were split from.
        what: What was taken, in words for messages.
    """

    statements: tuple[Statement, ...]
    start: int
    what: str


class SqlEditor(EditingArea):
    """Edits SQL. Text is kept exactly as typed; only its display is made safe.

    Args:
        text: What it begins with.
        dialect: Whose lexical rules apply when it looks for a statement by itself.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"sql-editor--{name}" for name in HIGHLIGHTS),
        "sql-editor--error",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+home",
            "document_start",
            "Text start",
            show=False,
            id="editor.document_start",
            tooltip="Go to the first line",
        ),
        Binding(
            "ctrl+end",
            "document_end",
            "Text end",
            show=False,
            id="editor.document_end",
            tooltip="Go behind the last character",
        ),
        Binding(
            "ctrl+underscore,alt+c",
            "toggle_comment",
            "Comment lines",
            show=False,
            id="editor.toggle_comment",
            tooltip="Turn the line, or the selected lines, into comments and back",
        ),
        Binding(
            "alt+s",
            "select_statement",
            "Select statement",
            show=False,
            id="editor.select_statement",
            tooltip="Select the statement at the cursor: what Run would send",
        ),
        Binding(
            "ctrl+a",
            "select_all",
            "Select all",
            show=False,
            id="editor.select_all",
            tooltip="Select the whole text",
        ),
        Binding(
            "alt+i",
            "select_line",
            "Select line",
            show=False,
            id="editor.select_line",
            tooltip="Select the line with the cursor",
        ),
        Binding(
            "alt+w",
            "toggle_wrap",
            "Wrap lines",
            show=False,
            id="editor.toggle_wrap",
            tooltip="Wrap long lines, or let them run out of sight",
        ),
    ]

    def __init__(
        self,
        text: str = "",
        *,
        dialect: Callable[[], Dialect] = lambda: DUCKDB,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(
            text,
            id=id,
            placeholder="Write SQL here. F5 runs the statement at the cursor.",
        )
        # TextArea selects with them: they are the app's, whether or not it has a use for them.
        for key in ("f6", "f7"):
            self._bindings.key_to_bindings.pop(key, None)
        self._dialect = dialect
        self._error: tuple[Location, Location] | None = None
        self._highlighter = load_highlighter()
        if self._highlighter is not None:
            self.register_language("tusk-sql", self._highlighter.language, self._highlighter.query)

    def on_mount(self) -> None:
        self._choose_language()
        self._use_app_theme()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._use_app_theme())

    def _choose_language(self) -> None:
        is_small = len(self.text) <= HIGHLIGHT_LIMIT and (
            max(map(len, self.document.lines)) <= HIGHLIGHT_LINE_LIMIT
        )
        wanted = "tusk-sql" if self._highlighter is not None and is_small else None
        if self.language != wanted:
            caret, scroll = self.selection, self.scroll_offset
            self.language = wanted
            self.selection = caret
            self.scroll_to(scroll.x, scroll.y, animate=False)

    def _use_app_theme(self) -> None:
        styles = {name: text_style(self, f"sql-editor--{name}") for name in HIGHLIGHTS}
        # Only a background: with a colour it would hide the mark of an error.
        line = Style(bgcolor=self.get_component_rich_style("text-area--cursor-line").bgcolor)
        self.register_theme(TextAreaTheme("tusk", cursor_line_style=line, syntax_styles=styles))
        self.theme = "tusk"

    @property
    def _text(self) -> Document:
        return cast("Document", self.document)

    @property
    def is_plain(self) -> bool:
        """Whether the text is too large for colours."""
        return self._highlighter is not None and self.language is None

    # ── what to run ──────────────────────────────────────────────────────────────────────

    @property
    def caret(self) -> int:
        """Offset of the caret in the text, in code points."""
        return self._text.get_index_from_location(self.clamp_visitable(self.cursor_location))

    def place_caret(self, offset: int) -> None:
        """Move the caret to an offset and into sight."""
        offset = max(0, min(offset, len(self.text)))
        self.move_cursor(self._text.get_location_from_index(offset), center=True)

    def script_at_caret(self, dialect: Dialect) -> Script:
        """The selection, if there is one, else the statement at the caret."""
        if not self.selection.is_empty:
            start = self._text.get_index_from_location(min(self.selection))
            return Script(tuple(split(self.selected_text, dialect)), start, "selection")
        found = statement_at(self.text, self.caret, dialect)
        return Script((found,) if found else (), 0, "tab")

    def script_of_all(self, dialect: Dialect) -> Script:
        """Every statement of the text."""
        return Script(tuple(split(self.text, dialect)), 0, "tab")

    # ── the error mark ───────────────────────────────────────────────────────────────────

    def mark_error(self, offset: int) -> Location:
        """Mark the word at an offset, put the caret there and return its place."""
        offset = max(0, min(offset, len(self.text)))
        found = _MARKED.match(self.text, offset)
        return self._mark(offset, max(offset, found.end()) if found else offset)

    def mark_line(self, offset: int) -> Location:
        """Mark the rest of the line at an offset, put the caret there and return its place."""
        row, column = self._text.get_location_from_index(max(0, min(offset, len(self.text))))
        rest = self.document.get_line(row)[column:]
        return self._mark(offset, offset + len(rest.rstrip()))

    def _mark(self, start: int, end: int) -> Location:
        locate = self._text.get_location_from_index
        self._error = (locate(start), locate(end))
        self.move_cursor(self._error[0], center=True)
        # The only public way to drop TextArea's rendered lines.
        self.notify_style_update()
        self.refresh()
        return self._error[0]

    def clear_error(self) -> None:
        """Take the mark away."""
        if self._error is not None:
            self._error = None
            self.notify_style_update()
            self.refresh()

    @property
    def error_location(self) -> Location | None:
        """Row and column of the marked error, from 0."""
        return self._error[0] if self._error else None

    def on_text_area_changed(self) -> None:
        self.clear_error()
        self._choose_language()

    # ── display ──────────────────────────────────────────────────────────────────────────

    def get_line(self, line_index: int) -> Text:
        shown = safe(self.document.get_line(line_index), keep_lines=True, keep_length=True)
        line = Text(shown, end="", no_wrap=True)
        if self._error is not None:
            (first, start), (last, end) = self._error
            if first <= line_index <= last:
                mark_start = start if line_index == first else 0
                mark_end = max(end, mark_start + 1) if line_index == last else len(line)
                if mark_start >= len(line):
                    line.append(" ")
                if (line_index, mark_start) == self.cursor_location and mark_end > mark_start + 1:
                    mark_start += 1  # reversed twice, the caret would be invisible
                line.stylize(self._error_style, mark_start, mark_end)
        self.draw_over(line, line_index)
        return line

    @property
    def _error_style(self) -> Style:
        return text_style(self, "sql-editor--error")

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    async def _on_key(self, event: events.Key) -> None:
        """Leave Escape and Alt chords to bindings; `TextArea` would take them as input.

        Textual calls this before the base class's handler of the same name.
        """
        if self.take_key(event):
            return
        if event.key == "escape" or event.key.startswith("alt+"):
            event.prevent_default()
        elif event.key == "enter":
            event.prevent_default()
            event.stop()
            self._insert_line_break()

    def _insert_line_break(self) -> None:
        if self.has_many_carets:
            self.break_lines()
            return
        row, column = min(self.selection)
        indent = _INDENT.match(self.document.get_line(row)[:column])
        self.replace(
            "\n" + (indent.group() if indent else ""),
            *self.selection,
            maintain_selection_offset=False,
        )
        self.scroll_cursor_visible()

    def action_document_start(self) -> None:
        self.move_cursor(self.document.start)

    def action_document_end(self) -> None:
        self.move_cursor(self.document.end)

    def action_toggle_comment(self) -> None:
        first, last = min(self.selection)[0], max(self.selection)[0]
        if last > first and max(self.selection)[1] == 0:
            last -= 1
        lines = [self.document.get_line(row) for row in range(first, last + 1)]
        is_comment = all(line.lstrip().startswith("--") for line in lines if line.strip())
        changed = [_uncomment(line) if is_comment else _COMMENT + line for line in lines]
        caret = self.selection
        self.replace("\n".join(changed), (first, 0), (last, len(lines[-1])))
        shift = len(changed[-1]) - len(lines[-1])
        self.selection = Selection(caret.start, (caret.end[0], max(0, caret.end[1] + shift)))

    def action_select_statement(self) -> None:
        found = statement_at(self.text, self.caret, self._dialect())
        if found is not None:
            locate = self._text.get_location_from_index
            self.selection = Selection(locate(found.start), locate(found.end))

    def action_toggle_wrap(self) -> None:
        self.soft_wrap = not self.soft_wrap


def _uncomment(line: str) -> str:
    head, _, rest = line.partition("--")
    return head + rest.removeprefix(" ")
