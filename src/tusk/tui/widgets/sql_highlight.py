"""SQL highlighting for the editor: the tree-sitter grammar and our own highlight query.

The grammar is compiled code: where it does not load, the editor shows plain text.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass

from tree_sitter import Language, Query

_log = logging.getLogger(__name__)

# Keyword nodes of the grammar that name a type or a value instead of giving structure.
_TYPES = frozenset(
    [
        "bit",
        "binary",
        "varbinary",
        "image",
        "decimal",
        "numeric",
        "float",
        "double",
        "precision",
        "inet",
        "money",
        "smallmoney",
        "varying",
        "nchar",
        "nvarchar",
        "text",
        "string",
        "uuid",
        "json",
        "jsonb",
        "xml",
        "bytea",
        "enum",
        "date",
        "datetime",
        "datetime2",
        "smalldatetime",
        "datetimeoffset",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "geometry",
        "geography",
        "box2d",
        "box3d",
        "oid",
        "oids",
        "name",
        "regclass",
        "regnamespace",
        "regproc",
        "regtype",
        "array",
        "boolean",
        "character",
        "smallserial",
        "serial",
        "bigserial",
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "bigint",
        "real",
        "char",
        "varchar",
    ]
)
_CONSTANTS = frozenset({"null", "true", "false", "current_timestamp"})

# Later patterns win where two match the same text.
_STRUCTURE = """
(invocation (object_reference name: (identifier) @function))
(relation (object_reference name: (identifier) @relation))
(literal) @string
((literal) @number (#match? @number "^[-+]?[0-9.]"))
(parameter) @parameter
(dollar_quote) @string
(comment) @comment
(marginalia) @comment
"""

HIGHLIGHTS = (
    "keyword", "type", "constant", "function", "relation", "string", "number", "parameter",
    "comment",
)  # fmt: skip
"""Every capture of the query; the editor has one style for each."""


@dataclass(frozen=True, slots=True)
class Highlighter:
    """A grammar and the query that finds what to colour in its trees."""

    language: Language
    query: str


@functools.cache
def load_highlighter() -> Highlighter | None:
    """The SQL grammar with its highlight query, None where it cannot be used."""
    try:
        import tree_sitter_sql

        language = Language(tree_sitter_sql.language())
        query = _query_for(language)
        Query(language, query)
    except (ImportError, OSError, ValueError) as exc:
        # ValueError: the grammar was built for another tree-sitter, or lacks a node we name.
        _log.warning("SQL highlighting is off: %s", exc)
        return None
    return Highlighter(language, query)


def _query_for(language: Language) -> str:
    """Keyword patterns from the grammar's own node names, so that new keywords need no edit."""
    groups: dict[str, list[str]] = {"keyword": [], "type": [], "constant": []}
    kinds = range(language.node_kind_count)
    names = {language.node_kind_for_id(i) for i in kinds if language.node_kind_is_visible(i)}
    for name in sorted(filter(None, names)):
        if not name.startswith("keyword_"):
            continue
        word = name.removeprefix("keyword_")
        kind = "type" if word in _TYPES else "constant" if word in _CONSTANTS else "keyword"
        groups[kind].append(f"({name})")
    patterns = [f"[{' '.join(nodes)}] @{kind}" for kind, nodes in groups.items() if nodes]
    # `literal` nodes hold keyword nodes such as `null`: those come after, to keep their style.
    return _STRUCTURE + "\n".join(patterns)
