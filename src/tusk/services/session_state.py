"""What statements leave behind in their session: settings, temporary tables, prepared statements.

Where nothing was left, another session of the same connection sees what the first one sees, and
can do something beside a result that waits there for its rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tusk.core.statement import StatementKind, first_word

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.statement import Statement

# So far a statement is looked at: a dump of megabytes is DML, with what it does at its start.
_LOOKED_AT = 20_000
_TEMPORARY = re.compile(r"\b(?:temp|temporary|pg_temp\w*)\b", re.IGNORECASE)
_BY_FUNCTION = re.compile(
    r"\bset_config\b|\bsetseed\b|\bpg_(?:try_)?advisory_lock|\blastval\b|\bcurrval\b"
    r"|\binto\s+(?:(?:local|global)\s+)?temp|\bpg_temp|\btemp\s*\.",
    re.IGNORECASE,
)
# Of the other statements these read, or change what every session sees.
_FOR_ALL = frozenset(["VACUUM", "ANALYZE", "CHECKPOINT", "CLUSTER", "SECURITY", "NOTIFY", "EXPORT"])
_RUN_CODE = frozenset(["CALL", "DO", "EXECUTE"])


def leaves_state(statement: Statement, dialect: Dialect) -> bool:
    """Whether a statement may leave something in its session that another one does not have.

    In doubt it does. What a user's own function leaves by a SELECT is not seen.

    >>> from tusk.core.dialect import POSTGRES
    >>> from tusk.core.statement import split
    >>> def ask(sql):
    ...     return [leaves_state(each, POSTGRES) for each in split(sql, POSTGRES)]
    >>> ask("select 1; insert into t values (1); create table t (a int); begin; vacuum t")
    [False, False, False, False, False]
    >>> ask("set search_path to s; create temp table t (a int); do $$ $$; select 1 into temp t")
    [True, True, True, True]
    """
    text = statement.text[:_LOOKED_AT]
    match statement.kind:
        case StatementKind.TRANSACTION | StatementKind.COPY:
            return False
        case StatementKind.DDL:
            return _TEMPORARY.search(text) is not None
        case StatementKind.QUERY | StatementKind.DML:
            return first_word(text, dialect) in _RUN_CODE or _BY_FUNCTION.search(text) is not None
        case StatementKind.UTILITY:
            return first_word(text, dialect) not in _FOR_ALL
