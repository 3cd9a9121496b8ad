"""DuckDB's own parser, on a connection to nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb

from tusk.core.dialect import DUCKDB
from tusk.core.statement import first_word
from tusk.engines.duckdb.errors import code_point_offset, read_report
from tusk.engines.grammar import GrammarError, ask

if TYPE_CHECKING:
    from tusk.engines.base import Session
    from tusk.engines.grammar import Grammar

# Others may bring a parser of their own.
_KNOWN_EXTENSIONS = """
    autocomplete avro aws azure core_functions delta ducklake encodings excel fts httpfs icu iceberg
    inet jemalloc json motherduck mysql_scanner parquet postgres_scanner shell spatial
    sqlite_scanner tpcds tpch ui vss
"""
# Looked up, or read from a file, while they are parsed.
_NOT_PARSED_ALONE = frozenset(["PRAGMA", "IMPORT", "EXPORT", "LOAD", "INSTALL"])


class DuckDBGrammar:
    """The grammar of the DuckDB that runs in this process."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self._connection.execute("SET errors_as_json = true")
        self._lock = threading.Lock()

    def error(self, text: str) -> GrammarError | None:
        """See `Grammar.error`."""
        if first_word(text, DUCKDB) in _NOT_PARSED_ALONE:
            return None
        try:
            text.encode()  # a lone surrogate would be a TypeError
            with self._lock:
                self._connection.extract_statements(text)
        except duckdb.ParserException as exc:
            report = read_report(exc)
            if "max_expression_depth" in report.message:
                return None  # a setting, which may differ
            position = report.position
            if position is not None and report.counts_bytes:
                position = code_point_offset(text, position)
            return GrammarError(report.message, position)
        except (duckdb.Error, UnicodeEncodeError):
            return None
        return None


def open_grammar(session: Session) -> Grammar | None:
    """The grammar, unless the session has loaded an extension that may change it."""
    loaded = ask(session, "select extension_name from duckdb_extensions() where loaded")
    known = _KNOWN_EXTENSIONS.split()
    is_known = all(str(name) in known for (name,) in loaded)
    return DuckDBGrammar() if is_known else None
