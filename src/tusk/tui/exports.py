"""The exports of this run of the app: asked for, in the background, told at their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tusk.tui.export_job import ExportJob
from tusk.tui.export_request import ExportChoices, exportable
from tusk.tui.screens.export import ExportScreen
from tusk.tui.screens.export_progress import ExportProgressScreen
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.widgets import message_log
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.status_line import Field

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook
    from tusk.tui.screens.query import QueryScreen
    from tusk.tui.widgets.document_pane import DocumentPane


class Exports:
    """Starts exports and knows those that run.

    Args:
        screen: Whose workers they are.
        book: The app's connections.
        options: Makes the options of a run, from the settings.
        remembered: What was chosen the last time, from the workspace.
    """

    def __init__(
        self,
        screen: QueryScreen,
        book: ConnectionBook,
        options: Callable[[], RunOptions],
        remembered: Mapping[str, str],
    ) -> None:
        self._screen = screen
        self._book = book
        self._options = options
        self._choices = ExportChoices.from_values(remembered)
        self._jobs: list[ExportJob] = []

    @property
    def jobs(self) -> list[ExportJob]:
        """Those that run, or wait for their connection."""
        return list(self._jobs)

    def to_values(self) -> dict[str, str]:
        """What to remember, for the workspace."""
        return self._choices.to_values()

    # ── asking ───────────────────────────────────────────────────────────────────────────

    async def ask(self, pane: DocumentPane) -> None:
        """Show how far exports are, if any run; else ask for a new one. Call it from a worker.

        Raises:
            UsageError: There is nothing to export.
        """
        if self._jobs:
            answer = await self._screen.app.push_screen_wait(ExportProgressScreen(self._jobs))
            if answer != "new":
                return
        await self._ask_for_new(pane)

    async def _ask_for_new(self, pane: DocumentPane) -> None:
        if not await self._have_values(pane):
            return
        source = exportable(pane)
        request = await self._screen.app.push_screen_wait(ExportScreen(source, self._choices))
        if request is None:
            return
        job = ExportJob(request, source)
        self._jobs.append(job)
        self._screen.run_worker(self._follow(job), group="exports", exit_on_error=False)

    async def _have_values(self, pane: DocumentPane) -> bool:
        """Ask for the values of a statement that is exported without having been run."""
        names = [] if pane.results.front is not None else pane.names_at_caret
        if not pane.parameters.lack(names):
            return True
        given = await self._screen.app.push_screen_wait(ParametersScreen(pane.parameters.of(names)))
        if given is None:
            return False
        pane.parameters.remember(given)
        return True

    # ── following ────────────────────────────────────────────────────────────────────────

    async def _follow(self, job: ExportJob) -> None:
        self._screen.exports_changed()
        try:
            await job.run(self._screen.app, self._book, self._options())
        finally:
            self._jobs.remove(job)
            self._screen.exports_changed()
        self._tell(job)

    def _tell(self, job: ExportJob) -> None:
        words = job.outcome()
        severity: SeverityLevel = "information"
        if job.error is not None:
            entry = message_log.error_entry(job.error, statement=job.title)
            severity = "error"
        else:
            has_notes = job.summary is not None and job.summary.notes
            level = Level.WARNING if job.is_cancelled or has_notes else Level.DONE
            entry = message_log.Entry(level, words)
            severity = "warning" if level is Level.WARNING else severity
        title = "Export failed" if job.error is not None else "Export"
        self._screen.notify(words, title=title, severity=severity, timeout=12)
        if job.source.pane.is_mounted:
            job.source.pane.results.say(entry)

    def cancel_all(self) -> None:
        """End them: the app is about to."""
        for job in self._jobs:
            job.cancel()

    # ── words ────────────────────────────────────────────────────────────────────────────

    @property
    def losses(self) -> list[str]:
        """What would be lost by leaving now, one line for each."""
        return [f"{job.path.name}: its export is cancelled." for job in self._jobs]

    @property
    def field(self) -> Field | None:
        """What the status line says of them; None when none runs."""
        if not self._jobs:
            return None
        if len(self._jobs) > 1:
            return Field(f"⇣ {len(self._jobs)} exports: Alt+O", 3, "busy")
        job = self._jobs[0]
        rows = f"{job.progress.rows:,} rows" if job.progress is not None else "…"
        short = f"⇣ {job.path.name} {rows}"
        return Field(f"⇣ {job.path.name} {job.words()}: Alt+O", 3, "busy", short=short)
