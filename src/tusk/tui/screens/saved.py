"""The saved queries: a tree of folders, search, the query under the cursor whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tusk.core.errors import StorageError, UsageError
from tusk.services.saved import (
    SavedFile,
    export_queries,
    import_queries,
    matches,
    open_saved,
)
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.list_screen import TYPING_PAUSE_S, ListScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.screens.save_query import SaveQueryScreen
from tusk.tui.widgets.lazy_tree import LazyTree, Line
from tusk.tui.widgets.sql_view import SqlView

# More of them begin folded, so that the folders are seen.
_OPEN_AT_FIRST = 100
_WIDE = 100


@dataclass(frozen=True, slots=True)
class SavedChoice:
    """What shall become of a query: `load` it into the editor, or `run` it."""

    what: Literal["load", "run"]
    file: SavedFile


@dataclass(frozen=True, slots=True)
class SavedNode:
    """A line of the tree: a query, or a folder when there is no file."""

    name: str
    file: SavedFile | None = None

    @property
    def folder(self) -> str:
        """The folder that it is, or is in; empty for the top."""
        return self.name if self.file is None else self.name.rpartition("/")[0]


class SavedTree(LazyTree[SavedNode]):
    """The tree; Enter loads a query and opens a folder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "Load", id="saved.choose",
            tooltip="Put the query into the editor, or open the folder",
        ),
    ]  # fmt: skip


