"""Who works on a lot of rows lets the thread go first that somebody is waiting for.

Python runs one thread at a time. A key takes some twenty turns of the thread that draws; a thread
that reads rows would get as many in between, each of half a millisecond and more.
"""

from __future__ import annotations

import threading
import time


class RightOfWay:
    """Claimed by one thread, given by all others where they can stop for a moment.

    A claim ends by itself: nobody waits for a thread that forgot about it.
    """

    def __init__(self) -> None:
        self._ends_at = 0.0
        self._is_free = threading.Event()

    @property
    def is_claimed(self) -> bool:
        """Whether others wait now."""
        return self._ends_at > time.monotonic()

    def claim(self, seconds: float) -> None:
        """Have others wait from now on, for so long at most."""
        self._is_free.clear()
        self._ends_at = time.monotonic() + seconds

    def end_claim(self) -> None:
        """Let others go on."""
        self._ends_at = 0.0
        self._is_free.set()

    def give(self) -> None:
        """Wait while another thread claims the right of way. Costs next to nothing otherwise."""
        # The clock is asked only while there is a claim: this stands in loops over rows.
        while self._ends_at and (left := self._ends_at - time.monotonic()) > 0:
            self._is_free.wait(left)


RIGHT_OF_WAY = RightOfWay()
"""The one of this process, as there is one interpreter to share."""
