"""What to ask before statements change something: which, where, and how many rows.

It asks, it does not protect: what a function or a rule does is not in a statement's words. A
connection that must not change anything is made read-only, which the engine enforces.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError
from tusk.core.statement import Statement, StatementKind, TokenKind, split, tokens
from tusk.core.text import clip
from tusk.services.completion.loading import spare_session
from tusk.store.connections import ConfirmWrites, Profile

__all__ = ["ConfirmWrites", "Write", "asks_before", "with_estimates", "writes_of"]

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.params import ParameterValue
    from tusk.engines.base import Session
    from tusk.services.connection import Connection

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Write:
    """Something that a statement would change.

    Args:
        action: What it does, in words that go on with the names of its objects.
        objects: Names as they are written.
        counts: Whether a number of rows tells how much is at stake.
        rows: So many rows in all its objects, as estimated; None when unknown.
    """

    action: str
    objects: tuple[str, ...] = ()
    counts: bool = False
    rows: int | None = None

    @property
    def words(self) -> str:
        """The sentence for a user; it holds names that were not made safe.

        >>> Write("DELETE without WHERE takes every row of", ("t",), rows=1200).words
        'DELETE without WHERE takes every row of t: about 1,200 rows'
        """
        names = ", ".join(self.objects)
        rows = "" if self.rows is None else f": about {self.rows:,} row{'s' * (self.rows != 1)}"
        return f"{self.action} {names}".rstrip() + rows


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token that counts.

    Args:
        text: As it is written.
        word: In upper case; empty where it is no bare word and no sign.
        depth: Of parentheses around it.
        is_name: Whether it can be a part of a name.
    """

    text: str
    word: str
    depth: int
    is_name: bool


# Words between a verb and the names that it is about.
_BEFORE_NAMES = frozenset(
    [
        "ONLY",
        "TABLE",
        "IF",
        "EXISTS",
        "CONCURRENTLY",
        "FROM",
        "INTO",
        "NOT",
        "BY",
        "OR",
        "REPLACE",
        "IGNORE",
        "ABORT",
        "FAIL",
        "ROLLBACK",
    ]
)
_KEPT_BY_ALTER = frozenset(["CONSTRAINT", "NOT", "DEFAULT", "EXPRESSION", "IDENTITY"])
# Only before these a word is the verb of a statement: at the start, in `WITH x AS (…)` and after
# it, after `EXPLAIN ANALYZE`. `ON CONFLICT DO UPDATE` and `FOR UPDATE` are none.
_BEFORE_VERB = frozenset(["", "(", ")", "ANALYZE", "ANALYSE", "VERBOSE", "ATOMIC", ";"])
_MAY_HOLD_VERBS = frozenset(["WITH", "UPDATE", "DELETE", "EXPLAIN", "COPY"])
# Of millions of values in one INSERT the rest says nothing new; who has a WHERE behind so much is
# asked once too often.
_MOST_PIECES = 100_000
# So much of a statement of which the words do not say what it changes.
_SHOWN = 50
_CHANGING = (StatementKind.DML, StatementKind.DDL)
_ALWAYS_TRUE = (("TRUE",), ("1",), ("1", "=", "1"))


def asks_before(profile: Profile | None, engine: str) -> ConfirmWrites:
    """Before which statements to ask on a connection.

    A database in memory, or a file that was just named, is not asked about.

    Args:
        profile: The stored connection, None for one that is not stored.
        engine: Registered engine name.
    """
    if profile is not None:
        return profile.confirm_writes
    return ConfirmWrites.UNBOUNDED if engine == "postgres" else ConfirmWrites.NEVER


def writes_of(statement: Statement, dialect: Dialect, ask: ConfirmWrites) -> list[Write]:
    """What to ask about a statement; empty when it may run unasked.

    >>> from tusk.core.dialect import POSTGRES
    >>> def ask(sql):
    ...     (statement,) = split(sql, POSTGRES)
    ...     return [w.words for w in writes_of(statement, POSTGRES, ConfirmWrites.UNBOUNDED)]
    >>> ask("update t set a = 1"), ask("update t set a = 1 where b = 2")
    (['UPDATE without WHERE touches every row of t'], [])

    Args:
        statement: As it was split from a script.
        dialect: Whose lexical rules apply.
        ask: Before which statements to ask.
    """
    if ask is ConfirmWrites.NEVER or statement.kind is StatementKind.QUERY:
        return []
    pieces = _pieces(statement.text, dialect)
    # Without a name it is no statement that the engine takes.
    unbounded = [write for write in _unbounded(pieces) if write.objects]
    if unbounded or ask is ConfirmWrites.UNBOUNDED:
        return unbounded
    return [_bounded(pieces, statement)] if _changes(pieces, statement) else []


