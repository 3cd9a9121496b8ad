"""What a statement says about names: its queries, their sources, and the spot of the caret."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tusk.services.completion.tree import Group, Item, Name


class Place(enum.Enum):
    """What can stand at the caret."""

    STATEMENT = "a statement"
    RELATION = "a table"
    AFTER_RELATION = "an alias, a join or the next clause"
    EXPRESSION = "an expression, or what goes on behind one"
    COLUMN = "a column of certain tables, alone"
    TYPE = "a type"
    NEW_NAME = "a name that does not exist yet"
    ROUTINE = "a function or procedure to be called"
    SCHEMA = "a schema or database"
    SETTING = "a setting"


@dataclass(slots=True, eq=False)
class Source:
    """Something that columns come from: an item of FROM, or the table that is changed.

    Args:
        path: Parts of the relation's name; empty for what has none.
        alias: The name that its columns are written with; None for the relation's own.
        query: The subquery, for a derived table.
        call: A table function's arguments; `path` is its name.
        file: A text that names a file.
        column_names: From an alias with columns.
        using: Columns that USING joins it by, which exist once in the result.
        start: Where it is written.
    """

    path: tuple[Name, ...] = ()
    alias: Name | None = None
    query: Query | None = None
    call: Group | None = None
    file: str = ""
    column_names: tuple[Name, ...] = ()
    using: tuple[Name, ...] = ()
    start: int = 0

    @property
    def name(self) -> Name | None:
        """What its columns may be qualified with; a file's name up to its first dot."""
        if self.alias is None and self.file:
            return Name(self.file.rpartition("/")[2].partition(".")[0])
        return self.alias or (self.path[-1] if self.path else None)


@dataclass(slots=True, eq=False)
class Cte:
    """A query of WITH."""

    name: Name
    column_names: tuple[Name, ...] = ()
    query: Query | None = None


@dataclass(slots=True, eq=False)
class Query:
    """One SELECT, or another statement, with its own scope.

    Args:
        parent: The query around it, whose columns it may use.
        kind: The word that begins it.
        ctes: Those that WITH in front of it defines, and those it can see from outside.
        outputs: The items of its select list, or of RETURNING.
        arms: What UNION and the like join to it, or what it consists of.
        first_arm: Of which this one is an arm.
        target: The table that the statement changes or is about.
        target_columns: The list of columns of an INSERT.
        outer_sources: How many of the parent's sources it can see; None for all.
    """

    parent: Query | None = None
    kind: str = ""
    ctes: list[Cte] = field(default_factory=list[Cte])
    sources: list[Source] = field(default_factory=list[Source])
    outputs: list[list[Item]] = field(default_factory=list[list[Item]])
    arms: list[Query] = field(default_factory=list["Query"])
    first_arm: Query | None = None
    target: Source | None = None
    target_columns: list[Item] | None = None
    outer_sources: int | None = None

    def find_cte(self, key: str, fold: Callable[[Name], str]) -> Cte | None:
        """The nearest CTE of a name, given by its key; `fold` makes keys."""
        query: Query | None = self
        while query is not None:
            for cte in reversed(query.ctes):
                if fold(cte.name) == key:
                    return cte
            query = query.parent
        return None


@dataclass(slots=True, eq=False)
class Spot:
    """Where the caret is.

    Args:
        query: The innermost query around it.
        clause: That it is in, in upper case.
        place: What can stand there.
        items: The list of items it is in, which may be in brackets within the clause.
        index: Its own in `items`.
        callers: The items in front of each bracket around it within the query, outermost first,
            each with the list they are in.
        sources_before: How many sources are written to the left of it.
        subject: The source that COLUMN, or an ON, is about.
    """

    query: Query
    clause: str
    place: Place
    items: Sequence[Item]
    index: int
    callers: tuple[tuple[Sequence[Item], int], ...] = ()
    sources_before: int = 0
    subject: Source | None = None

    @property
    def path(self) -> tuple[Name, ...]:
        """The names before the caret that dots join to it."""
        names: list[Name] = []
        at = self.index
        while at >= 2 and self.items[at - 1].text == ".":
            before = self.items[at - 2]
            if isinstance(before, Group) or before.name is None:
                return (*((Name(""),) if isinstance(before, Group) else ()), *reversed(names))
            names.append(before.name)
            at -= 2
        return tuple(reversed(names))

    @property
    def before(self) -> Sequence[Item]:
        """What stands in front of the caret, and of the names joined to it, in its brackets."""
        return self.items[: self.index - 2 * len(self.path)]
