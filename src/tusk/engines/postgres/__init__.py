"""PostgreSQL 13 to 18, over libpq by way of psycopg."""

from tusk.engines.postgres.engine import PostgresEngine

__all__ = ["PostgresEngine"]
