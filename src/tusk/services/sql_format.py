"""Lay SQL out anew without changing it: other line breaks and indents, the same tokens.

sqlglot parses a statement and prints it; from its text only the white space, and the case of
keywords, is taken over to the tokens that the user wrote. So `x::int` stays as it is, although sqlglot
would write CAST, and comments stay where they are. What comes out is compared with what went in,
and refused when anything but white space and case differs.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from tusk.core.errors import TuskError
from tusk.core.statement import Statement, TokenKind, split, tokens
from tusk.services.completion.keywords import all_words
from tusk.services.sql_check import lexical_problems

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

KeywordCase = Literal["upper", "lower", "keep"]


class FormatRefused(TuskError):
    """A statement cannot be laid out for sure without a change of its meaning."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that stayed as it was, and why."""

    statement: Statement
    reason: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """A script laid out anew.

    Args:
        text: The script.
        refusals: Statements in it that stayed as they were.
    """

    text: str
    refusals: tuple[Refusal, ...]


class _Piece(NamedTuple):
    """A token with its text and the white space in front of it."""

    kind: TokenKind
    text: str
    space: str


_SQLGLOT_NAMES = {"postgres": "postgres", "duckdb": "duckdb", "sqlite": "sqlite", "datafusion": ""}
_LONGEST = 50_000
_MOST_TOKENS = 8_000
# So many of the words may be written in another way by sqlglot: now() as CURRENT_TIMESTAMP.
_MOST_LOST = 0.25


def format_script(
    text: str,
    dialect: Dialect,
    *,
    keyword_case: KeywordCase = "upper",
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Formatted:
    """Lay out each statement of a script; what is between them stays.

    Args:
        text: A script, or a part of one that holds whole statements.
        dialect: Whose SQL it is.
        keyword_case: What becomes of keywords and types.
        progress: Called before each statement with how many are done and how many there are; what
            it raises ends the work.
    """
    parts: list[str] = []
    refusals: list[Refusal] = []
    copied = 0
    statements = split(text, dialect)
    for done, statement in enumerate(statements):
        progress(done, len(statements))
        parts.append(text[copied : statement.start])
        try:
            parts.append(format_statement(statement.text, dialect, keyword_case=keyword_case))
        except FormatRefused as exc:
            parts.append(statement.text)
            refusals.append(Refusal(statement, exc.message))
        copied = statement.end
    parts.append(text[copied:])
    return Formatted("".join(parts), tuple(refusals))


def format_statement(text: str, dialect: Dialect, *, keyword_case: KeywordCase = "upper") -> str:
    r"""Lay out one statement.

    >>> from tusk.core.dialect import POSTGRES
    >>> print(format_statement("select a::int, b -- why\nfrom t where x=1", POSTGRES))
    SELECT
      a::INT,
      b -- why
    FROM t
    WHERE
      x = 1

    Raises:
        FormatRefused: It cannot be parsed, or something else than white space would change.
    """
    mine = _pieces(text, dialect)
    if len(text) > _LONGEST or len(mine) > _MOST_TOKENS:
        raise FormatRefused("the statement is too long to be laid out")
    code = [piece for piece in mine if piece.kind is not TokenKind.COMMENT]
    # sqlglot mends some of these.
    for problem in lexical_problems(text, dialect):
        raise FormatRefused(problem.message)
    printed = _print(_without_comments(mine), dialect)
    theirs = [p for p in _pieces(printed, dialect) if p.kind is not TokenKind.COMMENT]
    laid_out = _laid_out(code, theirs, _Case(keyword_case, all_words(dialect)))
    result = _with_comments(mine, laid_out)
    if _essence(text, dialect) != _essence(result, dialect):
        raise FormatRefused("laying the statement out would change it")
    return result


def _pieces(text: str, dialect: Dialect) -> list[_Piece]:
    pieces: list[_Piece] = []
    space = ""
    for kind, start, end in tokens(text, dialect):
        if kind is TokenKind.SPACE:
            space = text[start:end]
        else:
            pieces.append(_Piece(kind, text[start:end], space))
            space = ""
    return pieces


def _without_comments(pieces: Sequence[_Piece]) -> str:
    """The text with a space for each comment: sqlglot would move them."""
    return "".join(
        " " if piece.kind is TokenKind.COMMENT else piece.space + piece.text for piece in pieces
    )


def _print(text: str, dialect: Dialect) -> str:
    """The statement as sqlglot prints it."""
    import sqlglot  # 100 ms to import

    # It warns of statements that it does not know; they are refused below.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    name = _SQLGLOT_NAMES.get(dialect.name, "")
    try:
        found = sqlglot.parse(text, read=name, error_level=ErrorLevel.IMMEDIATE)
        (tree,) = [each for each in found if each is not None]
        if isinstance(tree, exp.Command) or tree.find(exp.Command) is not None:
            raise FormatRefused("sqlglot, which lays statements out, does not know this one")
        return tree.sql(
            dialect=name, pretty=True, normalize_functions=False, comments=False, identify=False
        )
    except SqlglotError as exc:
        raise FormatRefused(f"sqlglot cannot read the statement: {_first_line(exc)}") from exc
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError) as exc:
        # A defect of sqlglot is no reason to fail: the statement stays as it is.
        raise FormatRefused("sqlglot cannot lay the statement out") from exc


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _first_line(exc: Exception) -> str:
    return _ANSI.sub("", str(exc)).partition("\n")[0].rstrip(". ")


