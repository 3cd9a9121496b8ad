"""What a user wants changed in a result, before anything is changed."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias


class Special(enum.Enum):
    """Values that are no text."""

    NULL = "NULL"
    DEFAULT = "DEFAULT"


NULL = Special.NULL
DEFAULT = Special.DEFAULT
StagedValue: TypeAlias = "str | Special"


@dataclass(frozen=True, slots=True)
class _State:
    """Everything that is staged. Rows of the result count from 0, new ones from -1 downwards."""

    cells: Mapping[tuple[int, int], StagedValue] = field(
        default_factory=dict[tuple[int, int], StagedValue]
    )
    deleted: frozenset[int] = frozenset()
    added: tuple[int, ...] = ()


class Staging:
    """Changes that are not applied yet, with undo and redo.

    Rows are those of the result's buffer; new ones have negative numbers.
    """

    def __init__(self) -> None:
        self._states = [_State()]
        self._place = 0
        self._made = 0

    @property
    def _now(self) -> _State:
        return self._states[self._place]

    def _become(self, state: _State) -> None:
        if state != self._now:
            self._states = [*self._states[: self._place + 1], state]
            self._place += 1

    # ── what is staged ───────────────────────────────────────────────────────────────────

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return self._now == _State()

    @property
    def added(self) -> tuple[int, ...]:
        """New rows, in the order they were made."""
        return self._now.added

    @property
    def deleted(self) -> frozenset[int]:
        """Rows to be deleted."""
        return self._now.deleted

    @property
    def changed_rows(self) -> list[int]:
        """Rows of the result with a new value, in order; those to be deleted are left out."""
        rows = {row for row, _ in self._now.cells if row >= 0}
        return sorted(rows - self._now.deleted)

    def value(self, row: int, column: int) -> StagedValue | None:
        """The new value of a cell; None when it has none."""
        return self._now.cells.get((row, column))

    def values(self, row: int) -> Iterator[tuple[int, StagedValue]]:
        """New values of a row, by column, in order."""
        found = {column: value for (r, column), value in self._now.cells.items() if r == row}
        yield from sorted(found.items())

    @property
    def words(self) -> str:
        """What is staged, in words.

        >>> staging = Staging()
        >>> staging.set(3, 1, "x"); staging.add_row(); staging.words
        -1
        '1 row changed, 1 new'
        """
        counts = (
            (len(self.changed_rows), "changed"),
            (len(self.added), "new"),
            (len(self.deleted), "deleted"),
        )
        parts = [f"{count} {what}" for count, what in counts if count]
        if parts:
            number, _, what = parts[0].partition(" ")
            parts[0] = f"{number} row{'' if number == '1' else 's'} {what}"
        return ", ".join(parts) or "nothing changed"

    # ── staging ──────────────────────────────────────────────────────────────────────────

    def set(self, row: int, column: int, value: StagedValue) -> None:
        """Give a cell a new value."""
        cells = {**self._now.cells, (row, column): value}
        self._become(replace(self._now, cells=cells))

    def reset(self, row: int, column: int) -> None:
        """Let a cell keep the value it has."""
        cells = {place: v for place, v in self._now.cells.items() if place != (row, column)}
        self._become(replace(self._now, cells=cells))

    def add_row(self) -> int:
        """Add a new row, whose columns have their defaults; its number."""
        self._made += 1
        row = -self._made
        self._become(replace(self._now, added=(*self._now.added, row)))
        return row

    def flip_deleted(self, row: int) -> bool:
        """Delete a row, or keep it after all; a new one is just dropped. Whether it goes."""
        now = self._now
        if row < 0:
            cells = {place: value for place, value in now.cells.items() if place[0] != row}
            added = tuple(each for each in now.added if each != row)
            self._become(replace(now, cells=cells, added=added))
            return True
        self._become(replace(now, deleted=now.deleted ^ {row}))
        return row in self._now.deleted

    def clear(self) -> None:
        """Change nothing after all."""
        self._become(_State())

    def undo(self) -> bool:
        """Take the last step back; False when there is none."""
        if self._place:
            self._place -= 1
            return True
        return False

    def redo(self) -> bool:
        """Take a step again that was taken back; False when there is none."""
        if self._place + 1 < len(self._states):
            self._place += 1
            return True
        return False
