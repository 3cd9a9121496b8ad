"""Marks for what is surely wrong with SQL, while it is typed; where brackets have their partner.

A mark must never stand on a statement that the engine takes. So only two things make one: quotes and
brackets without a partner, by the engine's lexical rules, and what the engine's own grammar refuses
(`tusk.engines.grammar`). sqlglot has another grammar, which knows less of each dialect: its errors
make no mark.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tusk.core.statement import Statement, Token, TokenKind, bind, parameter_names, split, tokens
from tusk.services.completion.region import region_at

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.engines.base import Session
    from tusk.engines.grammar import Grammar, GrammarError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is surely wrong.

    Args:
        message: What; not made safe for a screen.
        start: Offset in the script, in code points.
        end: Where the mark ends, behind `start`.
        is_unfinished: The statement only lacks its end. Somebody may be typing it: show it when the
            caret has left the statement.
        statement: Offsets of the statement that it is in, with the white space behind it: where the
            caret is while somebody types on.
    """

    message: str
    start: int
    end: int
    is_unfinished: bool = False
    statement: tuple[int, int] = (0, 0)


_OPENERS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {opener: closer for closer, opener in _OPENERS.items()}
_BRACKETS = frozenset("()[]{}")
_KEPT = 500
# So far around the caret brackets have partners: at each key press they are looked for anew.
_NEAR = 50_000
_PLACEHOLDERS = {"postgres": "${number}", "duckdb": "${name}", "sqlite": ":{name}"}


class Checker:
    """Finds problems, each statement's once.

    Blocks for a few milliseconds at most per statement that has changed; call it from a worker.

    Args:
        dialect: Of the scripts.
        grammar: See `tusk.engines.grammar.open_grammar`; without it quotes and brackets count.
    """

    def __init__(self, dialect: Dialect, grammar: Grammar | None = None) -> None:
        self._dialect = dialect
        self._grammar = grammar
        self._known: OrderedDict[str, tuple[Problem, ...]] = OrderedDict()

    @classmethod
    def of(cls, session: Session) -> Checker:
        """A checker for the statements of a session, which is not used later on.

        Raises:
            QueryError: The session cannot be asked for its version.
        """
        from tusk.engines.grammar import open_grammar

        return cls(session.dialect, open_grammar(session))

    def check(self, text: str) -> list[Problem]:
        """The problems of a script, at most one for each statement."""
        statements = split(text, self._dialect)
        found: list[Problem] = []
        for number, statement in enumerate(statements):
            problems = self._check_statement(statement)
            if problems:
                reach = (statement.start, _end_of_typing(text, statements, number))
                found += [_moved(problem, statement.start, reach) for problem in problems]
        # A comment at the end belongs to no statement. For SQLite it needs no end.
        if self._dialect.name != "sqlite" and (not statements or statements[-1].data is None):
            found += _open_comment(text, statements[-1].end if statements else 0, self._dialect)
        return found

    def _check_statement(self, statement: Statement) -> tuple[Problem, ...]:
        text = statement.text
        found = self._known.get(text)
        if found is None:
            found = tuple(lexical_problems(text, self._dialect))[:1]
            if not found and statement.data is None:
                found = tuple(self._grammar_problems(text))
            self._known[text] = found
        self._known.move_to_end(text)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def _grammar_problems(self, text: str) -> Iterable[Problem]:
        """What the grammar refuses, with `:name` as a parameter and as it stands."""
        if self._grammar is None or (error := self._grammar.error(text)) is None:
            return
        names = parameter_names(text, self._dialect)
        form = _PLACEHOLDERS.get(self._dialect.name)
        if names and form is not None:
            bound = bind(
                text, self._dialect, names, lambda n, name: form.format(number=n, name=name)
            )
            error = self._grammar.error(bound.text)
            if error is None:
                return
            if error.position is not None:
                place = bound.original_offset(error.position)
                error = error._replace(position=min(place, len(text)))
        yield _marked(error, text, self._dialect)


def _end_of_typing(text: str, statements: Sequence[Statement], number: int) -> int:
    """Where a statement's semicolon stands; without one, where the next statement begins."""
    is_last = number + 1 == len(statements)
    after = len(text) if is_last else statements[number + 1].start
    semicolon = text.find(";", statements[number].end, after)
    return after if semicolon < 0 else semicolon


def _moved(problem: Problem, by: int, statement: tuple[int, int]) -> Problem:
    return replace(problem, start=problem.start + by, end=problem.end + by, statement=statement)


def _marked(error: GrammarError, text: str, dialect: Dialect) -> Problem:
    """A mark on the token that an error is about; on the last one when the text ends too early.

    An error without a place is one of the whole statement, to which something may be added yet.
    """
    code = [
        token for token in tokens(text, dialect)
        if token.kind not in {TokenKind.SPACE, TokenKind.COMMENT}
    ]  # fmt: skip
    position = error.position
    at = next((t for t in code if position is not None and t.end > position), None)
    if position is None or not code:
        return Problem(error.message, 0, len(text), is_unfinished=True)
    # The last word may be half typed.
    last = code[-1]
    at = at or last
    return Problem(error.message, at.start, at.end, is_unfinished=at is last)


