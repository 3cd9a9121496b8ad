"""Undo by steps: edits with several carets, and a history bounded by what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.document._history import EditHistory
from textual.widgets.text_area import Selection

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from tusk.tui.editing.places import Place

Run: TypeAlias = Literal["", "typed", "deleted"]

Selections: TypeAlias = tuple[Selection, ...]
"""Carets as `TextArea` has them, the main one first."""

MOST_STEPS = 1_000
# Replacing everywhere in a large text keeps what it was, for each time it is done.
MOST_CHARACTERS = 64_000_000
# A run of typing is one step up to this many keys.
_RUN = 100


class StepEdit(Edit):
    """An edit that knows where all carets were, and where they go.

    Args:
        text: The new text.
        top: Where it begins.
        bottom: The end of what it replaces.
        before: The carets now.
        after: Finds the carets when the text has changed.
        show: Told which carets there are, once the text is shown.
        run: What it goes on with as one step: `typed` or `deleted`; empty for nothing.
    """

    def __init__(
        self,
        text: str,
        top: Place,
        bottom: Place,
        *,
        before: Selections,
        after: Callable[[], Selections],
        show: Callable[[Selections], None],
        run: Run = "",
    ) -> None:
        super().__init__(text, top, bottom, maintain_selection_offset=False)
        self.run = run
        self._before = before
        self._find_after = after
        self._after: Selections | None = None
        self._show = show
        self._shown = before

    def take_as_done(self, end: Place, replaced: str) -> None:
        """Note that the text has been changed by other edits already.

        Args:
            end: The end of the new text.
            replaced: What was there before.
        """
        self._after = self._shown = self._find_after()
        self._original_selection = self._before[0]
        self._updated_selection = self._after[0]
        self._edit_result = EditResult(end, replaced)

    def do(self, text_area: TextArea, record_selection: bool = True) -> EditResult:
        result = super().do(text_area, record_selection)
        if self._after is None:
            self._after = self._find_after()
        self._shown = self._after
        self._updated_selection = self._after[0]
        return result

    def undo(self, text_area: TextArea) -> EditResult:
        result = super().undo(text_area)
        self._shown = self._before
        self._updated_selection = self._before[0]
        return result

    def after(self, text_area: TextArea) -> None:
        super().after(text_area)
        self._show(self._shown)


class StepHistory(EditHistory):
    """Textual's history with runs of typing at several carets, and with a bound for its size."""

    def __init__(self) -> None:
        super().__init__(
            max_checkpoints=MOST_STEPS, checkpoint_timer=2.0, checkpoint_max_characters=_RUN
        )
        # At least what it holds; counted anew when it seems too much.
        self._characters = 0

    def record(self, edit: Edit) -> None:
        self._characters += _size(edit)
        if self._continues(edit):
            self._undo_stack[-1].append(edit)
            self._redo_stack.clear()
        else:
            super().record(edit)
            if isinstance(edit, StepEdit) and edit.run:
                self._force_end_batch = False
        self._forget_oldest()

    def _continues(self, edit: Edit) -> bool:
        if not isinstance(edit, StepEdit) or not edit.run or self._force_end_batch:
            return False
        last = self._undo_stack[-1] if self._undo_stack else []
        return 0 < len(last) < _RUN and all(
            isinstance(other, StepEdit) and other.run == edit.run for other in last
        )

    def _forget_oldest(self) -> None:
        if self._characters <= MOST_CHARACTERS:
            return
        self._characters = sum(_size(edit) for batch in self._undo_stack for edit in batch)
        while self._characters > MOST_CHARACTERS and len(self._undo_stack) > 1:
            self._characters -= sum(map(_size, self._undo_stack.popleft()))

    # ── one step of many ─────────────────────────────────────────────────────────────────

    def mark(self) -> list[Edit] | None:
        """The last step so far; what follows begins a new one."""
        self.checkpoint()
        return self._undo_stack[-1] if self._undo_stack else None

    def put_together(self, since: list[Edit] | None, whole: Edit | None) -> None:
        """Make one step of all since a mark.

        Args:
            since: The mark.
            whole: The edit that does what all of them did, done already; None for nothing.
        """
        if since is not None and not any(step is since for step in self._undo_stack):
            return  # it was undone, or forgotten
        while self._undo_stack and self._undo_stack[-1] is not since:
            self._undo_stack.pop()
        if whole is not None:
            self._undo_stack.append([whole])
        self.checkpoint()


def _size(edit: Edit) -> int:
    # Textual has no public name for what an edit replaced.
    result = edit._edit_result  # pyright: ignore[reportPrivateUsage]
    return len(edit.text) + (len(result.replaced_text) if result is not None else 0)
