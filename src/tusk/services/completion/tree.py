"""Tokens of a statement as nested groups, with the caret as one of them."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tusk.core.statement import TokenKind, tokens
from tusk.services.completion.region import words

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.services.completion.region import Region


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier as it is written: its text without quotes, and whether it had some."""

    text: str
    is_quoted: bool = False

    def key(self, dialect: Dialect) -> str:
        """What the engine compares names by."""
        return name_key(self.text, dialect, is_quoted=self.is_quoted)

    def kept(self, dialect: Dialect) -> str:
        """What the engine makes of it when it names something new."""
        is_folded = dialect.name in {"postgres", "datafusion"} and not self.is_quoted
        return self.text.lower() if is_folded else self.text


def name_key(name: str, dialect: Dialect, *, is_quoted: bool = True) -> str:
    """What the engine compares a name by.

    PostgreSQL and DataFusion fold names without quotes and compare exactly; DuckDB and SQLite
    compare without case.

    >>> from tusk.core.dialect import DUCKDB, POSTGRES
    >>> name_key("Ab", POSTGRES), name_key("Ab", POSTGRES, is_quoted=False), name_key("Ab", DUCKDB)
    ('Ab', 'ab', 'ab')
    """
    if is_quoted and dialect.name in {"postgres", "datafusion"}:
        return name
    return name.lower()


