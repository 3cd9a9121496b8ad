"""Snippets for the editor: a few that come with tusk, and the user's own from a TOML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tusk.config.files import write_private
from tusk.config.paths import Paths
from tusk.config.toml import place, read_own_toml
from tusk.core.errors import ConfigError

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
        is_own: Whether it is the user's, not one that comes with tusk.
    """

    trigger: str
    body: str
    description: str = ""
    is_own: bool = False


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


_FIRST_LINES = """\
# Your own snippets for tusk's editor. A snippet's name and Tab write it; $1, ${2:text} are what Tab
# goes through, $0 is where it ends. One of the same name replaces one that comes with tusk.
#
# top = "select * from ${1:table} order by ${2:column} desc limit ${3:10};$0"
#
# [dup]
# description = "Values that are there more than once"
# body = '''
# select ${1:column}, count(*)
# from ${2:table}
# group by $1
# having count(*) > 1;'''
"""


def load_snippets() -> tuple[Mapping[str, Snippet], list[ConfigError]]:
    """Every snippet by its trigger, and what is wrong with the user's; nothing of it raises."""
    found = {snippet.trigger: snippet for snippet in BUILT_IN}
    problems: list[ConfigError] = []
    path = snippets_path()
    document, text = read_own_toml(path, problems)
    for trigger, value in document.items():
        try:
            found[trigger] = _snippet(trigger, value)
        except ConfigError as exc:
            where = place(path, text, trigger)
            problems.append(ConfigError(f"{where}: {exc.message}", hint=exc.hint))
    return found, problems


def snippets_path() -> Path:
    """The user's file, whether it is there or not."""
    return Paths.find().snippets_file


def make_snippets_file() -> Path:
    """The user's file, to be edited; where there is none, one with an example in comments.

    Raises:
        StorageError: It cannot be made.
    """
    path = snippets_path()
    if not path.exists():
        write_private(path, _FIRST_LINES.encode())
    return path


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
    return Snippet(trigger, "\n".join(body.splitlines()), description, is_own=True)
