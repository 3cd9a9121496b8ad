"""Writing saved queries for the user: what somebody else changed meanwhile is asked about."""

from __future__ import annotations

import asyncio
import difflib
from typing import TYPE_CHECKING

from tusk.core.text import safe_clip
from tusk.services.saved import ChangedMeanwhileError, SavedFile, SavedQuery, open_saved
from tusk.tui.screens.confirm import Answer, ConfirmScreen

if TYPE_CHECKING:
    from textual.app import App

_DIFF_LINES = 10
_DIFF_WIDTH = 56
# Comparing takes the square of that.
_MOST_COMPARED = 2_000


async def change_query(app: App[object], file: SavedFile, query: SavedQuery) -> SavedFile | None:
    """Change a saved query; call it from a worker.

    When its file is another one than was read, the user chooses which one stays.

    Args:
        app: Shows the question.
        file: As it was read.
        query: What it becomes.

    Returns:
        The file as it is now; None when theirs was kept and nothing written.

    Raises:
        TuskError: It cannot be written, or is gone.
    """
    saved = open_saved()
    version = file.version
    while True:
        try:
            return await asyncio.to_thread(saved.change, file.name, query, version)
        except ChangedMeanwhileError:
            theirs = await asyncio.to_thread(saved.get, file.name)
        difference = await asyncio.to_thread(difference_of, theirs.query.sql, query.sql)
        question = ConfirmScreen(
            f"{file.name} was changed meanwhile",
            f"Another tusk or editor wrote the file since it was read.\n{difference}",
            [Answer("mine", "Overwrite it", is_dangerous=True), Answer("theirs", "Keep theirs")],
        )
        if await app.push_screen_wait(question) != "mine":
            return None
        version = theirs.version


def difference_of(theirs: str, mine: str) -> str:
    r"""The first lines of how two texts differ, theirs with `-`, mine with `+`.

    >>> print(difference_of("select 1\nfrom t", "select 2\nfrom t"))
    -select 1
    +select 2
     from t
    """
    old, new = theirs.splitlines(), mine.splitlines()
    if old == new:
        return "The SQL is the same; what is known of it differs."
    if len(old) > _MOST_COMPARED or len(new) > _MOST_COMPARED:
        return f"Theirs has {len(old):,} lines, yours {len(new):,}."
    lines = [
        line
        for line in difflib.unified_diff(old, new, lineterm="", n=1)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = ["…"] if len(lines) > _DIFF_LINES else []
    return "\n".join([safe_clip(line, _DIFF_WIDTH) for line in lines[:_DIFF_LINES]] + more)
