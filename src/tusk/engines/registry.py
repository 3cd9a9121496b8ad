"""The engines by name. Listing them imports none of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from tusk.core.errors import UsageError

if TYPE_CHECKING:
    from tusk.engines.base import Engine

ENGINES: dict[str, str] = {
    "duckdb": "tusk.engines.duckdb.engine:DuckDBEngine",
    "postgres": "tusk.engines.postgres:PostgresEngine",
    "sqlite": "tusk.engines.sqlite.engine:SQLiteEngine",
    "datafusion": "tusk.engines.datafusion.engine:DataFusionEngine",
}
"""Name → `module:class`."""


def load_engine(name: str) -> Engine:
    """Import one engine. Whether its driver is installed shows when it connects.

    Args:
        name: A key of `ENGINES`.

    Raises:
        UsageError: There is no such engine.
    """
    try:
        module_name, _, class_name = ENGINES[name].partition(":")
    except KeyError:
        known = ", ".join(ENGINES)
        raise UsageError(f"there is no engine {name!r}", hint=f"engines: {known}") from None
    module = importlib.import_module(module_name)
    return cast("Engine", getattr(module, class_name)())
