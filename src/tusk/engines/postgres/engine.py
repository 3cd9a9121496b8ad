"""How to open PostgreSQL sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.dialect import POSTGRES, Dialect
from tusk.engines.postgres.session import PostgresSession
from tusk.engines.postgres.types import ENGINE

if TYPE_CHECKING:
    from tusk.engines.base import Target


class PostgresEngine:
    """PostgreSQL servers; `Target.parameters` are libpq's keywords."""

    name = ENGINE
    dialect: Dialect = POSTGRES

    def connect(self, target: Target) -> PostgresSession:
        """Open a session; see `tusk.engines.base.Engine.connect`."""
        return PostgresSession(target)
