"""Comparing two results: the questions before, and the screen after."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tusk.services.results.comparison import common_columns, compare, likely_key
from tusk.tui.widgets.result_grid.compare_screens import (
    CompareScreen,
    KeyChoice,
    ResultChoice,
    Sides,
)

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.widgets.result import Result


async def compare_results(app: App[object], later: Result, others: Sequence[Result]) -> None:
    """Ask with what and by which keys a result shall be compared, and show it; from a worker.

    Args:
        app: Where questions are asked.
        later: The one in front.
        others: All others that there are.
    """
    if not others:
        app.notify("There is no other result to compare with: pin this one (p) and run again.")
        return
    titles = [f"{other.title} ({other.buffer.num_rows:,} rows)" for other in others]
    place = await app.push_screen_wait(ResultChoice("Compare with which earlier result?", titles))
    if place is None:
        return
    earlier = others[place]
    left, right = earlier.buffer, later.buffer
    pairs = common_columns(left.schema, right.schema)
    if not pairs:
        app.notify("These results have no column in common.", severity="warning")
        return
    names = [left.schema.field(pair.left).name for pair in pairs]
    ticked = await app.push_screen_wait(KeyChoice(names, [likely_key(names)]))
    if ticked is None:
        return
    keys = [pairs[number] for number in ticked]
    values = [pair for number, pair in enumerate(pairs) if number not in ticked]
    left_out = _left_out(left.schema.names, [pair.left for pair in pairs])
    left_out += _left_out(right.schema.names, [pair.right for pair in pairs])
    work = partial(compare, left, right, keys, values)
    app.push_screen(CompareScreen(Sides(earlier.title, later.title, left_out), work))


def _left_out(names: Sequence[str], taken: Sequence[int]) -> list[str]:
    return [name for number, name in enumerate(names) if number not in set(taken)]