class SavedScreen(ListScreen[SavedChoice | None]):
    """Finds, shows and arranges saved queries."""

    CSS_PATH = "list_screen.tcss"
    AUTO_FOCUS = "#saved-tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "Back", id="saved.leave",
            tooltip="Leave the search, then the saved queries",
        ),
        Binding(
            "enter", "take('load')", "Load", id="saved.load",
            tooltip="Put the query into the editor: a new tab if the present one has text",
        ),
        Binding(
            "f5,r", "take('run')", "Run", id="saved.run",
            tooltip="Put the query into the editor and run it; asks for its values",
        ),
        Binding(
            "slash", "search", "Search", id="saved.search",
            tooltip="Find queries with all these words in name, description, tags or SQL",
        ),
        Binding(
            "e", "edit", "Edit", id="saved.edit",
            tooltip="Change name, description, tags, connection and values",
        ),
        Binding(
            "m", "move", "Move", id="saved.move",
            tooltip="Rename a query or folder, or move it into another folder",
        ),
        Binding(
            "delete,d", "delete", "Delete", id="saved.delete",
            tooltip="Remove the query, which U brings back, or an empty folder",
        ),
        Binding(
            "u", "restore", "Undelete", id="saved.restore",
            tooltip="Bring back the query that was removed last",
        ),
        Binding(
            "n", "new_folder", "New folder", show=False, id="saved.new_folder",
            tooltip="Make a folder in the one at the cursor",
        ),
        Binding(
            "c,y", "copy", "Copy", show=False, id="saved.copy", tooltip="Copy the query's SQL",
        ),
        Binding(
            "i", "import", "Import", show=False, id="saved.import",
            tooltip="Copy .sql files, with front matter or without, to the folder at the cursor",
        ),
        Binding(
            "x", "export", "Export", show=False, id="saved.export",
            tooltip="Copy the query, or all of the folder, to .sql files elsewhere",
        ),
        Binding(
            "f6,ctrl+r", "reload", "Reload", show=False, id="saved.reload",
            tooltip="Read the files again",
        ),
        Binding(
            "up", "move_cursor(-1)", "Up", show=False, id="saved.up", tooltip="One line up",
        ),
        Binding(
            "down", "move_cursor(1)", "Down", show=False, id="saved.down",
            tooltip="One line down",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        self._tree = SavedTree(id="saved-tree")
        super().__init__(self._tree, SqlView(), "/ search")
        self._files: list[SavedFile] = []
        self._folders: list[str] = []
        self._has_begun = False

    def on_mount(self) -> None:
        self.watch(self._tree, "cursor", self._show_query, init=False)
        self._load()

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def action_reload(self) -> None:
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self, goes_to: str = "") -> None:
        """Read everything again; the cursor stays, or goes to a query or folder."""
        try:
            found = await asyncio.to_thread(_read)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.tell_error(exc)
            return
        self._files, self._folders, problems = found
        for problem in problems:
            self.notify(problem, severity="warning", timeout=10)
        self._show(goes_to)

    # ── showing ──────────────────────────────────────────────────────────────────────────

    def _show(self, goes_to: str = "") -> None:
        if self.sought:
            found = [file for file in self._files if matches(file, self.sought)]
            lines = [_line(file, file.name) for file in found]
        else:
            lines = tree_lines(self._files, self._folders, self._open_folders(goes_to))
        self._tree.replace(lines, lambda node: node.name)
        names = [line.data.name for line in lines]
        if goes_to in names:
            self._tree.cursor = names.index(goes_to)
        self._show_title()
        self._show_query()

    def _open_folders(self, goes_to: str) -> set[str]:
        """Folders whose content shows: those that did, and those on the way to a query."""
        if not self._has_begun:
            self._has_begun = True
            return set(self._folders) if len(self._files) <= _OPEN_AT_FIRST else set()
        is_open = {line.data.name for line in self._tree.lines if line.is_open}
        parts = goes_to.split("/")
        return is_open | {"/".join(parts[:end]) for end in range(1, len(parts))}

    def _show_title(self) -> None:
        count = len(self._files)
        words = f"Saved queries · {count:,} in {open_saved().root}"
        if self.sought:
            words = f"Saved queries · {len(self._tree.lines):,} of {count:,}"
        self.show_title(words)

    @property
    def _node(self) -> SavedNode | None:
        line = self._tree.cursor_line
        return None if line is None else line.data

    @property
    def _folder(self) -> str:
        """The folder at the cursor; empty for the top."""
        return "" if self._node is None else self._node.folder

    def _show_query(self) -> None:
        node = self._node
        if node is None:
            self.show_empty(self._empty_words())
        elif node.file is None:
            self.show_detail(_folder_facts(node.name, self._files), "")
        else:
            self.show_detail(_facts(node.file), node.file.query.sql)

    def _empty_words(self) -> str:
        if self.sought:
            return "No saved query has all of these words.\nEsc shows all of them again."
        return (
            "Nothing is saved yet.\nCtrl+S in the editor saves the tab, or what is selected.\n"
            "I takes in .sql files."
        )

    @on(LazyTree.Opened, "#saved-tree")
    def _opened(self, event: LazyTree.Opened) -> None:
        event.stop()
        line = cast("Line[SavedNode]", event.line)
        self._tree.fill(line, tree_lines(self._files, self._folders, (), line.data.name))

    # ── searching ────────────────────────────────────────────────────────────────────────

    @on(Input.Changed, "#list-search")
    @work(exclusive=True, group="search")
    async def _typed(self) -> None:
        await asyncio.sleep(TYPING_PAUSE_S)
        self._show()

    # ── loading and running ──────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#list-search")
    @on(LazyTree.Chosen, "#saved-tree")
    def _chosen(self) -> None:
        if self._node is not None and self._node.file is None:
            self._tree.action_flip()
        else:
            self.action_take("load")

    def action_take(self, what: Literal["load", "run"]) -> None:
        if self._node is not None and self._node.file is not None:
            self.dismiss(SavedChoice(what, self._node.file))

    def action_copy(self) -> None:
        if self._node is not None and self._node.file is not None:
            self.app.copy_to_clipboard(self._node.file.query.sql)
            self.notify(f"Copied {self._node.name}.", timeout=3)

    # ── arranging ────────────────────────────────────────────────────────────────────────

    @work(group="change")
    async def _change(self, change: Callable[[], Awaitable[str | None]]) -> None:
        """Make a change that returns what to go to, and read everything again."""
        try:
            goes_to = await change()
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.tell_error(exc)
            return
        if goes_to is not None:
            self._load(goes_to)

    def action_edit(self) -> None:
        if self._node is not None and self._node.file is not None:
            self._change(partial(self._edit, self._node.file))

    async def _edit(self, file: SavedFile) -> str | None:
        form = SaveQueryScreen(file.query, file.name, file=file, folders=self._folders)
        written = await self.app.push_screen_wait(form)
        # Also what was not finished may have been written in part.
        return file.name if written is None else written.name

    def action_move(self) -> None:
        if self._node is not None:
            self._change(partial(self._move, self._node))

    async def _move(self, node: SavedNode) -> str | None:
        moved: list[str] = []

        async def move(text: str) -> None:
            moved.append(await asyncio.to_thread(open_saved().move, node.name, text))

        prompt = PromptScreen(
            f"Rename or move {node.name}",
            move,
            text=node.name,
            note="A name that ends with / is the folder to move it into.",
            suggestions=[f"{folder}/" for folder in self._folders],
        )
        await self.app.push_screen_wait(prompt)
        return moved[0] if moved else None

    def action_delete(self) -> None:
        if self._node is not None:
            self._change(partial(self._delete, self._node))

    async def _delete(self, node: SavedNode) -> str:
        saved = open_saved()
        if node.file is None:
            await asyncio.to_thread(saved.remove_folder, node.name)
            self.notify(f"Removed the folder {node.name}.")
        else:
            await asyncio.to_thread(saved.remove, node.name)
            self.notify(f"Removed {node.name}. U brings it back.")
        return self._neighbour(node)

    def _neighbour(self, node: SavedNode) -> str:
        """What the cursor goes to when a line goes: the one below, else the one above."""
        names = [line.data.name for line in self._tree.lines]
        place = names.index(node.name) if node.name in names else 0
        rest = [*names[place + 1 : place + 2], *names[max(0, place - 1) : place]]
        return rest[0] if rest else ""

    def action_restore(self) -> None:
        self._change(self._restore)

    async def _restore(self) -> str:
        saved = open_saved()
        removed = await asyncio.to_thread(saved.removed)
        if not removed:
            raise UsageError("no query was removed")
        await asyncio.to_thread(saved.restore, removed[0])
        self.notify(f"{removed[0]} is back.")
        return removed[0]

    def action_new_folder(self) -> None:
        self._change(self._make_folder)

    async def _make_folder(self) -> str | None:
        made: list[str] = []

        async def make(text: str) -> None:
            name = text.strip("/")
            await asyncio.to_thread(open_saved().make_folder, name)
            made.append(name)

        prefix = f"{self._folder}/" if self._folder else ""
        await self.app.push_screen_wait(PromptScreen("New folder", make, text=prefix))
        return made[0] if made else None

    # ── import and export ────────────────────────────────────────────────────────────────

    def action_import(self) -> None:
        self._change(self._import)

    async def _import(self) -> str | None:
        folder, names = self._folder, list[str]()

        async def take_in(text: str) -> None:
            sources = [_typed_path(text)]
            done = await asyncio.to_thread(
                partial(import_queries, sources, folder, on_conflict="skip")
            )
            known = [each.source for each in done if each.was_there]
            if known and await self._replaces(len(known), "queries of these names"):
                # Each file by itself would lose its folder: all of them once more.
                done = await asyncio.to_thread(
                    partial(import_queries, sources, folder, on_conflict="replace")
                )
            names.extend(each.name for each in done if each.error is None and not each.was_there)
            errors = [each for each in done if each.error is not None]
            for each in errors[:3]:
                self.notify(f"{each.source}: {each.error}", severity="error", timeout=10)
            if not done:
                raise UsageError("there is no .sql file in it")
            more = f", {len(errors)} not" if errors else ""
            self.notify(f"Took in {_queries(len(names))}{more}.")

        where = folder or "the top"
        await self.app.push_screen_wait(
            PromptScreen(
                f"Import into {where}",
                take_in,
                note="A .sql file, or a folder of them. Tab completes.",
                is_path=True,
            )
        )
        return names[0] if names else None

    def action_export(self) -> None:
        if self._node is not None:
            self._change(partial(self._export, self._node))

    async def _export(self, node: SavedNode) -> None:
        names = [node.name] if node.file else _names_below(node.name, self._files)

        async def write(text: str) -> None:
            target = _typed_path(text)
            try:
                paths = await asyncio.to_thread(export_queries, names, target)
            except StorageError:
                there = sum((target / f"{name}.sql").exists() for name in names)
                if not there or not await self._replaces(there, "files of these names"):
                    raise
                paths = await asyncio.to_thread(
                    partial(export_queries, names, target, replace=True)
                )
            self.notify(f"Wrote {_queries(len(paths))} to {target}.")

        if not names:
            raise UsageError(f"the folder {node.name!r} is empty")
        what = node.name if node.file else f"{_queries(len(names))} of {node.name}"
        await self.app.push_screen_wait(
            PromptScreen(
                f"Export {what}",
                write,
                note="The folder to write to; made when it is missing. Tab completes.",
                is_path=True,
            )
        )

    async def _replaces(self, count: int, what: str) -> bool:
        question = ConfirmScreen(
            f"Replace {count:,} that {'is' if count == 1 else 'are'} there?",
            f"There are {what} already.",
            [Answer("replace", "Replace", is_dangerous=True), Answer("keep", "Keep them")],
        )
        return await self.app.push_screen_wait(question) == "replace"


