"""The editor's snippets: found by typing, shown with what is to be filled in, written by Enter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tusk.core.errors import ConfigError, StorageError
from tusk.services.snippets import Snippet, load_snippets, make_snippets_file, snippets_path
from tusk.tui.editing.external import edit_file, give_terminal
from tusk.tui.editing.options import use_snippets
from tusk.tui.editing.snippets import preview
from tusk.tui.screens.list_screen import ListScreen
from tusk.tui.widgets.lazy_tree import LazyTree, Line
from tusk.tui.widgets.sql_view import SqlView
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from rich.text import Text

    from tusk.tui.editing.change import Range

_WIDE = 100
# As far as the names are in line.
_NAME_WIDTH = 10


class SnippetList(LazyTree["Snippet | ConfigError"]):
    """Snippets, and what is wrong with others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "Insert", id="snippets.choose",
            tooltip="Write the snippet at the cursor; Tab goes through what is to be filled in",
        ),
    ]  # fmt: skip


class SnippetView(SqlView):
    """Shows a snippet as it will be written, with what is to be filled in underlined."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"snippet-view--stop"}

    _stops: Sequence[Range] = ()

    def show_snippet(self, body: str) -> None:
        """Show another one, as it is written."""
        text, self._stops = preview(body)
        self.show(text)

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        start = sum(len(above) + 1 for above in self.document.lines[:line_index])
        style = text_style(self, "snippet-view--stop")
        for stop in self._stops:
            line.stylize(style, max(0, stop.start - start), max(0, stop.end - start))
        return line


class SnippetScreen(ListScreen["Snippet | None"]):
    """Lists every snippet, the user's own first; the chosen one, None for Escape."""

    CSS_PATH = ["list_screen.tcss", "snippets.tcss"]  # noqa: RUF012 - Textual's
    AUTO_FOCUS = "SnippetList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "Back", id="snippets.leave",
            tooltip="Leave the search, then the snippets",
        ),
        Binding(
            "slash", "search", "Search", id="snippets.search",
            tooltip="Find snippets with all these words in name, description or text",
        ),
        Binding(
            "f4,e", "edit", "Edit yours", id="snippets.edit",
            tooltip="Write your own in snippets.toml, with what VISUAL or EDITOR names",
        ),
        Binding(
            "c,y", "copy", "Copy", show=False, id="snippets.copy",
            tooltip="Copy the snippet as it is written in the file",
        ),
        Binding(
            "up", "move_cursor(-1)", "Up", show=False, id="snippets.up", tooltip="One line up",
        ),
        Binding(
            "down", "move_cursor(1)", "Down", show=False, id="snippets.down",
            tooltip="One line down",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        self._list = SnippetList()
        self._shown = SnippetView()
        super().__init__(self._list, self._shown, "/ search")
        self._snippets: Sequence[Snippet] = ()
        self._problems: Sequence[ConfigError] = ()

    def on_mount(self) -> None:
        self.watch(self._list, "cursor", self._show_snippet, init=False)
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the user's file again: what is in it now is what Tab writes from now on."""
        before = self._snippets
        found, self._problems = await asyncio.to_thread(load_snippets)
        use_snippets(self.app, found)
        self._snippets = sorted(found.values(), key=lambda each: not each.is_own)
        self._show_list_anew()
        if before:
            self._go_to_new(before)

    def _go_to_new(self, before: Sequence[Snippet]) -> None:
        """Go to the first snippet that was not there before, else to what is wrong."""
        for place, line in enumerate(self._list.lines):
            if line.data not in before:
                self._list.cursor = place
                return

    # ── showing ──────────────────────────────────────────────────────────────────────────

    def _show_list_anew(self) -> None:
        found = [each for each in self._snippets if _has_words(each, self.sought)]
        lines: list[Line[Snippet | ConfigError]] = [_line(each) for each in found]
        if not self.sought:
            lines += [_problem_line(each) for each in self._problems]
        self._list.replace(lines, lambda data: getattr(data, "trigger", data))
        self._show_heading(len(found))
        self._show_snippet()

    def _show_heading(self, count: int) -> None:
        total = len(self._snippets)
        parts = [f"Snippets · {f'{count:,} of ' if self.sought else ''}{total:,}"]
        if self._problems:
            parts.append(f"✗ {len(self._problems):,} cannot be read")
        self.show_title(" · ".join([*parts, f"yours in {snippets_path()}"]))

    @property
    def _chosen(self) -> Snippet | None:
        line = self._list.cursor_line
        return line.data if line is not None and isinstance(line.data, Snippet) else None

    def _show_snippet(self) -> None:
        line = self._list.cursor_line
        if line is None:
            self.show_empty("No snippet has all of these words.\nEsc shows all of them again.")
        elif isinstance(line.data, Snippet):
            self.show_detail(_facts(line.data), "")
            self._shown.show_snippet(line.data.body)
        else:
            self.show_detail("", "", f"✗ {line.data.message}\n{line.data.hint}")
            self._shown.show_snippet("")

    @on(Input.Changed, "#list-search")
    def _typed(self) -> None:
        self._show_list_anew()

    # ── acting ───────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#list-search")
    @on(LazyTree.Chosen)
    def _take(self) -> None:
        if self._chosen is not None:
            self.dismiss(self._chosen)

    def action_copy(self) -> None:
        if self._chosen is not None:
            self.app.copy_to_clipboard(self._chosen.body)
            self.notify(f"Copied {self._chosen.trigger}.", timeout=3)

    def action_edit(self) -> None:
        """Give the terminal to the user's editor, with the user's file."""
        try:
            file = make_snippets_file()
        except StorageError as exc:
            self.tell_error(exc)
            return
        give_terminal(self.app, partial(edit_file, file=file))
        self._load()


def _has_words(snippet: Snippet, sought: str) -> bool:
    text = f"{snippet.trigger} {snippet.description} {snippet.body}".casefold()
    return all(word in text for word in sought.casefold().split())


def _line(snippet: Snippet) -> Line[Snippet | ConfigError]:
    words = snippet.description or " ".join(snippet.body.split())
    return Line(snippet, f"{snippet.trigger:<{_NAME_WIDTH}} {words}", _origin(snippet))


def _problem_line(problem: ConfigError) -> Line[Snippet | ConfigError]:
    return Line(problem, problem.message, icon="✗")


def _origin(snippet: Snippet) -> str:
    return "yours" if snippet.is_own else "tusk's"


def _facts(snippet: Snippet) -> str:
    """How it is written, and what it is."""
    lines = [f"{snippet.trigger} and Tab write it · {_origin(snippet)}", snippet.description]
    return "\n".join(line for line in lines if line)
