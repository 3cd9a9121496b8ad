"""What SQLite tells in the text of its CREATE statements only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tusk.catalog.objects import KeyKind
from tusk.core.dialect import SQLITE
from tusk.core.statement import TokenKind, tokens

Columns = tuple[str, ...]
# Kind, columns, referenced table.
KeyFacts = tuple[KeyKind, Columns, str]


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint: its name (may be empty), its text, the columns it looks at."""

    name: str
    definition: str
    columns: Columns


@dataclass(frozen=True, slots=True)
class TableText:
    """Facts of a table that no pragma tells.

    Args:
        checks: In order.
        names: Names given to keys, by kind, columns and the table a foreign key refers to,
            these in lower case.
        generated: Expressions of generated columns, by column in lower case.
    """

    checks: Sequence[Check] = ()
    names: Mapping[KeyFacts, str] = field(default_factory=dict[KeyFacts, str])
    generated: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Part:
    """A token that means something, with its own text."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword this may be; empty for anything quoted."""
        return self.text.upper() if self.kind is TokenKind.WORD else ""

    @property
    def name(self) -> str:
        """The name this may be, without its quotes."""
        if self.kind is TokenKind.WORD:
            return self.text
        close = self.text[-1]
        return self.text[1:-1].replace(close * 2, close)


def read_table(sql: str) -> TableText:
    """Read a CREATE TABLE statement as SQLite keeps it.

    >>> text = read_table("CREATE TABLE t(a int constraint pos check (a > 0), b as (a * 2))")
    >>> text.checks
    [Check(name='pos', definition='CHECK (a > 0)', columns=('a',))]
    >>> text.generated
    {'b': 'a * 2'}

    Args:
        sql: Of an ordinary table; a virtual one's gives nothing.
    """
    parts = _parts(sql)
    if "VIRTUAL" in [part.word for part in parts[:3]]:
        return TableText()
    items = _first_list(parts)
    columns = {name.lower(): name for name in map(_column_of, items) if name}
    reader = _TableReader(sql, columns)
    for item in items:
        reader.read(item)
    return TableText(reader.checks, reader.names, reader.generated)


def index_items(sql: str) -> list[str]:
    """What a CREATE INDEX statement indexes: columns and expressions as they are written.

    >>> index_items("CREATE INDEX i ON t(a DESC, lower(b || ',')) WHERE (a > 1)")
    ['a DESC', "lower(b || ',')"]
    """
    return [_text(sql, item) for item in _first_list(_parts(sql))]


class _TableReader:
    """Collects what is said about a table's columns and keys."""

    def __init__(self, sql: str, columns: Mapping[str, str]) -> None:
        self._sql = sql
        self._columns = columns
        self.checks: list[Check] = []
        self.names: dict[KeyFacts, str] = {}
        self.generated: dict[str, str] = {}

    def read(self, item: Sequence[_Part]) -> None:
        """Read a column with its constraints, or constraints of the table.

        Between those no comma is needed, so that an item may hold several.
        """
        column = _column_of(item)
        name = ""
        at = 1 if column else 0
        while at < len(item):
            word, rest = item[at].word, item[at:]
            if word == "CONSTRAINT" and len(rest) > 1:
                name = rest[1].name
                at += 1
            elif word in _KEY_WORDS:
                self._add_key(word, name, column, rest)
                name = ""
            elif word == "AS" and column:
                self.generated[column.lower()] = _text(self._sql, _inside(rest))
            elif word in _OTHER_WORDS:
                name = ""
            elif item[at].kind is TokenKind.OPEN:
                at += len(_inside(rest))
            at += 1

    def _add_key(self, word: str, name: str, column: str, rest: Sequence[_Part]) -> None:
        if word == "CHECK":
            expression = _inside(rest)
            self.checks.append(
                Check(name, f"CHECK ({_text(self._sql, expression)})", self._used(expression))
            )
        elif name:
            listed = [item[0].name for item in _first_list(rest) if item]
            columns = [column] if column else listed
            kind = {"PRIMARY": KeyKind.PRIMARY, "UNIQUE": KeyKind.UNIQUE}.get(word, KeyKind.FOREIGN)
            referenced = _after("REFERENCES", rest) if kind is KeyKind.FOREIGN else ""
            facts = (kind, tuple(c.lower() for c in columns), referenced.lower())
            # Of two that say the same, SQLite keeps the first.
            self.names.setdefault(facts, name)

    def _used(self, expression: Sequence[_Part]) -> Columns:
        named = [p.name.lower() for p in expression if p.kind in _NAMES]
        return tuple(self._columns[n] for n in dict.fromkeys(named) if n in self._columns)


_NAMES = {TokenKind.WORD, TokenKind.IDENTIFIER}
_SILENT = {TokenKind.SPACE, TokenKind.COMMENT}
_TABLE_WORDS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}
_KEY_WORDS = {"CHECK", "PRIMARY", "UNIQUE", "FOREIGN", "REFERENCES"}
# What else of a column may have a name, which nothing shows.
_OTHER_WORDS = {"NOT", "NULL", "DEFAULT", "COLLATE", "GENERATED"}


def _parts(sql: str) -> list[_Part]:
    return [
        _Part(token.kind, sql[token.start : token.end], token.start, token.end)
        for token in tokens(sql, SQLITE)
        if token.kind not in _SILENT
    ]


def _text(sql: str, parts: Sequence[_Part]) -> str:
    return sql[parts[0].start : parts[-1].end] if parts else ""


def _column_of(item: Sequence[_Part]) -> str:
    """Name of the column that an item defines, empty when it is about the table."""
    return "" if not item or item[0].word in _TABLE_WORDS else item[0].name


def _after(word: str, parts: Sequence[_Part]) -> str:
    """The name that follows a keyword, empty when there is none."""
    words = [part.word for part in parts]
    at = words.index(word) + 1 if word in words else len(parts)
    return parts[at].name if at < len(parts) else ""


def _inside(parts: Sequence[_Part]) -> Sequence[_Part]:
    """What the first pair of parentheses holds."""
    depth = first = 0
    for at, part in enumerate(parts):
        if part.kind is TokenKind.OPEN:
            depth += 1
            first = first or at + 1
        elif part.kind is TokenKind.CLOSE:
            depth -= 1
            if depth == 0:
                return parts[first:at]
    return ()


def _first_list(parts: Sequence[_Part]) -> list[Sequence[_Part]]:
    """The comma-separated items in the first pair of parentheses."""
    return list(_items(_inside(parts)))


def _items(parts: Sequence[_Part]) -> Iterator[Sequence[_Part]]:
    depth = first = 0
    for at, part in enumerate(parts):
        if part.kind is TokenKind.OPEN:
            depth += 1
        elif part.kind is TokenKind.CLOSE:
            depth -= 1
        elif part.text == "," and depth == 0:
            yield parts[first:at]
            first = at + 1
    yield parts[first:]
