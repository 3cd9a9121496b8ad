"""Finding the secrets in a statement, for `tusk.core.masking`."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tusk.core.masking import MASK, NAME_PATTERN, MaskedText, is_suspicious
from tusk.core.statement import Token, TokenKind, tokens

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

_SECRET_NAME = re.compile(NAME_PATTERN, re.IGNORECASE)
_SECRET_KEY = re.compile(
    rf"[\w.-]{{0,80}}{NAME_PATTERN}[\w.-]{{0,80}}|(?:proxy-)?authorization", re.IGNORECASE
)
# Functions that take a key or a password as an argument without a name.
_SECRET_CALL = re.compile(
    r"crypt|hmac|(?:aes_|raw_)?(?:en|de)crypt(?:_iv)?|pgp_(?:sym|pub)_\w+", re.IGNORECASE
)
# Connection strings (libpq, ODBC, JDBC, URLs), JSON and headers inside a string.
_IN_STRING = re.compile(
    rf"""://[^\s/:@]{{0,200}}:\S{{1,4000}}@|{NAME_PATTERN}[\w.-]{{0,80}}\\?["']?\s*(?:=>?|:)\s*\S|authorization["']?\s*[=:]""",
    re.IGNORECASE,
)
# A string that is SQL up to where another one is put into it: its value comes later.
_PROGRAM = re.compile(
    r"\b(?:begin|select|insert|update|delete|return|declare|call|alter|create|import)\b",
    re.IGNORECASE,
)
_WANTS_VALUE = re.compile(
    rf"""{NAME_PATTERN}\w{{0,80}}["']?(?:\s*(?:=>?|:)\s*|\s+(?:(?:to|by|is)\s+)?)[eE]?["']*
    (?:\Z|%(?:\d+\$)?[-\d]*[LsI]|\$\d|\?|\{{\w*\}})""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that may stand between a name and its value.
_CONNECTOR = re.compile(
    "TO|IS|IN|I?LIKE|SIMILAR|NOT|FOR|ANY|ALL|BY|WITH|AS|USING|SET|ADD|DEFAULT|VALUES?|DISTINCT|FROM"
    "|(?:UN)?ENCRYPTED|RETURNS?|[NUBXE]|TEXT|VARCHAR|JSON"
)
_ROLE_WORDS = frozenset(["ROLE", "USER", "GROUP", "PASSWORD"])
_PRAGMA_KEYS = frozenset(["KEY", "REKEY", "HEXKEY", "HEXREKEY", "TEXTKEY"])
# Options of CREATE SECRET that are none; the value of any other one is masked.
_OPEN_OPTION = re.compile(
    "TYPE|PROVIDER|SCOPE|REGION|ENDPOINT|URL_STYLE|USE_SSL|CHAIN|HOST|PORT|USER|DATABASE"
)
_QUOTES = ("'", '"', "`")
_OPENING, _CLOSING = "([{", ")]}"
_MOST_NESTED = 5
_SPACES = (TokenKind.SPACE, TokenKind.COMMENT)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))"
)
_UNICODE_ESCAPE = re.compile(r"\\(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|(\\))")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class SecretFinder:
    """One text on its way through the rules.

    Args:
        text: A statement or a script.
        dialect: Of the connection it is for.
        level: How many strings it is nested in.
    """

    def __init__(self, text: str, dialect: Dialect, level: int = 0) -> None:
        self._source = text
        # With every way to quote: statements get pasted into the wrong connection.
        self._dialect = replace(dialect, dollar_quotes=True, escape_strings=True)
        self._level = level
        self._all = list(tokens(text, self._dialect))
        self._tokens = [t for t in self._all if t.kind not in _SPACES]
        self._replaced: dict[int, str] = {}  # by the token's start
        self._secrets: list[str] = []
        # Up to which token strings are masked already, so that nesting costs no more than its size.
        self._done_to = -1

    def result(self) -> MaskedText:
        """The text with everything replaced that has to be."""
        for token in self._all:
            if token.kind is TokenKind.COMMENT:
                self._look_into_comment(token)
        wants_value = False
        for index, token in enumerate(self._tokens):
            if token.kind is TokenKind.STRING:
                if wants_value:
                    self._hide(token)
                else:
                    wants_value = self._look_into_string(token)
            elif token.kind is TokenKind.IDENTIFIER and _IN_STRING.search(self._text(token)):
                self._hide(token)  # a string of another language
            self._look_at_name(index, token)
        self._look_at_statements()
        self._hide_what_may_belong_to_a_secret()
        return MaskedText(self._joined(), tuple(dict.fromkeys(self._secrets)))

    def _joined(self) -> str:
        if not self._replaced:
            return self._source
        parts: list[str] = []
        last = ""
        for token in self._all:
            part = self._replaced.get(token.start, self._text(token))
            if part[:1] == last and last in _QUOTES:
                parts.append(" ")  # two strings in a row are not one with a quote in it
            parts.append(part)
            last = part[-1:] or last
        return "".join(parts)

    def _text(self, token: Token) -> str:
        return self._source[token.start : token.end]

    def _word(self, index: int) -> str:
        """The word at an index in upper case; empty when it is none."""
        if not 0 <= index < len(self._tokens) or self._tokens[index].kind is not TokenKind.WORD:
            return ""
        return self._text(self._tokens[index]).upper()

    def _sign(self, index: int) -> str:
        """The text of a token that is neither word nor quoted; empty elsewhere."""
        if not 0 <= index < len(self._tokens):
            return ""
        token = self._tokens[index]
        is_sign = token.kind in {TokenKind.OTHER, TokenKind.OPEN, TokenKind.CLOSE}
        return self._text(token) if is_sign else ""

    def _hide(self, token: Token) -> None:
        text = self._text(token)
        match token.kind:
            case TokenKind.IDENTIFIER:
                hidden = f"{text[0]}{MASK}{text[0] if text[0] != '[' else ']'}"
            case TokenKind.COMMENT:
                hidden = f"-- {MASK}" if text.startswith("--") else f"/* {MASK} */"
            case _:
                hidden = f"'{MASK}'"
        self._replaced[token.start] = hidden
        written = text.strip("eE'\"`") if token.kind is TokenKind.STRING else text
        self._secrets += [s for s in (written, *_meanings(text)) if s != MASK]

    def _hide_what_may_belong_to_a_secret(self) -> None:
        """Where the quote at a secret's end may have been escaped, the rest goes too."""
        tokens = iter(self._tokens)
        for token in tokens:
            if token.start in self._replaced and self._text(token).endswith("\\'"):
                rest = list(tokens)
                self._secrets += map(self._text, rest)
                self._replaced |= {each.start: "" for each in rest}

    # ── inside strings and comments ──────────────────────────────────────────────────────

    def _look_into_comment(self, token: Token) -> None:
        text = self._text(token)
        body = text[2:] if text.startswith("--") else text[2:].removesuffix("*/")
        if self._is_secret_text(body):
            self._hide(token)

    def _look_into_string(self, token: Token) -> bool:
        """Mask a string that holds a secret; whether it leaves the value to a later string."""
        text = self._text(token)
        if text.startswith("$") and self._level < _MOST_NESTED:
            self._look_into_body(token, text)
            return False
        meanings = _meanings(text)
        if any(map(self._is_secret_text, meanings)):
            self._hide(token)
        return any(_WANTS_VALUE.search(meaning) for meaning in meanings)

    def _look_into_body(self, token: Token, text: str) -> None:
        """A body in dollar quotes is written as it is meant: mask just the secrets in it."""
        tag = text[: text.index("$", 1) + 1]
        body = text.removeprefix(tag).removesuffix(tag)
        end = text[len(tag) + len(body) :]  # nothing, when the body was not closed
        if _IN_STRING.search(body) and not _PROGRAM.search(body):
            self._hide(token)
            return
        inner = self._inner(body)
        if inner.secrets:
            self._replaced[token.start] = tag + inner.text + end
            self._secrets += inner.secrets

    def _is_secret_text(self, text: str) -> bool:
        if _IN_STRING.search(text) or _IN_STRING.search(unquote(text)):
            return True
        if self._level >= _MOST_NESTED:
            return is_suspicious(text)
        return bool(self._inner(text).secrets)

    def _inner(self, text: str) -> MaskedText:
        """A text inside of this one without its secrets."""
        if not is_suspicious(text):
            return MaskedText(text)
        return SecretFinder(text, self._dialect, self._level + 1).result()

    # ── names and their values ───────────────────────────────────────────────────────────

    def _look_at_name(self, index: int, token: Token) -> None:
        """Mask the value that follows a name, or the arguments of a function, if they are secret."""
        text = self._text(token)
        match token.kind:
            case TokenKind.WORD if self._sign(index + 1) == "(" and _SECRET_CALL.fullmatch(text):
                self._hide_arguments(index + 1)
            case TokenKind.WORD if _SECRET_NAME.search(text) and not self._makes_secret(index):
                self._hide_value(index + 1)
            case TokenKind.IDENTIFIER if _SECRET_KEY.fullmatch(text[1:-1].strip()):
                self._hide_value(index + 1)
            case TokenKind.STRING if _SECRET_KEY.fullmatch(_meanings(text)[0].strip()):
                if self._is_key(index):
                    self._hide_value(index + 1 if self._sign(index + 1) != "," else index + 2)
            case _:
                pass

    def _makes_secret(self, index: int) -> bool:
        """Whether this is CREATE SECRET, where the word is no name of a value."""
        before = self._word(index - 1)
        is_made = before in {"CREATE", "REPLACE", "PERSISTENT", "TEMPORARY", "TEMP", "DROP"}
        return is_made and self._word(index) == "SECRET"

    def _is_key(self, index: int) -> bool:
        """Whether the string at an index names the value behind it."""
        following = self._tokens[index + 1 : index + 2]
        is_string = bool(following) and following[0].kind is TokenKind.STRING
        if is_string or self._word(index + 1) in {"N", "U"}:  # N'…', U&'…'
            return True
        sign = self._sign(index + 1)
        if sign != ",":
            return sign[:1] in {":", "="}
        # set_config('…', '…'), json_build_object('…', '…'), but not: name in ('…', '…').
        opening = self._openings[index]
        return self._word(opening - 1) not in {"", "IN", "VALUES", "ANY", "ALL", "SOME"}

    @cached_property
    def _openings(self) -> list[int]:
        """For each token the parenthesis it is in; 0 for none."""
        open_now = [0]
        found: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.kind is TokenKind.CLOSE and len(open_now) > 1:
                open_now.pop()
            found.append(open_now[-1])
            if token.kind is TokenKind.OPEN:
                open_now.append(at)
        return found

    def _hide_value(self, begin: int) -> None:
        """Mask the strings of the value that begins at an index."""
        # Inside of another value only what is special about its beginning is left to do.
        end = len(self._tokens) if begin > self._done_to else begin + 1
        depth = 0
        for at in range(begin, min(end, len(self._tokens))):
            token = self._tokens[at]
            text = self._text(token)
            depth += (text in _OPENING) - (text in _CLOSING)
            if self._is_value(at, begin):
                self._hide(token)
            is_over = depth < 0 or (depth == 0 and self._ends_value(at, token, text))
            if is_over or token.kind is TokenKind.SEMICOLON:
                return
            self._done_to = max(self._done_to, at)

    def _is_value(self, at: int, begin: int) -> bool:
        """Whether this is a text, or quoted as a name but meant as a text (SQLite, mistakes)."""
        kind = self._tokens[at].kind
        if kind is not TokenKind.IDENTIFIER:
            return kind is TokenKind.STRING
        is_dotted = "." in (self._sign(at - 1), self._sign(at + 1))
        return not is_dotted and (at == begin or self._sign(at - 1)[:1] in {"=", ":"})

    def _ends_value(self, at: int, token: Token, text: str) -> bool:
        if text == ",":
            return True
        if token.kind is not TokenKind.WORD or self._sign(at + 1) == "(":
            return False
        return not _CONNECTOR.fullmatch(text.upper()) and self._sign(at - 1) != "::"

    def _hide_arguments(self, opening: int) -> None:
        """Mask all strings up to the parenthesis that closes the one at an index."""
        if opening <= self._done_to:
            return
        depth = 0
        for at in range(opening, len(self._tokens)):
            token = self._tokens[at]
            depth += (token.kind is TokenKind.OPEN) - (token.kind is TokenKind.CLOSE)
            if token.kind is TokenKind.STRING:
                self._hide(token)
            if depth <= 0:
                return
            self._done_to = max(self._done_to, at)

    # ── statements with rules of their own ───────────────────────────────────────────────

    def _look_at_statements(self) -> None:
        starts = [0]
        for index, token in enumerate(self._tokens):
            # Bodies of routines hold statements after these.
            if token.kind is TokenKind.SEMICOLON or self._word(index) in {"BEGIN", "THEN", "DO"}:
                starts.append(index + 1)
        for start, end in pairwise([*starts, len(self._tokens)]):
            self._look_at_statement(start, end)

    def _look_at_statement(self, start: int, end: int) -> None:
        words = [self._word(at) for at in range(start, min(start + 8, end))]
        match (*words, "", "")[:2]:
            case (("CREATE" | "ALTER" | "SET"), _) if _ROLE_WORDS & set(words[1:3]):
                self._hide_bare_values(start, end, {"PASSWORD", "BY"})
            case (("CREATE" | "ALTER" | "GRANT"), _) if "IDENTIFIED" in words:
                self._hide_bare_values(start, end, {"BY"})
            case "CREATE", _ if "SECRET" in words[1:5]:
                self._hide_secret_options(start, end)
            case "PRAGMA", key if key in _PRAGMA_KEYS:
                self._hide_bare_values(start, end, {key})
            case "ATTACH", _:
                self._hide_bare_values(start, end, {"KEY"})
            case (("INSERT" | "REPLACE"), _):
                self._hide_inserted(start, end)
            case _:
                pass

    def _hide_bare_values(self, start: int, end: int, names: set[str]) -> None:
        """Mask what follows some words, whether it is quoted or not."""
        for at in range(start + 1, end):
            if self._word(at) in names:
                self._hide_bare_value(at + 1)

    def _hide_bare_value(self, index: int) -> None:
        while self._sign(index) in {"=", "(", ":="} or self._word(index) in {"TO", "BY"}:
            index += 1
        if self._word(index) in {"NULL", "FOR", "EXPIRE", "REQUIRE"}:
            return
        run = self._tokens[index : self._end_of_run(index)]
        if len(run) > 1:
            self._secrets.append(self._source[run[0].start : run[-1].end])
            self._replaced |= {t.start: "" for t in run} | {run[0].start: f"'{MASK}'"}
        elif run:
            self._hide(run[0])
        self._hide_value(index + len(run))  # strings that go on: 'a' 'b', 'a' || 'b'

    def _end_of_run(self, index: int) -> int:
        """Where what is glued together at an index ends; a password without quotes is all of it."""
        at = index
        for token in self._tokens[index:]:
            is_apart = at > index and token.start != self._tokens[at - 1].end
            if is_apart or self._text(token) in {",", ";", ")"}:
                break
            at += 1
        return at

    def _hide_secret_options(self, start: int, end: int) -> None:
        """CREATE SECRET name (TYPE s3, KEY_ID 'a', SECRET 'b'): only harmless values stay."""
        opening = next((at for at in range(start, end) if self._sign(at) == "("), end)
        depth, name = 0, ""
        is_name = True
        for at in range(opening, end):
            token = self._tokens[at]
            depth += (self._text(token) in _OPENING) - (self._text(token) in _CLOSING)
            if depth == 1 and self._sign(at) in {"(", ","}:
                is_name = True
            elif is_name:
                name, is_name = self._text(token).strip('"').upper(), False
            elif not _OPEN_OPTION.fullmatch(name) and token.kind not in {
                TokenKind.OPEN, TokenKind.CLOSE, TokenKind.OTHER
            }:  # fmt: skip
                self._hide(token)

    def _hide_inserted(self, start: int, end: int) -> None:
        """INSERT INTO t (name, password) VALUES …: mask the values of secret columns."""
        opening = next((at for at in range(start, end) if self._sign(at) == "("), end)
        closing = next((at for at in range(opening, end) if self._sign(at) == ")"), end)
        names = " ".join(self._text(t) for t in self._tokens[opening + 1 : closing]).split(",")
        secret = {i for i, name in enumerate(names) if _SECRET_NAME.search(name)}
        if not secret:
            return
        has_values = self._word(closing + 1) == "VALUES"
        depth = position = 0
        for at in range(closing + 1, end):
            sign = self._sign(at)
            if sign == "(":
                depth += 1
                position = 0 if depth == 1 else position
            elif sign == ")":
                depth -= 1
            elif sign == "," and depth == 1:
                position += 1
            elif self._tokens[at].kind in {TokenKind.STRING, TokenKind.NUMBER} and (
                not has_values or (depth >= 1 and position in secret)
            ):
                self._hide(self._tokens[at])


def _meanings(text: str) -> list[str]:
    """What a string or a quoted name may stand for, with and without escapes."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return [text.removeprefix(tag).removesuffix(tag)]
    body = text[1:] if text[:1] in {"e", "E"} else text
    quote = body[:1]
    if quote not in {"'", '"', "`", "["}:
        return [text]
    body = body[1:].removesuffix(quote if quote != "[" else "]").replace(quote * 2, quote)
    if "\\" not in body:
        return [body]
    return [body, _ESCAPE.sub(_escaped, body), _UNICODE_ESCAPE.sub(_unicode_escaped, body)]


def _escaped(match: re.Match[str]) -> str:
    """The character of a C-style escape."""
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal or match[4]:
        return _character(int(hexadecimal, 16) if hexadecimal else int(match[4], 8))
    return _CONTROLS.get(match[5], match[5])


def _unicode_escaped(match: re.Match[str]) -> str:
    r"""The character of an escape in U&'\0061'."""
    return match[3] or _character(int(match[1] or match[2], 16))


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"
