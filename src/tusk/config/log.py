"""Warnings to whoever shows them.

Everything below the front ends reports what a user should know but what stops nothing (a file
set aside, a keyring that does not answer) as a warning of the `tusk` logger.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

ROOT = "tusk"

_NAME = r"(?:passw(?:or)?d|passphrase|secret|_token)"
# As Python, JSON, libpq and SQL quote; to the end of the text where the last quote was cut off.
_QUOTED = (
    r"""(?:[en]|u&)?(?:'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)|"(?:[^"\\]|\\.|"")*(?:"|\\?\Z))"""
    r"""|\$\w*\$.*?(?:\$\w*\$|\Z)"""
)
_SECRET = re.compile(
    r"(://[^/\s:@]*:)\S+(?=@)"  # a URL's password
    # PASSWORD 'x' of SQL, ("password", "x") of Python
    rf"""|({_NAME}(?:["']?\s*[=:]\s*|["'],\s*|\s+))(?:{_QUOTED})"""
    rf"""|({_NAME}["']?\s*[=:]\s*)(?:[^\s\\]|\\.)+"""
    rf"|(--[\w-]*{_NAME}[ \t]+)(?!-)\S+",  # an option of a command
    re.IGNORECASE | re.DOTALL,
)


def redact(text: str) -> str:
    """Text with what looks like a password masked; the last resort for texts of others.

    >>> redact("postgresql://ann:s3cret@db/shop and host=db password='a b' user=ann")
    'postgresql://ann:***@db/shop and host=db password=*** user=ann'
    """
    return _SECRET.sub(lambda match: f"{match[match.lastindex or 0]}***", text)


class _WarningHandler(logging.Handler):
    """Hands each warning to a front end, once; the text is not made safe."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._show = show
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message not in self._shown:
            self._shown.add(message)
            self._show(message)


def show_warnings(show: Callable[[str], None]) -> logging.Handler:
    """Call `show` with the text of each warning, from the thread that warns.

    Returns the handler, for `logging.Logger.removeHandler`.
    """
    handler = _WarningHandler(show)
    logger = logging.getLogger(ROOT)
    logger.addHandler(handler)
    logger.propagate = False
    return handler
