"""Paths in strings that DuckDB and DataFusion read as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.statement import TokenKind, tokens
from tusk.services.completion.candidates import (
    CandidateKind,
    Completion,
    Completions,
    WantedFolder,
)
from tusk.services.completion.matching import PART, Matcher
from tusk.services.completion.pool import Pool, Rank
from tusk.services.completion.region import words
from tusk.services.completion.scope import Place
from tusk.services.completion.tree import Leaf

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.services.completion.files import Entry, FileCatalog
    from tusk.services.completion.scope import Source, Spot
    from tusk.services.completion.tree import Tree

# Functions whose first argument is a file, and which read nothing but the file.
READERS = words(
    "read_parquet parquet_scan read_csv read_csv_auto read_json read_json_auto read_ndjson "
    "read_ndjson_auto read_json_objects read_ndjson_objects read_text read_blob sniff_csv "
    "parquet_metadata parquet_schema parquet_file_metadata read_xlsx st_read"
)
_DESCRIBED = READERS - {"st_read"}
_FILE_ENGINES = frozenset(["duckdb", "datafusion"])


def is_path_place(spot: Spot, dialect: Dialect) -> bool:
    """Whether the string at the caret is a file's path."""
    if dialect.name not in _FILE_ENGINES:
        return False
    if spot.place is Place.RELATION and spot.clause == "FROM":
        return True
    before = spot.items[spot.index - 1].word if spot.index else ""
    if spot.query.kind in {"COPY", "ATTACH", "LOAD", "IMPORT", "EXPORT"} and (
        before in {"FROM", "TO", "ATTACH", "LOAD", "DATABASE", "EXISTS"}
    ):
        return True
    if before == "LOCATION":
        return True
    if not spot.callers:
        return False
    items, at = spot.callers[-1]
    # In a list of paths, the function is one bracket further out.
    caller = items[at] if 0 <= at < len(items) else None
    if len(spot.callers) > 1 and (caller is None or caller.name is None):
        items, at = spot.callers[-2]
        caller = items[at] if 0 <= at < len(items) else None
    return (
        isinstance(caller, Leaf)
        and caller.text.lower() in READERS
        and (spot.index == 0 or spot.items[spot.index - 1].text == ",")
    )


def is_local(path: str) -> bool:
    """Whether a path is one of this machine, without wildcards up to its last part."""
    return "://" not in path and not any(char in path for char in "*?[\0")


def complete_path(tree: Tree, text: str, caret: int, files: FileCatalog, limit: int) -> Completions:
    """Folders and files that a path may go on with."""
    typed = tree.prefix.replace("''", "'")
    folder, slash, name = typed.rpartition("/")
    folder += slash
    if not is_local(folder) or (typed.startswith("~") and not slash):
        return Completions(prefix=typed)
    entries, is_wanted = files.entries(folder)
    start = caret - len(name.replace("'", "''"))
    pool = Pool(Matcher(name), None, limit)
    is_closed = text[tree.end : tree.end + 1] == "'"
    for order, entry in enumerate(entries):
        if entry.name.startswith(".") and not name.startswith("."):
            order += 100_000

        def make(entry: Entry = entry) -> Completion:
            return _entry(entry, start, tree.end, is_closed=is_closed)

        if _is_plain(entry.name):
            hidden = 2 if entry.name.startswith(".") else 0
            other = 0 if entry.is_folder or entry.is_data else 1
            pool.offer(entry.name, Rank(hidden + other, order), make, worst=PART)
    wanted = (WantedFolder(folder),) if is_wanted else ()
    return Completions(tuple(pool.best()), name, None, wanted)


def _is_plain(name: str) -> bool:
    """Whether a name can be part of an SQL text that is UTF-8."""
    return name.isprintable() and not any(0xD800 <= ord(char) < 0xE000 for char in name)


def _entry(entry: Entry, start: int, end: int, *, is_closed: bool) -> Completion:
    escaped = entry.name.replace("'", "''")
    if entry.is_folder:
        insert = f"{escaped}/"
        return Completion(
            CandidateKind.FOLDER, f"{entry.name}/", insert, start, end, len(insert), "folder"
        )
    # A closing quote that is there already is written anew, so that the caret goes behind it.
    insert = f"{escaped}'"
    return Completion(
        CandidateKind.FILE, entry.name, insert, start, end + is_closed, len(insert), "file"
    )


def file_source(source: Source, text: str, dialect: Dialect) -> str:
    """The text of a source whose columns can be found by reading a local file; else empty.

    Only literals may stand in a reading function's call: describing it must do nothing else.
    """
    if dialect.name not in _FILE_ENGINES:
        return ""
    if source.file:
        return f"'{source.file.replace(chr(39), chr(39) * 2)}'" if "://" not in source.file else ""
    if source.call is None or len(source.path) != 1:
        return ""
    name = source.path[0].text.lower()
    call = text[source.call.start : source.call.end]
    if name not in _DESCRIBED or "://" in call or not call.endswith(")"):
        return ""
    kinds = [token.kind for token in tokens(call, dialect)]
    if kinds.count(TokenKind.OPEN) != 1 or TokenKind.SEMICOLON in kinds:
        return ""
    if TokenKind.PARAMETER in kinds or TokenKind.STRING not in kinds:
        return ""
    return f"{name}{call}"
