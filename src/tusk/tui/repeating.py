"""Running the same statements every few seconds, as long as nothing goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.statement import StatementKind
from tusk.tui.run_status import Phase

if TYPE_CHECKING:
    from textual.timer import Timer

    from tusk.tui.widgets.document_pane import DocumentPane

LEAST_S = 1.0
_WENT_WRONG = {Phase.FAILED, Phase.CANCELLED}


class Repeater:
    """Runs a tab's last statements again and again.

    Args:
        tab: Whose they are.
    """

    def __init__(self, tab: DocumentPane) -> None:
        self._tab = tab
        self._timer: Timer | None = None

    def every(self, interval_s: float) -> None:
        """Run again so many seconds apart; 0 ends it."""
        self.stop()
        if not interval_s:
            return
        refusal = self._refusal()
        if refusal:
            self._tab.results.tell(refusal, is_good=False)
            return
        interval_s = max(LEAST_S, interval_s)
        self._timer = self._tab.set_interval(interval_s, self._tick)
        self._tab.results.show_repeating(interval_s)

    def stop(self) -> None:
        """Repeat no more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._tab.results.show_repeating(0)

    def _refusal(self) -> str:
        statements = self._tab.last_statements
        if not statements:
            return "Nothing was run in this tab yet."
        if any(statement.kind is not StatementKind.QUERY for statement in statements):
            return "Only statements that just read are repeated, and this tab ran others."
        return ""

    def _tick(self) -> None:
        tab = self._tab
        if tab.status.phase in _WENT_WRONG or self._refusal():
            self.stop()
            tab.results.tell("Not repeated any more: the last run did not succeed.", is_good=False)
        elif not tab.is_running and tab.has_turn:  # else it takes longer than the interval
            tab.run_again()