# ── taking the layout over ───────────────────────────────────────────────────────────────────


def _laid_out(mine: Sequence[_Piece], theirs: Sequence[_Piece], case: _Case) -> list[_Piece]:
    """The user's tokens with the white space, and the case of words, that sqlglot gave to them."""
    partner = _aligned(mine, theirs)
    _refuse_reordered(mine, partner)
    result: list[_Piece] = []
    for at, piece in enumerate(mine):
        other = partner[at]
        before = partner[at - 1] if at else -1
        text = piece.text
        if other is not None:
            is_called = at + 1 < len(mine) and mine[at + 1].kind is TokenKind.OPEN
            text = case.of(piece, theirs[other].text, is_called=is_called)
        if at == 0:
            space = ""
        elif other is not None and before is not None:
            # Between them sqlglot may have put something of its own, AS perhaps.
            space = _widest(theirs[before + 1 : other + 1])
        else:
            space = _space_of_other(before, theirs) or (" " if piece.space else "")
        result.append(_Piece(piece.kind, text, _safe_space(mine[at - 1], piece, space, at)))
    return result


def _aligned(mine: Sequence[_Piece], theirs: Sequence[_Piece]) -> list[int | None]:
    """For each of the user's tokens, the same one in sqlglot's text."""
    matcher = SequenceMatcher(
        None, [_comparable(p) for p in mine], [_comparable(p) for p in theirs], autojunk=False
    )
    partner: list[int | None] = [None] * len(mine)
    for a, b, size in matcher.get_matching_blocks():
        for n in range(size):
            partner[a + n] = b + n
    return partner


def _comparable(piece: _Piece) -> str:
    return piece.text.upper() if piece.kind is TokenKind.WORD else piece.text


def _refuse_reordered(mine: Sequence[_Piece], partner: Sequence[int | None]) -> None:
    """Refuse what sqlglot prints in another order, as DuckDB's FROM … SELECT: no layout fits it."""
    words = [at for at, piece in enumerate(mine) if piece.kind is TokenKind.WORD]
    lost = sum(partner[at] is None for at in words)
    if lost > max(1, _MOST_LOST * len(words)):
        raise FormatRefused("sqlglot, which lays statements out, writes this one in another way")


def _widest(pieces: Sequence[_Piece]) -> str:
    """The first line break in front of some tokens, else the first space."""
    spaces = [piece.space for piece in pieces if piece.space]
    return next((space for space in spaces if "\n" in space), spaces[0] if spaces else "")


def _space_of_other(before: int | None, theirs: Sequence[_Piece]) -> str:
    """The line break in front of what sqlglot wrote instead of a token; empty without one."""
    if before is None or before + 1 >= len(theirs) or "\n" not in theirs[before + 1].space:
        return ""
    return theirs[before + 1].space


@dataclass(frozen=True, slots=True)
class _Case:
    """How keywords are written; names of functions stay as they are."""

    wanted: KeywordCase
    keywords: frozenset[str]

    def of(self, piece: _Piece, printed: str, *, is_called: bool) -> str:
        """A word that sqlglot prints in upper case is a keyword, a type or a function."""
        is_upper = piece.kind is TokenKind.WORD and printed.isupper()
        is_keyword = is_upper and (printed != piece.text or printed in self.keywords)
        if self.wanted == "keep" or not is_keyword:
            return piece.text
        if is_called and printed not in self.keywords:
            return piece.text
        return printed if self.wanted == "upper" else printed.lower()


