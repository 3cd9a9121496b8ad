"""The export dialog: what, in which format, how, and where to."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from tusk.core.errors import StorageError, UsageError
from tusk.core.text import safe
from tusk.services.catalog.nodes import size_text
from tusk.services.export_places import free_path
from tusk.services.exports import (
    Format,
    IfExists,
    Option,
    choose_format,
    format_of_path,
    format_options,
    formats,
    options_of,
)
from tusk.tui.defects import as_tusk_error
from tusk.tui.export_request import Exportable, ExportChoices, ExportRequest, Scope
from tusk.tui.path_completion import shown_path
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.widgets.options_form import OptionsForm
from tusk.tui.widgets.path_input import PathInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

_COMPRESSED = (".gz", ".zst")
# Pictures for a terminal rather than files for a program: last in the list.
_NO_SUFFIX = ".txt"


@dataclass(frozen=True, slots=True)
class _OldFile:
    """A file that is there already."""

    size_bytes: int
    modified: float
    other: Path


class ExportScreen(ModalScreen[ExportRequest | None]):
    """Asks for an export; None for Escape.

    Args:
        source: What there is.
        choices: Of the last time; changed when an export is asked for.
    """

    CSS_PATH = ["dialogs.tcss", "export.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Export nothing"),
        Binding(
            "f2,ctrl+s", "export", "Export", id="export.start", priority=True,
            tooltip="Write the file, in the background",
        ),
    ]  # fmt: skip

    def __init__(self, source: Exportable, choices: ExportChoices) -> None:
        super().__init__()
        self._source = source
        self._choices = choices
        self._format = _known(choices.format)
        self._options: list[Option] = []
        self._wrong = ""
        self._form = OptionsForm(id="options")
        self._note = Static("", id="export-note", markup=False)

    def compose(self) -> ComposeResult:
        scopes = [(words, scope.value) for scope, words in self._source.words.items()]
        names = [(f"{each.name}  {each.summary}", each.name) for each in formats()]
        with Vertical(classes="dialog export"):
            yield Static("Export", classes="dialog-title", markup=False)
            yield from self._row(
                "Rows", Select(scopes, allow_blank=False, id="scope", compact=True)
            )
            yield from self._row(
                "Format",
                Select(
                    names, allow_blank=False, value=self._format.name, id="format", compact=True
                ),
            )
            path = PathInput(
                self._first_path(), "a path; Tab completes it", id="path", compact=True,
                select_on_focus=False,
            )  # fmt: skip
            yield from self._row("File", path)
            yield self._form
            yield self._note
            with Horizontal(classes="dialog-buttons"):
                yield Button("F2 Export", id="export", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def _row(self, label: str, widget: Input | Select[str]) -> ComposeResult:
        with Horizontal(classes="export-row"):
            yield Label(label, classes="export-label", markup=False)
            yield widget

    def on_mount(self) -> None:
        field = self.query_one("#path", PathInput)
        self.set_focus(field)
        field.cursor_position = len(field.value)
        self._show_options()

    # ── format and path follow each other ────────────────────────────────────────────────

    def _first_path(self) -> str:
        folder = self._choices.folder or str(Path.cwd())
        return shown_path(Path(folder) / f"{self._source.stem}{_suffix(self._format)}")

    @on(Select.Changed, "#format")
    def _format_changed(self, event: Select.Changed) -> None:
        if event.value == self._format.name:
            return
        self._keep_options()
        before, self._format = self._format, choose_format(str(event.value), None)
        field = self.query_one("#path", PathInput)
        field.value = _with_suffix(field.value, before, self._format)
        self._show_options()

    @on(Input.Blurred, "#path")
    def _path_given(self) -> None:
        """A suffix says the format, too."""
        found = format_of_path(Path(self.query_one("#path", PathInput).value.strip()))
        if found is not None and _suffix(found) != _suffix(self._format):
            self.query_one("#format", Select).value = found.name

    @on(Input.Submitted, "#path")
    def _path_submitted(self) -> None:
        self._path_given()
        self.action_export()

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        event.stop()
        self._say("  ".join(event.names))

    @work(exclusive=True, group="options")
    async def _show_options(self) -> None:
        """Show the options of the format, whose writer may take a moment to load."""
        wanted = self._format
        try:
            options = await asyncio.to_thread(options_of, wanted)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._options = []
            await self._form.show([], {})
            self._tell_error(exc)
            return
        self._options = options
        await self._form.show(options, self._choices.options.get(wanted.name, {}))
        self._say("")

    def _keep_options(self) -> None:
        """Remember the options of a format that is left for another one."""
        if self._options:
            self._choices.options[self._format.name] = self._form.values()

    @on(OptionsForm.Focused)
    def _option_focused(self, event: OptionsForm.Focused) -> None:
        event.stop()
        wrong, self._wrong = self._wrong, ""
        if event.option.name != wrong:  # there the error stands
            self._say(event.option.help)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        self._note.set_class(is_error, "-error")
        self._note.update(Content(safe(text, keep_lines=True)))

    def _tell_error(self, exc: Exception) -> None:
        error = as_tusk_error(exc)
        self._say("\n".join(filter(None, [f"✗ {error.message}", error.hint])), is_error=True)

    # ── answering ────────────────────────────────────────────────────────────────────────

    @on(Button.Pressed, "#export")
    def action_export(self) -> None:
        self._export()

    @work(exclusive=True, group="export")
    async def _export(self) -> None:
        try:
            own = self._read_options()
            path = self._read_path()
            old = await asyncio.to_thread(_look_at, path)
            settled = await self._settle(path, old)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._tell_error(exc)
            return
        if settled is None:
            return
        self._keep_options()
        self._choices.format = self._format.name
        self._choices.folder = str(settled[0].parent)
        scope = Scope(self.query_one("#scope", Select).value)
        self.dismiss(ExportRequest(scope, settled[0], self._format, own, settled[1]))

    def _read_options(self) -> object:
        """The format's options. Raises UsageError, with the focus on the wrong one."""
        pairs = {name: f"{name}={value}" for name, value in self._form.values().items()}
        for name, pair in pairs.items():
            try:
                format_options(self._format, [pair])
            except UsageError:
                self._wrong = name
                self._form.focus_on(name)
                raise
        return format_options(self._format, list(pairs.values()))

    def _read_path(self) -> Path:
        text = self.query_one("#path", PathInput).value.strip()
        if not text:
            raise UsageError("a path is missing")
        return Path(text).expanduser().absolute()

    async def _settle(self, path: Path, old: _OldFile | None) -> tuple[Path, IfExists] | None:
        """The file to write, and what becomes of one that is there; None to think again."""
        if old is None:
            return path, "fail"
        modified = dt.datetime.fromtimestamp(old.modified).astimezone()
        answers = [Answer("replace", "Overwrite", is_dangerous=True)]
        if self._format.can_append:
            answers.append(Answer("append", "Append"))
        answers += [Answer("number", "Keep both"), Answer("back", "Back")]
        question = ConfirmScreen(
            f"{path.name} is there already",
            f"It has {size_text(old.size_bytes)} and is of {modified:%Y-%m-%d %H:%M}.\n"
            f"To keep both, this one becomes {old.other.name}.",
            answers,
        )
        match await self.app.push_screen_wait(question):
            case "replace":
                return path, "replace"
            case "append":
                return path, "append"
            case "number":
                return old.other, "fail"
            case _:
                return None

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


def _known(name: str) -> Format:
    """The format that was used last; a workspace of a newer tusk may know others."""
    try:
        return choose_format(name, None)
    except UsageError:
        return choose_format("csv", None)


def _suffix(format_: Format) -> str:
    return format_.suffixes[0] if format_.suffixes else _NO_SUFFIX


def _with_suffix(text: str, before: Format, after: Format) -> str:
    """A path with another format's suffix, where it had that of the one before."""
    packed = next((suffix for suffix in _COMPRESSED if text.lower().endswith(suffix)), "")
    stem = text[: len(text) - len(packed)]
    for suffix in (*before.suffixes, _suffix(before)):
        if stem.lower().endswith(suffix):
            return stem[: -len(suffix)] + _suffix(after) + ("" if after.is_binary else packed)
    return text


def _look_at(path: Path) -> _OldFile | None:
    """The file that is there already; blocks.

    Raises:
        StorageError: Nothing can be written there.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a folder", hint="add the name of a file")
    if not path.parent.is_dir():
        raise StorageError(f"there is no folder {path.parent}", hint="make the folder first")
    if not path.is_file():
        return None
    facts = path.stat()
    return _OldFile(facts.st_size, facts.st_mtime, free_path(path))
