"""What the app begins with: settings, log, the workspace, and what the command line named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tusk.config.log import show_warnings
from tusk.config.log_file import write_log_file
from tusk.config.paths import Paths
from tusk.core.errors import StorageError, TuskError
from tusk.services.catalog import CatalogTree, RelationKind
from tusk.services.keymap import OwnKeymap, load_keymap
from tusk.services.settings import Settings, load_settings
from tusk.services.snippets import Snippet, load_snippets
from tusk.services.workspace import Workspace, WorkspaceState
from tusk.tui.user_themes import load_user_themes

if TYPE_CHECKING:
    from textual.theme import Theme

    from tusk.core.errors import ConfigError
    from tusk.services.connections import Connection
    from tusk.tui.connection_book import ConnectionBook, Entry

_log = logging.getLogger(__name__)

FIRST_ROWS = 1_000
_FILE_ENGINES = ("duckdb", "sqlite")


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was read from files.

    Args:
        settings: In effect.
        workspace: Open; closed by the app.
        state: What it holds.
        snippets: The editor's, by trigger.
        snippet_problems: What is wrong with others.
        keymap: The user's own keys.
        themes: The user's own themes.
        theme_problems: What is wrong with others.
    """

    settings: Settings
    workspace: Workspace
    state: WorkspaceState
    snippets: Mapping[str, Snippet]
    snippet_problems: Sequence[ConfigError]
    keymap: OwnKeymap
    themes: Sequence[Theme] = ()
    theme_problems: Sequence[ConfigError] = ()


def read_files(warn: Callable[[str], None]) -> Beginning:
    """Read settings and workspace, and start the log; blocks.

    Nothing of it keeps tusk from starting: what is wrong is a warning.

    Args:
        warn: Shows a warning to the user; called from this thread, and later from any.
    """
    show_warnings(warn)
    try:
        settings = load_settings()
    except StorageError as exc:
        _log.warning("the settings cannot be read: %s", exc.message)
        settings = Settings()
    try:
        write_log_file(Paths.find().log_file, settings.log.level)
    except StorageError as exc:
        _log.warning("there will be no log: %s", exc.message)
    workspace = Workspace.open()
    try:
        state = workspace.load()
    except StorageError as exc:
        _log.warning("the tabs of the last time cannot be read: %s", exc.message)
        state = WorkspaceState((), {}, "")
    return Beginning(
        settings, workspace, state, *load_snippets(), load_keymap(settings), *load_user_themes()
    )


@dataclass(frozen=True, slots=True)
class FirstQuery:
    """A statement to begin with.

    Args:
        sql: The statement.
        is_harmless: Whether it may be run unasked: it reads a data file, or a table of a database
            file. A view's definition is SQL that a stranger may have written.
    """

    sql: str
    is_harmless: bool


def is_file(entry: Entry) -> bool:
    """Whether it leads to a file or a folder, not to a server."""
    return entry.engine in _FILE_ENGINES


async def first_query(book: ConnectionBook, entry: Entry) -> FirstQuery | None:
    """The first rows of the first table of a file, or of a server's only one, if there is any."""
    try:
        return await book.browse(entry, partial(_first_query, entry))
    except TuskError as exc:
        _log.info("no first query: %s", exc.message)
        return None


def _first_query(entry: Entry, connection: Connection) -> FirstQuery | None:
    reader = connection.catalog()
    relations = reader.relations()
    tables = [relation for relation in relations if relation.kind is RelationKind.TABLE]
    if is_file(entry) and tables:
        first = tables[0]
    elif len(relations) == 1:
        first = relations[0]
    else:
        return None
    sql = first_rows(CatalogTree(reader).quoted_name(first))
    return FirstQuery(sql, _holds_only_data(entry) or (is_file(entry) and first in tables))


def _holds_only_data(entry: Entry) -> bool:
    """Whether it is a data file, or a folder of them: its views are ours."""
    return entry.target is not None and "files" in entry.target.parameters


def first_rows(name: str) -> str:
    r"""A statement that reads the first rows of a relation.

    >>> first_rows("sales")
    'select *\nfrom sales\nlimit 1000;\n'
    """
    return f"select *\nfrom {name}\nlimit {FIRST_ROWS};\n"
