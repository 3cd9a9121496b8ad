"""Warnings to whoever shows them.

Everything below the front ends reports what a user should know but what stops nothing (a file
set aside, a keyring that does not answer) as a warning of the `tusk` logger.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

ROOT = "tusk"

_SECRET = re.compile(
    r"""(://[^/\s:@]*:)[^@\s]+(?=@)"""  # a URL's password
    r"""|((?:password|secret)["']?\s*[=:]\s*)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,;)}]+)""",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Text with what looks like a password masked; the last resort for texts of others.

    >>> redact("postgresql://ann:s3cret@db/shop and host=db password='a b' user=ann")
    'postgresql://ann:***@db/shop and host=db password=*** user=ann'
    """
    return _SECRET.sub(lambda match: (match.group(1) or match.group(2)) + "***", text)


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
