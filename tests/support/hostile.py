"""Texts that break programs which show data as it comes.

One list for every widget and every output of the command: none may crash, none may reach the
terminal as anything but plain, visible text.
"""

from __future__ import annotations

import unicodedata

HOSTILE: dict[str, str] = {
    "esc-colour": "\x1b[31mred\x1b[0m",
    "esc-clear-screen": "\x1b[2J\x1b[Hgone",
    "esc-alternate-screen": "\x1b[?1049hother",
    "esc-title": "\x1b]0;owned\x07",
    "esc-hyperlink": "\x1b]8;;http://example.invalid\x1b\\click\x1b]8;;\x1b\\",
    "esc-clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "esc-unfinished": "text\x1b[",
    "esc-unfinished-string": "text\x1b]52;c;",
    "esc-dcs": '\x1bP$q"p\x1b\\',
    "esc-report": "\x1b[6n\x1b[c",
    "c1-csi": "\x9b31mred",
    "c1-osc": "\x9d52;c;cm0=\x9c",
    "bell-backspace": "a\x07b\x08\x08\x08c",
    "carriage-return": "visible\rhidden",
    "newlines": "one\ntwo\r\nthree\x0bfour\x0cfive\x85six\u2028seven\u2029eight",
    "tabs": "a\tb\t\tc",
    "delete": "a\x7fb",
    "below-nul-neighbours": "a\x01b\x02c\x1f",
    "bidi-override": "user\u202etxt.exe",
    "bidi-isolate": "\u2066admin\u2069\u2067admin\u2069",
    "bidi-marks": "\u200e\u200f\u061cmark",
    "right-to-left": "שלום عربي",
    "zero-width": "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "soft-hyphen": "pass\u00adword",
    "tag-characters": "flag\U000e0041\U000e0042",
    "variation-selectors": "\u2764\ufe0f\u2764\ufe0e",
    "zwj-emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽",
    "flags": "🇩🇪🇫🇷🇩",
    "combining": "e\u0301 Z\u0351\u036b\u0343\u036a\u0302\u0343",
    "combining-many": "a" + "\u0301" * 200,
    "combining-first": "\u0301leading",
    "wide": "表形式データ 한국어 ＡＢＣ",
    "replacement": "broken \ufffd bytes",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "private-use": "\ue000\uf8ff",
    "spaces": "\u00a0\u2003\u3000 end ",
    "only-spaces": "   ",
    "empty": "",
    "markup-close": "[/x]",
    "markup-close-any": "[/]",
    "markup-open": "[bold",
    "markup-action": "[@click=app.bell]x[/]",
    "markup-link": "[link=http://example.invalid]x[/link]",
    "markup-colour": "[red on blue]x[/red on blue]",
    "markup-escape": "\\[bold]x\\",
    "markup-emoji": ":smile: :warning:",
    "html": "<script>alert(1)</script>&amp;",
    "format": "%s %d {0} {x!r} ${HOME} $(id) `id`",
    "sql": "'; drop table users; --",
    "sql-quotes": "a'b\"c`d]e$$f$x$g\\h",
    "csv": 'a,"b";\'c\'\t"',
    "csv-formula": "=cmd|' /C calc'!A0",
    "path": "../../etc/passwd",
    "looks-null": "NULL",
    "long-word": "x" * 10_000,
    "long-lines": "word " * 5_000,
    "long-wide": "漢" * 5_000,
    "many-lines": "line\n" * 1_000,
}
"""Hostile texts by name. None holds U+0000, which PostgreSQL cannot store: see `WITH_NUL`."""

WITH_NUL = "before\x00after"

HOSTILE_TEXTS: list[str] = list(HOSTILE.values())

HOSTILE_BYTES: dict[str, bytes] = {
    "latin-1": b"caf\xe9",
    "truncated-utf-8": b"ab\xe2\x82",
    "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80",
    "all-bytes": bytes(range(1, 256)),
}
"""Not valid UTF-8, as an SQL_ASCII database may hold."""

# Cf: format characters, which move or hide text. Zero-width joiners belong to emoji and scripts.
_UNSAFE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unsafe_characters(shown: str, *, allow: str = "\n") -> list[str]:
    r"""The characters in a shown text that a terminal would act on instead of show.

    >>> unsafe_characters("plain\n")
    []
    >>> unsafe_characters("\x1b[31m" + "\u202e")
    ['U+001B', 'U+202E']
    """
    return [
        f"U+{ord(char):04X}"
        for char in shown
        if char not in allow and (unicodedata.category(char) in _UNSAFE_CATEGORIES or char in _BIDI)
    ]
