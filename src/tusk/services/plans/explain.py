"""Running EXPLAIN so that it changes nothing: statement, options, transaction, answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tusk.core.errors import (
    ConnectionLost,
    QueryCancelled,
    QueryError,
    TuskError,
    UsageError,
)
from tusk.core.events import BatchArrived, Event, Failed, Finished
from tusk.core.statement import (
    BoundText,
    Statement,
    StatementKind,
    Token,
    TokenKind,
    bind,
    classify,
    first_word,
    parameter_names,
    tokens,
)
from tusk.engines.base import FetchMode, TransactionState
from tusk.services.plans.reading import plan_of_rows
from tusk.services.queries import Pager, RunOptions, run_statements

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.params import ParameterValue
    from tusk.engines.base import Session
    from tusk.services.plans.model import Plan

_MEMORY_SINCE = 170_000
_SAVEPOINT = _PREPARED = "tusk_explain"
_OPEN = {TransactionState.IN_TRANSACTION, TransactionState.FAILED}
# The statements that PostgreSQL's EXPLAIN takes.
_POSTGRES_WORDS = frozenset(
    [
        "SELECT", "VALUES", "TABLE", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "EXECUTE",
        "DECLARE", "CREATE",
    ]
)  # fmt: skip
_EXPLAIN_WORDS = frozenset(["EXPLAIN", "ANALYZE", "ANALYSE", "VERBOSE", "QUERY", "PLAN"])
# A cancel that comes late may meet the rollback.
_ROLLBACK_ATTEMPTS = 3
# More rows than any plan has; a statement that is no EXPLAIN after all must not fill the memory.
_MOST_ROWS = 100_000

# The protocol's own limit; the server says so where there are more.
_MOST_PARAMETERS = 65_535

NOT_UNDONE = {
    "postgres": "Rolling back does not undo: numbers taken from sequences, what functions do "
    "outside this database (dblink, foreign servers, files, programs), session-level advisory "
    "locks. Locks are held and triggers fire while it runs.",
    "duckdb": "Rolling back does not undo: numbers taken from sequences, and files that it writes.",
}
"""What a rollback leaves as it is, for each engine."""


class Unsuitable(UsageError):
    """The statement has no plan, or cannot be analyzed."""


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What to ask for.

    Args:
        analyze: Execute the statement, for actual numbers. What it changes is rolled back.
        verbose: Output columns and full names; on PostgreSQL 17 and later the planner's memory.
        buffers: Blocks touched, where the engine counts them.
        may_change: The user agreed that a statement which changes data is executed.
        parameters: Values of `:name` parameters, as for a run.
        timeout_s: Time limit.
    """

    analyze: bool = False
    verbose: bool = False
    buffers: bool = True
    may_change: bool = False
    parameters: Mapping[str, ParameterValue] | None = None
    timeout_s: float | None = None


def can_analyze(engine: str) -> bool:
    """Whether an engine measures a statement while it executes it."""
    return engine != "sqlite"


def can_go_generic(engine: str) -> bool:
    """Whether a statement can be explained without values for its parameters."""
    return engine == "postgres"


def analyze_question(statement: Statement, dialect: Dialect) -> str:
    """What to tell before a statement is executed for its plan; empty when it only reads."""
    inner = inner_statement(statement, dialect)
    if inner.kind is StatementKind.QUERY:
        return ""
    word = first_word(inner.text, dialect)
    undone = NOT_UNDONE.get(dialect.name, "")
    return f"The {word} is executed, and then rolled back.\n{undone}"


def inner_statement(statement: Statement, dialect: Dialect) -> Statement:
    """The statement that is to be explained: what is behind an EXPLAIN of the user's own.

    >>> from tusk.core.dialect import POSTGRES
    >>> inner_statement(Statement("explain (analyze, costs off) select 1"), POSTGRES).text
    'select 1'
    """
    text, kind = statement.text, statement.kind
    if first_word(text, dialect) == "EXPLAIN":
        text = text[_end_of_explain(text, dialect) :]
        kind = classify(text, dialect)
    offset = len(statement.text) - len(text)
    return replace(statement, text=text, start=statement.start + offset, kind=kind)


