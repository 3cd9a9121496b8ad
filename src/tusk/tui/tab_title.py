"""Titles of editor tabs."""

from __future__ import annotations


def is_numbered(title: str) -> bool:
    """Whether a tab has no name of its own.

    >>> is_numbered("Query 3"), is_numbered("Query sales")
    (True, False)
    """
    head, _, number = title.partition(" ")
    return head == "Query" and number.isdecimal()
