"""The plan of a statement: a tree with figures, and everything about the node at the cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tusk.core.errors import QueryCancelled, TuskError
from tusk.core.events import NoticeArrived
from tusk.core.text import safe
from tusk.services.plans import (
    Explainer,
    ExplainOptions,
    analyze_question,
    can_analyze,
    can_go_generic,
    plan_json,
    plan_text,
)
from tusk.services.plans.figures import milliseconds
from tusk.services.plans.saved import KeptPlan, SavedPlans, StoredPlan
from tusk.tui.defects import as_tusk_error
from tusk.tui.parameter_values import names_in
from tusk.tui.run_status import activity
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.plan_compare import PlanCompareScreen
from tusk.tui.screens.plan_details import node_details
from tusk.tui.screens.plan_saved import SavedPlansScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.session_work import SessionWork
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.plan_tree import PlanTree

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.core.events import Event
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.services.connections import Connection
    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook, Entry

_TICK_S = 0.1
# Terminals refuse more than this in one sequence, and some of them break.
_CLIPBOARD_BYTES = 1_000_000
# Actions that need a statement that can be explained again.
_RUNNING = ("analyze", "options", "again")
# Actions that need a plan.
_OF_A_PLAN = ("worst", "next_warning", "copy", "save", "compare")

Values = Callable[[Sequence[str]], Awaitable["Mapping[str, ParameterValue] | None"]]


@dataclass(frozen=True, slots=True)
class Explained:
    """What is explained, and with what.

    Args:
        statement: The statement.
        entry: Where it runs.
        book: The app's connections.
        options: Makes the options of a run, from the settings.
        known: Values of its parameters as far as they are known, by name.
        ask: Asks for values of parameters; None when the user gives none.
    """

    statement: Statement
    entry: Entry
    book: ConnectionBook
    options: Callable[[], RunOptions]
    known: Callable[[Sequence[str]], Mapping[str, ParameterValue] | None]
    ask: Values


class PlanScreen(Screen[TuskError | None]):
    """Explains a statement and shows its plan; or shows a saved one.

    Returns the error when there was no plan to show.

    Args:
        explained: What to explain; None for a saved plan.
        kept: A saved plan.
    """

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q", "back", "Back", id="plan.back",
            tooltip="Back to the editor; while the server works, cancel",
        ),
        Binding(
            "a", "analyze", "Analyze", id="plan.analyze",
            tooltip="Execute the statement, for actual rows and times; changes are rolled back",
        ),
        Binding(
            "b", "options", "Verbose", id="plan.options",
            tooltip="Ask again, with output columns and full names, or without",
        ),
        Binding(
            "r", "again", "Again", id="plan.again", show=False,
            tooltip="Ask for the plan again, in the same way",
        ),
        Binding(
            "w", "worst", "Worst", id="plan.worst", show=False,
            tooltip="Go to the node that takes most",
        ),
        Binding(
            "n", "next_warning", "Next ▲", id="plan.warning", show=False,
            tooltip="Go to the next node with a warning",
        ),
        Binding("c", "copy(False)", "Copy", id="plan.copy", tooltip="Copy the plan as text"),
        Binding(
            "j", "copy(True)", "JSON", id="plan.copy_json",
            tooltip="Copy the plan as JSON, which other tools read",
        ),
        Binding(
            "s", "save", "Save", id="plan.save", tooltip="Keep the plan, to compare others with it"
        ),
        Binding(
            "o", "compare", "Compare", id="plan.compare",
            tooltip="Put a saved plan beside this one, or look at it",
        ),
    ]  # fmt: skip

    def __init__(self, explained: Explained | None, kept: KeptPlan | None = None) -> None:
        super().__init__()
        self._explained = explained
        self._kept = kept
        self._asked = ExplainOptions()
        self._tree = PlanTree(self._node_changed, id="plan-tree")
        self._work: SessionWork | None = None
        self._title = Static(classes="plan-title", markup=False)
        self._state = Static(classes="plan-state", markup=False)
        self._heading = Static(classes="plan-heading", markup=False)
        self._details = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._state
        yield self._heading
        yield self._tree
        with VerticalScroll(classes="plan-details"):
            yield self._details
        yield KeyFooter()

    def on_mount(self) -> None:
        self._tree.focus()
        self._ticker = self.set_interval(_TICK_S, self._show_state, pause=True)
        if self._kept is not None:
            self._show(self._kept)
        else:
            self._show_state()
            self._ask(ExplainOptions())

    @property
    def kept(self) -> KeptPlan | None:
        """The plan that is shown."""
        return self._kept

    @property
    def _engine(self) -> str:
        return self._explained.entry.engine if self._explained else ""

    @property
    def is_working(self) -> bool:
        """Whether the server is asked for a plan just now."""
        return self._work is not None and self._work.is_active

    # ── showing ──────────────────────────────────────────────────────────────────────────

    def _show(self, kept: KeptPlan) -> None:
        self._kept = kept
        title = f"{kept.name} · {kept.connection}" if kept.name else kept.connection
        sql = " ".join(kept.sql[:500].split())
        self._title.update(safe(f"{title} · {sql}"))
        self._tree.show_plan(kept.plan)
        self._heading.update(self._tree.heading_text())
        self._show_state()
        self.refresh_bindings()

    def _node_changed(self) -> None:
        if self._kept is not None:
            self._details.update(node_details(self._tree.node, self._kept.plan))

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._heading.update(self._tree.heading_text()))

    def _show_state(self) -> None:
        state = self._state
        state.set_class(self.is_working, "-busy")
        if self._work is not None and self.is_working:
            state.update(f"{activity(self._work.status)} · Esc cancels")
        elif self._kept is not None:
            state.update(_state_words(self._kept))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "options" and self._engine != "postgres":
            return False
        if action in _RUNNING:
            return self._explained is not None and not self.is_working
        return self._kept is not None or action not in _OF_A_PLAN

    # ── asking the server ────────────────────────────────────────────────────────────────

    @work(exclusive=True, group="explain")
    async def _ask(self, options: ExplainOptions) -> None:
        """Ask for the plan and show it; without one, leave with the error."""
        explained = self._explained
        if explained is None:
            return
        self._work = work = SessionWork(
            self.app, explained.book, explained.entry, "a plan", self._work_changed
        )
        try:
            kept = await self._explain(explained, options, work)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            work.end()
            self._failed(as_tusk_error(exc))
        else:
            work.end()
            if kept is not None:
                self._asked = options
                self._show(kept)
            elif self._kept is None:
                self.dismiss(None)

    async def _explain(
        self, explained: Explained, options: ExplainOptions, work: SessionWork
    ) -> KeptPlan | None:
        """The plan; None when the user would rather not."""
        if not await work.connect():
            return None
        settled = await self._settle(explained, options)
        if settled is None:
            return None
        statement = explained.statement
        explainer = Explainer(statement, settled)
        await work.run(statement, explained.options(), explainer.run, self._follow)
        if explainer.plan is None:
            raise QueryCancelled("cancelled", sqlstate="57014")
        label = explained.entry.label
        return KeptPlan(explainer.plan, statement.text, label, _option_words(options))

    async def _settle(self, explained: Explained, options: ExplainOptions) -> ExplainOptions | None:
        """The options with parameters and the user's consent; None when the user gives none."""
        statement, entry = explained.statement, explained.entry
        connection = entry.connection
        if connection is None:
            return None
        if options.analyze and not await self._may_execute(statement, connection):
            return None
        names = names_in([statement], connection.dialect)
        values = explained.known(names)
        if values is None and (options.analyze or not can_go_generic(entry.engine)):
            values = await explained.ask(names)
            if values is None:
                return None
        return replace(options, may_change=options.analyze, parameters=values or None)

    async def _may_execute(self, statement: Statement, connection: Connection) -> bool:
        question = analyze_question(statement, connection.dialect)
        if not question:
            return True
        answer = await self.app.push_screen_wait(
            ConfirmScreen(
                "Execute it for its plan?",
                question,
                [Answer("execute", "Execute", is_dangerous=True), Answer("keep", "Do not")],
            )
        )
        return answer == "execute"

    def _follow(self, event: Event) -> None:
        if isinstance(event, NoticeArrived):
            notice = event.notice
            self.notify(f"{notice.severity}: {notice.message}"[:500], timeout=5)

    def _failed(self, error: TuskError) -> None:
        if self._kept is None:
            self.dismiss(None if isinstance(error, QueryCancelled) else error)
            return
        words = "\n".join(part for part in (error.message, error.hint) if part)
        is_cancelled = isinstance(error, QueryCancelled)
        self.notify(words, severity="warning" if is_cancelled else "error", timeout=8)
        self._show_state()

    def _work_changed(self) -> None:
        if not self.is_attached:
            return
        if self.is_working:
            self._ticker.resume()
        else:
            self._ticker.pause()
        self._show_state()
        self.refresh_bindings()

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    def action_back(self) -> None:
        if self.is_working:
            self._cancel()
        else:
            self.dismiss(None)

    @work(group="cancel")
    async def _cancel(self) -> None:
        """Cancel; what has not come to the server yet is just not done."""
        work = self._work
        if work is None or await work.cancel():
            return
        self.workers.cancel_group(self, "explain")
        work.end()
        if self._kept is None:
            self.dismiss(None)

    def action_analyze(self) -> None:
        if not can_analyze(self._engine):
            words = f"{self._engine} has no EXPLAIN ANALYZE: it measures nothing."
            self.notify(words, severity="warning")
            return
        self._ask(replace(self._asked, analyze=not self._asked.analyze))

    def action_options(self) -> None:
        self._ask(replace(self._asked, verbose=not self._asked.verbose))

    def action_again(self) -> None:
        self._ask(self._asked)

    def action_worst(self) -> None:
        self._tree.go_to(lambda node: node.is_worst)

    def action_next_warning(self) -> None:
        if not self._tree.go_to(lambda node: bool(node.warnings)):
            self.notify("Nothing is wrong with this plan, as far as one can see.", timeout=3)

    def action_copy(self, as_json: bool) -> None:
        if self._kept is None:
            return
        plan = self._kept.plan
        text = plan_json(plan) if as_json else plan_text(plan)
        if len(text.encode("utf-8", "replace")) > _CLIPBOARD_BYTES:
            self.notify("The plan is too large for a terminal's clipboard.", severity="warning")
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied the plan as {'JSON' if as_json else 'text'}.", timeout=3)

    def action_save(self) -> None:
        if self._kept is not None:
            self.app.push_screen(
                PromptScreen(
                    "Save the plan as",
                    self._save,
                    text=self._kept.name,
                    note="Statement and connection are kept with it.",
                )
            )

    async def _save(self, name: str) -> None:
        kept = self._kept
        if kept is None:
            return
        await asyncio.to_thread(_save, kept, name)
        self._show(replace(kept, name=name))
        self.notify(f"Saved as {name}.", timeout=3)

    def action_compare(self) -> None:
        self._compare()

    @work(exclusive=True, group="compare")
    async def _compare(self) -> None:
        try:
            stored = await asyncio.to_thread(_list)
            chosen = await self.app.push_screen_wait(SavedPlansScreen(stored))
            if chosen is None or self._kept is None:
                return
            saved = await asyncio.to_thread(_open, chosen.plan_id)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.notify(as_tusk_error(exc).message, severity="error", timeout=8)
            return
        if chosen.what == "view":
            await self.app.push_screen(PlanScreen(None, saved))
        else:
            await self.app.push_screen(PlanCompareScreen(saved, self._kept))


