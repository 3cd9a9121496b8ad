"""Finding and replacing in a text: bounded, whatever the pattern and the size of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError
from tusk.tui.editing.change import Change, Range, Step, joined, unix_lines

if TYPE_CHECKING:
    import regex

MOST_MATCHES = 100_000
"""More are not counted; all are replaced."""
SEARCH_TIMEOUT_S = 2.0
MOST_CHARACTERS = 100_000_000
"""A text that replacing would make longer is refused."""
# How often a search looks whether it is still wanted.
_STRIDE = 1_000


class PatternError(TuskError):
    """A pattern or a replacement that cannot be used."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Args:
        pattern: A text or, if `is_regex`, a regular expression; `^` and `$` are a line's ends.
        is_regex: Whether it is a regular expression.
        is_exact: Whether upper and lower case differ.
        is_word: Whether only whole words count.
    """

    pattern: str
    is_regex: bool = False
    is_exact: bool = False
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Places of a text.

    Args:
        matches: In order.
        has_more: Whether there are more than these.
    """

    matches: tuple[Range, ...]
    has_more: bool = False


def find_all(text: str, query: Query, is_wanted: Callable[[], bool] = lambda: True) -> Found:
    r"""Every match, in order; at most `MOST_MATCHES`.

    It lets other threads run while it searches, and ends after `SEARCH_TIMEOUT_S`.

    Args:
        text: Where to look.
        query: What for; nothing is found of an empty pattern.
        is_wanted: Asked now and then whether anybody still waits.

    Raises:
        PatternError: The pattern is none, or takes too long on this text.

    >>> find_all("a_b ab", Query("a.", is_regex=True)).matches
    (Range(anchor=0, caret=2), Range(anchor=4, caret=6))
    """
    places: list[Range] = []
    for match in _matches(text, query):
        if len(places) == MOST_MATCHES:
            return Found(tuple(places), has_more=True)
        places.append(Range(*match.span()))
        if len(places) % _STRIDE == 0 and not is_wanted():
            break
    return Found(tuple(places))


def _matches(text: str, query: Query) -> Iterator[regex.Match[str]]:
    if not query.pattern:
        return
    pattern = _compiled(query)
    try:
        yield from pattern.finditer(text, concurrent=True, timeout=SEARCH_TIMEOUT_S)
    except TimeoutError:
        raise PatternError(
            f"this pattern takes more than {SEARCH_TIMEOUT_S:g} s here",
            hint="nested repetitions such as (a+)+ cost the most",
        ) from None


def _compiled(query: Query) -> regex.Pattern[str]:
    # Python's own module cannot be stopped, and stops everything else while it searches.
    import regex

    written = query.pattern if query.is_regex else regex.escape(query.pattern)
    if query.is_word:
        written = rf"\b(?:{written})\b" if query.is_regex else rf"(?<!\w){written}(?!\w)"
    flags = regex.MULTILINE | (0 if query.is_exact else regex.IGNORECASE)
    try:
        return regex.compile(written, flags)
    except (regex.error, OverflowError, RecursionError) as exc:
        where = getattr(exc, "pos", None)
        words = getattr(exc, "msg", "it is too large")
        place = f" at character {where + 1}" if where is not None and not query.is_word else ""
        raise PatternError(f"not a pattern: {words}{place}") from None


def _expanded(match: regex.Match[str], template: str, query: Query) -> str:
    """What takes the place of a match."""
    if not query.is_regex:
        return template
    import regex

    try:
        return unix_lines(match.expand(template))
    except (regex.error, IndexError) as exc:
        words = getattr(exc, "msg", str(exc))
        raise PatternError(
            f"not a replacement: {words}", hint=r"\1 is the first group, \\ a backslash"
        ) from None


def replace_one(text: str, query: Query, place: Range, template: str) -> Step | None:
    r"""Replace a match; the caret goes behind the new text. None when nothing matches there.

    Args:
        text: Where.
        query: What is replaced.
        place: Where it was found.
        template: The new text; for a regular expression `\1` is its first group.

    Raises:
        PatternError: The pattern or the replacement is none, or it takes too long.

    >>> query = Query("(.)b", is_regex=True)
    >>> replace_one("ab", query, Range(0, 2), r"\1\1").changes
    (Change(start=0, end=2, text='aa'),)
    """
    pattern = _compiled(query)
    try:
        match = pattern.match(text, place.start, concurrent=True, timeout=SEARCH_TIMEOUT_S)
    except TimeoutError:
        match = None
    if match is None or match.end() != place.end:
        return None
    new = _expanded(match, template, query)
    return Step((Change(place.start, place.end, new),), (Range.at(place.start + len(new)),))


def replace_all(text: str, query: Query, template: str, caret: int) -> tuple[Step | None, int]:
    r"""Replace every match at once; the step, and how many there were.

    Args:
        text: Where.
        query: What is replaced.
        template: The new text; for a regular expression `\1` is its first group.
        caret: Where the caret is, which stays with the text around it.

    Raises:
        PatternError: The pattern or the replacement is none, or it takes too long, or the text
            would become too long.

    >>> step, count = replace_all("a, b", Query(r"\w", is_regex=True), r"<\g<0>>", 0)
    >>> step.changes, count
    ((Change(start=0, end=4, text='<a>, <b>'),), 2)
    """
    changes: list[Change] = []
    length = len(text)
    for match in _matches(text, query):
        change = Change(*match.span(), _expanded(match, template, query))
        length += len(change.text) - (change.end - change.start)
        if length > MOST_CHARACTERS:
            raise PatternError(
                f"the text would have more than {MOST_CHARACTERS:,} characters",
                hint="nothing was replaced",
            )
        changes.append(change)
    if not changes:
        return None, 0
    whole = joined(text, changes)
    after = caret
    if caret >= whole.end:
        after = caret + len(whole.text) - (whole.end - whole.start)
    elif caret > whole.start:
        after = min(caret, whole.start + len(whole.text))
    return Step((whole,), (Range.at(after),)), len(changes)
