"""Parameters for DataFusion, as a row of Arrow values."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.errors import QueryError
from tusk.core.params import ParameterValue, infer_untyped

if TYPE_CHECKING:
    from collections.abc import Mapping

    Scalar = pa.Scalar[Any]


def parameter_row(values: Mapping[str, ParameterValue]) -> pa.RecordBatch:
    """One row with a column per parameter.

    Raises:
        QueryError: A value that no Arrow type holds.
    """
    columns = [_column(name, value) for name, value in values.items()]
    return pa.RecordBatch.from_arrays(columns, names=list(values))


def _column(name: str, value: ParameterValue) -> pa.Array[Any]:
    value = infer_untyped(value)
    if isinstance(value, uuid.UUID):
        value = str(value)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = Decimal(value)
    try:
        return pa.array([value])
    except (pa.ArrowException, OverflowError, UnicodeError, ValueError) as exc:
        raise QueryError(f"the parameter {name!r} does not fit any type: {exc}") from exc
