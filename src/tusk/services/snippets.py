"""Snippets for the editor: a few that come with tusk, and the user's own from a TOML file."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tusk.config.files import read_bytes
from tusk.config.paths import Paths
from tusk.config.toml import parse_toml, place
from tusk.core.errors import ConfigError, StorageError

_log = logging.getLogger(__name__)

_TRIGGER = re.compile(r"\w{1,40}")
_KEYS = {"body", "description"}
_EXAMPLE = 'write sel = "select $1 from $2", or a table with body and description'


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text with stops.

    Args:
        trigger: The word that Tab replaces by it.
        body: The text; `$1`, `${2:name}` and `$0` are its stops.
        description: What it is for.
    """

    trigger: str
    body: str
    description: str = ""


BUILT_IN = (
    Snippet("sel", "select ${1:*}\nfrom ${2:table}$0;", "Rows of a table"),
    Snippet("selw", "select ${1:*}\nfrom ${2:table}\nwhere ${3:condition}$0;", "Some rows"),
    Snippet("cnt", "select count(*)\nfrom ${1:table}$0;", "How many rows"),
    Snippet(
        "grp",
        "select ${1:column}, count(*)\nfrom ${2:table}\ngroup by $1\norder by 2 desc$0;",
        "How many rows of each",
    ),
    Snippet("cte", "with ${1:name} as (\n  ${2:select 1}\n)\nselect *\nfrom $1$0;", "A subquery"),
    Snippet("ij", "join ${1:table} ${2:t} on ${3:condition}$0", "An inner join"),
    Snippet("lj", "left join ${1:table} ${2:t} on ${3:condition}$0", "A left join"),
    Snippet(
        "case", "case\n  when ${1:condition} then ${2:value}\n  else ${3:null}\nend$0", "A case"
    ),
    Snippet(
        "win",
        "${1:row_number()} over (partition by ${2:column} order by ${3:column})$0",
        "A window function",
    ),
    Snippet("ins", "insert into ${1:table} (${2:columns})\nvalues (${3:values})$0;", "A new row"),
    Snippet(
        "upd",
        "update ${1:table}\nset ${2:column} = ${3:value}\nwhere ${4:condition}$0;",
        "Other values",
    ),
    Snippet("del", "delete from ${1:table}\nwhere ${2:condition}$0;", "Rows to be deleted"),
    Snippet(
        "ct",
        "create table ${1:name} (\n  ${2:id} ${3:bigint} primary key$0\n);",
        "A new table",
    ),
)
"""What comes with tusk; a user's snippet with the same trigger goes before it."""


def load_snippets() -> Mapping[str, Snippet]:
    """Every snippet by its trigger. What is wrong with the user's is logged as a warning."""
    found = {snippet.trigger: snippet for snippet in BUILT_IN}
    for own in _own(_read()):
        found[own.trigger] = own
    return found


def _read() -> tuple[dict[str, Any], str]:
    """The user's file and its text; empty where it cannot be used. It is left as it is."""
    path = Paths.find().snippets_file
    try:
        content = read_bytes(path)
        return ({}, "") if content is None else parse_toml(content)
    except StorageError as exc:
        _log.warning("%s; tusk's own snippets are there", exc.message)
    except ValueError as exc:
        _log.warning("%s is not valid TOML: %s; tusk's own snippets are there", path, exc)
    return {}, ""


def _own(read: tuple[dict[str, Any], str]) -> Iterator[Snippet]:
    document, text = read
    path = Paths.find().snippets_file
    for trigger, value in document.items():
        try:
            yield _snippet(trigger, value)
        except ConfigError as exc:
            _log.warning("%s: %s; %s", place(path, text, trigger), exc.message, exc.hint)


def _snippet(trigger: str, value: object) -> Snippet:
    """A snippet as the file has it. The error has no place in it."""
    if not _TRIGGER.fullmatch(trigger):
        raise ConfigError(
            f"the snippet {trigger!r} can have no such name",
            hint="it is one word of letters, digits and _",
        )
    fields = {"body": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not isinstance(fields.get("body"), str):
        raise ConfigError(f"the snippet {trigger} has no body", hint=_EXAMPLE)
    if unknown := sorted(set(fields) - _KEYS):
        raise ConfigError(f"the snippet {trigger} has an unknown {unknown[0]!r}", hint=_EXAMPLE)
    body, description = fields["body"], fields.get("description", "")
    if not body or not isinstance(description, str):
        raise ConfigError(f"the snippet {trigger} needs a text as body", hint=_EXAMPLE)
    return Snippet(trigger, "\n".join(body.splitlines()), description)