def _pieces(text: str, dialect: Dialect) -> list[_Piece]:
    found: list[_Piece] = []
    depth = 0
    for token in islice(tokens(text, dialect), _MOST_PIECES):
        piece = text[token.start : token.end]
        if token.kind in {TokenKind.SPACE, TokenKind.COMMENT}:
            continue
        if token.kind is TokenKind.CLOSE:
            depth = max(0, depth - 1)
        is_name = token.kind in {TokenKind.WORD, TokenKind.IDENTIFIER}
        is_opaque = token.kind in {TokenKind.IDENTIFIER, TokenKind.STRING}
        found.append(_Piece(piece, "" if is_opaque else piece.upper(), depth, is_name))
        if token.kind is TokenKind.OPEN:
            depth += 1
    return found


def _unbounded(pieces: Sequence[_Piece]) -> Iterator[Write]:
    head = _head(pieces)
    match head:
        case "TRUNCATE":
            yield Write("TRUNCATE takes every row of", _names(pieces, 1), counts=True)
        case "DROP":
            yield _drop(pieces)
        case "ALTER":
            yield from _alter(pieces)
        case "CREATE":
            if [p.word for p in pieces[1:4]] == ["OR", "REPLACE", "TABLE"]:
                action = "CREATE OR REPLACE takes every row of an earlier"
                yield Write(action, _names(pieces, 4)[:1], counts=True)
        case _ if head in _MAY_HOLD_VERBS:
            yield from _verbs(pieces)
        case _:
            return


def _head(pieces: Sequence[_Piece]) -> str:
    return next((p.word for p in pieces if p.word != "("), "")


def _verbs(pieces: Sequence[_Piece]) -> Iterator[Write]:
    """UPDATE and DELETE, each with or without its own WHERE."""
    for at, piece in enumerate(pieces):
        if piece.word not in {"UPDATE", "DELETE"}:
            continue
        if at and pieces[at - 1].word not in _BEFORE_VERB:
            continue
        if at + 1 < len(pieces) and pieces[at + 1].word in {".", ",", ")", "="}:
            continue  # a column of that name
        condition = _condition(pieces[at:], piece.depth)
        names = _names(pieces, at + 1)[:1]
        touches = "touches" if piece.word == "UPDATE" else "takes"
        if condition is None:
            yield Write(f"{piece.word} without WHERE {touches} every row of", names, counts=True)
        elif condition in _ALWAYS_TRUE:
            action = f"{piece.word} with a WHERE that is always true {touches} every row of"
            yield Write(action, names, counts=True)


def _condition(pieces: Sequence[_Piece], depth: int) -> tuple[str, ...] | None:
    """Words behind the WHERE, or LIMIT, of a statement; None without one."""
    begun: list[str] | None = None
    for piece in pieces:
        if piece.depth < depth or (piece.depth == depth and piece.word == ")" and depth):
            break
        if begun is not None:
            if piece.depth == depth and piece.word == "RETURNING":
                break
            begun.append(piece.word)
        elif piece.depth == depth and piece.word in {"WHERE", "LIMIT"}:
            begun = []
    return None if begun is None else tuple(begun)


def _drop(pieces: Sequence[_Piece]) -> Write:
    kinds = {"TABLE", "VIEW", "SCHEMA", "DATABASE", "INDEX", "SEQUENCE", "FUNCTION", "TYPE"}
    at = next((n for n, p in enumerate(pieces[:4]) if p.word in kinds), 1)
    kind = " ".join(p.word for p in pieces[1 : at + 1])
    cascades = pieces[-1].word == "CASCADE"
    action = f"DROP {kind} removes" + " what depends on it and" * cascades
    return Write(action, _names(pieces, at + 1), counts=kind in {"TABLE", "MATERIALIZED VIEW"})


def _alter(pieces: Sequence[_Piece]) -> Iterator[Write]:
    if len(pieces) < 2 or pieces[1].word != "TABLE":
        return
    for piece, after in pairwise(pieces[2:]):
        if piece.word == "DROP" and piece.depth == 0 and after.word not in _KEPT_BY_ALTER:
            yield Write("ALTER TABLE … DROP takes a column of", _names(pieces, 2)[:1], counts=True)
            return


