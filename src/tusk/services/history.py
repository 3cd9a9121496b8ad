"""The history of statements for front ends: look, search, pin, forget, run again.

`tusk.services.history_recorder` writes it.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from tusk.config.paths import Paths
from tusk.core.errors import UsageError
from tusk.store.history import HistoryEntry, HistoryFilter, HistoryStore, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "History",
    "HistoryEntry",
    "HistoryFilter",
    "Status",
    "check_repeatable",
    "connection_of",
    "parameters_of",
    "parse_moment",
]

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d|w)")


class History:
    """What was run, by any tusk of this user. Its methods may be called from any thread.

    A damaged file is set aside and a new history begun, which is logged as a warning.

    Raises:
        StorageError: The file cannot be opened.
    """

    def __init__(self) -> None:
        self._store = HistoryStore(Paths.find().history_file)

    def find(
        self, wanted: HistoryFilter | None = None, limit: int | None = None
    ) -> list[HistoryEntry]:
        """Entries, the newest first. To read on, ask for those before the last one's id.

        Raises:
            StorageError: The file cannot be read.
        """
        return self._store.find(wanted or HistoryFilter(), limit)

    def settle(self) -> None:
        """Wait, for a moment at most, until what this process just ran is there."""
        from tusk.services.history_recorder import flush_recorders

        flush_recorders()

    def count(self, wanted: HistoryFilter | None = None) -> int:
        """How many entries there are."""
        return self._store.count(wanted or HistoryFilter())

    def get(self, entry_id: int) -> HistoryEntry:
        """One entry. Raises UsageError when there is none of that number."""
        entry = self._store.get(entry_id)
        if entry is None:
            raise UsageError(
                f"there is no statement {entry_id} in the history",
                hint="`tusk history list` shows them",
            )
        return entry

    def connections(self) -> list[str]:
        """Names of the connections that occur, the last one used first."""
        return self._store.connections()

    def pin(self, ids: Sequence[int], *, pinned: bool = True) -> int:
        """Keep entries whatever their age, or no longer; how many there were."""
        return self._store.pin(ids, pinned=pinned)

    def delete(self, ids: Sequence[int]) -> int:
        """Forget entries, pinned ones too; how many there were."""
        return self._store.delete(ids)

    def clear(self, wanted: HistoryFilter | None = None) -> int:
        """Forget everything that a filter finds, so that nothing of it is left in the file.

        Without a filter everything goes but what is pinned.

        Returns:
            How many entries there were.
        """
        return self._store.clear(wanted or HistoryFilter(pinned=False))

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._store.close()


def check_repeatable(entry: HistoryEntry) -> None:
    """Refuse to run an entry again that is not what was run.

    Raises:
        UsageError: Says what is missing.
    """
    show = f"`tusk history show {entry.id} --sql` prints what there is"
    if entry.is_masked:
        raise UsageError("secrets of this statement were masked", hint=f"fill them in: {show}")
    if entry.is_cut:
        raise UsageError("only the beginning of this long statement was kept", hint=show)


def parameters_of(entry: HistoryEntry, given: Sequence[str]) -> list[str]:
    """The parameters to run an entry with, as `tusk query -p` takes them.

    Args:
        entry: The entry.
        given: Those on the command line, which go before what was kept.

    Raises:
        UsageError: The value of one was not kept and is not given.
    """
    names = {_name(argument) for argument in given}
    kept = [argument for argument in entry.parameters if _name(argument) not in names]
    if missing := [name for name in kept if "=" not in name]:
        listed = ", ".join(f":{name}" for name in missing)
        raise UsageError(
            f"the value of {listed} was not kept", hint=f"give it with -p {missing[0]}=VALUE"
        )
    return [*kept, *given]


def _name(argument: str) -> str:
    return argument.partition("=")[0].partition(":")[0]


def connection_of(entry: HistoryEntry) -> str:
    """What to open to run an entry where it ran: a stored connection, a URL or a path.

    >>> connection_of(HistoryEntry(0, "a.db", "/data/a.db", "sqlite", "select 1", Status.OK, 0))
    'sqlite:///data/a.db'
    """
    from tusk.services.connections import find_profile

    if find_profile(entry.connection) is not None:
        return entry.connection
    if not entry.location:
        # The name of DuckDB in memory is for people.
        is_memory = (entry.engine, entry.connection) == ("duckdb", "memory")
        return "duckdb://" if is_memory else entry.connection
    # DuckDB reads data files by their path, and tells its own files by what is in them.
    return entry.location if entry.engine == "duckdb" else f"{entry.engine}://{_quoted(entry)}"


def _quoted(entry: HistoryEntry) -> str:
    return quote(entry.location, errors="surrogateescape")


def parse_moment(text: str) -> float:
    """A moment as a user types it: an age (`90min`, `2h`, `30d`, `4w`), a date or a time.

    Returns:
        Seconds since 1970.

    Raises:
        UsageError: It is neither.
    """
    if match := _AGE.fullmatch(text.strip().lower()):
        return time.time() - float(match[1]) * _SECONDS[match[2]]
    try:
        return dt.datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text!r} is no age and no date", hint="as in 90min, 2h, 30d, 4w or 2026-01-31"
        ) from None
