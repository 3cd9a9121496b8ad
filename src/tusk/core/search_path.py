"""A search path as people write it, `sales, "My Schema", $user`, and as names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tusk.core.dialect import POSTGRES, check_identifier, quote_identifier
from tusk.core.errors import UsageError

USER_SCHEMA = "$user"
"""Stands for the schema that is called like the current user."""
# One name: in double quotes, or a word. Words are folded to lower case, as in SQL.
_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(\$user\b|[^\W\d][\w$]*))\s*(?:,|\Z)')
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def read_search_path(text: str) -> tuple[str, ...]:
    r"""The names in a search path, in order.

    >>> read_search_path('Sales, "My ""Schema", $user')
    ('sales', 'My "Schema', '$user')
    >>> read_search_path(" ")
    ()

    Raises:
        UsageError: It is no list of names.
    """
    names: list[str] = []
    position = 0
    while text[position:].strip():
        found = _NAME.match(text, position)
        if found is None:
            raise _no_search_path(text)
        names.append(found[2].lower() if found[1] is None else found[1].replace('""', '"'))
        position = found.end()
    if text.rstrip().endswith(","):
        raise _no_search_path(text)
    return check_search_path(names)


def _no_search_path(text: str) -> UsageError:
    return UsageError(
        f"the search path {text!r} cannot be read",
        hint='write names of schemas with commas between, as in: sales, public, "My Schema"',
    )


def check_search_path(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if each can be one of a schema. Raises UsageError."""
    return tuple(check_identifier(name, POSTGRES) for name in names)


def write_search_path(names: Sequence[str]) -> str:
    """The names as `read_search_path` reads them.

    >>> write_search_path(["sales", "My Schema", "$user"])
    'sales, "My Schema", $user'
    """
    is_bare = [name == USER_SCHEMA or _PLAIN.fullmatch(name) for name in names]
    return ", ".join(
        name if bare else quote_identifier(name) for name, bare in zip(names, is_bare, strict=True)
    )
