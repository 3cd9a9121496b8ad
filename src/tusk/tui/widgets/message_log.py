"""Messages of a run: what was done, notices, errors. Bounded, and safe whatever the text is."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import RichLog

from tusk.core.errors import ConnectionLost, QueryError, TuskError
from tusk.core.text import safe
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual import events

    from tusk.core.events import Notice

# A server can send notices faster than anyone reads them.
KEPT_ENTRIES = 500
TEXT_LIMIT = 4_000
_KEPT_LINES = 5_000


class Level(enum.Enum):
    """What kind of message it is: its sign tells it without colour, its name is its class."""

    INFO = "·"
    DONE = "✓"
    NOTICE = "i"
    WARNING = "!"
    ERROR = "✗"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message.

    Args:
        level: What kind.
        text: Its first line or lines.
        fields: Label and text of further lines, such as DETAIL and HINT.
    """

    level: Level
    text: str
    fields: tuple[tuple[str, str], ...] = ()


def notice_entry(notice: Notice) -> Entry:
    """A server's notice as a message."""
    is_warning = notice.severity.upper() in {"WARNING", "ERROR", "FATAL", "PANIC"}
    fields = (("detail", notice.detail), ("hint", notice.hint))
    return Entry(
        Level.WARNING if is_warning else Level.NOTICE,
        f"{notice.severity}: {notice.message}",
        tuple(field for field in fields if field[1]),
    )


def error_entry(error: TuskError, *, place: str = "", statement: str = "") -> Entry:
    """An error as a message.

    Args:
        error: What happened.
        place: Where in the editor, in words; empty when that is not known.
        statement: The statement that failed, where the place alone does not tell it.
    """
    fields = [("statement", statement), ("at", place)]
    if isinstance(error, QueryError):
        fields += [
            ("SQLSTATE", error.sqlstate),
            ("detail", error.detail),
            ("hint", error.hint),
            ("context", error.context),
        ]
    else:
        fields += [("SQLSTATE", getattr(error, "sqlstate", "")), ("hint", error.hint)]
    if isinstance(error, ConnectionLost):
        fields.append(("note", _lost_words(error)))
    return Entry(Level.ERROR, error.message, tuple(f for f in fields if f[1]))


def _lost_words(error: ConnectionLost) -> str:
    lost = "The open transaction is lost with the connection. " if error.transaction_lost else ""
    return f"{lost}Nothing is run again by itself. F6 opens the connection again."


class MessageLog(RichLog):
    """Shows the last messages, wrapped to its width."""

    COMPONENT_CLASSES = {  # noqa: RUF012 - as Textual declares it
        "message-log--label",
        *(f"message-log--{level.name.lower()}" for level in Level),
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(
            id=id, wrap=True, markup=False, highlight=False, min_width=10, max_lines=_KEPT_LINES
        )
        self._entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self._width = 0
        self._room = 0

    @property
    def entries(self) -> list[Entry]:
        """The messages that are kept, oldest first."""
        return list(self._entries)

    def add(self, *entries: Entry) -> None:
        """Show messages at the end."""
        self._entries.extend(entries)
        self._show(entries)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._rewrite())

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            self._room = self.scrollable_content_region.width
            self._rewrite()

    def _rewrite(self) -> None:
        """Write everything anew, for another width or theme."""
        self.clear()
        self._show(self._entries)

    def _show(self, entries: Collection[Entry]) -> None:
        """Write entries at once: each call of `write` costs a layout. Later if not in sight."""
        if self._width and entries:
            lines = Text("\n").join(self._text_of(entry) for entry in entries)
            # Behind a result it has no size; it will have the one from before.
            width = max(self.min_width, self.scrollable_content_region.width or self._room)
            self.write(lines, width=width, scroll_end=True)

    def _text_of(self, entry: Entry) -> Text:
        level = text_style(self, f"message-log--{entry.level.name.lower()}")
        label = text_style(self, "message-log--label")
        text = Text().append(f"{entry.level.value} {_shown(entry.text, 2)}", level)
        for name, value in entry.fields:
            text.append(f"\n  {name}: ", label).append(_shown(value, 4))
        return text


def _shown(text: str, indent: int) -> str:
    """A text of one or more lines, of which all but the first are indented."""
    shown = safe(text[:TEXT_LIMIT], keep_lines=True).replace("\n", "\n" + " " * indent)
    return shown + " …" if len(text) > TEXT_LIMIT else shown