def _read() -> tuple[list[SavedFile], list[str], list[str]]:
    """Queries, folders, and what is wrong with other files."""
    saved = open_saved()
    files, problems = saved.find()
    return files, saved.folders(), [problem.message for problem in problems[:5]]


def _typed_path(text: str) -> Path:
    if not text:
        raise UsageError("a path is missing")
    return Path(text).expanduser()


def _queries(count: int) -> str:
    return f"{count:,} {'query' if count == 1 else 'queries'}"


# ── the tree ─────────────────────────────────────────────────────────────────────────────────


def tree_lines(
    files: Iterable[SavedFile], folders: Sequence[str], is_open: Collection[str], below: str = ""
) -> list[Line[SavedNode]]:
    """Lines of what is in a folder: folders first, each with its content if it is open.

    Args:
        files: All queries, by name.
        folders: All folders, by name.
        is_open: Those whose content shows.
        below: The folder; empty for the top.
    """
    tree = _Tree({}, {})
    for name in folders:
        tree.folders.setdefault(name.rpartition("/")[0], []).append(name)
    for file in files:
        tree.files.setdefault(file.name.rpartition("/")[0], []).append(file)
    return list(tree.lines(below, is_open))


@dataclass(frozen=True, slots=True)
class _Tree:
    """Folders and queries by the folder they are in."""

    folders: dict[str, list[str]]
    files: dict[str, list[SavedFile]]

    def lines(
        self, below: str, is_open: Collection[str], depth: int = 0
    ) -> Iterator[Line[SavedNode]]:
        for name in self.folders.get(below, ()):
            has_any = name in self.files or name in self.folders
            is_shown = has_any and name in is_open
            label = f"{name.rpartition('/')[2]}/"
            note = "" if has_any else "empty"
            yield Line(
                SavedNode(name), label, note, depth=depth, can_open=has_any, is_open=is_shown
            )
            if is_shown:
                yield from self.lines(name, is_open, depth + 1)
        for file in self.files.get(below, ()):
            yield _line(file, file.name.rpartition("/")[2], depth)


def _line(file: SavedFile, text: str, depth: int = 0) -> Line[SavedNode]:
    query = file.query
    note = " · ".join(part for part in (query.description, ", ".join(query.tags)) if part)
    return Line(SavedNode(file.name, file), text, note, depth=depth)


def _names_below(folder: str, files: Iterable[SavedFile]) -> list[str]:
    return [file.name for file in files if file.name.startswith(f"{folder}/")]


def _facts(file: SavedFile) -> str:
    query = file.query
    lines = [file.name, query.description]
    if query.tags:
        lines.append(f"tags: {', '.join(query.tags)}")
    if query.connection:
        lines.append(f"runs on: {query.connection}")
    for each in query.parameters:
        default = "" if each.default is None else f" = {each.default}"
        about = f" · {each.description}" if each.description else ""
        lines.append(f":{each.name} {each.type}{default}{about}")
    return "\n".join(line for line in lines if line)


def _folder_facts(folder: str, files: Iterable[SavedFile]) -> str:
    return f"{folder}/\n{_queries(len(_names_below(folder, files)))}"
