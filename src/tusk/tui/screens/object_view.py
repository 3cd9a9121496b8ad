"""One object of the catalogue: all about it, the statements that make it, its foreign keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tusk.core.text import safe
from tusk.services.catalog import Database, Relation, Schema, ddl_of, details_of, read_foreign_keys
from tusk.services.catalog.aside import Aside
from tusk.services.connections import open_catalog
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.sql_view import SqlView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets.text_area import Location

    from tusk.services.catalog import CatalogObject, CatalogReader, ForeignKeys
    from tusk.services.connections import Session
    from tusk.tui.connection_book import Entry

Look = Literal["details", "ddl", "keys"]
_TITLES: dict[Look, str] = {"details": "details", "ddl": "DDL", "keys": "foreign keys"}
_DEEPEST = 9


@dataclass(frozen=True, slots=True)
class Script:
    """A text that shall become an editor tab."""

    title: str
    text: str


class ObjectScreen(ModalScreen[Script | None]):
    """Shows an object as text, which can be searched, copied and opened in a tab.

    Args:
        entry: Of which connection; it is read in a session of its own.
        object_: What to show.
        title: Its name and kind.
        look: What to show first.
    """

    CSS_PATH = "object_view.tcss"
    AUTO_FOCUS = "#object-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back", id="object.leave", tooltip="Back to the catalogue"),
        Binding(
            "i", "look('details')", "Details", id="object.details",
            tooltip="Everything the engine tells about it",
        ),
        Binding(
            "d", "look('ddl')", "DDL", id="object.ddl", tooltip="The statements that make it again",
        ),
        Binding(
            "f", "look('keys')", "Keys", id="object.keys",
            tooltip="The foreign keys around the table, as a diagram",
        ),
        Binding(
            "a", "whole", "All of it", id="object.whole",
            tooltip="DDL of the schema or database alone, or of everything in it",
        ),
        Binding(
            ">", "deeper(1)", "Farther", id="object.deeper",
            tooltip="Follow the foreign keys one table farther",
        ),
        Binding(
            "<", "deeper(-1)", "Nearer", id="object.nearer",
            tooltip="Follow the foreign keys one table less",
        ),
        Binding("y,c", "copy", "Copy", id="object.copy", tooltip="Copy the text, or what is marked"),
        Binding("o", "open", "Open in tab", id="object.open", tooltip="Open the text in a new tab"),
        Binding("slash", "search", "Search", id="object.search", tooltip="Find a word in the text"),
        Binding(
            "n", "next(1)", "Next", show=False, id="object.next", tooltip="Go to the next match",
        ),
        Binding(
            "N", "next(-1)", "Previous", show=False, id="object.previous",
            tooltip="Go to the match before",
        ),
        Binding(
            "w", "wrap", "Wrap", show=False, id="object.wrap",
            tooltip="Wrap long lines, or let them run out of sight",
        ),
        Binding("r", "reload", "Reload", show=False, id="object.reload", tooltip="Read it again"),
    ]  # fmt: skip

    def __init__(
        self,
        entry: Entry,
        object_: CatalogObject,
        title: str,
        look: Look = "details",
    ) -> None:
        super().__init__()
        self._entry = entry
        self._object = object_
        self._about = title
        self._look: Look = look
        self._is_whole = isinstance(object_, Schema)
        self._depth = 1
        self._texts: dict[Look, str] = {}
        self._keys: ForeignKeys | None = None
        self._sought = ""
        self._view = SqlView(id="object-text")
        self._heading = Static("", id="object-title", markup=False)
        self._search_field = Input(placeholder="find", id="object-search", compact=True)
        self._message = Static("", id="object-message", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="object-frame"):
            yield self._heading
            yield self._view
            yield self._message
            yield self._search_field
            yield KeyFooter()

    def on_mount(self) -> None:
        self._view.soft_wrap = False
        self._view.show_cursor = True
        self._view.cursor_blink = False
        self._search_field.display = False
        self._tell("")
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "look" if parameters == ("keys",):
                return isinstance(self._object, Relation)
            case "whole":
                return self._has_whole and self._look == "ddl"
            case "deeper":
                return self._look == "keys"
            case _:
                return True

    @property
    def _has_whole(self) -> bool:
        """Whether there is DDL of the object alone, and of what is in it."""
        match self._object:
            case Schema():
                return True
            case Database(is_open=is_open, oid=number):
                # Those without a number have no statement of their own.
                return is_open and number > 0
            case _:
                return False

    # ── reading and showing ──────────────────────────────────────────────────────────────

    @property
    def text(self) -> str:
        """What is shown, empty as long as it is read."""
        return self._texts.get(self._look, "")

    def _show(self) -> None:
        self._heading.update(f"{safe(self._about)} · {_TITLES[self._look]}")
        self.refresh_bindings()
        if self._look in self._texts:
            self._display(self.text)
        else:
            self._display("")
            self._tell("reading …")
            self._read(self._look)

    def _display(self, text: str) -> None:
        self._view.show(text)
        if self._look != "ddl":
            self._view.language = None

    @work(exclusive=True, group="read")
    async def _read(self, look: Look) -> None:
        connection = self._entry.connection
        if connection is None:
            self._tell(f"✗ {self._entry.label} is not connected")
            return
        reading = Aside(connection, lambda session: self._text_of(session, look))
        try:
            text = await asyncio.to_thread(reading.run)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            error = as_tusk_error(exc)
            hint = f"\n{error.hint}" if error.hint else ""
            self._tell(f"✗ {error.message}{hint}")
            return
        finally:
            # Who leaves, or looks at something else, does not wait for it.
            reading.cancel()
        self._texts[look] = text
        if look == self._look:
            self._tell("")
            self._display(text)

    def _text_of(self, session: Session, look: Look) -> str:
        """Read a text, in a thread."""
        reader = open_catalog(session)
        match look:
            case "details":
                return details_of(reader, self._object)
            case "ddl":
                return ddl_of(reader, self._object, is_whole=self._is_whole)
            case "keys":
                return self._diagram(reader, self._object)

    def _diagram(self, reader: CatalogReader, object_: CatalogObject) -> str:
        if not isinstance(object_, Relation):
            return ""
        if self._keys is None:
            self._keys = read_foreign_keys(reader, object_)
        return self._keys.diagram(object_, self._depth)

    def _tell(self, text: str) -> None:
        self._message.update(safe(text, keep_lines=True))
        self._message.display = bool(text)

    def action_look(self, look: Look) -> None:
        self._look = look
        self._tell("")
        self._show()

    def action_whole(self) -> None:
        self._is_whole = not self._is_whole
        self._texts.pop("ddl", None)
        self._show()

    def action_deeper(self, step: int) -> None:
        self._depth = max(1, min(self._depth + step, _DEEPEST))
        self._texts.pop("keys", None)
        self._show()

    def action_reload(self) -> None:
        self._texts.clear()
        self._keys = None
        self._show()

    def action_wrap(self) -> None:
        self._view.soft_wrap = not self._view.soft_wrap

    # ── searching ────────────────────────────────────────────────────────────────────────

    def action_search(self) -> None:
        self._search_field.display = True
        self._search_field.focus()

    @on(Input.Changed, "#object-search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._sought = event.value
        self._find(forward=True, begin=(0, 0))

    @on(Input.Submitted, "#object-search")
    def _search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._search_field.display = False
        self._view.focus()

    def action_next(self, step: int) -> None:
        start, end = sorted(self._view.selection)
        self._find(forward=step > 0, begin=end if step > 0 else start)

    def _find(self, *, forward: bool, begin: Location) -> None:
        """Mark the next place of what is looked for, from the other end when there is none left."""
        lines = [line.casefold() for line in self._view.document.lines]
        sought = self._sought.casefold()
        places = [(row, column) for row, line in enumerate(lines) for column in _all(sought, line)]
        self._tell("" if places or not sought else f"{self._sought} is not in the text")
        if not places:
            return
        if forward:
            place = next((place for place in places if place >= begin), places[0])
        else:
            place = next((place for place in reversed(places) if place < begin), places[-1])
        self._view.move_cursor(place)
        self._view.move_cursor((place[0], place[1] + len(sought)), select=True, center=True)

    # ── leaving ──────────────────────────────────────────────────────────────────────────

    def action_copy(self) -> None:
        marked = self._view.selected_text
        self.app.copy_to_clipboard(marked or self.text)
        self.notify("Copied what is marked." if marked else "Copied the text.", timeout=3)

    def action_open(self) -> None:
        if self.text:
            text = self.text if self._look == "ddl" else _as_comment(self.text)
            self.dismiss(Script(f"{self._about} {_TITLES[self._look]}", text))

    def action_leave(self) -> None:
        if self._search_field.has_focus:
            self._search_field.value = ""
            self._search_field.display = False
            self._view.focus()
        else:
            self.dismiss(None)


def _all(sought: str, line: str) -> list[int]:
    """Where a word begins in a line.

    >>> _all("an", "banana")
    [1, 3]
    """
    found: list[int] = []
    place = line.find(sought) if sought else -1
    while place >= 0:
        found.append(place)
        place = line.find(sought, place + len(sought))
    return found


def _as_comment(text: str) -> str:
    return "".join(f"-- {line}".rstrip() + "\n" for line in text.splitlines())
