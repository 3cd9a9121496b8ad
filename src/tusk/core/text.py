"""Hostile text made safe: what tusk shows never carries a raw control or direction mark.

Every string that did not come from tusk itself (cells, names, notices, errors, file names,
log lines) passes through `safe` before it reaches a terminal. Safe text has a width that does
not depend on who measures it: the characters over which terminals and libraries disagree
(joiners, variation selectors) are gone.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

_REPLACEMENT = "\ufffd"
# Direction marks reorder what is on screen (CVE-2021-42574); invisible characters hide or break
# it. These are Unicode's format characters and Default_Ignorable_Code_Point, in ranges.
_HIDDEN = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_TABLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT),
    **dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT),
    **{code: _REPLACEMENT for first, last in _HIDDEN for code in range(first, last + 1)},
}
_TABLE_LINES = {code: mark for code, mark in _TABLE.items() if code not in (0x0A, 0x09)}


def _ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    """The inside of a regular expression's character class."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_UNSAFE = f"[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff{_ranges(_HIDDEN)}]"

# Where these belong they only choose between two pictures of a character, or join letters and
# emoji that can be read without them: there they go silently. Elsewhere they are marked.
_EMOJI = (
    "\\u00a9\\u00ae\\u203c\\u2049\\u2122\\u2139\\u2190-\\u2bff\\u3030\\u303d\\u3297\\u3299"
    "\\U0001f000-\\U0001faff"
)
_HAN = "\\u3400-\\u9fff\\uf900-\\ufaff\\U00020000-\\U0003ffff"
_JOINING_SCRIPTS = "\\u0620-\\u08ff\\u0900-\\u0dff\\u1780-\\u17ff"
# What to look for comes first, what goes before it after that: so the search stays fast.
_SELECTORS = (
    f"[\\ufe0e\\ufe0f](?<=[{_EMOJI}0-9#*].)|[\\ufe00-\\ufe0f\\U000e0100-\\U000e01ef](?<=[{_HAN}].)"
)
_JOINERS = (
    f"\\u200d(?<=[{_EMOJI}].)(?=[{_EMOJI}])"
    f"|[\\u200c\\u200d](?<=[{_JOINING_SCRIPTS}].)(?=[{_JOINING_SCRIPTS}])"
)
# A skin tone without a person or hand before it.
_LONE_TONES = (
    "[\\U0001f3fb-\\U0001f3ff]"
    "(?<![\\u261d\\u26f9\\u270a-\\u270d\\U0001f385-\\U0001f3fa\\U0001f400-\\U0001faff].)"
)
# The most marks that a letter of any language carries, with some to spare. More of them reach
# into the lines above and below.
_MOST_MARKS = 8

_ASTRAL = "[\\U00010000-\\U0010ffff]"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)  # 3 ms for all of them, and most text is ASCII


@cache
def _marks(*, astral: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Too many marks on one letter, and a mark without a letter at the start of a text.

    Args:
        astral: Know those above U+FFFF, too; that makes it ten times slower.
    """
    from wcwidth.table_zero import ZERO_WIDTH  # 14 ms, and most text is ASCII

    known = next(iter(ZERO_WIDTH.values()))
    ranges = _ranges(tuple(r for r in known if astral or r[1] < 0x10000))
    return (
        re.compile(f"([{ranges}]{{{_MOST_MARKS}}})[{ranges}]+"),
        re.compile(f"(?=[{ranges}])"),
    )


def safe(text: str, *, keep_lines: bool = False, keep_length: bool = False) -> str:
    r"""Replace everything that a terminal would act on by something visible.

    Args:
        text: Anything.
        keep_lines: Leave line feeds and tabs, for text shown over several lines.
        keep_length: Replace one for one, so that offsets into the text stay right.

    >>> safe("a\x1b[2Jb\n")
    'a␛[2Jb␊'
    >>> safe("user\u202etxt.exe"), safe("I ❤\ufe0f 👩\u200d🚀")
    ('user\ufffdtxt.exe', 'I ❤ 👩🚀')
    """
    if text.isascii() and text.isprintable():
        return text
    table = _TABLE_LINES if keep_lines else _TABLE
    if text.isascii() or keep_length:
        return text.translate(table)
    if _compiled(_UNSAFE).search(text):
        text = _compiled(_JOINERS).sub("", _compiled(_SELECTORS).sub("", text)).translate(table)
    is_astral = _compiled(_ASTRAL).search(text) is not None
    if is_astral:
        text = _compiled(_LONE_TONES).sub(_REPLACEMENT, text)
    excess, leading = _marks(astral=is_astral)
    text = excess.sub(f"\\1{_REPLACEMENT}", text)
    # A dotted circle is Unicode's stand-in for the missing letter.
    return f"◌{text}" if leading.match(text) else text


def is_safe(text: str) -> bool:
    """Whether `safe` would leave the text as it is."""
    return safe(text) == text


def escape_unsafe(text: str) -> str:
    r"""JSON with everything that a terminal would act on as an escape that means the same.

    >>> escape_unsafe('"a\u202eb"')
    '"a\\u202eb"'
    """
    return _compiled(_UNSAFE).sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


@lru_cache(maxsize=65_536)
def _char_width(char: str) -> int:
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return 1  # half of a flag
    if "\U0001f3fb" <= char <= "\U0001f3ff":
        return 0  # a skin tone changes the character before it
    from wcwidth import wcwidth

    return max(0, wcwidth(char))


def cell_width(text: str) -> int:
    """Terminal columns that safe text takes.

    >>> cell_width("日本"), cell_width("abc"), cell_width("🇩🇪"), cell_width("👍🏽")
    (4, 3, 2, 2)
    """
    return len(text) if text.isascii() else sum(map(_char_width, text))


def clip(text: str, width: int) -> str:
    """Cut safe text to `width` columns, ending in `…` where something is missing.

    >>> clip("abcdef", 4), clip("日本語", 5)
    ('abc…', '日本…')
    """
    if width <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= width else text[: width - 1] + "…"
    # The text may be long and what fits of it short: look at each character once, from the left.
    used = fits = 0
    for index, char in enumerate(text):
        used += _char_width(char)
        if used > width:
            return text[:fits] + "…"
        if used <= width - 1:
            fits = index + 1
    return text


def clip_start(text: str, width: int) -> str:
    """Cut safe text to `width` columns at its beginning, as paths are whose end tells more.

    >>> clip_start("/data/reports/daily.sql", 12), clip_start("a.sql", 12)
    ('…s/daily.sql', 'a.sql')
    """
    if width <= 0 or cell_width(text) <= width:
        return text if width > 0 else ""
    used, start = 1, len(text)
    while used + _char_width(text[start - 1]) <= width:
        start -= 1
        used += _char_width(text[start])
    return "…" + text[start:]


def safe_clip(text: str, width: int) -> str:
    r"""`clip(safe(text), width)`, looking at no more of a long text than can be seen.

    >>> safe_clip("\x1b[31m" + "x" * 10_000_000, 8)
    '␛[31mxx…'
    """
    # Some characters take no column: joiners that go, marks on letters.
    looked_at = 4 * width + 16
    while looked_at < len(text):
        shown = safe(text[:looked_at])
        if cell_width(shown) > width:
            return clip(shown, width)
        if looked_at > 64 * width + 1024:
            return clip(shown, width - 1) + "…" if width > 0 else ""
        looked_at *= 2
    return clip(safe(text), width)