def _end_of_explain(text: str, dialect: Dialect) -> int:
    depth = 0
    is_first_bracket = True
    for token in tokens(text, dialect):
        if token.kind is TokenKind.OPEN:
            # `EXPLAIN (SELECT …)` holds the statement, no options.
            if not depth and not (is_first_bracket and _holds_options(text, token.end, dialect)):
                return token.start
            is_first_bracket = False
            depth += 1
        elif token.kind is TokenKind.CLOSE:
            depth -= 1
        elif token.kind is TokenKind.WORD and not depth and not _is_option(text, token):
            return token.start
    return len(text)


def _is_option(text: str, token: Token) -> bool:
    return text[token.start : token.end].upper() in _EXPLAIN_WORDS


def _holds_options(text: str, start: int, dialect: Dialect) -> bool:
    word = first_word(text[start:], dialect)
    return word not in _POSTGRES_WORDS and word != ""


class Explainer:
    """One EXPLAIN of one statement.

    `run` has the shape of `tusk.services.queries.run_statements`, so that a `QueryRun` can drive
    it; afterwards `plan` is there, unless a `Failed` event was pushed.

    Args:
        statement: What to explain.
        options: See `ExplainOptions`.

    Raises:
        Unsuitable: It has no plan.
    """

    def __init__(self, statement: Statement, options: ExplainOptions) -> None:
        self.statement = statement
        self.options = options
        self.plan: Plan | None = None
        self._rows: list[dict[str, object]] = []

    def run(
        self,
        session: Session,
        statements: Sequence[Statement],
        sink: Callable[[Event], None],
        options: RunOptions,
        pager: Pager | None = None,
    ) -> bool:
        """Run it from this thread, and undo what it changes.

        Args:
            session: Where to.
            statements: Not used: it is made here.
            sink: Gets every event; positions of errors refer to the statement's text.
            options: Only the recorder and the budget are used.
            pager: Not used: plans are short.

        Returns:
            Whether there is a plan.
        """
        del statements, pager
        asked = _prepare(session, self.statement, self.options)
        run = replace(
            options,
            parameters=asked.parameters,
            timeout_s=self.options.timeout_s or options.timeout_s,
            mode=FetchMode.PAGE,
            fetch_limit=_MOST_ROWS,
            budget_bytes=None,
            # A plan alone executes nothing that a history could tell of.
            recorder=options.recorder if self.options.analyze else None,
        )
        self._rows.clear()

        is_prepared = False

        def follow(event: Event) -> None:
            nonlocal is_prepared
            if isinstance(event, BatchArrived):
                self._rows += event.batch.to_pylist()
            elif isinstance(event, Failed):
                sink(replace(event, error=asked.located(event.error)))
            else:
                is_prepared = is_prepared or (asked.is_generic and isinstance(event, Finished))
                sink(event)

        is_needed = self.options.analyze or asked.is_generic
        try:
            with _undone(session, is_needed=is_needed, must=asked.changes):
                succeeded = run_statements(session, asked.statements, follow, run)
        finally:
            if is_prepared:
                _execute(session, f"DEALLOCATE {_PREPARED}")
        if succeeded:
            plan = plan_of_rows(session.dialect.name, self._rows)
            self.plan = replace(plan, is_generic=asked.is_generic)
        return succeeded


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is sent.

    Args:
        statements: The EXPLAIN, and what goes before it.
        parameters: Values to bind.
        prefix: Characters before the user's text.
        skipped: Characters of the user's text that are left out, before what is sent.
        bound: The user's text as it is sent.
        is_generic: Whether parameters have no values.
        changes: Whether the statement may change data, and is executed.
    """

    statements: tuple[Statement, ...]
    parameters: Mapping[str, ParameterValue] | None
    prefix: int
    skipped: int
    bound: BoundText
    is_generic: bool
    changes: bool

    def located(self, error: TuskError) -> TuskError:
        """The error, with its position in the user's own statement."""
        if isinstance(error, QueryError) and error.position is not None:
            at = error.position - self.prefix
            error.position = None if at < 0 else self.skipped + self.bound.original_offset(at)
        return error


