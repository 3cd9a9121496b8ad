"""Numbers and texts out of an engine's answer, whatever is in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TypeAlias, cast

# What `json.loads` makes.
Json: TypeAlias = "object"
Object: TypeAlias = "Mapping[str, object]"

# A detail longer than this is cut: nobody reads a list of 10,000 columns.
_LONGEST = 20_000


class UnreadablePlanError(ValueError):
    """An engine's answer is not a plan as we know it."""


def load(document: str) -> Json:
    """Read JSON.

    Raises:
        UnreadablePlanError: It is none, or is nested beyond measure.
    """
    try:
        return cast("object", json.loads(document))
    except (ValueError, RecursionError) as exc:
        raise UnreadablePlanError("the answer is no JSON that can be read") from exc


def as_object(value: Json) -> Object:
    """A JSON object; an empty one in place of anything else."""
    return cast("Object", value) if isinstance(value, dict) else {}


def as_list(value: Json) -> list[object]:
    """A JSON list; an empty one in place of anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def number(value: Json) -> float | None:
    """A number that can be counted with: finite and not negative. Texts of one count, too.

    >>> number(3), number("12"), number(-1), number("x"), number(True), number(float("inf"))
    (3.0, 12.0, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def text(value: Json) -> str:
    """A value in words: scalars as they are, lists with commas, all else as JSON.

    >>> text(["a", 1]), text({"b": None}), text(True), text(2.0), text(None)
    ('a, 1', '{"b": null}', 'yes', '2', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value[:_LONGEST]
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float():
            return str(value)[:_LONGEST]
        case list() if all(not isinstance(v, (list, dict)) for v in as_list(value)):
            return ", ".join(text(v) for v in as_list(value))[:_LONGEST]
        case _:
            return json.dumps(value, ensure_ascii=False)[:_LONGEST]
