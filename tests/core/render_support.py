"""Values and comparisons for the tests of rendering."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tusk.core.render import render_column, render_strings
from tusk.core.schema import make_field

SPECIAL_FLOATS = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e10, 1e-4, 9_999_999_999.5]


def floats(count: int, seed: int = 1) -> list[float]:
    """Doubles of every kind: any bits, whole numbers, few digits, powers of two and ten."""
    rng = random.Random(seed)
    anything = [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(count)]
    whole = [float(rng.getrandbits(rng.randint(1, 120))) for _ in range(count)]
    short = [
        float(f"{rng.randint(1, 10 ** rng.randint(1, 17))}e{rng.randint(-30, 8)}")
        for _ in range(count)
    ]
    # In the middle of two doubles: 5 ** 23 has 54 bits.
    middles = [float(5**k * 2**j) for k in range(18, 28) for j in range(0, 60, 7)]
    powers = [2.0**k for k in range(-1074, 1024, 5)] + [10.0**k for k in range(-323, 309)]
    return [v for v in anything + whole + short + middles + powers if v == v] + SPECIAL_FLOATS


def singles(count: int, seed: int = 1) -> list[float]:
    """The same for numbers of 32 bits, as Python floats that are exactly those numbers."""
    rng = random.Random(seed)
    anything = [struct.unpack("<f", rng.randbytes(4))[0] for _ in range(count)]
    whole = [float(rng.getrandbits(rng.randint(1, 120))) for _ in range(count)]
    # Whole numbers over a power of two often lie in the middle of two short decimals.
    short = [rng.randint(-(10**8), 10**8) / 2 ** rng.randint(0, 20) for _ in range(count)]
    powers = [2.0**k for k in range(-149, 128)] + [10.0**k for k in range(-45, 39)]
    values = [v for v in anything + whole + short + powers if v == v] + SPECIAL_FLOATS
    return [struct.unpack("<f", struct.pack("<f", v))[0] for v in values]


def interval(months: int, days: int, nanoseconds: int) -> Any:
    """An interval of Arrow, whose stubs have another constructor than it has."""
    make: Any = pa.MonthDayNano
    return make([months, days, nanoseconds])


def moments(count: int, low: int, high: int, seed: int = 1) -> list[int]:
    """Microseconds since 1970 within bounds: any, near today, long ago; many of them whole."""
    rng = random.Random(seed)
    values = [rng.randint(low, high) for _ in range(count)]
    values += [rng.randint(-2 * 10**15, 2 * 10**15) for _ in range(count)]
    values += [rng.randint(-(10**17), -6 * 10**16) for _ in range(count)]
    values += [v - v % 1_000_000 for v in values[::2]] + [v - v % 1000 for v in values[::3]]
    return [v for v in values if low <= v <= high]


def differences(
    array: pa.Array, engine: str, expected: Sequence[str | None], db_type: str = ""
) -> list[tuple[str | None, str | None, str | None]]:
    """Where the texts differ: what was expected, what a long array and what a short one gives."""
    field = make_field("x", array.type, engine=engine, db_type=db_type)
    long = render_strings(array, field).to_pylist()
    short: list[str | None] = []
    for start in range(0, len(array), 50):
        short += render_column(array.slice(start, 50), field)
    assert len(expected) == len(long) == len(short)
    return [texts for texts in zip(expected, long, short, strict=True) if len(set(texts)) > 1]
