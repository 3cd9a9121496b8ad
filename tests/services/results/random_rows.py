"""Random rows with everything that makes comparing values hard."""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal

import pyarrow as pa

from tests.tui.grid_pilot import buffer_of
from tusk.core.result import ResultBuffer
from tusk.core.schema import make_field

NUMERIC = "numeric"
_WORDS = ["", "a", "A", "ab", "ä", "日本", "x\ty", "10", "9", "NULL", "50%"]
_TYPES: dict[str, pa.DataType] = {
    "i": pa.int64(),
    "f": pa.float64(),
    "d": pa.decimal128(12, 2),
    "t": pa.string(),
    "b": pa.bool_(),
    "day": pa.date32(),
    "moment": pa.timestamp("us"),
    "l": pa.list_(pa.int64()),
    "s": pa.struct([("x", pa.int64()), ("y", pa.string())]),
}


def _value(rng: random.Random, column: str) -> object:
    if rng.random() < 0.15:
        return None
    match column:
        case "i":
            return rng.choice([0, 1, -1, 7, 2**62, -(2**62), rng.randrange(20)])
        case "f":
            return rng.choice([0.0, -0.0, 0.1, math.nan, math.inf, -math.inf, rng.random()])
        case "d":
            return Decimal(rng.randrange(-500, 500)).scaleb(-2)
        case "t":
            return rng.choice(_WORDS)
        case "b":
            return rng.random() < 0.5
        case "day":
            return dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(-900, 900))
        case "moment":
            return dt.datetime(2024, 1, 1) + dt.timedelta(seconds=rng.randrange(10**8))
        case "l":
            return [rng.randrange(3) for _ in range(rng.randrange(3))]
        case _:
            return {"x": rng.randrange(3), "y": rng.choice(_WORDS)}


def random_table(seed: int, rows: int = 400) -> pa.Table:
    """A table of plain and nested types, and of a number that travels as text."""
    rng = random.Random(seed)
    arrays = [
        pa.array([_value(rng, name) for _ in range(rows)], type_) for name, type_ in _TYPES.items()
    ]
    fields = [make_field(n, t, engine="duckdb", db_type=str(t)) for n, t in _TYPES.items()]
    texts = [
        rng.choice(["1", "1.0", "1.50", "-3", "12345678901234567890.5", None]) for _ in range(rows)
    ]
    fields.append(make_field(NUMERIC, pa.string(), engine="postgres", db_type="numeric"))
    return pa.Table.from_arrays([*arrays, pa.array(texts)], schema=pa.schema(fields))


def random_buffer(seed: int, rows: int = 400) -> ResultBuffer:
    """The table in batches, most of them in a spill file."""
    return buffer_of(random_table(seed, rows), rows=61, budget=20_000)
