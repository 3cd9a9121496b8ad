"""Who and how the server is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from psycopg import pq

from tusk.core.search_path import write_search_path
from tusk.engines.base import ServerInfo, Target

if TYPE_CHECKING:
    from tusk.engines.postgres.wire import Wire

_FACTS_SQL = """
select pg_catalog.pg_backend_pid()::text,
       pg_catalog.pg_is_in_recovery()::text,
       pg_catalog.current_setting('default_transaction_read_only'),
       coalesce((select s.version || ' ' || s.cipher
                 from pg_catalog.pg_stat_ssl s
                 where s.pid = pg_catalog.pg_backend_pid() and s.ssl), '')
"""
_PINGS = 3
SUPERUSER_CAN = "a superuser's functions can still write files and end sessions on the server"


def is_superuser(wire: Wire) -> bool:
    """Whether the session has a superuser's rights now; the server reports it by itself."""
    return wire.setting("is_superuser") == "on"


def ask_server(wire: Wire, target: Target) -> ServerInfo:
    """Ask the server about itself and this session.

    In a failed transaction, where nothing can be asked, what libpq knows has to do.
    """
    info = wire.connection.info
    latency = min(_ping(wire) for _ in range(_PINGS))
    can_ask = wire.status is not pq.TransactionStatus.INERROR
    facts = [text or "" for text in wire.ask(_FACTS_SQL)[0]] if can_ask else [""] * 4
    pid, in_recovery, default_read_only, tls = facts
    is_pooled = can_ask and pid != str(wire.pgconn.backend_pid)
    is_standby = in_recovery == "true"
    details = {"server process": pid or str(wire.pgconn.backend_pid)}
    if is_pooled:
        details["connection pooler"] = (
            "yes: settings, temporary tables, prepared statements and LISTEN may not outlive a "
            "transaction"
        )
    if target.search_path:
        details["search path"] = write_search_path(target.search_path)
    if target.read_only:
        details["read-only"] = "each statement runs in a READ ONLY transaction"
        if is_superuser(wire):
            details["read-only"] += f"; {SUPERUSER_CAN}"
    return ServerInfo(
        product="PostgreSQL",
        version=wire.setting("server_version").partition(" ")[0],
        latency_s=latency,
        tls=_tls(wire, "" if is_pooled else tls),
        is_read_only=target.read_only or is_standby or default_read_only == "on",
        is_standby=is_standby,
        encoding=wire.setting("server_encoding"),
        database=info.dbname,
        user=info.user,
        details=details,
    )


def _ping(wire: Wire) -> float:
    began = time.perf_counter()
    wire.command("")
    return time.perf_counter() - began


def _tls(wire: Wire, known: str) -> str:
    # Through a pooler the server knows only the pooler's connection, not ours.
    if not wire.pgconn.ssl_in_use:
        return "off"
    return known or "on"
