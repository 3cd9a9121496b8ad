"""Reading `-p NAME=VALUE`."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.core.errors import UsageError
from tusk.core.params import (
    PARAMETER_TYPES,
    ParameterValue,
    UntypedText,
    format_parameter,
    infer_untyped,
    parse_parameter,
    read_value,
)


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
        ("a:money=5", "unknown type 'money'"),
        ("a:int=five", "'five' is not an int"),
        ("a:bigint=five", "'five' is not a bigint"),
        ("a:json={", "'{' is not a json"),
        ("a:decimal=x", "'x' is not a decimal"),
        ("a:bool=maybe", "'maybe' is not a bool"),
        ("a:null=x", "null takes no value, so 'x' cannot be one"),
        ("a:bytes=0", "'0' is not a bytes"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_wrong(argument: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_parameter(argument)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.text(st.characters(codec="utf-8")),
    st.text(st.characters(codec="utf-8")).map(UntypedText),
    st.binary(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC)),
    st.uuids(),
)


@given(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True), values)
def test_a_parameter_that_was_written_reads_as_it_was(name: str, value: ParameterValue) -> None:
    read_name, read = parse_parameter(format_parameter(name, value))
    assert (read_name, read, type(read)) == (name, value, type(value))


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(UsageError, match="timedelta"):
        format_parameter("a", dt.timedelta(1))


@pytest.mark.parametrize(
    ("names", "text", "value"),
    [
        ("integer bigint smallint BIGINT int8", "5", 5),
        ("double real float8", "1.5", 1.5),
        ("numeric", "1.10", Decimal("1.10")),
        ("boolean Boolean", "true", True),
        ("varchar string", "00501", "00501"),
        ("bytea blob", "00ff", b"\x00\xff"),
        ("timestamptz", "2026-01-01T00:00:00+00:00", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("json jsonb", '{"a": 1}', UntypedText('{"a": 1}')),
    ],
)
def test_types_may_have_the_names_that_databases_use(
    names: str, text: str, value: ParameterValue
) -> None:
    for name in names.split():
        read = read_value(name, text)
        assert (read, type(read)) == (value, type(value))


def test_values_of_a_declared_type() -> None:
    assert read_value("int", "5") == 5
    assert isinstance(read_value("", "5"), UntypedText)
    with pytest.raises(UsageError, match="'x' is not an int"):
        read_value("int", "x")
    with pytest.raises(UsageError, match="unknown type 'money'") as caught:
        read_value("money", "5")
    assert all(name in caught.value.hint for name in PARAMETER_TYPES)
