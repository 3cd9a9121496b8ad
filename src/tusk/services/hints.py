"""What to say beside an engine's error when the statement was meant for another program."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING

from tusk.core.errors import QueryError, TuskError
from tusk.core.statement import TokenKind, tokens

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

# psql's commands by their beginning, the longer ones first.
_PSQL: tuple[tuple[str, str], ...] = (
    ("copy", "write rows with `tusk query … -o FILE`; load them with COPY … FROM STDIN"),
    ("connect", "choose the connection with -c NAME, in the app from its list"),
    ("conninfo", "`tusk connections test NAME` shows who answers"),
    ("timing", "tusk tells the time of every statement"),
    ("echo", "nothing is needed in its place"),
    ("gset", "values are given to a statement with -p NAME=VALUE"),
    ("set", "values are given to a statement with -p NAME=VALUE"),
    ("pset", "options of the output are those of `tusk query --help`"),
    ("c", "choose the connection with -c NAME, in the app from its list"),
    ("d", "`tusk schema NAME` (or F2 in the app) describes a table, `tusk schema` lists them"),
    ("g", "`tusk query … -F vertical` shows rows below each other, -o FILE writes them"),
    ("i", "`tusk query -f FILE` runs a script"),
    ("l", "`tusk connections list` shows what is stored; select from pg_database"),
    ("o", "`tusk query … -o FILE` writes rows"),
    ("x", "`tusk query … -F vertical` shows rows below each other"),
)
# How SQLite and DataFusion say that a parameter has no value; they tell no position.
_UNBOUND = re.compile(r"bindings supplied|was not provided a value|No value found for placeholder")


def add_hint(error: TuskError, text: str, dialect: Dialect, given: Collection[str] | None) -> None:
    """Give an engine's error a hint, where the statement tells what went wrong.

    Args:
        error: How the statement failed; changed.
        text: The statement.
        dialect: Its lexical rules.
        given: Names of the parameters that have a value.
    """
    if type(error) is not QueryError:
        return
    hint = _psql_hint(text, dialect) or _parameter_hint(error, text, dialect, given or ())
    if hint:
        error.hint = f"{error.hint}; {hint}" if error.hint else hint


def _psql_hint(text: str, dialect: Dialect) -> str:
    r"""What to use instead of a command of psql; empty when there is none.

    >>> from tusk.core.dialect import POSTGRES
    >>> _psql_hint("\\timing", POSTGRES)
    "\\timing is psql's: tusk tells the time of every statement"
    >>> _psql_hint("select '\\d' as a", POSTGRES)
    ''
    """
    if "\\" not in text:
        return ""
    for before, token in pairwise(tokens(text, dialect)):
        is_command = token.kind is TokenKind.WORD and text[before.start : before.end] == "\\"
        if is_command:
            word = text[token.start : token.end]
            instead = next((hint for begin, hint in _PSQL if word.startswith(begin)), "")
            return f"\\{word} is psql's: {instead}" if instead else f"\\{word} is not SQL"
    return ""


def _parameter_hint(error: QueryError, text: str, dialect: Dialect, given: Collection[str]) -> str:
    """Which parameter has no value, when that is what the engine stumbled over."""
    position = error.position
    if position is None and not _UNBOUND.search(error.message):
        return ""
    for token in tokens(text, dialect):
        is_there = position is None or token.start <= position < token.end
        name = text[token.start + 1 : token.end]
        if token.kind is TokenKind.PARAMETER and is_there and name not in given:
            return f":{name} has no value; `tusk query` takes one with -p {name}=VALUE"
    return ""
