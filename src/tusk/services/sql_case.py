"""Keywords in upper or lower case; names, strings and comments stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tusk.catalog.names import written
from tusk.core.statement import TokenKind, tokens
from tusk.services.completion.keywords import all_words

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


def change_keywords(text: str, dialect: Dialect, case: Literal["upper", "lower"]) -> str:
    """Change the case of keywords: of words that cannot be a name, or begin a clause.

    >>> from tusk.core.dialect import POSTGRES
    >>> change_keywords("select name from Orders -- from", POSTGRES, "upper")
    'SELECT name FROM Orders -- from'

    Args:
        text: SQL, or a part of it that begins and ends between tokens.
        dialect: Whose words count.
        case: The wanted one.
    """
    known = all_words(dialect)
    parts: list[str] = []
    is_qualified = False
    for kind, start, end in tokens(text, dialect):
        piece = text[start:end]
        if kind is TokenKind.WORD and not is_qualified and piece.isascii():
            is_reserved = written(piece.lower(), dialect) != piece.lower()
            if is_reserved or piece.upper() in known:
                piece = piece.upper() if case == "upper" else piece.lower()
        parts.append(piece)
        if kind not in {TokenKind.SPACE, TokenKind.COMMENT}:
            is_qualified = piece == "."
    return "".join(parts)
