"""The catalogue of the connection in use: a lazy tree with a search field."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from tusk.core.text import safe
from tusk.services.catalog import CatalogTree, Node, NodeKind
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.lazy_tree import LazyTree, Line

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.connections import Connection
    from tusk.tui.connection_book import ConnectionBook, Entry

_SEARCH_DELAY_S = 0.15


@dataclass(eq=False, slots=True)
class _Catalog:
    """What has been read of one connection's catalogue."""

    tree: CatalogTree
    lines: list[Line[Node]]


class CatalogPane(Vertical):
    """Shows schemas, relations, columns …; what to do with one is asked of the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "search", "Search", id="catalog.search",
            tooltip="Find tables, views and columns by a part of their name",
        ),
        Binding(
            "v", "ask('view')", "View rows", id="catalog.view",
            tooltip="Select from the table, in a new tab if this one has text",
        ),
        Binding(
            "n", "ask('name')", "Insert name", show=False, id="catalog.insert_name",
            tooltip="Write the quoted name at the editor's cursor",
        ),
        Binding(
            "r", "reload", "Reload", show=False, id="catalog.reload",
            tooltip="Read the catalogue again",
        ),
        Binding(
            "escape", "leave_search", "All", show=False, id="catalog.leave_search",
            tooltip="Leave the search and show everything again",
        ),
    ]  # fmt: skip

    @dataclass
    class Asked(Message):
        """Something should be done with a node.

        Args:
            what: `view` its rows, or write its `name`.
            name: As the engine reads it, with quotes where they are needed.
            is_relation: Whether it has rows.
        """

        what: str
        name: str
        is_relation: bool

    def __init__(self, book: ConnectionBook, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._book = book
        self._entry: Entry | None = None
        self._catalogs: dict[Entry, _Catalog] = {}
        self._loading: set[Entry] = set()
        self._search_field = Input(placeholder="/ search", id="catalog-search", compact=True)
        self._notice = Static("", id="catalog-note", markup=False)
        self._tree = LazyTree[Node](id="catalog-tree")

    def compose(self) -> ComposeResult:
        yield Static("Catalogue", classes="heading", markup=False)
        yield self._search_field
        yield self._notice
        yield self._tree

    def show(self, entry: Entry | None) -> None:
        """Show the catalogue of a connection, reading it if it is open and was not read yet."""
        if entry is not self._entry and self._catalog is not None:
            self._catalog.lines = list(self._tree.lines)
        has_changed = entry is not self._entry
        self._entry = entry
        if entry is None or not entry.is_open:
            self._note("Not connected. Enter on a connection opens it.")
            self._tree.show([])
            if entry is not None:
                self._catalogs.pop(entry, None)
        elif self._catalog is None:
            self._load()
        elif has_changed:
            self._note("")
            self._tree.show(self._catalog.lines)

    @property
    def _catalog(self) -> _Catalog | None:
        return self._catalogs.get(self._entry) if self._entry else None

    def _note(self, text: str) -> None:
        self._notice.update(safe(text, keep_lines=True))
        self._notice.display = bool(text)

    def flip(self) -> None:
        """Show or hide what the node under the cursor holds."""
        self._tree.action_flip()

    # ── reading ──────────────────────────────────────────────────────────────────────────

    @work(group="load")
    async def _load(self) -> None:
        entry = self._entry
        if entry is None or entry in self._loading:
            return
        self._loading.add(entry)
        self._note("reading the catalogue …")
        try:
            tree, roots = await self._book.browse(entry, _open)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        finally:
            self._loading.discard(entry)
        self._catalogs[entry] = _Catalog(tree, [])
        if entry is not self._entry:
            return
        if sought := self._sought:
            # Typed while this was read.
            self._search(sought)
        else:
            self._show_roots(roots)

    def _show_roots(self, roots: Sequence[Node]) -> None:
        self._note("" if roots else "There is nothing here yet.")
        self._tree.show(_lines(roots))
        self._open_only(self._tree.lines)

    def _fail(self, entry: Entry, exc: Exception) -> None:
        error = as_tusk_error(exc)
        if entry is self._entry:
            hint = f"\n{error.hint}" if error.hint else ""
            self._note(f"✗ {error.message}{hint}\nr reads again")

    @on(LazyTree.Opened, "#catalog-tree")
    def _opened(self, event: LazyTree.Opened) -> None:
        event.stop()
        if self._catalog is not None and self._entry is not None:
            line = cast("Line[Node]", event.line)
            self._read_children(self._entry, self._catalog, line)

    @work(group="children")
    async def _read_children(self, entry: Entry, catalog: _Catalog, line: Line[Node]) -> None:
        try:
            # In its thread, too: a schema may have 100,000 tables.
            lines = await self._book.browse(
                entry, lambda _: _lines(catalog.tree.children(line.data))
            )
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._tree.unfill(line)
            self._fail(entry, exc)
            return
        if entry is self._entry:
            self._tree.fill(line, lines)
            if line.data.kind in _OUTER:
                self._open_only(lines)
            elif line.data.kind is NodeKind.RELATION and lines:
                # The columns: what one opens a table for.
                self._tree.open_line(lines[0])

    def _open_only(self, lines: Sequence[Line[Node]]) -> None:
        """Open the one database or schema there is: nobody wants to choose among one."""
        if len(lines) == 1 and lines[0].data.kind in _OUTER | {NodeKind.GROUP}:
            self._tree.open_line(lines[0])

    def action_reload(self) -> None:
        self.reload()

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        """Read everything that is shown again; what was open stays open."""
        entry, catalog = self._entry, self._catalog
        if entry is None or not entry.is_open:
            return
        if catalog is None:
            self._load()
            return
        if self._sought:
            return
        shown = {line.data.id: _is_wanted_open(line) for line in self._tree.lines}
        try:
            lines = await self._book.browse(entry, lambda _: _reread(catalog.tree, shown))
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        if entry is self._entry and not self._sought:
            self._note("" if lines else "There is nothing here yet.")
            self._tree.replace(lines, lambda node: node.id)

    # ── searching ────────────────────────────────────────────────────────────────────────

    @property
    def _sought(self) -> str:
        return self._search_field.value.strip()

    def action_search(self) -> None:
        self.screen.set_focus(self._search_field)

    def action_leave_search(self) -> None:
        self._search_field.value = ""
        self.screen.set_focus(self._tree)

    @on(Input.Submitted, "#catalog-search")
    def _search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self._tree)

    @on(Input.Changed, "#catalog-search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(self._sought)

    @work(exclusive=True, group="search")
    async def _search(self, text: str) -> None:
        catalog, entry = self._catalog, self._entry
        if catalog is None or entry is None:
            return
        if not text:
            self._show_roots(await self._book.browse(entry, lambda _: catalog.tree.roots()))
            return
        await asyncio.sleep(_SEARCH_DELAY_S)
        try:
            found = await self._book.browse(entry, lambda _: catalog.tree.search(text))
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        if entry is self._entry:
            self._note("" if found else f"Nothing is called like {text}.")
            self._tree.show(_lines(found))

    # ── choosing ─────────────────────────────────────────────────────────────────────────

    @on(LazyTree.Chosen, "#catalog-tree")
    def _chosen(self, event: LazyTree.Chosen) -> None:
        event.stop()
        self.action_ask("view")

    def action_ask(self, what: str) -> None:
        line, catalog = self._tree.cursor_line, self._catalog
        if line is None or catalog is None:
            return
        node = line.data
        if node.object is None or node.kind is NodeKind.GROUP:
            self._tree.action_flip()
            return
        name = catalog.tree.quoted_name(node.object)
        self.post_message(self.Asked(what, name, node.kind is NodeKind.RELATION))


def _open(connection: Connection) -> tuple[CatalogTree, list[Node]]:
    tree = CatalogTree(connection.catalog())
    return tree, tree.roots()


def _is_wanted_open(line: Line[Node]) -> bool:
    """Whether a line's children show after a reload; what was empty opens by itself."""
    return line.is_open or (line.data.kind in _OUTER and not line.can_open)


