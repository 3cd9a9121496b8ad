"""Standard streams to rely on: always open, and with the errors of stdout in words."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT, STDERR = 1, 2
# What a closed one becomes: reading stdin and writing stdout still fail as on a closed file, for
# somebody waits for that; what is said on stderr goes nowhere.
_MODES = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)


def secure_streams() -> None:
    """Open what is closed of the standard streams, before another file takes its number.

    Without that a database could be opened as stdout, and then be written to.
    """
    for number, mode in enumerate(_MODES):
        if not _is_open(number):
            os.set_inheritable(os.open(os.devnull, mode), True)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    before = sys.stdout
    if before is not sys.__stdout__:
        return  # somebody's own
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(STDOUT, "w", closefd=False)),
        encoding=before.encoding if before else "utf-8",
        errors=before.errors if before else "strict",
        line_buffering=os.isatty(STDOUT),
    )


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


class _Output(io.FileIO):
    """Stdout.

    Raises:
        StorageError: It cannot be written: the disk is full, it is closed …
    """

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as exc:
            from tusk.services.export_target import write_error

            raise write_error("the output", exc) from exc


def silence(number: int) -> None:
    """Let what is still buffered for a stream go nowhere, instead of failing once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
