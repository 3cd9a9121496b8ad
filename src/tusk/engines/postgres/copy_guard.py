"""What a read-only transaction lets pass and its text tells for sure: COPY to files and programs.

COPY reads tables, so the server runs it in a read-only transaction, and wherever it writes is
outside of the database. Only superusers and members of `pg_write_server_files` and
`pg_execute_server_program` may do that (docs/adr/0004).
"""

from __future__ import annotations

from tusk.core.dialect import POSTGRES
from tusk.core.errors import QueryRefused
from tusk.core.statement import Token, TokenKind, tokens

_BLANK = (TokenKind.SPACE, TokenKind.COMMENT)


def refuse_copy(text: str) -> None:
    """Let a statement of a read-only session pass, unless it is a COPY not surely TO STDOUT.

    Args:
        text: Exactly as it is sent.

    Raises:
        QueryRefused: It is one.
    """
    if is_copy(text) and not copies_to_stdout(text):
        raise QueryRefused(
            "COPY is refused unless it is plainly TO STDOUT",
            sqlstate="25006",
            hint="this connection is read-only",
        )


def is_copy(text: str) -> bool:
    """Whether a server will take a statement for COPY; only blanks and `;` can precede that.

    >>> is_copy("/* x */;copy t to '/x'"), is_copy('"copy" t'), is_copy("select 'copy'")
    (True, False, False)
    """
    found = tokens(text, POSTGRES)
    first = next((t for t in found if t.kind not in (*_BLANK, TokenKind.SEMICOLON)), None)
    return first is not None and _word(text, first) == "COPY"


def copies_to_stdout(text: str) -> bool:
    r"""Whether a COPY surely writes to its client, and nowhere else.

    >>> copies_to_stdout("copy (select 'a' from t) to stdout (format csv, escape '\\')")
    True
    >>> copies_to_stdout("copy t to program 'rm x'"), copies_to_stdout("copy t from stdin")
    (False, False)
    """
    depth, before = 0, ""
    for token in tokens(text, POSTGRES):
        if not _is_plain(text, token):
            return False
        if token.kind in _BLANK:
            continue
        word = _word(text, token)
        # TO and FROM are reserved: nothing that is copied can be called so without quotes.
        # After the first of them come the target and options, but never a second target.
        if before in ("TO", "FROM"):
            return (before, word) == ("TO", "STDOUT")
        depth += {TokenKind.OPEN: 1, TokenKind.CLOSE: -1}.get(token.kind, 0)
        before = word if depth == 0 else ""
    return False


def _is_plain(text: str, token: Token) -> bool:
    r"""Whether every server reads a token as tusk does, whatever its version and settings.

    Where a string ends depends on standard_conforming_strings and, when it goes on in another
    line, on how it began: no backslashes, no `E'…'`. What a `$` or a letter outside of ASCII
    belongs to depends on what is before it, and for digits and letters on the version.
    """
    piece = text[token.start : token.end]
    match token.kind:
        case TokenKind.IDENTIFIER | TokenKind.COMMENT:
            return True
        case TokenKind.STRING:
            return piece.startswith("'") and "\\" not in piece
        case TokenKind.NUMBER:
            return not piece.strip("0123456789.")
        case TokenKind.WORD:
            return "$" not in piece
        case _:
            return piece.isascii() and piece not in ("\\", "$")


def _word(text: str, token: Token) -> str:
    return text[token.start : token.end].upper() if token.kind is TokenKind.WORD else ""
