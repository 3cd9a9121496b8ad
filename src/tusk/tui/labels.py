"""Names, icons and state signs: how connections and engines look, told without colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from tusk.services.connections import ConnectionState, Profile


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


@dataclass(frozen=True, slots=True)
class ColourMark:
    """How the user has marked a connection, in a colour and in a word.

    Args:
        style: Text and background, readable on any theme.
        word: The connection's group, without one the colour's name; not made safe.
    """

    style: str
    word: str


# The user's own choice, so the same in each theme; the contrast is 4.5 to 1 at least.
_COLOUR_STYLES = {
    "red": "#ffffff on #b3261e",
    "orange": "#ffffff on #b45309",
    "yellow": "#000000 on #facc15",
    "green": "#ffffff on #15803d",
    "blue": "#ffffff on #1d4ed8",
    "purple": "#ffffff on #7e22ce",
    "grey": "#ffffff on #52525b",
}


def colour_mark(profile: Profile | None) -> ColourMark | None:
    """The mark of a connection, None without one.

    >>> mark = colour_mark(Profile("shop", "postgres", group="production", color="red"))
    >>> mark.word if mark else None
    'production'
    """
    style = _COLOUR_STYLES.get(profile.color) if profile is not None else None
    if profile is None or style is None:
        return None
    return ColourMark(style, profile.group or profile.color)


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
