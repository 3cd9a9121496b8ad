"""Titles of editor tabs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

TITLE_COMMENT = re.compile(r"\s*--[ \t]*(\S[^\r\n]*)")
"""A comment that a text begins with."""


def is_numbered(title: str) -> bool:
    """Whether a tab has no name of its own.

    >>> is_numbered("Query 3"), is_numbered("Query sales")
    (True, False)
    """
    head, _, number = title.partition(" ")
    return head == "Query" and number.isdecimal()


def title_of(text: str, otherwise: str) -> str:
    r"""The comment that a text begins with, which is its title.

    >>> title_of("-- daily sales\nselect 1", "Query 1"), title_of("select 1", "Query 1")
    ('daily sales', 'Query 1')
    """
    found = TITLE_COMMENT.match(text[:200])
    return found.group(1).strip() if found else otherwise


def distinct_titles(files: Mapping[str, Path]) -> dict[str, str]:
    """Titles of tabs with files: their names, with the folder where two have the same one.

    >>> files = {"a": Path("/x/q.sql"), "b": Path("/y/q.sql"), "c": Path("/y/r.sql")}
    >>> distinct_titles(files)
    {'a': 'x/q.sql', 'b': 'y/q.sql', 'c': 'r.sql'}
    """
    names = Counter(path.name for path in files.values())
    return {
        tab_id: path.name if names[path.name] == 1 else f"{path.parent.name}/{path.name}"
        for tab_id, path in files.items()
    }