def _open_comment(text: str, start: int, dialect: Dialect) -> Iterable[Problem]:
    for token in tokens(text, dialect, start):
        if token.kind is TokenKind.COMMENT and (
            not is_finished(text[token.start : token.end], dialect)
        ):
            yield Problem(
                "this comment is not closed", token.start, token.end, is_unfinished=True,
                statement=(token.start, len(text)),
            )  # fmt: skip


def lexical_problems(text: str, dialect: Dialect) -> Iterable[Problem]:
    """Quotes and brackets of one statement without their partner."""
    opened: list[Token] = []
    for token in tokens(text, dialect):
        piece = text[token.start : token.end]
        if token.kind in {TokenKind.STRING, TokenKind.IDENTIFIER}:
            if not is_finished(piece, dialect):
                yield Problem(
                    "this quote is not closed", token.start, token.end, is_unfinished=True
                )
        elif piece in _CLOSERS:
            opened.append(token)
        elif piece in _OPENERS:
            if not opened or text[opened[-1].start] != _OPENERS[piece]:
                yield Problem(
                    f"there is no {_OPENERS[piece]} for this {piece}", token.start, token.end
                )
                return
            opened.pop()
    for token in opened:
        piece = text[token.start]
        yield Problem(
            f"there is no {_CLOSERS[piece]} for this {piece}", token.start, token.end,
            is_unfinished=True,
        )  # fmt: skip


def is_finished(piece: str, dialect: Dialect) -> bool:
    """Whether a quoted text or name, or a comment, has its end.

    >>> from tusk.core.dialect import POSTGRES
    >>> [is_finished(p, POSTGRES) for p in ("'a'", "'a", "'a''", "$x$ $$ $x$", "/* /* */", "-- x")]
    [True, False, False, True, False, True]
    """
    if piece.startswith("--"):
        return True
    if piece.startswith("/*"):
        opened = piece.count("/*") if dialect.nested_comments else 1
        return len(piece) > 3 and piece.endswith("*/") and piece.count("*/") >= opened
    if piece[0] in "eE":
        return _is_escaped_finished(piece[1:])
    if piece[0] == "$":
        tag = piece[: piece.index("$", 1) + 1]
        return len(piece) >= 2 * len(tag) and piece.endswith(tag)
    quote = "]" if piece[0] == "[" else piece[0]
    if quote == "]":
        return piece.endswith("]")
    # An odd number of quotes leaves one open: those within are doubled.
    return len(piece) > 1 and piece.count(quote) % 2 == 0


def _is_escaped_finished(piece: str) -> bool:
    """Whether `'…'` with backslashes has its end."""
    at = 1
    while at < len(piece):
        if piece[at] == "\\" or piece.startswith("''", at):
            at += 2
        elif piece[at] == "'":
            return True
        else:
            at += 1
    return False


def matching_bracket(text: str, caret: int, dialect: Dialect) -> tuple[int, int] | None:
    """Offsets of the bracket at the caret and of its partner.

    The bracket behind the caret counts before the one in front of it. Brackets in strings and
    comments are none.

    >>> from tusk.core.dialect import POSTGRES
    >>> matching_bracket("f(a, ')', g(b))", 1, POSTGRES)
    (1, 14)

    Args:
        text: The script; only the statement at the caret is looked at.
        caret: 0 … len(text).
        dialect: Of the text.

    Returns:
        None without a bracket at the caret, or without a partner for it.
    """
    if not _BRACKETS.intersection(text[max(0, caret - 1) : caret + 1]):
        return None
    partners = _partners(text, caret, dialect)
    return next(((at, partners[at]) for at in (caret, caret - 1) if at in partners), None)


def enclosing_brackets(text: str, caret: int, dialect: Dialect) -> tuple[int, int] | None:
    """Offsets of the closest pair of brackets around the caret; None when there is none.

    >>> from tusk.core.dialect import POSTGRES
    >>> enclosing_brackets("f(a, g(b), c)", 11, POSTGRES)
    (1, 12)
    """
    partners = _partners(text, caret, dialect)
    around = [at for at, partner in partners.items() if at < caret <= partner]
    return (max(around), partners[max(around)]) if around else None


def _partners(text: str, caret: int, dialect: Dialect) -> Mapping[int, int]:
    """Each bracket of the statement at the caret that has a partner, and that."""
    # What ends with a line is taken for an earlier statement, without looking at all of a long text.
    start = text.rfind(";\n", 0, max(0, caret - _NEAR)) + 1
    text = text[start : caret + _NEAR]
    region = region_at(text, caret - start, dialect)
    if region is None:
        return {}
    partners: dict[int, int] = {}
    opened: list[int] = []
    for token in tokens(text[: region.end], dialect, region.start):
        if token.end - token.start != 1:
            continue
        char = text[token.start]
        if char in _CLOSERS:
            opened.append(token.start)
        elif char in _OPENERS and opened and text[opened[-1]] == _OPENERS[char]:
            opener = opened.pop()
            partners[opener + start] = token.start + start
            partners[token.start + start] = opener + start
    return partners
