"""The errors tusk raises, one short tree under `TuskError`.

Engines map their driver's exceptions to these at their own edge; only front ends turn them
into words on a screen or an exit code.
"""

from __future__ import annotations


class TuskError(Exception):
    """Something failed in a way that a user can be told about.

    Args:
        message: What failed, on what. One sentence, no secrets.
        hint: What to do next; empty when there is nothing useful to say.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TuskError):
    """The request itself makes no sense (unknown format, missing parameter, bad target)."""


class ConfigError(TuskError):
    """A settings, connections or secrets file cannot be used as it is."""


class StorageError(TuskError):
    """A file cannot be read or written (disk full, permission, size limit)."""


class MissingExtraError(TuskError):
    """A feature needs a package that is not installed.

    Args:
        feature: What the user asked for.
        extra: Name of the tusk extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        # Imported by nearly every module; this part is wanted once in a while.
        from tusk.core.installation import how_to_install

        super().__init__(
            f"{feature} needs the {extra!r} extra, which is not installed",
            hint=how_to_install(extra),
        )
        self.feature = feature
        self.extra = extra


class ConnectError(TuskError):
    """A connection cannot be opened, or is not open.

    Args:
        sqlstate: Five-character SQLSTATE when the server gave one.
    """

    def __init__(self, message: str, *, hint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate


class PermissionDenied(TuskError):
    """Refused by permission or because the session is read-only."""


class QueryError(TuskError):
    """A statement failed.

    Args:
        sqlstate: Five-character SQLSTATE, empty where the engine has none.
        position: 0-based offset in code points into the statement's text, or None.
        detail: The server's DETAIL.
        context: The server's CONTEXT (PL/pgSQL stack and the like).
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        sqlstate: str = "",
        position: int | None = None,
        detail: str = "",
        context: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate
        self.position = position
        self.detail = detail
        self.context = context


class QueryCancelled(QueryError):
    """The statement ended because somebody asked for it."""


class QueryTimeout(QueryError):
    """The statement, lock or transaction ran into a time limit; the message says which."""


class QueryRefused(QueryError, PermissionDenied):
    """The statement was refused by permission or by a read-only session."""


class ConnectionLost(QueryError, ConnectError):
    """The connection broke during or before a statement; the session can be reopened.

    Args:
        transaction_lost: True when an open transaction went with the connection.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        sqlstate: str = "",
        transaction_lost: bool = False,
    ) -> None:
        QueryError.__init__(self, message, hint=hint, sqlstate=sqlstate)
        self.transaction_lost = transaction_lost
