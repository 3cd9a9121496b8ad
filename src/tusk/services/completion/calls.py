"""Which call the caret is in, and which of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.services.completion.candidates import Call
from tusk.services.completion.functions import SPECIAL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.services.completion.scope import Spot
    from tusk.services.completion.snapshot import Function, Snapshot


def call_at(spot: Spot, snapshot: Snapshot) -> Call | None:
    """The function's call around the caret, or the row of an INSERT's VALUES.

    Args:
        spot: The caret's.
        snapshot: The catalogue.
    """
    if not spot.callers:
        return None
    argument = sum(item.text == "," for item in spot.items[: spot.index])
    items, at = spot.callers[-1]
    item = items[at] if 0 <= at < len(items) else None
    row = spot.query.target_columns
    if spot.clause == "VALUES" and len(spot.callers) == 1 and row is not None:
        names = [item.text for item in row if item.name is not None]
        return _call([(text_of("", names), _spans("", names))], argument)
    if item is None or item.name is None:
        return None
    name = item.name.text.lower()
    found: Sequence[Function] = snapshot.functions_by_name.get(name, ())
    if not found:
        special = SPECIAL_FUNCTIONS.get(snapshot.dialect.name, ())
        found = [function for function in special if function.name == name]
    count = 1 + sum(item.text == "," for item in spot.items)
    ordered = sorted(found, key=lambda f: (len(f.arguments) < count, len(f.arguments)))
    lines = [(f.signature, _spans(f.name, f.arguments)) for f in ordered]
    return _call(lines, argument) if lines else None


def text_of(name: str, arguments: Sequence[str]) -> str:
    """A call as it is shown."""
    return f"{name}({', '.join(arguments)})"


def _spans(name: str, arguments: Sequence[str]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = len(name) + 1
    for argument in arguments:
        spans.append((at, at + len(argument)))
        at += len(argument) + 2
    return spans


def _call(lines: Sequence[tuple[str, list[tuple[int, int]]]], argument: int) -> Call:
    spans = tuple(_nth(each, argument, line) for line, each in lines)
    return Call(tuple(line for line, _ in lines), argument, spans)


def _nth(spans: list[tuple[int, int]], number: int, line: str) -> tuple[int, int] | None:
    if number < len(spans):
        return spans[number]
    # The last argument of a function that takes any number of them.
    is_open = bool(spans) and ("VARIADIC" in line or "…" in line or "..." in line)
    return spans[-1] if is_open else None
