"""Each engine's own grammar, asked whether it takes a statement, without running or planning it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk.engines.base import Session


class GrammarError(NamedTuple):
    """What a grammar says against a text.

    Args:
        message: In the engine's words.
        position: Offset in code points, 0 … len(text); None when it does not tell.
    """

    message: str
    position: int | None


class Grammar(Protocol):
    """Parses one statement; may be called from any thread."""

    def error(self, text: str) -> GrammarError | None:
        """What is wrong with a statement; None when nothing is, or when it cannot be told."""
        ...


_GRAMMARS = {
    "duckdb": "tusk.engines.duckdb.grammar:open_grammar",
    "postgres": "tusk.engines.postgres.grammar:open_grammar",
    "sqlite": "tusk.engines.sqlite.grammar:open_grammar",
}
"""Engine → `module:function`. DataFusion has no parser without its planner."""


def open_grammar(session: Session) -> Grammar | None:
    """The grammar that a session's statements are read with.

    Args:
        session: Asked for its version and extensions now, and not used later on.

    Returns:
        None when there is none that would surely agree with the engine.

    Raises:
        QueryError: The session cannot be asked.
    """
    path = _GRAMMARS.get(session.dialect.name)
    if path is None:
        return None
    module_name, _, function_name = path.partition(":")
    module = importlib.import_module(module_name)
    open_ = cast("Callable[[Session], Grammar | None]", getattr(module, function_name))
    return open_(session)


def ask(session: Session, query: str) -> list[tuple[object, ...]]:
    """The rows of a small query."""
    from tusk.core.statement import Statement

    cursor = session.execute(Statement(query))
    try:
        return [tuple(row.values()) for batch in cursor.batches() for row in batch.to_pylist()]
    finally:
        cursor.close()
