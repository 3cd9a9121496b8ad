"""The log file of the app: private, rotating, safe to look at."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tusk.config.files import FILE_MODE, make_private_folder, storage_error
from tusk.config.log import ROOT, redact
from tusk.core.text import safe

_MAX_BYTES = 1_000_000
_KEPT_FILES = 3


class _PlainFormatter(logging.Formatter):
    """Makes what came from outside harmless: someone will `tail -f` the file, or send it."""

    def format(self, record: logging.LogRecord) -> str:
        return safe(redact(super().format(record)), keep_lines=True)


class _PrivateFileHandler(RotatingFileHandler):
    """Creates its files 0600, whatever the umask is."""

    def _open(self) -> TextIOWrapper:
        return open(
            self.baseFilename, "a", encoding="utf-8", errors="replace", opener=_open_private
        )


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def write_log_file(path: Path, level: str) -> logging.Handler:
    """Write the log to a file from now on.

    Args:
        path: The file; its folder is created.
        level: `debug`, `info`, `warning` or `error`.

    Raises:
        StorageError: It cannot be written.
    """
    make_private_folder(path.parent)
    try:
        handler = _PrivateFileHandler(
            path, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", errors="replace"
        )
    except OSError as exc:
        raise storage_error(path, "write", exc) from exc
    handler.setFormatter(
        _PlainFormatter("%(asctime)s %(process)d %(levelname)-7s %(name)s: %(message)s")
    )
    logger = logging.getLogger(ROOT)
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False
    return handler
