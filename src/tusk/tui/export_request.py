"""What can be exported from a tab, what was asked for, and what is remembered of it."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.core.errors import UsageError
from tusk.core.statement import StatementKind
from tusk.tui.parameter_values import names_in
from tusk.tui.tab_title import is_numbered

if TYPE_CHECKING:
    from tusk.core.params import ParameterValue
    from tusk.core.result import ResultBuffer
    from tusk.core.statement import Statement
    from tusk.services.exports import Format, IfExists
    from tusk.tui.connection_book import Entry
    from tusk.tui.widgets.document_pane import DocumentPane
    from tusk.tui.widgets.result import Result

_FORMAT, _FOLDER = "export.format", "export.folder"
_OPTIONS = "export.options."
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_NAME_LENGTH = 40


class Scope(enum.Enum):
    """Which rows are written."""

    SELECTION = "selection"
    SHOWN = "shown"
    LOADED = "loaded"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are here, and what of them is wanted.

    Args:
        buffer: Where they are.
        rows: Numbers of rows in order; None for all.
        columns: Numbers of columns in order; None for all.
    """

    buffer: ResultBuffer
    rows: Sequence[int] | None = None
    columns: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: what is needed to get all of them anew.

    Args:
        statement: What is run.
        parameters: With these values; None sends its text untouched.
        entry: On this connection.
        total_rows: Rows it had, when that is known.
    """

    statement: Statement
    parameters: Mapping[str, ParameterValue] | None
    entry: Entry
    total_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Exportable:
    """What a tab has to export.

    Args:
        stem: What to call the file, without its suffix.
        words: What each scope is, in words, in order; the first one is proposed.
        rows: Those of each scope but `EVERYTHING`.
        origin: For `EVERYTHING`.
        pane: Hears how it ended.
    """

    stem: str
    words: Mapping[Scope, str]
    rows: Mapping[Scope, Rows]
    origin: Origin | None
    pane: DocumentPane


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """An export as it was asked for.

    Args:
        scope: Which rows.
        path: The file.
        format: Its format.
        own: The format's own options.
        if_exists: What becomes of a file that is there.
    """

    scope: Scope
    path: Path
    format: Format
    own: object
    if_exists: IfExists


@dataclass(slots=True)
class ExportChoices:
    """What was chosen the last time.

    Args:
        format: Name of the format.
        folder: Where the file was put; empty for none yet.
        options: Values of the formats' options by name, by format.
    """

    format: str = "csv"
    folder: str = ""
    options: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def to_values(self) -> dict[str, str]:
        """For the workspace."""
        values = {_FORMAT: self.format, _FOLDER: self.folder}
        return values | {_OPTIONS + name: json.dumps(each) for name, each in self.options.items()}

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> ExportChoices:
        """From the workspace; what is missing or wrong has its default.

        >>> ExportChoices.from_values({"export.format": "json", "export.options.csv": "["})
        ExportChoices(format='json', folder='', options={})
        """
        found: dict[str, dict[str, str]] = {}
        for name, text in values.items():
            if name.startswith(_OPTIONS) and (pairs := _pairs(text)):
                found[name.removeprefix(_OPTIONS)] = pairs
        return cls(values.get(_FORMAT) or "csv", values.get(_FOLDER, ""), found)


def _pairs(text: str) -> dict[str, str]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    return {str(name): str(value) for name, value in content.items()}


# ── what a tab has ───────────────────────────────────────────────────────────────────────────


def exportable(pane: DocumentPane) -> Exportable:
    """What a tab has to export: the result in front, else the statement at the cursor.

    Raises:
        UsageError: It has neither; says what to do.
    """
    result = pane.results.front
    return _of_statement(pane) if result is None else _of_result(pane, result)


def _of_statement(pane: DocumentPane) -> Exportable:
    statements = pane.editor.script_at_caret(pane.dialect).statements
    if not statements or pane.entry is None:
        raise UsageError("there is nothing to export", hint="run a query, or write one")
    statement, *others = statements
    if others or statement.kind is not StatementKind.QUERY:
        raise UsageError(
            "only a query is exported without being run before",
            hint="run it (F5), and export its result",
        )
    values = pane.parameters.values(names_in(statements, pane.dialect))
    origin = Origin(statement, values or None, pane.entry)
    words = {Scope.EVERYTHING: "the statement at the cursor: runs it"}
    return Exportable(file_stem(pane.title), words, {}, origin, pane)


def _of_result(pane: DocumentPane, result: Result) -> Exportable:
    rows = _chosen_rows(pane, result.buffer)
    words = {scope: _rows_words(scope, each) for scope, each in rows.items()}
    count = result.buffer.num_rows
    origin = result.origin
    if origin is not None and origin.statement.kind is not StatementKind.QUERY:
        origin = None  # it may change rows once more
    everything = {Scope.EVERYTHING: "everything: runs the statement again"} if origin else {}
    loaded = {Scope.LOADED: f"all rows: {count:,}"}
    if result.is_whole:
        words |= loaded | everything
    else:
        words |= everything | {Scope.LOADED: f"the rows loaded so far: {count:,}"}
    rows[Scope.LOADED] = Rows(result.buffer)
    if origin is not None and result.is_whole:
        origin = replace(origin, total_rows=count)
    return Exportable(file_stem(pane.title), words, rows, origin, pane)


def _chosen_rows(pane: DocumentPane, buffer: ResultBuffer) -> dict[Scope, Rows]:
    """What of a result is selected, and what is shown where that is not everything."""
    grid = pane.results.grid
    if grid is None or not buffer.num_rows:
        return {}
    found: dict[Scope, Rows] = {}
    order, columns = grid.shown_rows, grid.shown_columns
    if (chosen := grid.selection) is not None:
        picked = [columns[place] for place in chosen.columns]
        found[Scope.SELECTION] = Rows(buffer, order[chosen.rows.start : chosen.rows.stop], picked)
    is_arranged = order != range(buffer.num_rows) or columns != range(buffer.num_columns)
    if is_arranged and not grid.view_state.work:
        found[Scope.SHOWN] = Rows(buffer, order, list(columns))
    return found


def _rows_words(scope: Scope, rows: Rows) -> str:
    height = 0 if rows.rows is None else len(rows.rows)
    width = 0 if rows.columns is None else len(rows.columns)
    what = "the selection" if scope is Scope.SELECTION else "what is shown, as it is sorted"
    return f"{what}: {height:,} × {width:,} cells"


def file_stem(title: str) -> str:
    """A file's name for what a tab holds.

    >>> file_stem("sales/Daily report"), file_stem("Query 2"), file_stem("daily.sql")
    ('sales-Daily-report', 'result', 'daily')
    """
    title = title.removesuffix(".sql")
    if is_numbered(title):
        return "result"
    return _NOT_IN_NAMES.sub("-", title)[:_NAME_LENGTH].strip("-.") or "result"
