"""Completion: what can stand at the caret, from the statement's text and the catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tusk.services.completion import keywords
from tusk.services.completion.calls import call_at
from tusk.services.completion.candidates import CandidateKind, Completion, Completions
from tusk.services.completion.clauses import ClauseOffers
from tusk.services.completion.columns import ColumnOffers
from tusk.services.completion.context import Context, KeywordCase
from tusk.services.completion.functions import FunctionOffers
from tusk.services.completion.local import local_relations, search_path_of
from tusk.services.completion.matching import PART
from tusk.services.completion.paths import complete_path, is_path_place
from tusk.services.completion.pool import Groups, Rank
from tusk.services.completion.region import Region, region_at
from tusk.services.completion.resolve import ends_value
from tusk.services.completion.scanner import Scanner
from tusk.services.completion.scope import Place
from tusk.services.completion.tables import TableOffers
from tusk.services.completion.tree import Inside, Item, Name, read_tree

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.services.completion.files import FileCatalog
    from tusk.services.completion.snapshot import Snapshot
    from tusk.services.completion.usage import Usage

_LIMIT = 100
# Code points: what is longer is looked at near the caret only, so that no key press takes long.
_LONGEST, _NEAR = 400_000, 150_000
_SPACE = re.compile(r"\s")
_LONGEST_STATEMENT, _HEAD = 40_000, 2_000


def complete(
    text: str,
    caret: int,
    snapshot: Snapshot,
    dialect: Dialect,
    *,
    usage: Usage | None = None,
    files: FileCatalog | None = None,
    keyword_case: KeywordCase = "auto",
    limit: int = _LIMIT,
) -> Completions:
    """Find what can stand at the caret.

    Reads nothing but its arguments, so it may run anywhere; 5,000 tables with 20 columns take a
    few milliseconds.

    Args:
        text: The whole script; only the statement at the caret is looked at closely.
        caret: 0 … len(text).
        snapshot: The catalogue; an empty one leaves keywords and what the text itself tells.
        dialect: Of the text.
        usage: What was taken before, to rank by.
        files: Folders and files, for engines that read them.
        keyword_case: `auto` follows what is typed.
        limit: At most so many items.
    """
    place = _place(text, caret, dialect)
    if place is None:
        return Completions()
    tree = read_tree(place.text, place.region, place.caret, dialect)
    scanner = Scanner(dialect.name)
    scanner.statement(tree.items)
    spot = scanner.spot
    if tree.inside is Inside.NOTHING or spot is None:
        return Completions()
    if tree.inside is Inside.STRING:
        if files is None or not is_path_place(spot, dialect):
            return Completions()
        return place.moved(complete_path(tree, place.text, place.caret, files, limit))
    path = search_path_of(place.text[: place.region.start], dialect)
    context = Context(
        place.text, tree, spot, snapshot.with_search_path(path) if path else snapshot,
        local=local_relations(place.text, place.region.start, dialect),
        usage=usage, files=files, keyword_case=keyword_case, limit=limit,
    )  # fmt: skip
    _Completer(context).collect()
    wanted = tuple(dict.fromkeys(context.wanted))
    items = tuple(context.pool.best())
    return place.moved(Completions(items, tree.prefix, call_at(spot, context.snapshot), wanted))


@dataclass(frozen=True, slots=True)
class _Place:
    """The text that is looked at: all of it, or what is left of a very long one.

    Args:
        text: With the statement at the caret in it.
        region: Of that statement.
        caret: In `text`.
        missing: How many code points before the caret were left out.
    """

    text: str
    region: Region
    caret: int
    missing: int = 0

    def moved(self, found: Completions) -> Completions:
        """What was found, with offsets of the whole text."""
        if not self.missing:
            return found
        by = self.missing
        items = tuple(replace(i, start=i.start + by, end=i.end + by) for i in found.items)
        return replace(found, items=items)


def _place(text: str, caret: int, dialect: Dialect) -> _Place | None:
    """Find the statement at the caret; None when there is none."""
    start = 0
    region: Region | None
    if len(text) > _LONGEST:
        # What ends with a line is taken for the statement before, without looking at all of it.
        start = text.rfind(";\n", 0, max(0, caret - _NEAR)) + 1
        text, caret = text[start : caret + _NEAR], caret - start
    region = region_at(text, caret, dialect) if len(text) <= _LONGEST else Region(0, len(text))
    if region is None:
        return None
    if region.end - region.start <= _LONGEST_STATEMENT:
        return _Place(text, region, caret, start)
    head = _next_space(text, region.start + _HEAD)
    near = _next_space(text, max(head, caret - _LONGEST_STATEMENT // 2))
    left_out = near - head if near < caret else 0
    end = min(region.end, caret + _LONGEST_STATEMENT // 2)
    if left_out:
        text = text[:head] + text[near:]
    return _Place(text, Region(region.start, end - left_out), caret - left_out, start + left_out)


def _next_space(text: str, at: int) -> int:
    """Offset of the next white space, where a text can be cut; `at` itself when there is none near."""
    found = _SPACE.search(text, at, at + 1000)
    return at if found is None else found.start()


class _Completer:
    """Chooses what is offered at one spot.

    Args:
        context: Of the spot.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._columns = ColumnOffers(context)
        self._functions = FunctionOffers(context)
        self._tables = TableOffers(context, self._functions)
        self._clauses = ClauseOffers(context)

    def collect(self) -> None:
        """Collect everything that can stand at the spot."""
        spot = self._context.spot
        before = spot.before
        word = before[-1].word if before else ""
        if spot.path:
            self._behind_dot()
            return
        if before and before[-1].text == "::":
            self._types()
            return
        only = keywords.following(word, self._context.dialect)
        if word == "DISTINCT" and len(before) > 1 and before[-2].word in {"IS", "NOT"}:
            only = ("FROM",)
        if word == "ON" and spot.query.kind == "INSERT" and spot.clause != "QUERY":
            only = ("CONFLICT",)
        if only:
            is_name = spot.place is Place.RELATION or (len(before) > 1 and before[-2].text == ".")
            if not is_name:
                self._context.offer_keywords(only)
                return
        match spot.place:
            case Place.STATEMENT:
                self._context.offer_keywords(keywords.statements(self._context.dialect))
            case Place.RELATION:
                self._tables.relations()
            case Place.AFTER_RELATION:
                self._context.offer_keywords(self._clauses.after_relation())
            case Place.COLUMN:
                self._columns.target_columns()
            case Place.TYPE:
                self._types()
            case Place.ROUTINE:
                self._functions.offer(Groups.MAIN, kinds={"procedure"})
                self._tables.schemas()
            case Place.SCHEMA:
                self._tables.schemas()
            case Place.SETTING:
                self._settings()
            case Place.NEW_NAME:
                pass
            case Place.EXPRESSION:
                self._expression(before, word)

    def _expression(self, before: Sequence[Item], word: str) -> None:
        """Columns, functions and keywords, or only what goes on behind a value."""
        spot = self._context.spot
        caller = self._context.caller()
        if word == "AS" and caller in {"CAST", "TRY_CAST"}:
            self._types()
        elif word == "AS":
            return
        elif spot.clause == "":
            if not self._context.snapshot.relations:
                self._context.text_words()
        elif spot.clause == "FOR":
            self._context.offer_keywords(
                ("UPDATE", "SHARE", "NO KEY UPDATE", "KEY SHARE", "SKIP LOCKED", "NOWAIT")
            )
        elif spot.clause == "TARGET" and not spot.callers:
            self._context.offer_keywords(self._clauses.behind_target())
        elif before and before[-1].text == "*" and not ends_value(before[:-1]):
            self._columns.star_expansion(before)
            if self._context.dialect.name == "duckdb":
                self._context.offer_keywords(("EXCLUDE", "REPLACE", "RENAME"))
            self._context.offer_keywords(self._clauses.behind_value())
        elif ends_value(before):
            self._context.offer_keywords(self._clauses.behind_value())
        else:
            self._operand(before, word, caller)

    def _operand(self, before: Sequence[Item], word: str, caller: str) -> None:
        spot = self._context.spot
        if caller == "OVER" and not before:
            self._context.offer_keywords(
                ("PARTITION BY", "ORDER BY", "ROWS BETWEEN", "RANGE BETWEEN")
            )
            return
        if caller == "FILTER" and not before:
            self._context.offer_keywords(("WHERE",))
            return
        if caller == "EXISTS" and not before:
            self._context.offer_keywords(("SELECT", "WITH", "VALUES"))
            return
        if spot.clause == "SET" and not spot.callers and self._is_assignment_start(before):
            self._columns.target_columns()
            return
        if spot.clause in {"LIMIT", "OFFSET", "FETCH"} and not spot.callers:
            self._clauses.operand_keywords(before, word, caller)
            return
        shown = self._context.visible()
        if word == "ON" and spot.clause == "ON":
            self._tables.conditions(shown)
        self._columns.columns(shown)
        self._columns.outputs()
        self._columns.lambda_names()
        self._functions.offer_options(before, caller)
        self._columns.sources(shown)
        if self._context.pool.typed:
            self._tables.schemas()
            has_own = any(source.depth == 0 for source in shown)
            if not has_own and spot.clause in {"SELECT", "WHERE", "ORDER", "GROUP"}:
                self._columns.far_columns()
        self._functions.offer(Groups.SECOND)
        self._clauses.operand_keywords(before, word, caller)
        if not self._context.snapshot.relations:
            self._context.text_words()

    def _is_assignment_start(self, before: Sequence[Item]) -> bool:
        return not before or before[-1].text == "," or before[-1].word == "SET"

    def _behind_dot(self) -> None:
        """Columns of a source, fields of a column, or what is in a schema."""
        spot, path = self._context.spot, self._context.spot.path
        if spot.place in {Place.RELATION, Place.ROUTINE, Place.SCHEMA}:
            self._in_schema(path)
            if spot.place is Place.RELATION and spot.clause == "TARGET":
                self._columns.columns_of_path(path)
            return
        if spot.place is Place.COLUMN:
            self._columns.target_columns()
            return
        before = spot.before
        if spot.clause == "ON" and before and before[-1].word in {"ON", "AND"}:
            self._tables.conditions(self._context.visible())
        if not self._columns.columns_of_path(path):
            self._functions.offer(Groups.MAIN, schema=path)
            self._context.words_behind(path)
            # An alias that FROM is to define yet.
            is_open = spot.clause == "SELECT" and len(path) == 1 and not spot.query.sources
            if is_open and self._context.pool.typed:
                self._columns.far_columns()

    def _in_schema(self, path: Sequence[Name]) -> None:
        keys = [self._context.resolver.key(name) for name in path]
        for relation in self._context.snapshot.in_schema(keys):
            self._tables.relation(relation, relation.name, Rank(Groups.MAIN))
        if len(keys) == 1 and keys[0] in self._context.snapshot.database_keys:
            self._tables.schemas(databases=False)
        kinds = {"procedure"} if self._context.spot.place is Place.ROUTINE else {"table"}
        self._functions.offer(Groups.SECOND, schema=path, kinds=kinds)

    def _settings(self) -> None:
        for name, comment in self._context.snapshot.settings:

            def make(name: str = name, comment: str = comment) -> Completion:
                # A name with dots, as extensions and DataFusion have them, is written as it is.
                return self._context.item(CandidateKind.SETTING, name, name, comment)

            self._context.pool.offer(name, Rank(Groups.MAIN), make)

    def _types(self) -> None:
        for order, name in enumerate(keywords.types(self._context.dialect)):
            self._type(name, name, order)
        for order, name in enumerate(self._context.snapshot.types):
            self._type(name, self._context.written(name), order - 1000)

    def _type(self, name: str, insert: str, order: int) -> None:
        def make() -> Completion:
            return self._context.item(CandidateKind.TYPE, name, insert, "type")

        self._context.pool.offer(name, Rank(Groups.MAIN, order), make, worst=PART)