def _prepare(session: Session, statement: Statement, options: ExplainOptions) -> _Asked:
    dialect = session.dialect
    inner = inner_statement(statement, dialect)
    _refuse_unsuitable(inner, dialect, options)
    is_generic = _is_generic(inner.text, dialect, options)
    version = _server_version(session) if dialect.name == "postgres" else 0
    prefix = _prefix(dialect.name, options, version, kind=inner.kind)
    skipped = len(statement.text) - len(inner.text)
    if is_generic:
        return _generic(inner, dialect, prefix, skipped)
    changes = options.analyze and inner.kind is not StatementKind.QUERY
    kind = StatementKind.DML if changes else StatementKind.QUERY
    asked = Statement(prefix + inner.text, statement.start, statement.line, kind)
    bound = BoundText(inner.text, ())
    return _Asked((asked,), options.parameters, len(prefix), skipped, bound, False, changes)


def _generic(inner: Statement, dialect: Dialect, explain: str, skipped: int) -> _Asked:
    """PostgreSQL's generic plan, by way of a prepared statement.

    `EXPLAIN (GENERIC_PLAN)` of version 16 would do, were it not for the extended protocol: the
    server wants a value for each parameter then. This way works since 12.
    """
    names = set(parameter_names(inner.text, dialect))
    bound = bind(inner.text, dialect, names, lambda n, _: f"${n}")
    prefix = f"PREPARE {_PREPARED} AS "
    number = min(_highest_number(bound.text, dialect), _MOST_PARAMETERS)
    nulls = ", ".join(["NULL"] * number)
    texts = (
        prefix + bound.text,
        "SET LOCAL plan_cache_mode = force_generic_plan",
        f"{explain}EXECUTE {_PREPARED}({nulls})",
    )
    kinds = (StatementKind.UTILITY, StatementKind.UTILITY, StatementKind.QUERY)
    statements = tuple(Statement(text, kind=kind) for text, kind in zip(texts, kinds, strict=True))
    return _Asked(statements, None, len(prefix), skipped, bound, True, False)


def _refuse_unsuitable(inner: Statement, dialect: Dialect, options: ExplainOptions) -> None:
    word = first_word(inner.text, dialect)
    if not word:
        raise Unsuitable("there is no statement to explain")
    is_known = dialect.name != "postgres" or word in _POSTGRES_WORDS
    if inner.kind in (StatementKind.TRANSACTION, StatementKind.COPY) or not is_known:
        raise Unsuitable(
            f"{word} has no plan",
            hint="EXPLAIN takes SELECT, INSERT, UPDATE, DELETE, MERGE and CREATE … AS",
        )
    if not options.analyze:
        return
    if not can_analyze(dialect.name):
        raise Unsuitable(f"{dialect.name} cannot measure a statement: it has no EXPLAIN ANALYZE")
    if inner.kind is not StatementKind.QUERY and not options.may_change:
        raise Unsuitable(f"EXPLAIN ANALYZE would execute this {word}", hint="agree to it first")


def _server_version(session: Session) -> int:
    """Number of the server's version, as `150018`."""
    cursor = session.execute(Statement("show server_version_num"))
    rows = [row for batch in cursor.batches() for row in batch.to_pylist()]
    return int(str(next(iter(rows[0].values())))) if rows else 0


def _is_generic(text: str, dialect: Dialect, options: ExplainOptions) -> bool:
    """Whether to ask for the plan without values, because some are missing."""
    if not can_go_generic(dialect.name):
        return False
    given = options.parameters or {}
    missing = [name for name in parameter_names(text, dialect) if name not in given]
    if not missing and not _highest_number(text, dialect):
        return False
    if options.analyze:
        listed = ", ".join(f":{name}" for name in missing) or "$1"
        raise Unsuitable(
            f"no value for {listed}", hint="only a statement with values can be executed"
        )
    return True


