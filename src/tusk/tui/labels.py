"""Names, icons and state signs: how connections and engines look, told without colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from tusk.services.connections import ConnectionState


@dataclass(frozen=True, slots=True)
class EngineLabel:
    """An engine's name and its icon, one cell wide in every font that has box drawing."""

    icon: str
    name: str


ENGINES = {
    "duckdb": EngineLabel("◆", "DuckDB"),
    "postgres": EngineLabel("■", "PostgreSQL"),
    "sqlite": EngineLabel("▲", "SQLite"),
    "datafusion": EngineLabel("►", "DataFusion"),
}


def engine_label(engine: str) -> EngineLabel:
    """The label of an engine; one that is not known here shows its registered name."""
    return ENGINES.get(engine, EngineLabel("•", engine))


STATE_SIGNS = {
    ConnectionState.OFFLINE: "○",
    ConnectionState.CONNECTING: "◌",
    ConnectionState.ONLINE: "●",
    ConnectionState.BUSY: "◐",
    ConnectionState.IN_TRANSACTION: "◉",
    ConnectionState.FAILED_TRANSACTION: "⊗",
    ConnectionState.LOST: "✗",
    ConnectionState.FAILED: "✗",
}


def state_class(state: ConnectionState) -> str:
    """The CSS class of a state.

    >>> state_class(ConnectionState.IN_TRANSACTION)
    '-in-transaction'
    """
    return "-" + state.name.lower().replace("_", "-")
