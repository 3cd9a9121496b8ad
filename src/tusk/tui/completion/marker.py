"""Keeps the marks of one editor: looks for mistakes when somebody pauses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from tusk.services.sql_check import Checker
from tusk.tui.completion.marks import Mark, marks_of, moved, note_of, visible

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.worker import WorkType

    from tusk.core.dialect import Dialect
    from tusk.services.sql_check import Problem
    from tusk.tui.completion.editor import AssistedEditor
    from tusk.tui.completion.knowledge import Knowledge

_log = logging.getLogger(__name__)

CHECK_AFTER_S = 0.4
# Splitting a longer text takes a thread a third of a second and more, at every pause: it has no
# marks, as it has no colours.
MOST_CHECKED = 200_000


class Marker:
    """Finds the marks of an editor's text, and those of them that are in sight.

    Args:
        editor: Whose text.
        knowledge: What is known of its connection; None while that is closed.
        dialect: Of its text.
        changed: Called when other marks are in sight than before.
    """

    def __init__(
        self,
        editor: AssistedEditor,
        knowledge: Callable[[], Knowledge | None],
        dialect: Callable[[], Dialect],
        changed: Callable[[], None],
    ) -> None:
        self._editor = editor
        self._knowledge = knowledge
        self._dialect = dialect
        self._changed = changed
        self._marks: list[Mark] = []
        self._timer: Timer | None = None
        self._asked: tuple[object, ...] = ()
        self.in_sight: tuple[Mark, ...] = ()
        """The marks that are shown."""

    @property
    def note(self) -> str:
        """What to say of the marks in sight."""
        return note_of(self.in_sight, self._editor.cursor_location)

    def text_changed(self) -> None:
        """Look for mistakes when nothing has changed for a moment."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._editor.set_timer(CHECK_AFTER_S, self.check)

    def lines_changed(self, first: int, last: int, by: int) -> None:
        """Let marks go with their lines; see `marks.moved`."""
        if self._marks:
            self._become(moved(self._marks, first, last, by))

    def drop(self) -> None:
        """Have no marks, until the next look."""
        self._become([])

    def knowledge_changed(self) -> None:
        """Look again, if what looks for mistakes is something else than it was."""
        if self._asked != self._whom():
            self.check()

    def _whom(self) -> tuple[object, ...]:
        """What looks for mistakes now."""
        knowledge = self._knowledge()
        return (self._dialect(), None if knowledge is None else knowledge.checker)

    def check(self) -> None:
        """Look for mistakes in the background."""
        self._asked = self._whom()
        work: WorkType[None] = self._check
        self._editor.run_worker(work, group="marks", exclusive=True, exit_on_error=False)

    async def _check(self) -> None:
        editor = self._editor
        text, knowledge = editor.flat_text, self._knowledge()
        if len(text) > MOST_CHECKED:
            self.drop()
            return
        try:
            problems = await self._problems(text, knowledge)
        except Exception:  # noqa: BLE001 - the boundary of the worker
            _log.exception("looking for mistakes failed")
            return
        if editor.flat_text == text:
            self._become(marks_of(problems, text, editor.places))

    async def _problems(self, text: str, knowledge: Knowledge | None) -> list[Problem]:
        if knowledge is None:
            return await asyncio.to_thread(Checker(self._dialect()).check, text)
        return await knowledge.check(text)

    def _become(self, marks: list[Mark]) -> None:
        self._marks = marks
        self.show()

    def show(self) -> None:
        """Choose the marks to show, after the caret or the error of a run has moved."""
        if not self._marks and not self.in_sight:
            return
        shown = visible(self._marks, self._editor.cursor_location, self._editor.error_range)
        if shown != self.in_sight:
            self.in_sight = shown
            self._changed()
