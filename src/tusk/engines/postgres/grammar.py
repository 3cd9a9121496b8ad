"""PostgreSQL's own parser, as a library beside us.

Asking the server instead would put an error into its log with each typing mistake.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from tusk.engines.grammar import GrammarError, ask

if TYPE_CHECKING:
    from tusk.engines.base import Session
    from tusk.engines.grammar import Grammar

# pgparse 1 has the grammar of PostgreSQL 17. Newer servers know statements that it does not; 13 had
# operators behind their operand, which are gone since.
_VERSIONS = range(14, 18)
_LONGEST = 200_000
_MAJOR_VERSION = "select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000"


class PostgresGrammar:
    """The grammar of PostgreSQL 17."""

    def error(self, text: str) -> GrammarError | None:
        """See `Grammar.error`."""
        import pgparse

        if "\0" in text or len(text) > _LONGEST:
            return None
        try:
            text.encode()
            pgparse.parse(text)
        except UnicodeEncodeError:
            return None
        except pgparse.PGQueryError as exc:
            position = int(exc.position or 0)
            if not position:
                return None
            return GrammarError(str(exc.message), min(position - 1, len(text)))
        except ValueError:
            # The tree is too deep for JSON: the grammar took it.
            return None
        return None


def open_grammar(session: Session) -> Grammar | None:
    """The grammar, when pgparse is installed and the server's is the same as far as it matters."""
    if importlib.util.find_spec("pgparse") is None:
        return None
    ((version,),) = ask(session, _MAJOR_VERSION)
    return PostgresGrammar() if version in _VERSIONS else None