@dataclass(slots=True, eq=False)
class Leaf:
    """A token that is not white space or a comment.

    Args:
        word: In upper case, when it is a word without quotes; empty else.
        name: When it may be an identifier.
        is_caret: The caret is at its end, or in it.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    word: str = ""
    name: Name | None = None
    is_caret: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """What stands between a pair of brackets; without its end when that is missing."""

    open: str
    start: int
    end: int
    items: list[Item] = field(default_factory=list["Item"])

    # A group is never a word, a name or the caret: what looks at items need not ask which they are.
    word = ""
    name = None
    is_caret = False
    text = ""


Item = Leaf | Group


class Inside(enum.Enum):
    """What the caret is in."""

    CODE = "code"
    STRING = "string"
    NOTHING = "comment, number or parameter"


@dataclass(frozen=True, slots=True)
class Tree:
    """A statement around the caret.

    Args:
        items: At the top; exactly one leaf in the tree is the caret.
        inside: What the caret is in.
        prefix: What is typed of the word at the caret, up to it, without an opening quote.
        start: Where the word at the caret begins, with its quote. For a string: behind the quote.
        end: Where it ends, for it to be replaced.
        quote: The opening quote of the word at the caret, empty without.
    """

    items: list[Item]
    inside: Inside
    prefix: str
    start: int
    end: int
    quote: str = ""


_CLOSERS = {")": "(", "]": "[", "}": "{"}


def unquoted(text: str) -> str:
    """The name that a quoted identifier, which may lack its end, stands for.

    >>> unquoted('"a""b"'), unquoted("[a b]"), unquoted('"open')
    ('a"b', 'a b', 'open')
    """
    quote = "]" if text[0] == "[" else text[0]
    body = text[1:]
    if len(text) > 1 and body.endswith(quote):
        body = body[:-1]
    return body if quote == "]" else body.replace(quote * 2, quote)


def read_tree(source: str, region: Region, caret: int, dialect: Dialect) -> Tree:
    """Read the statement at the caret; never fails, whatever the text is."""
    leaves, caret_leaf, inside = _leaves(source, region, caret, dialect)
    start, end, quote = caret, caret, ""
    if caret_leaf.kind is TokenKind.WORD and caret_leaf.end > caret_leaf.start:
        start, end = caret_leaf.start, caret_leaf.end
    elif caret_leaf.kind is TokenKind.IDENTIFIER:
        start, end, quote = caret_leaf.start, caret_leaf.end, source[caret_leaf.start]
    elif inside is Inside.STRING:
        start, end = caret_leaf.start + 1, max(caret, caret_leaf.end - 1)
    prefix = source[start + len(quote) : caret]
    if quote and quote != "[":
        prefix = prefix.replace(quote * 2, quote)
    return Tree(_grouped(leaves), inside, prefix, start, end, quote)


def _leaves(
    source: str, region: Region, caret: int, dialect: Dialect
) -> tuple[list[Leaf], Leaf, Inside]:
    """The leaves with the caret among them."""
    leaves: list[Leaf] = []
    text = source[: region.end]
    caret_leaf: Leaf | None = None
    inside = Inside.CODE
    position = region.start
    while position < region.end:
        for token in tokens(text, dialect, position):
            position = token.end
            is_at = caret_leaf is None and token.start < caret <= token.end
            if is_at or (caret_leaf is None and token.start >= caret):
                caret_leaf, inside = _at_caret(text, token.kind, token.start, token.end, caret)
                if caret_leaf.start < token.start or caret_leaf.end == caret_leaf.start:
                    # The caret is between tokens.
                    if is_at and _is_leaf(token.kind):
                        leaves.append(_leaf(text, token.kind, token.start, token.end))
                    leaves.append(caret_leaf)
                    if is_at:
                        continue
                else:
                    leaves.append(caret_leaf)
                    position = caret_leaf.end
                    if position != token.end:
                        break  # an unfinished quote ends at the caret, not at the next quote
                    continue
            if _is_leaf(token.kind):
                leaves.append(_leaf(text, token.kind, token.start, token.end))
    if caret_leaf is None:
        caret_leaf = Leaf(TokenKind.WORD, "", caret, caret, is_caret=True)
        leaves.append(caret_leaf)
    return leaves, caret_leaf, inside


def _is_leaf(kind: TokenKind) -> bool:
    return kind not in {TokenKind.SPACE, TokenKind.COMMENT}


def _leaf(text: str, kind: TokenKind, start: int, end: int) -> Leaf:
    piece = text[start:end]
    if kind is TokenKind.WORD:
        return Leaf(kind, piece, start, end, piece.upper(), Name(piece))
    if kind is TokenKind.IDENTIFIER:
        return Leaf(kind, piece, start, end, "", Name(unquoted(piece), is_quoted=True))
    return Leaf(kind, piece, start, end)


def _at_caret(text: str, kind: TokenKind, start: int, end: int, caret: int) -> tuple[Leaf, Inside]:
    """The leaf that stands for the caret in, behind or before a token."""
    between = Leaf(TokenKind.WORD, "", caret, caret, is_caret=True)
    if start >= caret:
        return between, Inside.CODE
    match kind:
        case TokenKind.WORD:
            piece = text[start:end]
            return Leaf(kind, piece, start, end, "", Name(piece), is_caret=True), Inside.CODE
        case TokenKind.IDENTIFIER | TokenKind.STRING:
            return _in_quotes(text, kind, start, end, caret)
        case TokenKind.NUMBER | TokenKind.PARAMETER:
            return between, Inside.NOTHING
        case TokenKind.COMMENT:
            is_block = text.startswith("/*", start)
            is_behind = is_block and caret == end and text.endswith("*/", start + 2, end)
            return between, Inside.CODE if is_behind else Inside.NOTHING
        case _:
            return between, Inside.CODE


def _in_quotes(text: str, kind: TokenKind, start: int, end: int, caret: int) -> tuple[Leaf, Inside]:
    quote = "]" if text[start] == "[" else text[start]
    # Quotes within are doubled, so that an odd number leaves one open.
    is_finished = text[end - 1] == "]" if quote == "]" else text.count(quote, start, end) % 2 == 0
    if caret == end and is_finished:
        return Leaf(TokenKind.WORD, "", caret, caret, is_caret=True), Inside.CODE
    if kind is TokenKind.STRING and quote != "'":
        return Leaf(TokenKind.WORD, "", caret, caret, is_caret=True), Inside.NOTHING
    # What follows belongs to it when it looks like the rest of a name or a path.
    ends = "(),;" if kind is TokenKind.STRING else "(),;."
    if not is_finished or any(char.isspace() or char in ends for char in text[caret:end]):
        end = caret
    piece = text[start:end]
    name = Name(unquoted(piece), is_quoted=True) if kind is TokenKind.IDENTIFIER else None
    inside = Inside.STRING if kind is TokenKind.STRING else Inside.CODE
    return Leaf(kind, piece, start, end, "", name, is_caret=True), inside


def _grouped(leaves: Sequence[Leaf]) -> list[Item]:
    """Nest what stands in brackets; a closing one without its opening one is left out."""
    top: list[Item] = []
    stack: list[Group] = []
    for leaf in leaves:
        items = stack[-1].items if stack else top
        if leaf.is_caret:
            items.append(leaf)
        elif leaf.text in {"(", "[", "{"} and leaf.kind is not TokenKind.STRING:
            group = Group(leaf.text, leaf.start, leaf.end)
            items.append(group)
            stack.append(group)
        elif leaf.text in _CLOSERS:
            _close(stack, top, leaf)
        else:
            items.append(leaf)
    while stack:
        group = stack.pop()
        _spill(group, stack[-1].items if stack else top)
    return top


def _close(stack: list[Group], top: list[Item], leaf: Leaf) -> None:
    wanted = _CLOSERS[leaf.text]
    while any(group.open == wanted for group in stack):
        group = stack.pop()
        group.end = leaf.end
        is_spilled = _spill(group, stack[-1].items if stack else top)
        if group.open == wanted and not is_spilled:
            return


# Clauses that end brackets which were not closed, and functions in whose brackets they belong.
_CLAUSES = words("FROM WHERE GROUP HAVING ORDER LIMIT UNION EXCEPT INTERSECT RETURNING")
_WITH_CLAUSES = words("EXTRACT TRIM SUBSTRING OVERLAY FILTER OVER GROUP AS IN EXISTS")
_QUERIES = words("SELECT WITH VALUES FROM TABLE INSERT UPDATE DELETE")


def _spill(group: Group, outer: list[Item]) -> bool:
    """Let a clause behind the caret go on outside: the bracket is still to be closed.

    `select max(to| from orders` is about the columns of orders.
    """
    items = group.items
    caret = next((n for n, item in enumerate(items) if item.is_caret), None)
    caller = outer[-2].word if len(outer) > 1 else ""
    if caret is None or items[0].word in _QUERIES or caller in _WITH_CLAUSES:
        return False
    clause = next((n for n in range(caret + 1, len(items)) if items[n].word in _CLAUSES), None)
    if clause is None:
        return False
    outer += items[clause:]
    del items[clause:]
    group.end = items[-1].end if items else group.start + 1
    return True


def commas(items: Sequence[Item]) -> Iterator[list[Item]]:
    """The parts of a list, which may be empty.

    An empty list has one empty part.
    """
    part: list[Item] = []
    for item in items:
        if item.text == ",":
            yield part
            part = []
        else:
            part.append(item)
    yield part
