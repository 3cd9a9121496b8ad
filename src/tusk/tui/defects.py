"""The boundary of workers: a defect is logged and told, and the app goes on."""

from __future__ import annotations

import logging

from tusk.config.paths import Paths
from tusk.core.errors import TuskError

_log = logging.getLogger(__name__)


def as_tusk_error(error: Exception) -> TuskError:
    """The error to show for whatever a worker raised; a defect is logged with its traceback."""
    if isinstance(error, TuskError):
        return error
    _log.error("a defect: %s", error, exc_info=error)
    return TuskError(
        f"this is a defect of tusk: {type(error).__name__}: {error}",
        hint=f"what led to it is in {Paths.find().log_file}",
    )
