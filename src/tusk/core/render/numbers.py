"""Digits of floating point numbers, laid out the way each engine does.

Arrow finds the shortest digits that read back as the same number (as PostgreSQL, DuckDB and
DataFusion do); engines differ in where scientific notation starts and how it looks.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from tusk.core.render.arrays import Array, any_true, kernels
from tusk.core.render.column import Column, column_of_values, outside

# Above it Arrow writes an exponent.
ARROW_PLAIN = 9_999_999_999.0


def split_digits(text: str) -> tuple[str, str, int]:
    """Take a finite number's text apart: sign, digits d₁d₂…, exponent of d₁.

    >>> split_digits("-0.00150"), split_digits("1.5e+20"), split_digits("100"), split_digits("0")
    (('-', '15', -3), ('', '15', 20), ('', '1', 2), ('', '0', 0))
    """
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading_zeros = len(whole) + len(fraction) - len(digits)
    exponent = len(whole) - 1 - leading_zeros + int(power or 0)
    return sign, digits.rstrip("0"), exponent


def fixed(sign: str, digits: str, exponent: int, *, point: bool) -> str:
    """Write digits without an exponent; `point` asks for `.0` after a whole number.

    >>> fixed("", "15", -3, point=True), fixed("-", "15", 3, point=True)
    ('0.0015', '-1500.0')
    """
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    size = exponent + 1
    if len(digits) > size:
        return f"{sign}{digits[:size]}.{digits[size:]}"
    return sign + digits.ljust(size, "0") + (".0" if point else "")


def scientific(
    sign: str, digits: str, exponent: int, *, point: bool = False, bare: bool = False
) -> str:
    """Write digits with an exponent: `1e+20`, with `point` `1.0e+20`, with `bare` `1e20`.

    >>> scientific("", "1", -5), scientific("", "15", 20, bare=True)
    ('1e-05', '1.5e20')
    """
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else ".0" if point else "")
    return f"{sign}{head}e{exponent}" if bare else f"{sign}{head}e{exponent:+03}"


def plain_decimal(value: Decimal) -> str:
    """A decimal with all its digits and never an exponent.

    >>> plain_decimal(Decimal("0E-10")), plain_decimal(Decimal("1E+3"))
    ('0.0000000000', '1000')
    """
    return f"{value:f}"


def shortest_texts(array: Array) -> Array:
    """Arrow's texts of floats: shortest digits, without a point when whole."""
    return _known_float(array).cast(pa.string())


def _known_float(array: Array) -> Array:
    # Arrow's kernels do not take 16-bit floats.
    return array.cast(pa.float32()) if pa.types.is_float16(array.type) else array


def with_point(texts: Array) -> Array:
    """Arrow's texts of floats, whole ones with `.0`."""
    whole = kernels.invert(kernels.match_substring(texts, "."))
    if not any_true(whole):
        return texts
    return kernels.if_else(whole, kernels.binary_join_element_wise(texts, ".0", ""), texts)


def outside_plain(array: Array, low: float, high: float) -> Array | None:
    """Which floats are neither zero nor of a magnitude of low … high; None when all are."""
    size = kernels.abs(_known_float(array))
    odd = outside(size, low, high)
    return None if odd is None else kernels.and_(odd, kernels.not_equal(size, 0.0))


def decimal_column() -> Column:
    """Decimals, with all their digits."""
    return column_of_values(
        plain_decimal, fast=lambda array: array.cast(pa.string()), odd=_odd_decimals
    )


def _odd_decimals(array: Array) -> Array | None:
    """Which decimals Arrow writes with an exponent."""
    type_ = array.type
    # An exponent below -6 takes more places than six.
    if isinstance(type_, (pa.Decimal128Type, pa.Decimal256Type)) and 0 <= type_.scale <= 6:
        return None
    return kernels.match_substring(array.cast(pa.string()), "E")