# Signs that belong to what they touch: `$1`, `@name`, `U&'…'`, `a[1:n]`, `!~`.
_STICKY = frozenset("$@#?:&!~.")


def _is_fixed(before: _Piece, piece: _Piece) -> bool:
    """Whether white space between two tokens, or none, may mean something."""
    kinds = (before.kind, piece.kind)
    if kinds == (TokenKind.OTHER, TokenKind.OTHER):
        return "," not in {before.text, piece.text}
    if TokenKind.OTHER in kinds and (before.text[-1:] in _STICKY or piece.text[:1] in _STICKY):
        return True
    # Prefixes of literals, and what follows a number at once.
    return kinds in {
        (TokenKind.WORD, TokenKind.STRING),
        (TokenKind.WORD, TokenKind.IDENTIFIER),
        (TokenKind.NUMBER, TokenKind.WORD),
        (TokenKind.NUMBER, TokenKind.NUMBER),
        (TokenKind.STRING, TokenKind.WORD),
    }


def _safe_space(before: _Piece, piece: _Piece, space: str, at: int) -> str:
    """White space in front of a token, corrected where it means something."""
    if at == 0:
        return ""
    if before.kind is piece.kind is TokenKind.STRING:
        # On lines of their own, and only there, PostgreSQL takes two texts for one.
        return piece.space
    if _is_fixed(before, piece):
        if not piece.space:
            return ""
        return space or " "
    if not space and _would_join(before, piece):
        return " "
    return space


def _would_join(before: _Piece, piece: _Piece) -> bool:
    wordy = {TokenKind.WORD, TokenKind.NUMBER, TokenKind.PARAMETER}
    return before.kind in wordy and piece.kind in wordy


def _with_comments(mine: Sequence[_Piece], laid_out: Sequence[_Piece]) -> str:
    """The text, with the comments back in their places."""
    parts: list[str] = []
    code = iter(laid_out)
    must_break = False
    for at, piece in enumerate(mine):
        if piece.kind is TokenKind.COMMENT:
            indent = _indent_of_next(mine, laid_out, at)
            is_own_line = at == 0 or "\n" in piece.space or must_break
            parts.append(f"\n{indent}" if is_own_line and parts else " " if parts else "")
            parts.append(piece.text)
            must_break = piece.text.startswith("--")
            continue
        shown = next(code)
        after_comment = at > 0 and mine[at - 1].kind is TokenKind.COMMENT
        space = shown.space
        if after_comment and "\n" not in space:
            space = f"\n{_last_indent(parts)}" if must_break or "\n" in piece.space else " "
        parts += [space if parts else "", shown.text]
        must_break = False
    return "".join(parts)


def _indent_of_next(mine: Sequence[_Piece], laid_out: Sequence[_Piece], at: int) -> str:
    """The indent of the token behind a comment, which a comment on its own line has too."""
    number = sum(piece.kind is not TokenKind.COMMENT for piece in mine[:at])
    space = laid_out[number].space if number < len(laid_out) else ""
    return space.rpartition("\n")[2] if "\n" in space else ""


def _last_indent(parts: Sequence[str]) -> str:
    line = "".join(parts).rpartition("\n")[2]
    return line[: len(line) - len(line.lstrip())]


# ── comparing ────────────────────────────────────────────────────────────────────────────────


def _essence(text: str, dialect: Dialect) -> list[tuple[str, str, bool]]:
    """What must not change: tokens but for their case, comments, and white space that counts."""
    pieces = _pieces(text, dialect)
    essence: list[tuple[str, str, bool]] = []
    code: list[_Piece] = []
    for piece in pieces:
        shown = piece.text.upper() if piece.kind is TokenKind.WORD else piece.text.rstrip()
        essence.append((piece.kind.value, shown, False))
        if piece.kind is not TokenKind.COMMENT:
            code.append(piece)
    essence += _spacing(code)
    return essence


def _spacing(code: Sequence[_Piece]) -> Iterator[tuple[str, str, bool]]:
    for number, (before, piece) in enumerate(pairwise(code)):
        if before.kind is piece.kind is TokenKind.STRING:
            yield "texts", str(number), "\n" in piece.space
        elif _is_fixed(before, piece):
            yield "space", str(number), bool(piece.space)
