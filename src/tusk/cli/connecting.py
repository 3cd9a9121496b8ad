"""Opening a session for a command: interruptible, and asking for a missing password."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from tusk.cli.interrupts import run_interruptible
from tusk.cli.targets import with_asked_password
from tusk.core.errors import ConnectError

if TYPE_CHECKING:
    from tusk.services.connections import Session, Target


@contextlib.contextmanager
def connected(target: Target) -> Generator[Session]:
    """A session that is closed at the end.

    Raises:
        ConnectError: It cannot be opened.
    """
    from tusk.services.connections import reachable

    with contextlib.ExitStack() as stack:
        tunnel = reachable(target)
        reached = run_interruptible(lambda: stack.enter_context(tunnel))
        session = stack.enter_context(contextlib.closing(_open(reached)))
        yield session


def _open(target: Target) -> Session:
    from tusk.services.connections import open_session

    try:
        return run_interruptible(lambda: open_session(target))
    except ConnectError as exc:
        asked = with_asked_password(target, exc)
        if asked is None:
            raise
        return run_interruptible(lambda: open_session(asked))
