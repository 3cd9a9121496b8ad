"""Opening DataFusion sessions."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.core.dialect import DATAFUSION, Dialect
from tusk.core.errors import ConnectError, MissingExtraError
from tusk.engines.datafusion.session import DataFusionSession

if TYPE_CHECKING:
    from tusk.engines.base import Target


class DataFusionEngine:
    """Opens DataFusion with a table for each data file of a folder, or for one file (`path`).

    With `path` empty it starts without tables; any file can be queried as `FROM 'path'`.
    """

    name = "datafusion"

    @property
    def dialect(self) -> Dialect:
        """DataFusion's lexical rules."""
        return DATAFUSION

    def connect(self, target: Target) -> DataFusionSession:
        """Open a session; see `tusk.engines.base.Engine.connect`."""
        if importlib.util.find_spec("datafusion") is None:
            raise MissingExtraError("the datafusion engine", "datafusion")
        path = target.parameters.get("path", "")
        if path and not Path(path).exists():
            raise ConnectError(f"there is no file or folder {path!r}")
        return DataFusionSession(target)
