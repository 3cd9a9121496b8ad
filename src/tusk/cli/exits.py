"""Exit codes, and which error means which."""

from __future__ import annotations

import enum

from tusk.core.errors import (
    ConfigError,
    ConnectError,
    MissingExtraError,
    PermissionDenied,
    QueryTimeout,
    UsageError,
)


class ExitCode(enum.IntEnum):
    """What the command returns to the shell; `tusk --help` lists them."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    CONNECTION = 3
    TIMEOUT = 4
    REFUSED = 5
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    ExitCode.SUCCESS: "success; also when the reader of a pipe has seen enough (| head)",
    ExitCode.FAILED: "a statement failed, or a file could not be written",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.CONNECTION: "no connection, or it was lost",
    ExitCode.TIMEOUT: "a time limit was reached",
    ExitCode.REFUSED: "refused by permission or because of read-only",
    ExitCode.HUNG_UP: "the terminal went away (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (SIGINT, Ctrl+C)",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}

# The first that fits counts: a lost connection is a failed statement too.
_BY_ERROR: tuple[tuple[type[Exception], ExitCode], ...] = (
    (QueryTimeout, ExitCode.TIMEOUT),
    (PermissionDenied, ExitCode.REFUSED),
    (ConnectError, ExitCode.CONNECTION),
    (UsageError, ExitCode.USAGE),
    (ConfigError, ExitCode.USAGE),
    (MissingExtraError, ExitCode.USAGE),
)


def exit_code_of(error: Exception) -> ExitCode:
    """The exit code for an error.

    >>> exit_code_of(QueryTimeout("took too long"))
    <ExitCode.TIMEOUT: 4>
    """
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.FAILED)
