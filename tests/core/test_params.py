"""Reading `-p NAME=VALUE`."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from tusk.core.errors import UsageError
from tusk.core.params import ParameterValue, UntypedText, infer_untyped, parse_parameter


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("a:int=-5", -5),
        ("a:float=1e3", 1000.0),
        ("a:decimal=1.10", Decimal("1.10")),
        ("a:text=5", "5"),
        ("a:text=x=y", "x=y"),
        ("a:bool=Yes", True),
        ("a:bool=off", False),
        ("a:bytes=00ff", b"\x00\xff"),
        ("a:date=2024-02-29", dt.date(2024, 2, 29)),
        ("a:time=12:30:00", dt.time(12, 30)),
        ("a:timestamp=2024-02-29T12:30:00", dt.datetime(2024, 2, 29, 12, 30)),
        ("a:uuid=12345678123456781234567812345678", uuid.UUID("12345678" * 4)),
        ("a:null=", None),
    ],
)
def test_typed_values(argument: str, value: ParameterValue) -> None:
    name, read = parse_parameter(argument)
    assert name == "a"
    assert read == value
    assert type(read) is type(value)


def test_a_value_without_a_type_is_left_to_the_server() -> None:
    name, value = parse_parameter("day=2024-01-01")
    assert (name, value) == ("day", "2024-01-01")
    assert isinstance(value, UntypedText)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("005", "005"),
        ("-0", "-0"),
        ("1.5", "1.5"),
        ("", ""),
        ("9" * 19, "9" * 19),
    ],
)
def test_only_canonical_whole_numbers_are_taken_for_numbers(
    text: str, value: ParameterValue
) -> None:
    read = infer_untyped(UntypedText(text))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("a", "not NAME=VALUE"),
        ("=5", "not NAME=VALUE"),
        ("a b=5", "not NAME=VALUE"),
        ("a:integer=5", "unknown type 'integer'"),
        ("a:int=five", "'five' is not a int"),
        ("a:decimal=x", "'x' is not a decimal"),
        ("a:bool=maybe", "'maybe' is not a bool"),
        ("a:null=x", "'x' is not a null"),
        ("a:bytes=0", "'0' is not a bytes"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_wrong(argument: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_parameter(argument)