def _names(pieces: Sequence[_Piece], at: int) -> tuple[str, ...]:
    """Names as they are written, with their dots, from a place on: `a.b, "c"`."""
    found: list[str] = []
    is_open = False
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece.word == ".":
            is_open = bool(found)
            continue
        if piece.word == "," and found:
            continue
        if not piece.is_name:
            break
        is_first = not found and piece.word in _BEFORE_NAMES
        if is_first or (piece.word == "ONLY"):
            continue
        if is_open:
            found[-1] += f".{piece.text}"
            is_open = False
        elif found and pieces[at - 2].word != ",":
            break
        else:
            found.append(piece.text)
    return tuple(found)


def _changes(pieces: Sequence[_Piece], statement: Statement) -> bool:
    """Whether a statement is one that changes something, by its words."""
    if statement.kind is StatementKind.COPY:
        direction = next((p.word for p in pieces if p.depth == 0 and p.word in {"FROM", "TO"}), "")
        return direction == "FROM"
    return statement.kind in _CHANGING


def _bounded(pieces: Sequence[_Piece], statement: Statement) -> Write:
    head = _head(pieces)
    names = _names(pieces, 1)[:1]
    match head:
        case "INSERT" | "REPLACE" | "MERGE":
            return Write(f"{head} adds or changes rows of", names)
        case "UPDATE":
            return Write("UPDATE changes rows of", names)
        case "DELETE":
            return Write("DELETE takes rows of", names)
        case "COPY":
            return Write("COPY adds rows to", names)
        case _:
            text = " ".join(statement.text[: 2 * _SHOWN].split())
            return Write(f"This may change something: {clip(text, _SHOWN)}")


# ── how many rows ────────────────────────────────────────────────────────────────────────────

_LIMIT_S = 1.0
# SQLite has no estimate: it counts, up to here.
_COUNTED = 1_000_000


def with_estimates(writes: Sequence[Write], connection: Connection) -> list[Write]:
    """The same with numbers of rows, where the server can tell soon.

    Blocks, each estimate for a second at most: call it from a worker. It takes a session of its
    own, so the user's transaction is not touched; tables that only that one sees have no number.

    Args:
        writes: See `writes_of`.
        connection: Open.
    """
    if not any(write.counts and write.objects for write in writes):
        return list(writes)
    try:
        with closing(spare_session(connection)) as session:
            return [_with_estimate(write, session) for write in writes]
    except TuskError as exc:
        _log.info("%s: no estimates: %s", connection.name, exc.message)
        return list(writes)


def _with_estimate(write: Write, session: Session) -> Write:
    if not write.counts or not write.objects:
        return write
    try:
        found = [_estimate(name, session) for name in write.objects]
    except TuskError as exc:
        _log.info("no estimate: %s", exc.message)
        return write
    known = [rows for rows in found if rows is not None]
    return replace(write, rows=sum(known)) if len(known) == len(found) else write


def _estimate(name: str, session: Session) -> int | None:
    match session.dialect.name:
        case "postgres":
            # The planner looks at the size of the file, and at partitions, which the number in
            # the catalogue does not: that is -1 until the first ANALYZE.
            # Not an injection: a name is words and quoted names, as the lexer cut them.
            plan = _value(f"explain (format json) select from {name}", session)
            return None if plan is None else int(json.loads(str(plan))[0]["Plan"]["Plan Rows"])
        case "duckdb":
            return _duckdb_estimate(name, session)
        case "sqlite":
            counted = f"select count(*) from (select 1 from {name} limit {_COUNTED})"  # noqa: S608
            rows = _value(counted, session)
            return None if rows is None else int(str(rows))
        case _:
            return None


def _duckdb_estimate(name: str, session: Session) -> int | None:
    """From the catalogue: to count a view would run it."""
    names = [p.text for p in _pieces(name, session.dialect) if p.is_name]
    plain = [n[1:-1].replace('""', '"') if n.startswith('"') else n for n in names]
    found = _value(
        "select estimated_size from duckdb_tables() where lower(table_name) = lower(:name)"
        " and lower(schema_name) = lower(coalesce(:schema, current_schema()))",
        session,
        {"name": plain[-1], "schema": plain[-2] if len(plain) > 1 else None},
    )
    return None if found is None else int(str(found))


def _value(
    sql: str, session: Session, parameters: dict[str, ParameterValue] | None = None
) -> object:
    """The first value of a statement's only row; None without exactly one row."""
    (statement,) = split(sql, session.dialect)
    cursor = session.execute(statement, parameters, timeout_s=_LIMIT_S)
    try:
        rows = [value for batch in cursor.batches() for value in batch.column(0).to_pylist()]
    finally:
        cursor.close()
    return rows[0] if len(rows) == 1 else None
