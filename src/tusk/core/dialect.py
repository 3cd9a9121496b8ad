"""What the SQL lexer and the quoting functions must know about each engine's dialect."""

from __future__ import annotations

from dataclasses import dataclass

from tusk.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""Lexical rules of one engine.

    Args:
        name: The engine's name (`postgres`, `duckdb`, `sqlite`, `datafusion`).
        dollar_quotes: `$tag$ … $tag$` strings exist.
        nested_comments: `/* /* */ */` nests.
        escape_strings: `E'…\'…'` strings exist.
        backtick_identifiers: `` `name` `` is an identifier.
        bracket_identifiers: `[name]` is an identifier.
        atomic_bodies: `BEGIN ATOMIC … END` bodies hold semicolons (PostgreSQL 14).
        trigger_bodies: `CREATE TRIGGER … BEGIN … END` bodies hold semicolons (SQLite).
        copy_stdin: `COPY … FROM STDIN` is followed by data lines.
        wide_words: Any character beyond ASCII can be part of a word, not letters only.
        max_identifier_bytes: Longest identifier in UTF-8 bytes, None when unlimited.
    """

    name: str
    dollar_quotes: bool = False
    nested_comments: bool = False
    escape_strings: bool = False
    backtick_identifiers: bool = False
    bracket_identifiers: bool = False
    atomic_bodies: bool = False
    trigger_bodies: bool = False
    copy_stdin: bool = False
    wide_words: bool = False
    max_identifier_bytes: int | None = None


POSTGRES = Dialect(
    "postgres",
    dollar_quotes=True,
    nested_comments=True,
    escape_strings=True,
    atomic_bodies=True,
    copy_stdin=True,
    wide_words=True,
    max_identifier_bytes=63,
)
DUCKDB = Dialect(
    "duckdb", dollar_quotes=True, nested_comments=True, escape_strings=True, wide_words=True
)
SQLITE = Dialect(
    "sqlite",
    backtick_identifiers=True,
    bracket_identifiers=True,
    trigger_bodies=True,
    wide_words=True,
)
DATAFUSION = Dialect(
    "datafusion",
    nested_comments=True,
    dollar_quotes=True,
    escape_strings=True,
    backtick_identifiers=True,
)

DIALECTS = {d.name: d for d in (POSTGRES, DUCKDB, SQLITE, DATAFUSION)}


def check_identifier(name: str, dialect: Dialect) -> str:
    """Refuse a name that the engine would change silently.

    Args:
        name: The identifier, unquoted.
        dialect: Where it will be used.

    Returns:
        The same name.

    Raises:
        UsageError: It is empty, holds NUL, or is longer than the engine keeps.
    """
    if not name:
        raise UsageError("an identifier cannot be empty")
    if "\0" in name:
        raise UsageError(f"the identifier {name!r} holds a NUL character")
    limit = dialect.max_identifier_bytes
    size = len(name.encode("utf-8", "surrogatepass"))
    if limit is not None and size > limit:
        raise UsageError(
            f"the identifier {name!r} has {size} bytes; {dialect.name} keeps only {limit}"
        )
    return name


def quote_identifier(name: str) -> str:
    """Quote an identifier the standard way, for text shown to or copied by a user.

    Statements that tusk itself runs use the driver's composer instead, where it has one.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """Quote a text literal with standard-conforming strings.

    >>> quote_text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"
