"""Statements that were written for other purposes: every SQL text in the tests and the catalogue."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tusk.core.dialect import Dialect
from tusk.core.statement import split

_ROOT = Path(__file__).resolve().parents[2]
_STARTS = """
    select with insert update delete create alter drop values from table explain copy merge
    truncate begin grant comment pragma attach describe summarize pivot show set do call
    vacuum analyze
"""


@cache
def texts() -> list[str]:
    """Every text constant that begins like a statement, and every .sql file."""
    found: dict[str, None] = {}
    for path in sorted((_ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.strip()
                if text.lower().startswith(tuple(_STARTS.split())) and len(text) < 20_000:
                    found[text] = None
    for path in sorted((_ROOT / "src").rglob("*.sql")):
        found[path.read_text(encoding="utf-8")] = None
    return list(found)


@cache
def statements(dialect: Dialect) -> list[str]:
    """The statements of all texts, each once, as a dialect's lexer cuts them."""
    found = (s.text for text in texts() for s in split(text, dialect) if s.data is None)
    return list(dict.fromkeys(found))
