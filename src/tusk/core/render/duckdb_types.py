"""The types inside a nested type, from its name in DuckDB's words.

Arrow tells most about a nested value, but not which of its texts are JSON.
"""

from __future__ import annotations

import re

_LIST = re.compile(r"(.+)\[\d*\]", re.S)
_MEMBERS = re.compile(r"(STRUCT|MAP)\((.+)\)", re.S)
# Names and labels may hold anything once they are in quotes.
_PIECE = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|.', re.S)
_NAME = re.compile(r'("(?:[^"]|"")*"|\S+)\s+')


def element_type(db_type: str) -> str:
    """The type of a list's elements; empty when the name does not tell.

    >>> element_type("INTEGER[3][]"), element_type("VARCHAR")
    ('INTEGER[3]', '')
    """
    found = _LIST.fullmatch(db_type)
    return found[1] if found else ""


def member_types(db_type: str, count: int, *, has_names: bool) -> list[str]:
    """The types of a struct's fields, or of a map's key and value; empty where unknown.

    Args:
        db_type: The name of the struct or map.
        count: How many there are.
        has_names: Each type follows the name of its field.

    >>> member_types('STRUCT("a, b" JSON[], c DECIMAL(4,1))', 2, has_names=True)
    ['JSON[]', 'DECIMAL(4,1)']
    >>> member_types("MAP(VARCHAR, JSON)", 2, has_names=False)
    ['VARCHAR', 'JSON']
    """
    found = _MEMBERS.fullmatch(db_type)
    members = _split(found[2]) if found else []
    if len(members) != count:
        return [""] * count
    return [_NAME.sub("", member, count=1) if has_names else member for member in members]


def _split(text: str) -> list[str]:
    """The parts between the commas that are not in parentheses or quotes."""
    parts = [""]
    depth = 0
    for piece in _PIECE.findall(text):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]
