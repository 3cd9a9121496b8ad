"""The engines by name. Listing them imports none of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from tusk.core.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from tusk.engines.base import Engine

ENGINES: dict[str, str] = {
    "duckdb": "tusk.engines.duckdb.engine:DuckDBEngine",
    "postgres": "tusk.engines.postgres:PostgresEngine",
    "sqlite": "tusk.engines.sqlite.engine:SQLiteEngine",
    "datafusion": "tusk.engines.datafusion.engine:DataFusionEngine",
}
"""Name → `module:class`."""

# Drivers that an extra brings: the top-level module of each, and the extra.
_EXTRAS = {"datafusion": "datafusion"}


def load_engine(name: str) -> Engine:
    """Import one engine.

    Args:
        name: A key of `ENGINES`.

    Raises:
        UsageError: There is no such engine.
        MissingExtraError: Its driver is not installed.
    """
    try:
        module_name, _, class_name = ENGINES[name].partition(":")
    except KeyError:
        known = ", ".join(ENGINES)
        raise UsageError(f"there is no engine {name!r}", hint=f"engines: {known}") from None
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        extra = _EXTRAS.get((exc.name or "").partition(".")[0])
        if extra is None:
            raise
        raise MissingExtraError(f"the {name} engine", extra) from exc
    return cast("Engine", getattr(module, class_name)())
