"""Statements about a table that are not queries: its name, its columns, what they refer to."""

from __future__ import annotations

from tusk.services.completion.reading import QUERY_WORDS, Reader, is_query, names_of
from tusk.services.completion.region import words
from tusk.services.completion.scope import Place, Query, Source
from tusk.services.completion.tree import Group

_ABOUT_RELATION = words(
    "ALTER DROP TRUNCATE LOCK COMMENT GRANT REVOKE COPY VACUUM ANALYZE ANALYSE CLUSTER REINDEX "
    "REFRESH SUMMARIZE DESCRIBE DESC SHOW"
)
# Words in front of a table's name, and those that may stand between.
_RELATION_OBJECTS = words("TABLE VIEW SUMMARIZE DESCRIBE DESC VACUUM ANALYZE COPY TRUNCATE CLUSTER")
_NOT_NAMED = _RELATION_OBJECTS | words("FULL FREEZE VERBOSE MATERIALIZED")
_BEFORE_RELATION = {
    ("GRANT", "ON"), ("REVOKE", "ON"), ("LOCK", "LOCK"), ("COMMENT", "COLUMN"), ("VACUUM", "FULL"),
    ("VACUUM", "FREEZE"), ("VACUUM", "VERBOSE"), ("ANALYZE", "VERBOSE"),
}  # fmt: skip


class TargetReader(Reader):
    """Reads a statement from its first word on, as far as it is about a table."""

    def read(self) -> int:
        """Read it; where what follows begins."""
        is_made = self._query.kind == "CREATE"
        if not is_made and self._query.kind not in _ABOUT_RELATION:
            return self._at
        at = self._indexed() if is_made else self._object()
        if at is not None:
            self._at = at
            self._clause = "TARGET"
            self._relation_target()
        elif is_made:
            self._created_table()
        return self._at

    def _indexed(self) -> int | None:
        """Where CREATE INDEX, TRIGGER or POLICY names its table."""
        for at, item in enumerate(self._items[self._at : self._at + 8], self._at):
            if item.word in {"AS", "TABLE", "VIEW"}:
                return None
            if item.word == "ON":
                return at + 1
        return None

    def _object(self) -> int | None:
        """Where another statement names its table; None when it names none."""
        kind = self._query.kind
        for at, item in enumerate(self._items[self._at : self._at + 8], self._at):
            word = item.word
            if word == "INDEX" and kind in {"DROP", "REINDEX", "ALTER"}:
                return None
            is_named_next = (
                word in _RELATION_OBJECTS
                or (kind, word) in _BEFORE_RELATION
                or (word == "SHOW" and self._dialect == "duckdb")
            )
            after = self._items[at + 1] if at + 1 < len(self._items) else None
            if not is_named_next or after is None or isinstance(after, Group):
                continue
            if after.word not in _NOT_NAMED and after.word not in QUERY_WORDS:
                return at + 1
        return None

    def _relation_target(self) -> None:
        """Read the table that the statement is about, its columns, and what it refers to."""
        query = self._query
        self._relation()
        query.target = query.sources[-1] if query.sources else None
        self._subject = query.target
        while self._at < len(self._items):
            item = self._items[self._at]
            if isinstance(item, Group):
                self._column_list(item, query.target)
            elif item.is_caret:
                self._spot(self._place_behind_target())
            elif item.word == "REFERENCES":
                self._references()
                continue
            elif query.kind == "COPY" and item.word in {"FROM", "TO"}:
                self._clause = "COPY"
            self._at += 1

    def _place_behind_target(self) -> Place:
        before = self._word(-1)
        if before in {"COLUMN", "RENAME"}:
            return Place.COLUMN
        return Place.TYPE if before == "TYPE" else Place.EXPRESSION

    def _references(self) -> None:
        """Read the table behind REFERENCES, and its columns."""
        self._clause = "REFERENCES"
        self._at += 1
        before = len(self._query.sources)
        self._relation()
        if len(self._query.sources) > before:
            source = self._query.sources.pop()
            if isinstance(group := self._peek(), Group):
                self._column_list(group, source)
                self._at += 1
        self._clause = "TARGET"

    def _created_table(self) -> None:
        """Read the definitions of CREATE TABLE: their types and what they refer to."""
        if "TABLE" not in {item.word for item in self._items[self._at : self._at + 5]}:
            return
        for at, item in enumerate(self._items[self._at :], self._at):
            if item.word == "AS":
                return
            if isinstance(item, Group) and not is_query(item):
                reader = TargetReader(self._scanner, self._dialect, self._query, item.items)
                reader._clause = "TARGET"
                reader._definitions(Source(column_names=names_of(item)))
                self._at = at + 1
                return

    def _definitions(self, defined: Source) -> None:
        """Read the brackets of CREATE TABLE, whose columns are `defined`."""
        start = 0
        while self._at < len(self._items):
            item = self._items[self._at]
            if item.text == ",":
                start = self._at + 1
            elif item.is_caret:
                self._defined_caret(self._at - start)
            elif item.word == "REFERENCES":
                self._references()
                continue
            elif isinstance(item, Group):
                self._defined_group(item, defined)
            self._at += 1

    def _defined_caret(self, number: int) -> None:
        """The caret as the n-th word of a definition."""
        if number == 0:
            self._spot(Place.NEW_NAME)
        elif number == 1 and self._items[self._at - 1].name is not None:
            self._spot(Place.TYPE)
        else:
            self._spot(Place.EXPRESSION)

    def _defined_group(self, group: Group, defined: Source) -> None:
        """A key's columns, or an expression over the columns."""
        if self._word(-1) in {"KEY", "UNIQUE"}:
            self._column_list(group, defined)
            return
        table = self._query
        self._query = Query(table, sources=[defined])
        self._expression(group.items, ((self._items, self._at - 1),))
        self._query = table
