"""Where the list of completions has room: beside the line with the caret, never over it."""

from __future__ import annotations

from textual.geometry import Offset, Region, Size


def place(anchor: Offset, wanted: Size, room: Region) -> Region:
    """The region for a list: below the anchor's line, or above it where more of it fits.

    >>> place(Offset(4, 3), Size(30, 6), Region(0, 1, 80, 20))
    Region(x=4, y=4, width=30, height=6)
    >>> place(Offset(70, 18), Size(30, 6), Region(0, 1, 80, 20))
    Region(x=50, y=12, width=30, height=6)

    Args:
        anchor: The cell of the word that is completed, on the screen.
        wanted: Cells that the list would fill.
        room: What it must not leave; nothing of it may be free.

    Returns:
        A region that may be smaller than wanted, or empty.
    """
    below = room.bottom - anchor.y - 1
    above = anchor.y - room.y
    is_below = below >= wanted.height or below >= above
    height = max(0, min(wanted.height, below if is_below else above))
    width = max(0, min(wanted.width, room.width))
    x = max(room.x, min(anchor.x, room.right - width))
    return Region(x, anchor.y + 1 if is_below else anchor.y - height, width, height)
