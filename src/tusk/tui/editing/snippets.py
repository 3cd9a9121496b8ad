r"""Snippets: a text with stops that Tab goes through.

`$1`, `$2` are stops, `${1:name}` one with a text to begin with; the same number again is the same
text in another place; `$0` is where the last Tab leads, by default the end. `\$` is a dollar sign,
as is one before anything but a digit or `{`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tusk.tui.editing.change import Change, Range, moved

_STOP = re.compile(
    r"\\(?P<plain>[$\\}])|\$(?P<bare>\d+)|\$\{(?P<number>\d+)(?::(?P<text>(?:\\.|[^}\\])*))?\}"
)
_ESCAPED = re.compile(r"\\([$\\}])")


@dataclass(frozen=True, slots=True)
class Expansion:
    """A snippet as it is written into a text.

    Args:
        text: What is written.
        stops: The places of each stop in it, in the order that Tab takes.
    """

    text: str
    stops: tuple[tuple[Range, ...], ...]


def expand(body: str, indent: str = "", *, names_empty: bool = False) -> Expansion:
    r"""A snippet's text and its stops.

    Args:
        body: As the snippet is written.
        indent: What its further lines begin with.
        names_empty: Whether stops without a text say their number, as in `$1`.

    >>> expand("select ${1:*} from $2;").text
    'select * from ;'
    >>> expand("$$ ${1:a} $1").stops
    ((Range(anchor=3, caret=4), Range(anchor=5, caret=6)), (Range(anchor=6, caret=6),))
    """
    body = body.replace("\n", "\n" + indent)
    defaults = {
        int(found["number"]): _ESCAPED.sub(r"\1", found["text"])
        for found in reversed(list(_STOP.finditer(body)))
        if found["text"]
    }
    pieces: list[str] = []
    stops: dict[int, list[Range]] = {}
    length = done = 0
    for found in _STOP.finditer(body):
        pieces.append(body[done : found.start()])
        length += found.start() - done
        done = found.end()
        if (plain := found["plain"]) is not None:
            pieces.append(plain)
            length += 1
            continue
        number = int(found["bare"] or found["number"])
        default = defaults.get(number, f"${number}" if names_empty and number else "")
        stops.setdefault(number, []).append(Range(length, length + len(default)))
        pieces.append(default)
        length += len(default)
    text = "".join(pieces) + body[done:]
    stops.setdefault(0, [Range.at(len(text))])
    order = sorted(stops, key=lambda number: (number == 0, number))
    return Expansion(text, tuple(tuple(stops[number]) for number in order))


def preview(body: str) -> tuple[str, tuple[Range, ...]]:
    """A snippet as it will look, and the places in it that are to be filled in.

    >>> preview("limit $1 -- ${2:why}")
    ('limit $1 -- why', (Range(anchor=6, caret=8), Range(anchor=12, caret=15)))
    """
    expansion = expand(body, names_empty=True)
    places = [place for stop in expansion.stops for place in stop if not place.is_empty]
    return expansion.text, tuple(places)


class Session:
    """A snippet that is being filled in.

    Args:
        start: Where it was written.
        expansion: What was written.
    """

    def __init__(self, start: int, expansion: Expansion) -> None:
        self._stops = [tuple(r.shifted(start) for r in stop) for stop in expansion.stops]
        self._region = Range(start, start + len(expansion.text))
        self._at = 0

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The places of the stop that is being filled in."""
        return self._stops[self._at]

    @property
    def is_done(self) -> bool:
        """Whether no stop follows."""
        return self._at == len(self._stops) - 1

    def covers(self, caret: int) -> bool:
        """Whether the caret is in the snippet."""
        return self._region.start <= caret <= self._region.end

    def go(self, step: int) -> None:
        """Go to another stop."""
        self._at = max(0, min(len(self._stops) - 1, self._at + step))

    def follow(self, changes: Iterable[Change]) -> None:
        """Keep the places where they belong while the text changes."""
        changes = tuple(changes)
        self._region = Range(
            moved(self._region.start, changes, stays=True), moved(self._region.end, changes)
        )
        self._stops = [
            tuple(
                Range(
                    moved(place.start, changes, stays=index <= self._at),
                    moved(place.end, changes, stays=index < self._at),
                )
                for place in stop
            )
            for index, stop in enumerate(self._stops)
        ]
