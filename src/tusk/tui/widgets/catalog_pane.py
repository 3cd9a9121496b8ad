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

from tusk.core.errors import QueryCancelled, TuskError
from tusk.core.text import safe
from tusk.services.catalog import (
    CatalogTree,
    Function,
    Group,
    Item,
    Node,
    NodeKind,
    Relation,
    Template,
    count_text,
    ddl_of,
    template,
)
from tusk.services.catalog.aside import Aside, count_rows
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.lazy_tree import LazyTree, Line

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.connections import Connection
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.screens.object_view import Look

_SEARCH_DELAY_S = 0.15


@dataclass(eq=False, slots=True)
class _Catalog:
    """What has been read of one connection's catalogue."""

    tree: CatalogTree
    lines: list[Line[Node]]
    # What was shown, as for `_opened`, while search results are shown instead.
    before_search: dict[str, bool] | None = None


class CatalogPane(Vertical):
    """Shows schemas, relations, columns …; what to do with one is asked of the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "search", "Search", id="catalog.search",
            tooltip="Find tables, views, functions … by a part of their name",
        ),
        Binding(
            "v", "ask('view')", "View rows", id="catalog.view",
            tooltip="Select from the table, in a new tab if this one has text",
        ),
        Binding(
            "i", "look('details')", "Details", id="catalog.details",
            tooltip="Everything about the object: columns, indexes and their use, grants …",
        ),
        Binding(
            "d", "look('ddl')", "DDL", id="catalog.ddl",
            tooltip="The statements that make the object again",
        ),
        Binding(
            "f", "look('keys')", "Foreign keys", show=False, id="catalog.keys",
            tooltip="Draw the foreign keys around the table",
        ),
        Binding(
            "c", "count", "Count rows", id="catalog.count",
            tooltip="The estimate of the table's rows; once more counts them, and once more stops",
        ),
        Binding(
            "t", "template", "Template", show=False, id="catalog.template",
            tooltip="Begin a SELECT, INSERT, UPDATE or DELETE with the table's columns",
        ),
        Binding(
            "n", "ask('name')", "Insert name", show=False, id="catalog.insert_name",
            tooltip="Write the quoted name at the editor's cursor",
        ),
        Binding(
            "y", "copy_name", "Copy name", show=False, id="catalog.copy_name",
            tooltip="Copy the name, as it is written in statements",
        ),
        Binding(
            "r", "refresh_node", "Reload", show=False, id="catalog.refresh",
            tooltip="Read again what is below the cursor",
        ),
        Binding(
            "R", "reload", "Reload all", show=False, id="catalog.reload",
            tooltip="Read the whole catalogue again",
        ),
        Binding(
            "s", "system", "System schemas", show=False, id="catalog.system",
            tooltip="Show the system's own schemas, or hide them",
        ),
        Binding(
            "escape", "leave_search", "All", show=False, id="catalog.leave_search",
            tooltip="Stop counting; leave the search and show what was found in its place",
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

    @dataclass
    class Written(Message):
        """A text should become an editor tab.

        Args:
            title: Of the tab.
            text: What it holds.
        """

        title: str
        text: str

    def __init__(self, book: ConnectionBook, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._book = book
        self._entry: Entry | None = None
        self._catalogs: dict[Entry, _Catalog] = {}
        self._loading: set[Entry] = set()
        self._shows_system = False
        self._counting: Aside[int] | None = None
        # The relation whose estimate is told: counting it is offered.
        self._estimated: Node | None = None
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
        elif has_changed and (self._sought or self._catalog.before_search is not None):
            self._search(self._sought)
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
            self._note(f"✗ {error.message}{hint}\nR reads again")

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
            shows_system = self._shows_system
            lines = await self._book.browse(
                entry, lambda _: _lines(catalog.tree.children(line.data), shows_system)
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
        only = _only([line.data for line in lines])
        for line in lines:
            if line.data is only:
                self._tree.open_line(line)

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
        shown = _shown(self._tree.lines)
        try:
            shows_system = self._shows_system
            lines = await self._book.browse(
                entry, lambda _: _reread(catalog.tree, shown, shows_system=shows_system)
            )
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        if entry is self._entry and not self._sought:
            self._note("" if lines else "There is nothing here yet.")
            self._tree.replace(lines, lambda node: node.id)

    def action_refresh_node(self) -> None:
        line, catalog = self._tree.cursor_line, self._catalog
        if line is None or catalog is None or self._entry is None:
            self.reload()
        elif not line.can_open and (parent := self._tree.parent_of(line)) is not None:
            # What is said of a leaf was read with its siblings.
            self._refresh_line(self._entry, catalog, parent)
        else:
            self._refresh_line(self._entry, catalog, line)

    @work(exclusive=True, group="reload")
    async def _refresh_line(self, entry: Entry, catalog: _Catalog, line: Line[Node]) -> None:
        """Read what is below a line again; what was open there stays open."""
        shown = _shown(self._tree.below(line))
        shows_system = self._shows_system
        try:
            lines = await self._book.browse(
                entry,
                lambda _: _reread(catalog.tree, shown, line=line, shows_system=shows_system),
            )
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        if entry is self._entry:
            self._note("")
            self._tree.refill(line, lines, lambda node: node.id)

    def action_system(self) -> None:
        self._shows_system = not self._shows_system
        self.notify(
            "The system's schemas are shown." if self._shows_system else "They are hidden.",
            timeout=3,
        )
        self.reload()

    # ── searching ────────────────────────────────────────────────────────────────────────

    @property
    def _sought(self) -> str:
        return self._search_field.value.strip()

    def action_search(self) -> None:
        self.screen.set_focus(self._search_field)

    def action_leave_search(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            return
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
        try:
            if not text:
                await self._leave_search(entry, catalog)
                return
            await asyncio.sleep(_SEARCH_DELAY_S)
            found = await self._book.browse(entry, lambda _: catalog.tree.search(text))
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        if entry is self._entry:
            self._note("" if found else f"Nothing is called like {text}.")
            if catalog.before_search is None:
                catalog.before_search = _shown(self._tree.lines)
            self._tree.show(_lines(found))

    async def _leave_search(self, entry: Entry, catalog: _Catalog) -> None:
        """Show everything again, with what was open before, and what was found in its place."""
        if catalog.before_search is None:
            return
        line = self._tree.cursor_line
        above = line.data.ancestor_ids if line is not None else []
        shown = catalog.before_search | dict.fromkeys(above, True)
        shows_system = self._shows_system
        lines = await self._book.browse(
            entry, lambda _: _opened(catalog.tree, shown, shows_system=shows_system)
        )
        catalog.before_search = None
        if entry is self._entry:
            self._note("")
            self._tree.replace(lines, lambda node: node.id)

    # ── choosing ─────────────────────────────────────────────────────────────────────────

    @on(LazyTree.Chosen, "#catalog-tree")
    def _chosen(self, event: LazyTree.Chosen) -> None:
        event.stop()
        node = cast("Line[Node]", event.line).data
        if node.kind in _LEAVES:
            self.action_look("details")
        else:
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

    def _object_node(self) -> Node | None:
        """The node under the cursor, if it stands for an object; a group is opened instead."""
        line = self._tree.cursor_line
        if line is None or self._catalog is None:
            return None
        if line.data.object is None or line.data.kind is NodeKind.GROUP:
            self._tree.action_flip()
            return None
        return line.data

    def _relation_node(self) -> tuple[Node, Relation] | None:
        """The same for a relation; others are told to be none."""
        node = self._object_node()
        if node is None:
            return None
        if not isinstance(node.object, Relation):
            self.notify(f"{safe(node.label)} is no table or view.", timeout=3)
            return None
        return node, node.object

    def action_look(self, what: Look) -> None:
        node = self._object_node() if what != "keys" else (self._relation_node() or (None,))[0]
        if node is not None and node.object is not None and self._entry is not None:
            self._show_object(self._entry, node, what)

    @work(group="object")
    async def _show_object(self, entry: Entry, node: Node, what: Look) -> None:
        from tusk.tui.screens.object_view import ObjectScreen

        catalog = self._catalog
        if node.object is None or catalog is None:
            return
        title = _titled(node, catalog.tree)
        screen = ObjectScreen(entry, node.object, title, what)
        script = await self.app.push_screen_wait(screen)
        if script is not None:
            self.post_message(self.Written(script.title, script.text))

    def action_copy_name(self) -> None:
        node, catalog = self._object_node(), self._catalog
        if node is not None and node.object is not None and catalog is not None:
            name = catalog.tree.quoted_name(node.object)
            self.app.copy_to_clipboard(name)
            self.notify(f"Copied {safe(name)}", timeout=3)

    def action_template(self) -> None:
        found = self._relation_node()
        if found is not None and self._entry is not None and self._catalog is not None:
            name = self._catalog.tree.quoted_name(found[1])
            self._choose_template(self._entry, found[1], name)

    @work(group="object")
    async def _choose_template(self, entry: Entry, relation: Relation, name: str) -> None:
        from tusk.tui.screens.choice import Choice, ChoiceScreen

        choices = [*(Choice(kind.name, kind.value) for kind in Template), Choice("DDL", "DDL")]
        chosen = await self.app.push_screen_wait(ChoiceScreen(f"Template for {name}", choices))
        if chosen is None:
            return
        try:
            text = await self._book.browse(
                entry, lambda connection: _template(connection, relation, name, chosen)
            )
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._fail(entry, exc)
            return
        self.post_message(self.Written(f"{chosen} {relation.name}", text))

    # ── counting ─────────────────────────────────────────────────────────────────────────

    def action_count(self) -> None:
        """Tell the estimate first; count at once where there is none."""
        if self._counting is not None:
            self._counting.cancel()
            return
        found = self._relation_node()
        if found is None or self._entry is None or self._catalog is None:
            return
        node, relation = found
        if relation.estimated_rows is not None and self._estimated is not node:
            self._estimated = node
            rows = count_text(relation.estimated_rows)
            self._note(f"{node.label}: ~{rows} rows by the server's estimate. c counts them.")
            return
        connection = self._entry.connection
        if connection is not None:
            name = self._catalog.tree.quoted_name(relation)
            count = Aside(connection, lambda session: count_rows(session, name))
            self._count(self._entry, node, count)

    @work(group="count")
    async def _count(self, entry: Entry, node: Node, count: Aside[int]) -> None:
        self._counting = count
        self._note(f"{node.label}: counting … c stops it.")
        try:
            rows = await asyncio.to_thread(count.run)
        except QueryCancelled:
            self._told_count(entry, f"{node.label}: the count was stopped.")
        except TuskError as exc:
            self._told_count(entry, f"✗ {node.label}: {exc.message}")
        else:
            self._told_count(entry, f"{node.label}: {rows:,} rows, counted.")
        finally:
            # Nobody waits for it when the worker is cancelled.
            count.cancel()
            self._counting = self._estimated = None

    def _told_count(self, entry: Entry, text: str) -> None:
        if entry is self._entry:
            self._note(text)


def _titled(node: Node, tree: CatalogTree) -> str:
    """What kind of object it is, and its name."""
    match node.object:
        case Relation(kind=kind) | Item(kind=kind):
            return f"{kind.value} {tree.quoted_name(node.object)}"
        case Function(kind=words):
            return f"{words} {node.label}"
        case _:
            return f"{node.kind.value} {node.label}"


def _template(connection: Connection, relation: Relation, name: str, kind: str) -> str:
    reader = connection.catalog()
    if kind == "DDL":
        return ddl_of(reader, relation)
    return template(reader, relation, name, Template[kind])


def _open(connection: Connection) -> tuple[CatalogTree, list[Node]]:
    tree = CatalogTree(connection.catalog())
    return tree, tree.roots()


def _only(nodes: Sequence[Node]) -> Node | None:
    """The node to open by itself: the one database or schema to be opened, or the one group."""
    outer = [node for node in nodes if node.kind in _OUTER and node.has_children]
    if outer:
        return outer[0] if len(outer) == 1 else None
    return nodes[0] if len(nodes) == 1 and nodes[0].kind is NodeKind.GROUP else None


def _is_wanted_open(line: Line[Node]) -> bool:
    """Whether a line's children show after a reload; what was empty opens by itself."""
    return line.is_open or (line.data.kind in _OUTER and not line.can_open)