def _highest_number(text: str, dialect: Dialect) -> int:
    """The highest of the server's own placeholders: `$2`, as in pg_stat_statements; 0 for none.

    >>> from tusk.core.dialect import POSTGRES
    >>> _highest_number("select $1, '$9', $2 || $$ $3 $$", POSTGRES)
    2
    """
    highest = 0
    is_after_dollar = False
    for token in tokens(text, dialect):
        word = text[token.start : token.end]
        if is_after_dollar and token.kind is TokenKind.NUMBER and word.isdecimal():
            highest = max(highest, int(word))
        is_after_dollar = word == "$"
    return highest


def _prefix(engine: str, options: ExplainOptions, version: int, *, kind: StatementKind) -> str:
    match engine:
        case "postgres":
            return _postgres_prefix(options, version, kind=kind)
        case "duckdb":
            return f"EXPLAIN ({'ANALYZE, ' if options.analyze else ''}FORMAT json) "
        case "sqlite":
            return "EXPLAIN QUERY PLAN "
        case _:
            return "EXPLAIN ANALYZE " if options.analyze else "EXPLAIN "


def _postgres_prefix(options: ExplainOptions, version: int, *, kind: StatementKind) -> str:
    """EXPLAIN with what the server's version knows."""
    words = ["FORMAT JSON", "SETTINGS"]
    if options.analyze:
        words.append("ANALYZE")
    if options.verbose:
        words.append("VERBOSE")
    # From 18 on ANALYZE counts them unless told not to.
    words.append(f"BUFFERS {'ON' if options.buffers and options.analyze else 'OFF'}")
    if options.analyze and kind is not StatementKind.QUERY:
        words.append("WAL")
    if options.verbose and version >= _MEMORY_SINCE:
        words.append("MEMORY")
    return f"EXPLAIN ({', '.join(words)}) "


# ── changing nothing ─────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _undone(session: Session, *, is_needed: bool, must: bool) -> Generator[None]:
    """Roll back what is done inside: the transaction, or to a savepoint in the user's own.

    Even a SELECT may change something, by a function.

    Args:
        session: Where it is done.
        is_needed: False when nothing is executed.
        must: Raise rather than execute what cannot be rolled back.

    Raises:
        Unsuitable: It cannot be undone here.
    """
    engine = session.dialect.name
    if not is_needed or engine not in ("postgres", "duckdb"):
        if must:
            raise Unsuitable(f"{engine} cannot roll back what EXPLAIN ANALYZE would change")
        yield
        return
    is_inside = session.transaction in _OPEN
    if is_inside and engine == "duckdb":
        if must:
            raise Unsuitable(
                "a transaction is open, and DuckDB has no savepoints to undo a part of it",
                hint="commit it or roll it back first (Ctrl+T)",
            )
        yield
        return
    if is_inside:
        session.savepoint(_SAVEPOINT)
    else:
        session.begin()
    try:
        yield
    finally:
        _roll_back(session, is_inside=is_inside)


def _roll_back(session: Session, *, is_inside: bool) -> None:
    for attempt in range(_ROLLBACK_ATTEMPTS):
        try:
            if not is_inside:
                session.rollback()
                return
            session.rollback_to(_SAVEPOINT)
            _execute(session, f"RELEASE SAVEPOINT {_SAVEPOINT}")
        except ConnectionLost:
            # The server rolls back what it lost sight of; the statement's own error tells it.
            return
        except QueryCancelled:
            if attempt == _ROLLBACK_ATTEMPTS - 1:
                raise
        else:
            return


def _execute(session: Session, text: str) -> None:
    for _ in session.execute(Statement(text, kind=StatementKind.UTILITY)).batches():
        pass
