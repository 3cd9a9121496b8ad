"""What completion answers with."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CandidateKind(enum.Enum):
    """What a candidate is; its value is what a front end may show."""

    COLUMN = "column"
    SOURCE = "alias"
    RELATION = "table"
    VIEW = "view"
    CTE = "query"
    FUNCTION = "function"
    JOIN = "join"
    EXPANSION = "columns"
    VARIABLE = "variable"
    SCHEMA = "schema"
    DATABASE = "database"
    TYPE = "type"
    FILE = "file"
    FOLDER = "folder"
    SETTING = "setting"
    WORD = "word"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that can be put at the caret.

    Names come from the database as they are: make them safe before they are shown.

    Args:
        label: What to show.
        insert: The text that replaces `start` … `end` of the source.
        detail: Type, signature or place, in one line.
        documentation: More, for a popup; empty when there is nothing to say.
        caret: Where the caret goes, as an offset into `insert`.
        usage: What to give to `Usage.record` when it is taken.
    """

    kind: CandidateKind
    label: str
    insert: str
    start: int
    end: int
    caret: int
    detail: str = ""
    documentation: str = ""
    usage: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """The call, or the row of VALUES, that the caret is in.

    Args:
        signatures: One line each, the one that fits the number of arguments best first.
        argument: Of which argument, from 0.
        spans: Where the argument stands in each signature; None when it has not so many.
    """

    signatures: tuple[str, ...]
    argument: int
    spans: tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class WantedFolder:
    """A folder whose entries would be offered if they were known."""

    path: str


@dataclass(frozen=True, slots=True)
class WantedColumns:
    """A file whose columns would be offered if they were known.

    Args:
        source: As it stands in FROM: a text with the path, or a reading function's call.
    """

    source: str


Wanted = WantedFolder | WantedColumns


@dataclass(frozen=True, slots=True)
class Completions:
    """What can stand at the caret.

    Args:
        items: The best first.
        prefix: What is typed of the word at the caret.
        call: The call around the caret, if there is one.
        wanted: What `FileCatalog.fetch` should load before asking again.
    """

    items: tuple[Completion, ...] = ()
    prefix: str = ""
    call: Call | None = None
    wanted: tuple[Wanted, ...] = ()
