"""Whole statements written in another way: laid out anew, or with keywords in another case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tusk.core.statement import split, statement_at
from tusk.services.sql_case import change_keywords
from tusk.services.sql_format import format_script

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.statement import Statement
    from tusk.services.sql_format import KeywordCase
    from tusk.tui.editing.change import Range


Progress = Callable[[int, int], None]
"""Told how many statements are done, of how many; what it raises ends the work."""


class Left(NamedTuple):
    """A statement that stays as it is: its line, from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A part of a text, written in another way.

    Args:
        start: Where the part begins.
        end: Where it ended.
        old: What it was.
        new: What it becomes.
        count: How many statements are in it.
        left: Statements in it that stay as they are.
    """

    start: int
    end: int
    old: str
    new: str
    count: int
    left: tuple[Left, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether anything would be different."""
        return self.old != self.new

    def offset(self, before: int) -> int:
        """Where an offset of the text before is afterwards."""
        if before <= self.start:
            return before
        if before >= self.end:
            return before + len(self.new) - len(self.old)
        return self.start + same_place(self.old, self.new, before - self.start)


def laid_out(
    text: str,
    chosen: Range,
    dialect: Dialect,
    progress: Progress,
    *,
    keyword_case: KeywordCase = "keep",
) -> Rewritten | None:
    """Lay out the selected statements, or the one at the caret; None when there is none.

    Blocks: sqlglot takes some milliseconds for each statement.
    """
    statements = _statements(text, chosen, dialect)
    if not statements:
        return None
    start, end = statements[0].start, statements[-1].end
    formatted = format_script(
        text[start:end], dialect, keyword_case=keyword_case, progress=progress
    )
    left = tuple(
        Left(text.count("\n", 0, start + refused.statement.start) + 1, refused.reason)
        for refused in formatted.refusals
    )
    return Rewritten(start, end, text[start:end], formatted.text, len(statements), left)


def recased(text: str, chosen: Range, dialect: Dialect, progress: Progress) -> Rewritten | None:
    """Write keywords in capitals, or in small letters where they are capitals already.

    Of the selection, word for word, or of the statement at the caret; None when there is none.
    """
    statements = _statements(text, chosen, dialect)
    if not statements:
        return None
    start, end = statements[0].start, statements[-1].end
    if not chosen.is_empty:
        start, end = max(start, _word_start(text, chosen.start)), min(end, chosen.end)
        end = max(start, _word_end(text, end))
    progress(0, len(statements))
    before, after = statements[0].start, max(end, statements[-1].end)
    # Read from the start of a statement: the selection may begin in a string. Lengths stay.
    upper = change_keywords(text[before:after], dialect, "upper")[start - before : end - before]
    old = text[start:end]
    lower = change_keywords(text[before:after], dialect, "lower")[start - before : end - before]
    return Rewritten(start, end, old, upper if upper != old else lower, len(statements))


def _statements(text: str, chosen: Range, dialect: Dialect) -> Sequence[Statement]:
    """The statements that a selection touches, or the one at the caret."""
    if chosen.is_empty:
        found = statement_at(text, chosen.caret, dialect)
        return [found] if found is not None else []
    return [s for s in split(text, dialect) if s.start < chosen.end and s.end > chosen.start]


def _word_start(text: str, at: int) -> int:
    while at > 0 and _is_word(text[at - 1 : at + 1]):
        at -= 1
    return at


def _word_end(text: str, at: int) -> int:
    while 0 < at < len(text) and _is_word(text[at - 1 : at + 1]):
        at += 1
    return at


def _is_word(pair: str) -> bool:
    """Whether two characters are in one word."""
    return len(pair) == 2 and all(char.isalnum() or char in "_$" for char in pair)


def same_place(old: str, new: str, offset: int) -> int:
    r"""The offset at the same token of a text that differs in white space and case only.

    >>> same_place("select a,b from t", "select\n  a,\n  b\nfrom t", 9)
    14

    Args:
        old: The text before.
        new: The text afterwards.
        offset: In the text before.
    """
    before = sum(not char.isspace() for char in old[:offset])
    is_at_token = offset < len(old) and not old[offset].isspace()
    wanted = before + 1 if is_at_token else before
    if wanted == 0:
        return 0
    seen = 0
    for at, char in enumerate(new):
        seen += not char.isspace()
        if seen == wanted:
            return at if is_at_token else at + 1
    return len(new)