def _reread(tree: CatalogTree, shown: Mapping[str, bool]) -> list[Line[Node]]:
    """All lines anew.

    Args:
        tree: Forgets what it has read.
        shown: Ids of the lines before, and whether their children are to show. What is new opens
            when it is the only one of its level, as at first.
    """
    tree.refresh()
    lines: list[Line[Node]] = []

    def add(nodes: Sequence[Node], depth: int) -> None:
        is_only = len(nodes) == 1 and nodes[0].kind in _OUTER | {NodeKind.GROUP}
        for line in _lines(nodes):
            line.depth = depth
            lines.append(line)
            if line.can_open and shown.get(line.data.id, is_only):
                line.is_open = True
                add(tree.children(line.data), depth + 1)

    add(tree.roots(), 0)
    return lines


_OUTER = {NodeKind.DATABASE, NodeKind.SCHEMA}
_ICONS = {
    NodeKind.DATABASE: "▣",
    NodeKind.SCHEMA: "▤",
    NodeKind.RELATION: "▦",
}


def _lines(nodes: Sequence[Node]) -> list[Line[Node]]:
    return [
        Line(
            node,
            node.label,
            node.detail,
            icon=_ICONS.get(node.kind, ""),
            can_open=node.has_children,
        )
        for node in nodes
    ]
