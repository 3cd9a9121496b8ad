"""Applying changes together: in one transaction, each to exactly one row, or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.core.errors import QueryError, TuskError, UsageError
from tusk.core.events import Event, Failed, Finished
from tusk.core.render import render_column
from tusk.core.statement import Statement, StatementKind
from tusk.core.text import clip, safe
from tusk.engines.base import TransactionState
from tusk.services.queries import Pager, RunOptions, run_statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk.core.params import ParameterValue
    from tusk.engines.base import Session
    from tusk.services.edits.origin import Origin
    from tusk.services.edits.statements import Change

_SAVEPOINT = "tusk_edit"
_OPEN = {TransactionState.IN_TRANSACTION, TransactionState.FAILED}
_SHOWN = 30


class Conflict(TuskError):
    """A row is not what the result shows any more: nothing was changed."""


class Applier:
    """Applies changes to a table.

    `run` has the shape of `tusk.services.queries.run_statements`. When it raises, nothing was
    changed, and `failed` is the change that it was about.

    Args:
        changes: In order.
        origin: The table they are for.
    """

    def __init__(self, changes: Sequence[Change], origin: Origin) -> None:
        self._changes = list(changes)
        self._origin = origin
        self.failed: Change | None = None
        self.stays_open = False
        """Whether the changes wait in the user's own transaction for its commit."""

    def run(
        self,
        session: Session,
        statements: Sequence[Statement],
        sink: Callable[[Event], None],
        options: RunOptions,
        pager: Pager | None = None,
    ) -> bool:
        """Apply them from this thread; all or none.

        Raises:
            Conflict: A row was changed or deleted meanwhile.
            QueryError: The engine refused a change, or the commit.
        """
        del statements, pager
        self.stays_open = session.transaction in _OPEN
        _begin(session, is_inside=self.stays_open)
        try:
            for change in self._changes:
                self.failed = change
                self._apply(session, change, sink, options)
            self.failed = None
            _end(session, is_inside=self.stays_open)
        except BaseException:
            _roll_back(session, is_inside=self.stays_open)
            raise
        return True

    def _apply(
        self, session: Session, change: Change, sink: Callable[[Event], None], options: RunOptions
    ) -> None:
        counts: list[int] = []

        def follow(event: Event) -> None:
            if isinstance(event, Finished):
                counts.append(event.affected or 0)
            sink(event)
            if isinstance(event, Failed):
                raise event.error

        run = replace(options, parameters=change.parameters, fetch_limit=None, budget_bytes=None)
        run_statements(session, [change.statement], follow, run)
        if counts != [1]:
            raise self._conflict(session, change, sum(counts))

    def _conflict(self, session: Session, change: Change, affected: int) -> Conflict:
        if affected > 1:
            return Conflict(f"one change would reach {affected} rows: nothing was changed")
        if change.look is None:
            return Conflict("the new row was not taken, by a trigger or rule: nothing was changed")
        return Conflict(
            f"{self._row_words(change)} {self._what_happened(session, change)}: "
            "nothing was changed",
            hint="run the statement again to see the rows as they are",
        )

    def _row_words(self, change: Change) -> str:
        found = ((self._origin.columns[c], change.old.get(c)) for c in self._origin.key)
        words = ", ".join(f"{column.name} = {_value(value)}" for column, value in found if column)
        return f"the row with {words}"

    def _what_happened(self, session: Session, change: Change) -> str:
        """What became of a row, by a look at it."""
        if change.look is None:
            return "is not what it was"
        keys = {name: v for name, v in change.parameters.items() if name.startswith("key_")}
        cursor = session.execute(change.look, keys)
        texts = [
            [
                render_column(batch.column(i), batch.schema.field(i))[0]
                for i in range(batch.num_columns)
            ]
            for batch in cursor.batches()
            if batch.num_rows
        ]
        if not texts:
            return "is gone"
        differing = [
            f"{self._name(column)} is {_value(now)}, not {_value(old)}"
            for (column, old), now in zip(change.old.items(), texts[0], strict=True)
            if _text(old) != now
        ]
        return f"was changed meanwhile ({', '.join(differing) or 'by a trigger or rule'})"

    def _name(self, column: int) -> str:
        found = self._origin.columns[column]
        return found.name if found else ""


def _text(value: ParameterValue) -> str | None:
    return None if value is None else str(value)


def _value(value: ParameterValue) -> str:
    return "NULL" if value is None else clip(safe(str(value)), _SHOWN)


def _begin(session: Session, *, is_inside: bool) -> None:
    if not is_inside:
        session.begin()
        return
    if session.dialect.name == "duckdb":
        raise UsageError(
            "a transaction is open, and DuckDB has no savepoints to undo a part of it",
            hint="commit it or roll it back first (Ctrl+T)",
        )
    session.savepoint(_SAVEPOINT)


def _end(session: Session, *, is_inside: bool) -> None:
    if is_inside:
        _release(session)
    else:
        session.commit()


def _release(session: Session) -> None:
    release = Statement(f"RELEASE SAVEPOINT {_SAVEPOINT}", kind=StatementKind.TRANSACTION)
    for _ in session.execute(release).batches():
        pass


def _roll_back(session: Session, *, is_inside: bool) -> None:
    """Undo; what failed before says more than an error of this."""
    try:
        if is_inside:
            session.rollback_to(_SAVEPOINT)
            _release(session)
        else:
            session.rollback()
    except QueryError:
        return