def _save(kept: KeptPlan, name: str) -> None:
    with SavedPlans() as saved:
        saved.save(kept, name)


def _list() -> list[StoredPlan]:
    with SavedPlans() as saved:
        return saved.list()


def _open(plan_id: int) -> KeptPlan:
    with SavedPlans() as saved:
        return saved.open(plan_id)


def _option_words(options: ExplainOptions) -> str:
    words = ["EXPLAIN", "ANALYZE" if options.analyze else "", "VERBOSE" if options.verbose else ""]
    return " ".join(word for word in words if word)


def _state_words(kept: KeptPlan) -> str:
    plan = kept.plan
    parts = [kept.options or "EXPLAIN"]
    if plan.is_generic:
        parts.append("generic: no values given")
    if plan.execution_ms is not None:
        parts.append(f"execution {milliseconds(plan.execution_ms)}")
    if plan.planning_ms is not None:
        parts.append(f"planning {milliseconds(plan.planning_ms)}")
    warnings = sum(len(node.warnings) for node in plan.nodes)
    if warnings:
        parts.append(f"▲ {warnings} warning{'' if warnings == 1 else 's'}")
    if plan.note:
        parts.append(plan.note)
    elif not plan.is_analyzed and can_analyze(plan.engine):
        parts.append("estimates only: a executes it")
    return safe(" · ".join(parts))