def _shown(lines: Sequence[Line[Node]]) -> dict[str, bool]:
    return {line.data.id: _is_wanted_open(line) for line in lines}


def _reread(
    tree: CatalogTree,
    shown: Mapping[str, bool],
    *,
    line: Line[Node] | None = None,
    shows_system: bool,
) -> list[Line[Node]]:
    """The same as `_opened`, but the tree forgets what it has read."""
    tree.refresh(line.data if line else None)
    return _opened(tree, shown, line=line, shows_system=shows_system)


def _opened(
    tree: CatalogTree,
    shown: Mapping[str, bool],
    *,
    line: Line[Node] | None = None,
    shows_system: bool,
) -> list[Line[Node]]:
    """Lines, with those of open nodes.

    Args:
        tree: Reads what it has not read yet.
        shown: Ids of the lines before, and whether their children are to show. What is new opens
            when it is the only one of its level, as at first.
        line: Only what is below it; None for everything.
        shows_system: Whether the system's schemas show.
    """
    lines: list[Line[Node]] = []

    def add(nodes: Sequence[Node], depth: int) -> None:
        only = _only(nodes)
        for new in _lines(nodes, shows_system):
            new.depth = depth
            lines.append(new)
            if new.can_open and shown.get(new.data.id, new.data is only):
                new.is_open = True
                add(tree.children(new.data), depth + 1)

    if line is None:
        add(tree.roots(), 0)
    else:
        add(tree.children(line.data), line.depth + 1)
    return lines


_OUTER = {NodeKind.DATABASE, NodeKind.SCHEMA}
# What Enter looks at, having no rows and nothing below.
_LEAVES = {
    NodeKind.COLUMN,
    NodeKind.KEY,
    NodeKind.INDEX,
    NodeKind.FUNCTION,
    NodeKind.SEQUENCE,
    NodeKind.TYPE,
    NodeKind.ITEM,
}
_ICONS = {
    NodeKind.DATABASE: "▣",
    NodeKind.SCHEMA: "▤",
    NodeKind.RELATION: "▦",
}


def _lines(nodes: Sequence[Node], shows_system: bool = True) -> list[Line[Node]]:
    return [
        Line(
            node,
            node.label,
            node.detail,
            icon=_ICONS.get(node.kind, ""),
            can_open=node.has_children,
        )
        for node in nodes
        if shows_system or node.group is not Group.SYSTEM
    ]
