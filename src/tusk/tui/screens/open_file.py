"""Asks for a file to open: a path that completes, and below it what it may become."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import clip_start, safe
from tusk.services.background import call_apart
from tusk.services.sql_files import SUFFIX, existing
from tusk.tui.defects import as_tusk_error
from tusk.tui.path_completion import list_paths, shown_path
from tusk.tui.widgets.path_input import PathInput

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

_RECENT = "Opened lately. ↓ chooses; Tab completes a path."
_FOUND = "↓ chooses; Tab completes."
_NOTHING = "Nothing begins like that."
_WIDTH = 66


class OpenFileScreen(ModalScreen[bool]):
    """A path; True when it was given and opened, False for Escape.

    Args:
        act: Opens a path as it was typed; an error keeps the question open.
        recent: Files that were open before, the last one first.
        text: What the path begins with.
    """

    CSS_PATH = ["dialogs.tcss", "open_file.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Back", id="dialog.cancel", tooltip="Open nothing"),
        Binding(
            "up", "move(-1)", "Up", show=False, id="dialog.up", tooltip="One line up",
            priority=True,
        ),
        Binding(
            "down", "move(1)", "Down", show=False, id="dialog.down", tooltip="One line down",
            priority=True,
        ),
    ]  # fmt: skip

    def __init__(
        self,
        act: Callable[[str], Awaitable[object]],
        recent: Sequence[Path] = (),
        text: str = "",
    ) -> None:
        super().__init__()
        self._act = act
        self._recent = recent
        self._text = text
        self._shown: list[str] = []
        self._is_acting = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog open-file"):
            yield Static("Open a file", classes="dialog-title", markup=False)
            yield PathInput(
                self._text, "a path; Tab completes it", compact=True, select_on_focus=False
            )
            yield Static("", id="open-note", markup=False)
            yield OptionList(markup=False, compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Enter Open", id="open", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._list.can_focus = False
        self._field.cursor_position = len(self._text)
        self._field.focus()
        self._look()

    @property
    def _field(self) -> PathInput:
        return self.query_one(PathInput)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    # ── what the path may become ─────────────────────────────────────────────────────────

    @on(Input.Changed)
    def _typed(self) -> None:
        self._look()

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        event.stop()  # the list shows the names anyway

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """List what was open before, or once a path is typed, what it may become."""
        text = self._field.value
        if text == self._text and self._recent:
            recent = await call_apart(partial(existing, self._recent))
            if recent:
                self._show([shown_path(path) for path in recent], _RECENT)
                return
        found = await call_apart(partial(list_paths, text.lstrip(), SUFFIX))
        self._show(found, _FOUND if found else _NOTHING)

    def _show(self, paths: list[str], note: str) -> None:
        self._shown = paths
        self._list.clear_options()
        # The end of a path tells more than its beginning.
        self._list.add_options([Option(clip_start(safe(path), _WIDTH)) for path in paths])
        self._list.highlighted = None
        self._say(note)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        note = self.query_one("#open-note", Static)
        note.set_class(is_error, "-error")
        note.update(Content(safe(text, keep_lines=True)))

    def action_move(self, step: int) -> None:
        if self._shown:
            at = self._list.highlighted
            start = -1 if step > 0 else 0
            self._list.highlighted = ((start if at is None else at) + step) % len(self._shown)

    # ── answering ────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted)
    @on(Button.Pressed, "#open")
    def _submitted(self) -> None:
        at = self._list.highlighted
        self._take(self._field.value.strip() if at is None else self._shown[at])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(self._shown[event.option_index])

    def _take(self, text: str) -> None:
        if text.endswith("/"):
            self._field.value = text
            self._field.cursor_position = len(text)
        elif not self._is_acting:  # Enter twice does it once
            self._open(text)

    @work(group="act")
    async def _open(self, text: str) -> None:
        self._is_acting = True
        try:
            await self._act(text)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            error = as_tusk_error(exc)
            self._say("\n".join(filter(None, [f"✗ {error.message}", error.hint])), is_error=True)
        else:
            self.dismiss(True)
        finally:
            self._is_acting = False

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(False)
