"""`TuskApp`: the terminal app. It owns what outlives a screen: connections, workspace, settings."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType

from tusk.config.paths import Paths
from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.core.text import safe
from tusk.services.completion import Usage
from tusk.services.demo import FIRST_QUERY
from tusk.services.queries import RunOptions
from tusk.services.settings import Settings, told_problems
from tusk.services.workspace import Tab
from tusk.tui.actions import key_text
from tusk.tui.connection_actions import losses
from tusk.tui.connection_book import DEMO, ConnectionBook
from tusk.tui.defects import as_tusk_error
from tusk.tui.favour import favour_the_screen, is_first, keys_first
from tusk.tui.hangup import HangUp
from tusk.tui.key_queue import KeyQueue
from tusk.tui.keymap import check_keymap, keys_in_force
from tusk.tui.layout import Layout
from tusk.tui.line_filter import FullStrength, SafeText
from tusk.tui.notices import NoticeLog
from tusk.tui.opening import read_files
from tusk.tui.palette import ActionProvider
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.themes import DARK, HIGH_CONTRAST, LIGHT, SIXTEEN, THEMES
from tusk.tui.widgets.vim_keys import keys_meant
from tusk.tui.workspace_saver import Snapshot, WorkspaceSaver

if TYPE_CHECKING:
    from pathlib import Path

    from textual.command import Provider
    from textual.filter import LineFilter
    from textual.notifications import SeverityLevel

    from tusk.services.keymap import OwnKeymap
    from tusk.services.snippets import Snippet

_log = logging.getLogger(__name__)

# How long leaving waits for servers to take the good-bye.
_LEAVE_TIMEOUT_S = 2.0
_THEME = "app.theme"
_USAGE = "editor.completions"
_DEMO_TABS = (Tab("demo", "Demo", FIRST_QUERY, 0, DEMO, is_active=True),)


class TuskApp(App[None]):
    """The app.

    Args:
        target: What to open: a connection's name, a URL or a file; None for what was used last.
        demo: Begin with the sample data, and leave the workspace alone.
        files: Files to open in tabs; they run on the target, if one is given.
    """

    TITLE = "tusk"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionProvider}  # type: ignore[assignment]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f1,alt+h", "help", "Help", id="app.help", priority=True,
            tooltip="Every key, with what it does where you are",
        ),
        Binding(
            "ctrl+p,alt+p", "command_palette", "Commands", id="app.palette", priority=True,
            tooltip="Find any action by its name and run it",
        ),
        Binding(
            "ctrl+q,f10", "quit", "Quit", id="app.quit", priority=True,
            tooltip="Leave tusk; asks only when something would be lost",
        ),
        Binding(
            "alt+d", "toggle_theme", "Dark/light", id="app.theme", show=False, priority=True,
            tooltip="Change between the dark and the light theme",
        ),
        Binding(
            "alt+shift+d", "themes", "Themes", id="app.themes", show=False, priority=True,
            tooltip="Choose the colours, seeing them at once",
        ),
        Binding(
            "alt+shift+h", "notices", "Notices", id="app.notices", show=False, priority=True,
            tooltip="What tusk has told since it began: every notification, with its time",
        ),
        Binding(
            "alt+shift+g", "jump", "Jump", id="app.jump", show=False, priority=True,
            tooltip="Put a letter on every pane, field and tab; the letter goes there",
        ),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]  # fmt: skip

    def __init__(
        self, target: str | None = None, *, demo: bool = False, files: Sequence[Path] = ()
    ) -> None:
        super().__init__(driver_class=keys_first(self.get_driver_class()))
        self._target = target
        self._is_demo = demo
        self._files = files
        self._settings = Settings()
        self._saver: WorkspaceSaver | None = None
        self._safe_text = SafeText()
        self._full_strength = FullStrength()
        self._is_leaving = False
        self._keys = KeyQueue(self, super().on_event, self._input_settled)
        self.has_begun = False
        """Whether what the app begins with is there, as far as it can be."""
        # Warnings from before there is a screen to show them on.
        self._early_warnings: list[str] | None = []
        self.user_keymap: Mapping[str, str] = {}
        self.editor_keys = "standard"
        self.snippets: Mapping[str, Snippet] = {}
        self.notices = NoticeLog()
        self.book = ConnectionBook(self)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = [*super().get_line_filters(), self._safe_text]
        # Before Textual's own, which blends what is dim into its background.
        return [self._full_strength, *filters] if self.theme in HIGH_CONTRAST else filters

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification. Its text is data: made safe, and no markup whatever is asked for.

        `Widget.notify` asks for markup by default.
        """
        self.notices.add(message, title, severity)
        super().notify(
            safe(message, keep_lines=True),
            title=safe(title),
            severity=severity,
            timeout=timeout,
            markup=False,
        )

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or key_text(binding.key)

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            for each in keys_meant(self.focused, event) if self.screen_stack else (event,):
                await self._keys.put(each)
            return
        is_input = is_first(event) and not event.is_forwarded
        await super().on_event(event)
        if is_input:
            self._input_settled()

    def _input_settled(self) -> None:
        """What was typed has been dealt with: once it shows, other threads may go on."""
        if self.screen_stack:
            self.screen.call_after_refresh(RIGHT_OF_WAY.end_claim)

    # ── starting ─────────────────────────────────────────────────────────────────────────

    async def on_mount(self) -> None:
        favour_the_screen(asyncio.get_running_loop())
        begin = await asyncio.to_thread(read_files, self._warn)
        self._settings = begin.settings
        self.user_keymap = keys_in_force(begin.settings, begin.keymap)
        self.editor_keys = begin.settings.editor.keys
        self.snippets = begin.snippets
        self.set_keymap(self.user_keymap)
        layout = begin.state.layout
        self.book.knowledge.opens_by_itself = begin.settings.editor.completion
        self.book.knowledge.keyword_case = begin.settings.editor.keyword_case
        self.book.reconnector.is_active = begin.settings.app.reconnect
        self.book.knowledge.usage = Usage.loads(layout.get(_USAGE, ""))
        for theme in begin.themes:
            self.register_theme(theme)
        if begin.snippet_problems:
            self._warn(told_problems("snippets", begin.snippet_problems))
        if begin.theme_problems:
            self._warn(told_problems("themes", begin.theme_problems))
        self._choose_theme(begin.settings.app.theme or layout.get(_THEME, ""))
        screen = QueryScreen(
            self.book,
            self._run_options,
            Layout.from_values(layout),
            self._changed,
            layout,
            begin.state.recent_files,
        )
        self.add_mode("query", lambda: screen)
        await self.switch_mode("query")
        self.call_after_refresh(self._show_early_warnings)
        # Before anything that can fail, and before anything is saved: they must not be lost.
        await screen.load(_DEMO_TABS if self._is_demo else begin.state.tabs)
        self._saver = WorkspaceSaver(
            begin.workspace, partial(self._snapshot, screen), is_active=not self._is_demo
        )
        HangUp(self._leave).listen()
        self._begin(screen, begin.state.tabs, begin.state.last_connection)
        if begin.keymap.keys or begin.keymap.problems:
            self._check_keys(begin.settings, begin.keymap)

    def _warn(self, text: str) -> None:
        """Show a warning. Any thread."""
        if self._early_warnings is not None:
            self._early_warnings.append(text)
        else:
            self.notify(text, severity="warning", timeout=10)

    def _show_early_warnings(self) -> None:
        warnings, self._early_warnings = self._early_warnings or [], None
        for text in warnings:
            self._warn(text)

    @work(exclusive=True, group="keys")
    async def _check_keys(self, settings: Settings, own: OwnKeymap) -> None:
        """Tell what is wrong with the user's own keys; finding it imports every screen."""
        problems = await asyncio.to_thread(check_keymap, settings, own)
        if problems:
            self._warn(told_problems("keys", problems))

    def _choose_theme(self, name: str) -> None:
        if not name and not self.is_headless and self.console.color_system == "standard":
            name = SIXTEEN.name
        if name in self.available_themes:
            self.theme = name
        elif name:
            self._warn(f"there is no theme {name!r}; try {DARK.name} or {LIGHT.name}")

    def _run_options(self) -> RunOptions:
        query = self._settings.query
        return RunOptions(
            fetch_limit=query.fetch_limit,
            timeout_s=query.timeout_s or None,
            budget_bytes=query.memory_mib * 1024 * 1024,
        )

    @work
    async def _begin(self, screen: QueryScreen, tabs: Sequence[Tab], last_connection: str) -> None:
        """Find the tabs' connections and open what was asked for."""
        try:
            await self.book.load()
            if self._is_demo:
                await self.book.add(DEMO)
                screen.action_run()
            else:
                await self._open_target(screen, tabs, last_connection)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            screen.tell_error(as_tusk_error(exc))
        finally:
            self.has_begun = True

    async def _open_target(
        self, screen: QueryScreen, tabs: Sequence[Tab], last_connection: str
    ) -> None:
        for reference in dict.fromkeys(tab.connection for tab in tabs):
            await self.book.remember(reference)
        target = self._target
        if target is None and not tabs:
            target = self._settings.query.default_connection or last_connection
        if not target and not self._files and screen.first_steps.are_needed:
            screen.first_steps.offer()
        if target is None and screen.pane and screen.pane.entry in self.book.embedded:
            # Nothing to wait for, and the catalogue shows.
            target = screen.pane.entry.reference
        entry = await self.book.add(target) if target is not None else None
        if self._files:
            # By itself a file runs where the tab in front does.
            is_meant = self._target is not None or not tabs
            await screen.open_files(self._files, entry if is_meant else None)
        elif entry is not None:
            await screen.open_target(entry, is_asked=self._target is not None)

    # ── the workspace ────────────────────────────────────────────────────────────────────

    def _changed(self) -> None:
        if self._saver is not None:
            self._saver.touch()

    def _snapshot(self, screen: QueryScreen) -> Snapshot:
        usage = self.book.knowledge.usage.dumps()
        layout = {**screen.layout_sizes.to_values(), _THEME: self.theme, _USAGE: usage}
        layout |= screen.to_values()
        tabs, files = screen.documents.snapshot(), screen.files.used
        return Snapshot(tabs, layout, self.book.last_used, files)

    def on_unmount(self) -> None:
        if self._saver is not None:
            self._saver.stop()

    # ── actions ──────────────────────────────────────────────────────────────────────────

    def action_help(self) -> None:
        from tusk.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen, self.user_keymap))

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing to cancel or copy: somebody looks for the way out."""
        self.notify("Nothing runs. ^Q leaves tusk.", timeout=3)

    def action_toggle_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name
        self._changed()

    @work(exclusive=True, group="themes")
    async def action_themes(self) -> None:
        from tusk.tui.screens.themes import ThemeScreen

        if isinstance(self.screen, ThemeScreen):
            return
        if await self.push_screen_wait(ThemeScreen()):
            self._changed()
            if self._settings.app.theme not in ("", self.theme):
                self._warn(
                    f"the setting app.theme says {self._settings.app.theme}, which the next start "
                    "takes; `tusk config set app.theme --unset` lets tusk remember your choice"
                )

    @work(exclusive=True, group="jump")
    async def action_jump(self) -> None:
        from tusk.tui.screens.jump import JumpScreen, jump_targets

        if isinstance(self.screen, JumpScreen):
            return
        target = await self.push_screen_wait(JumpScreen(jump_targets(self.screen)))
        if target is not None:
            target.go()

    def action_notices(self) -> None:
        from tusk.tui.screens.notices import NoticesScreen

        if not isinstance(self.screen, NoticesScreen):
            self.push_screen(NoticesScreen(self.notices))

    # ── leaving ──────────────────────────────────────────────────────────────────────────

    async def action_quit(self) -> None:
        self._ask_and_quit()

    @work(exclusive=True, group="quit")
    async def _ask_and_quit(self) -> None:
        exports = [each.exports for each in self.screen_stack if isinstance(each, QueryScreen)]
        lost = [*losses(self.book.entries), *(line for each in exports for line in each.losses)]
        # Screens that hold something unsaved say so.
        lost += filter(None, (getattr(screen, "would_lose", "") for screen in self.screen_stack))
        if lost and not self._is_leaving:
            question = ConfirmScreen(
                "Leave tusk?",
                "\n".join(lost),
                [Answer("leave", "Leave", is_dangerous=True), Answer("stay", "Stay")],
            )
            if await self.push_screen_wait(question) != "leave":
                return
        for each in exports:
            each.cancel_all()
        await self._leave(0)

    async def _leave(self, code: int) -> None:
        """Save, close the connections, which rolls open transactions back, and end."""
        if self._is_leaving:
            return
        self._is_leaving = True
        if self._saver is not None:
            await self._saver.close()
        try:
            await asyncio.wait_for(self.book.close_all(), _LEAVE_TIMEOUT_S)
        except TimeoutError:
            _log.warning("left without an answer from a server")
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        """Tell of a defect in two lines; Textual would print local variables, so passwords."""
        _log.critical("tusk ends by a defect", exc_info=True)
        kind, error, _ = sys.exc_info()
        name = kind.__name__ if kind else "error"
        self.panic(
            Text(f"tusk ended by a defect: {name}: {safe(str(error))[:500]}"),
            Text(f"What led to it is in {Paths.find().log_file}. Your tabs are saved."),
        )
