"""The workspace for the app: tabs, sizes and connections that survive whatever ends it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tusk.config.paths import Paths
from tusk.core.errors import StorageError
from tusk.store.database import Database
from tusk.store.workspace import KeptFile, Tab, WorkspaceStore

__all__ = ["KeptFile", "Tab", "Workspace", "WorkspaceState"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """What the app begins with.

    Args:
        tabs: Editor tabs in order, one of them active; empty at the first start, and while
            another tusk has them open.
        layout: Sizes of panes and the like, as saved; names are the app's.
        last_connection: The connection used last; empty when there was none.
        recent_files: Paths of the files that were open, the last one first.
    """

    tabs: Sequence[Tab]
    layout: Mapping[str, str]
    last_connection: str
    recent_files: Sequence[str] = ()


class Workspace:
    """Saves and brings back what the app shows. All methods may be called from any thread.

    Several processes share one database: each has its own tabs, and a start takes over those of
    processes that have ended. Saving writes what changed and takes about a millisecond; when to
    save is the app's choice.
    """

    def __init__(self, store: WorkspaceStore) -> None:
        self._store = store

    @classmethod
    def open(cls) -> Workspace:
        """Open the workspace.

        Where it cannot be kept (no space, read-only disk) that is logged as a warning and a
        temporary one is used: tusk starts all the same.
        """
        paths = Paths.find()
        try:
            database = Database.open(paths.workspace_file)
            return cls(WorkspaceStore(database, paths.state_dir / "instances"))
        except StorageError as exc:
            _log.warning("tabs will not be kept: %s", exc.message)
            return cls(WorkspaceStore(Database.in_memory(), folder=None))

    def load(self) -> WorkspaceState:
        """What to begin with. Call it once.

        Raises:
            StorageError: It cannot be read.
        """
        recent = self._store.recent_connections()
        return WorkspaceState(
            self._store.adopt(),
            self._store.layout(),
            recent[0] if recent else "",
            self._store.recent_files(),
        )

    def save_tabs(self, tabs: Sequence[Tab]) -> None:
        """Make these the tabs of this window, in this order; does nothing without a change.

        Raises:
            StorageError: They cannot be saved; those saved before are still there.
        """
        self._store.save_tabs(tabs)

    def save_layout(self, values: Mapping[str, str]) -> None:
        """Save sizes of panes and the like; names that are not given keep their value.

        Raises:
            StorageError: They cannot be saved.
        """
        self._store.save_layout(values)

    def remember_connection(self, name: str) -> None:
        """Note that a connection was used now.

        Raises:
            StorageError: It cannot be saved.
        """
        self._store.remember_connection(name)

    def remember_files(self, used: Mapping[str, float]) -> None:
        """Note when files were used, in seconds since 1970, by their paths.

        Raises:
            StorageError: It cannot be saved.
        """
        self._store.remember_files(used)

    def recent_connections(self) -> list[str]:
        """Connections used, the last one first."""
        return self._store.recent_connections()

    def close(self) -> None:
        """End; the tabs wait for the next start. Idempotent."""
        self._store.close()
