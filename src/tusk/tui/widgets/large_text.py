"""`LargeTextArea`: a `TextArea` whose answer to a key does not depend on the size of the text.

Textual 8.2 joins and measures the whole text several times for each key, and counts all its lines
for each line on screen: 2.6 s a key in a script of 100,000 lines.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Size
from textual.widgets import TextArea

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from textual.document._document import EditResult
    from textual.document._edit import Edit

# Smaller texts are measured whole after each key, and wrapped anew in no time.
_FEW_LINES = 1_000
# Of line numbers, from so many lines on. A wider gutter has all lines wrapped anew, which takes
# 1.3 s for 100,000 of them: it has its width before that.
_DIGITS = 6
_GUTTER_MARGIN = 2  # Textual's


class _QuickWrappedDocument(WrappedDocument):
    @property
    def height(self) -> int:
        return len(self._offset_to_line_info)


class LargeTextArea(TextArea):
    """Joins its text once for each change, and measures only the lines that changed.

    A line that becomes shorter leaves the room to scroll sideways as it was.
    """

    _joined: str | None = None
    _widest = 0
    # Lines to measure; None for all of them.
    _touched: range | None = None
    _is_changing = False

    @property
    def text(self) -> str:
        if self._joined is None:
            self._joined = self.document.text
        return self._joined

    @text.setter
    def text(self, value: str) -> None:
        self.load_text(value)

    def _set_document(self, text: str, language: str | None) -> None:
        self._joined = self._touched = None
        super()._set_document(text, language)
        self._joined = None
        self.wrapped_document = _QuickWrappedDocument(
            self.document, self.wrap_width, tab_width=self.indent_width
        )
        self.navigator = DocumentNavigator(self.wrapped_document)

    @property
    def gutter_width(self) -> int:
        width = super().gutter_width
        is_long = self.document.line_count > _FEW_LINES
        return max(width, _DIGITS + _GUTTER_MARGIN) if width and is_long else width

    def edit(self, edit: Edit) -> EditResult:
        self._joined = None
        top = min(edit.from_location, edit.to_location)[0]
        self._touched = range(top, top + edit.text.count("\n") + 1)
        try:
            return super().edit(edit)
        finally:
            self._joined = self._touched = None

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        with self._changing_much():
            super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        with self._changing_much():
            super()._redo_batch(edits)

    @contextlib.contextmanager
    def _changing_much(self) -> Generator[None]:
        """Measure only after several edits: Textual does so before it has moved the cursor.

        When a scrollbar then goes, it looks for the cursor in a line that is no more.
        """
        self._joined = None
        self._is_changing = True
        try:
            yield
        finally:
            self._is_changing = False
            self._joined = None
        self._refresh_size()
        self.scroll_cursor_visible()

    def _refresh_size(self) -> None:
        if self._is_changing:
            return
        if self.soft_wrap:
            super()._refresh_size()
            return
        lines = self.document.lines
        if self._touched is None or len(lines) <= _FEW_LINES:
            self._widest = self._measure(lines)
        else:
            touched = lines[self._touched.start : self._touched.stop]
            self._widest = max(self._widest, self._measure(touched))
        # One more for the cursor behind the last character.
        self.virtual_size = Size(self._widest + self.gutter_width + 1, len(lines))
        self._refresh_scrollbars()

    def _measure(self, lines: Sequence[str]) -> int:
        return max((cell_len(line.expandtabs(self.indent_width)) for line in lines), default=0)
