r"""Metadata that engines put on Arrow fields, so that values can be shown as the engine would.

An Arrow type alone does not say how its database shows a value (`1e+20`, `t`, `\\xdead`), and
types without an exact Arrow counterpart travel as text or bytes. Each field therefore carries

- `tusk.engine`: name of the engine whose rules apply;
- `tusk.type`: the type in the database's own words (`numeric(10,2)`, `int4range`, `HUGEINT`).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

ENGINE_KEY = b"tusk.engine"
TYPE_KEY = b"tusk.type"


def make_field(
    name: str, type_: pa.DataType, *, engine: str, db_type: str, nullable: bool = True
) -> pa.Field[Any]:
    """Make a result field that remembers where it came from.

    Args:
        name: Column name, as the database gave it (may be empty or a duplicate).
        type_: Arrow type of the column's batches.
        engine: Registered engine name.
        db_type: The type in the database's own words.
        nullable: False only where the engine guarantees it.
    """
    return pa.field(
        name,
        type_,
        nullable=nullable,
        metadata={ENGINE_KEY: engine.encode(), TYPE_KEY: db_type.encode("utf-8", "replace")},
    )


def engine_of(field: pa.Field[Any]) -> str:
    """Name of the engine that made the field, empty when unknown."""
    return (field.metadata or {}).get(ENGINE_KEY, b"").decode()


def db_type_of(field: pa.Field[Any]) -> str:
    """The field's type in its database's words; the Arrow type where nobody said."""
    raw = (field.metadata or {}).get(TYPE_KEY)
    return raw.decode() if raw is not None else str(field.type)
