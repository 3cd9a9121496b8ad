"""The `.sql` files behind tabs: opened, saved, and watched for what other programs do to them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.core.errors import StorageError, UsageError
from tusk.services.background import call_apart
from tusk.services.sql_files import (
    SUFFIX,
    ChangedOutsideError,
    FileGoneError,
    NotEncodableError,
    SqlFile,
    TextForm,
    check_new,
    is_same_file,
    look_at,
    read_sql_file,
    typed_path,
    write_sql_file,
)
from tusk.tui.difference import difference_lines
from tusk.tui.path_completion import shown_path
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.tab_file import TabFile
from tusk.tui.tab_title import is_numbered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.notifications import SeverityLevel

    from tusk.services.sql_files import FileVersion
    from tusk.services.workspace import Tab
    from tusk.tui.connection_book import Entry
    from tusk.tui.screens.query import QueryScreen
    from tusk.tui.widgets.document_pane import DocumentPane

WATCH_S = 2.0
# Nobody is asked while typing: the next key would be the answer.
_TYPING_S = 1.0
_NOT_IN_NAMES = re.compile(r"[^\w.()\[\] -]+")
_NAME_LENGTH = 80


class Files:
    """Flows over the files of a screen's tabs. They ask questions: call them from workers.

    Args:
        screen: The query screen, which has the tabs.
        recent: Files that were open before, the last one first.
    """

    def __init__(self, screen: QueryScreen, recent: Sequence[str] = ()) -> None:
        self._screen = screen
        self._recent = [Path(path) for path in recent]
        self._used: dict[str, float] = {}
        # Held while a file is read, written or asked about, so that one thing is done at a time.
        self._lock = asyncio.Lock()

    @property
    def used(self) -> Mapping[str, float]:
        """When files were used in this run, by their paths; for the workspace."""
        return dict(self._used)

    def _remember(self, path: Path) -> None:
        self._used[str(path)] = time.time()
        self._recent = [path, *(each for each in self._recent if each != path)]

    # ── opening ──────────────────────────────────────────────────────────────────────────

    async def ask_and_open(self) -> None:
        """Ask for a file, and show it."""
        from tusk.tui.screens.open_file import OpenFileScreen

        async def take(text: str) -> None:
            await self.open(typed_path(text))

        text = self._folder_of_the_tab()
        await self._screen.app.push_screen_wait(OpenFileScreen(take, self._recent, text))

    def _folder_of_the_tab(self) -> str:
        """What a path begins with; nothing where it would be the folder that tusk runs in."""
        file = self._screen.pane.file if self._screen.pane is not None else None
        if file is None or file.path.parent == _here():
            return ""
        return f"{shown_path(file.path.parent)}/".replace("//", "/")

    async def open(self, path: Path, entry: Entry | None = None) -> DocumentPane:
        """Show a file: in the tab that has it, else in an empty or a new one.

        Args:
            path: From the root.
            entry: Where it is meant to run; by default where the tab in front does.

        Raises:
            StorageError: It cannot be read, or is none for the editor.
        """
        tab_id = await self._tab_with(path)
        if tab_id is not None:
            pane = await self._screen.go_to_tab(tab_id)
            if entry is not None:
                pane.use(entry.reference)
            self._remember(path)
            return pane
        file = await call_apart(partial(read_sql_file, path))
        pane = await self._screen.open_text(file.text, entry)
        pane.set_file(TabFile.of(file))
        pane.editor.place_caret(0)
        self._remember(path)
        for note in file.notes:
            self._tell(file.path, note, is_warning=True)
        return pane

    async def _tab_with(self, path: Path, but: str = "") -> str | None:
        """Id of the tab that has a file, if there is one; not that of the tab `but`."""
        tabs = [
            (tab.id, Path(tab.file.path))
            for tab in self._screen.documents.snapshot()
            if tab.file is not None and tab.id != but
        ]

        def find() -> str | None:
            return next((tab_id for tab_id, other in tabs if is_same_file(path, other)), None)

        return await call_apart(find)

    def _tell(self, path: Path, text: str, *, is_warning: bool = False) -> None:
        severity: SeverityLevel = "warning" if is_warning else "information"
        self._screen.notify(f"{path.name}: {text}", severity=severity, timeout=8)

    # ── saving ───────────────────────────────────────────────────────────────────────────

    async def save(self, pane: DocumentPane) -> bool:
        """Write a tab's text to its file; whether the two are the same now.

        Where the file is another one than the tab knows, the user says which text stays.

        Raises:
            StorageError: It cannot be written; the tab keeps its text, and the file its own.
        """
        file = pane.file
        if file is None:
            return False
        await self._check(pane)
        async with self._lock:
            if pane.file is not file or not pane.is_modified:
                self._tell(file.path, "saved already; nothing has changed.")
                return True
            return await self._save(pane, file)

    async def _save(self, pane: DocumentPane, file: TabFile) -> bool:
        expected = file.version
        while True:
            text = pane.editor.flat_text
            try:
                written = await self._write(file.path, text, file.form, expected)
            except ChangedOutsideError:
                theirs = await call_apart(partial(read_sql_file, file.path))
                answer = await self._ask_which(pane, theirs, "Overwrite it", "Back")
                if answer != "mine":
                    return self._settle(pane, file, theirs, answer) and not pane.is_modified
                expected = theirs.version
                continue
            if written is None:
                return False
            file.written(text, *written)
            pane.file_changed()
            self._remember(file.path)
            self._screen.notify(f"Saved {file.name}.", timeout=3)
            return True

    async def _write(
        self, path: Path, text: str, form: TextForm, expected: FileVersion | None = None
    ) -> tuple[TextForm, FileVersion] | None:
        """Write, in UTF-8 where the user prefers that to a character that cannot be written.

        Returns:
            How the file is written now, and what it looks like; None when it was not.
        """
        try:
            write = partial(write_sql_file, path, text, form, expected=expected)
            return form, await asyncio.to_thread(write)
        except NotEncodableError as exc:
            if form.encoding.startswith("utf"):
                raise
            question = ConfirmScreen(
                f"Save {path.name} as UTF-8?",
                f"{exc.message}. Programs that expect {form.encoding_name} will not read it right.",
                [Answer("utf-8", "Save as UTF-8"), Answer("back", "Back")],
            )
            if await self._screen.app.push_screen_wait(question) != "utf-8":
                return None
            return await self._write(path, text, TextForm(line_end=form.line_end), expected)

    async def save_as(self, pane: DocumentPane) -> bool:
        """Ask for a file and write a tab's text to it, which is the tab's file from then on."""

        async def take(text: str) -> None:
            await self._save_to(pane, typed_path(text))

        prompt = PromptScreen(
            "Save to a file", take, text=self._proposed_path(pane), is_path=True,
            note="The whole tab. Tab completes the path.",
        )  # fmt: skip
        return await self._screen.app.push_screen_wait(prompt)

    def _proposed_path(self, pane: DocumentPane) -> str:
        if pane.file is not None:
            return shown_path(pane.file.path)
        title = "query" if is_numbered(pane.title) else pane.title
        stem = _NOT_IN_NAMES.sub("-", title)[:_NAME_LENGTH].strip("-. ").removesuffix(SUFFIX)
        return shown_path(_here() / f"{stem or 'query'}{SUFFIX}")

    async def _save_to(self, pane: DocumentPane, path: Path) -> None:
        """Write to a file, after a question where there is one already.

        Raises:
            UsageError: The user would rather not, or another tab has the file.
            StorageError: It cannot be written.
        """
        if await self._tab_with(path, but=pane.tab_id) is not None:
            raise UsageError(f"{path.name} is open in another tab", hint="close that tab first")
        if pane.file is not None and pane.file.path == path:
            await self.save(pane)
            return
        if await call_apart(partial(check_new, path)):
            question = ConfirmScreen(
                f"Replace {path.name}?",
                f"{shown_path(path)} is there already. What it holds is lost.",
                [Answer("replace", "Replace", is_dangerous=True), Answer("back", "Back")],
            )
            if await self._screen.app.push_screen_wait(question) != "replace":
                raise UsageError(f"{path.name} is left as it is", hint="type another name, or Esc")
        async with self._lock:
            text = pane.editor.flat_text
            form = pane.file.form if pane.file is not None else TextForm()
            written = await self._write(path, text, form)
            if written is None:
                raise UsageError("nothing was written")
            pane.set_file(TabFile(path, *written, text))
        self._remember(path)
        self._screen.notify(f"Saved {path.name}.", timeout=3)

    # ── what other programs do ───────────────────────────────────────────────────────────

    async def watch(self) -> None:
        """Look at the file of the tab in front; the user may be asked what is to become of it.

        Raises:
            TuskError: What the answer asks for cannot be done.
        """
        screen = self._screen
        pane = screen.pane
        if self._lock.locked() or pane is None or screen.app.screen is not screen:
            return
        await self._check(pane)
        file = pane.file
        if file is None or file.theirs is None or file.is_asked or _is_being_typed(pane):
            return
        if screen.pane is pane and screen.app.screen is screen:
            async with self._lock:
                await self._ask(pane, file, file.theirs)

    async def _check(self, pane: DocumentPane) -> None:
        """See what the file is now, and show it in a tab that has nothing of its own to lose."""
        file = pane.file
        if file is None:
            return
        async with self._lock:
            try:
                found = await call_apart(partial(_look, file))
            except FileGoneError:
                if pane.file is file and file.missed():
                    self._tell(
                        file.path, "deleted or renamed by another program; ^S writes it again.",
                        is_warning=True,
                    )  # fmt: skip
            except StorageError as exc:
                if file.problem is None:
                    self._tell(file.path, exc.message, is_warning=True)
                file.problem = exc
            else:
                if pane.file is file and pane.is_mounted:
                    self._found(pane, file, found)
            pane.file_changed()

    def _found(self, pane: DocumentPane, file: TabFile, found: SqlFile | FileVersion) -> None:
        if not isinstance(found, SqlFile):
            file.seen(found)
        elif found.version.digest == file.version.digest or found.text == pane.editor.flat_text:
            file.became(found)  # its text was not known yet, or is the tab's anyway
        elif file.text == pane.editor.flat_text:
            self._take(pane, file, found)
            self._tell(file.path, "changed by another program; the tab shows its text.")
        elif file.theirs is None or file.theirs.version.digest != found.version.digest:
            file.theirs, file.is_asked = found, False

    def _take(self, pane: DocumentPane, file: TabFile, theirs: SqlFile) -> None:
        """Show the file's text; undo brings back the tab's."""
        pane.editor.show_text(theirs.text)
        file.became(theirs)

    async def _ask(self, pane: DocumentPane, file: TabFile, theirs: SqlFile) -> None:
        file.is_asked = True
        answer = await self._ask_which(pane, theirs, "Keep mine", "Later")
        self._settle(pane, file, theirs, answer)

    async def _ask_which(
        self, pane: DocumentPane, theirs: SqlFile, mine_words: str, later_words: str
    ) -> str:
        """Ask which text stays: `theirs`, `mine`, or something else for neither yet."""
        question = f"{theirs.path.name} was changed by another program"
        details = (
            f"{shown_path(theirs.path)} is not what this tab read, and the tab has changes of its "
            "own. Ctrl+Z brings them back when you have taken theirs."
        )
        answers = [
            Answer("theirs", "Take theirs"),
            Answer("difference", "Difference"),
            Answer("mine", mine_words, is_dangerous=True),
            Answer("later", later_words),
        ]
        while True:
            answer = await self._screen.app.push_screen_wait(
                ConfirmScreen(question, details, answers)
            )
            if answer != "difference":
                return answer
            await self._show_difference(pane, theirs)

    def _settle(self, pane: DocumentPane, file: TabFile, theirs: SqlFile, answer: str) -> bool:
        """Do what was answered; whether something was."""
        if answer == "theirs":
            self._take(pane, file, theirs)
        elif answer == "mine":
            # From now on the tab is compared with theirs, which the next save replaces.
            file.became(theirs)
        else:
            file.theirs, file.is_asked = theirs, True
        pane.file_changed()
        return answer in ("theirs", "mine")

    async def _show_difference(self, pane: DocumentPane, theirs: SqlFile) -> None:
        from tusk.tui.screens.file_difference import FileDifferenceScreen

        mine = pane.editor.flat_text
        lines = await asyncio.to_thread(difference_lines, theirs.text, mine)
        await self._screen.app.push_screen_wait(FileDifferenceScreen(theirs.path.name, lines))

    async def reload(self, pane: DocumentPane) -> None:
        """Show what is in the file now; changes of the tab's own are asked about.

        Raises:
            UsageError: The tab has no file.
            StorageError: It cannot be read.
        """
        file = pane.file
        if file is None:
            raise UsageError("this tab has no file", hint="Alt+Shift+S saves it to one")
        async with self._lock:
            theirs = await call_apart(partial(read_sql_file, file.path))
            if theirs.text == pane.editor.flat_text:
                file.became(theirs)
                self._tell(file.path, "the tab is what is on the disk.")
            elif file.text == pane.editor.flat_text:
                self._take(pane, file, theirs)
            else:
                await self._ask_to_reload(pane, file, theirs)
            pane.file_changed()

    async def _ask_to_reload(self, pane: DocumentPane, file: TabFile, theirs: SqlFile) -> None:
        answers = [
            Answer("reload", "Reload", is_dangerous=True),
            Answer("difference", "Difference"),
            Answer("back", "Back"),
        ]
        words = "The tab has changes that are not in it. Ctrl+Z brings them back."
        while True:
            question = ConfirmScreen(f"Reload {file.name}?", words, answers)
            answer = await self._screen.app.push_screen_wait(question)
            if answer == "reload":
                self._take(pane, file, theirs)
            if answer != "difference":
                return
            await self._show_difference(pane, theirs)

    # ── closing ──────────────────────────────────────────────────────────────────────────

    async def may_close(self, tab: Tab) -> bool:
        """Ask what becomes of a tab's changes, if it has any that its file lacks.

        Raises:
            StorageError: They cannot be saved.
        """
        if tab.file is None or not tab.file.is_modified:
            return True
        path = Path(tab.file.path)
        question = ConfirmScreen(
            f"Save {path.name} before closing?",
            f"{shown_path(path)} lacks what was changed in the tab.",
            [
                Answer("save", "Save"),
                Answer("discard", "Discard", is_dangerous=True),
                Answer("back", "Back"),
            ],
        )
        answer = await self._screen.app.push_screen_wait(question)
        if answer == "save":
            return await self.save(await self._screen.go_to_tab(tab.id))
        return answer == "discard"


def _here() -> Path:
    """The folder that tusk runs in; where that was deleted, the user's own."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def _is_being_typed(pane: DocumentPane) -> bool:
    return time.monotonic() - pane.edited_at < _TYPING_S


def _look(file: TabFile) -> SqlFile | FileVersion:
    """See what the file is now; with its text, where that is not known. Blocks."""
    return look_at(file.path, file.version) if file.text is not None else read_sql_file(file.path)
