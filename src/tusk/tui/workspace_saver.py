"""Saves the workspace soon after every change, off the UI thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError

if TYPE_CHECKING:
    from tusk.services.workspace import Tab, Workspace

_log = logging.getLogger(__name__)

# From the first change on, also while somebody goes on typing: at most this much is lost.
SAVE_AFTER_S = 0.8


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is saved.

    Args:
        tabs: In order.
        layout: Sizes of panes and the like.
        connection: Opened last; empty when there is nothing to remember.
        files: When files were used, in seconds since 1970, by their paths.
    """

    tabs: Sequence[Tab]
    layout: Mapping[str, str]
    connection: str
    files: Mapping[str, float]


class WorkspaceSaver:
    """Collects changes for a moment, then saves them in a thread.

    Args:
        workspace: Where they go; closed with this.
        snapshot: Makes what is to be saved, on the UI thread.
        is_active: Whether anything is saved at all.
    """

    def __init__(
        self, workspace: Workspace, snapshot: Callable[[], Snapshot], *, is_active: bool = True
    ) -> None:
        self._is_active = is_active
        self._workspace = workspace
        self._snapshot = snapshot
        self._timer: asyncio.TimerHandle | None = None
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved: Snapshot | None = None
        self._is_failing = False

    def touch(self) -> None:
        """Something changed."""
        if self._timer is None and self._is_active:
            self._timer = asyncio.get_running_loop().call_later(SAVE_AFTER_S, self._start)

    def _start(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self.save())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def save(self) -> None:
        """Save now. A failure is logged once, and tried again with the next change."""
        if not self._is_active:
            return
        async with self._lock:
            try:
                snapshot = self._snapshot()
                await asyncio.to_thread(self._write, snapshot)
            except Exception as exc:  # noqa: BLE001 - the boundary of the task
                if not self._is_failing:
                    self._is_failing = True
                    is_defect = not isinstance(exc, TuskError)
                    _log.warning("tabs are not saved: %s", exc, exc_info=is_defect)
            else:
                self._saved, self._is_failing = snapshot, False

    def _write(self, snapshot: Snapshot) -> None:
        saved = self._saved
        self._workspace.save_tabs(snapshot.tabs)
        if saved is None or saved.layout != snapshot.layout:
            self._workspace.save_layout(snapshot.layout)
        if snapshot.connection and (saved is None or saved.connection != snapshot.connection):
            self._workspace.remember_connection(snapshot.connection)
        if snapshot.files and (saved is None or saved.files != snapshot.files):
            self._workspace.remember_files(snapshot.files)

    def stop(self) -> None:
        """Save nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_active = False

    async def close(self) -> None:
        """Save what is waiting, and let the workspace go."""
        await self.save()
        self.stop()
        await asyncio.to_thread(self._workspace.close)
