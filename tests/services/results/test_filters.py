"""Conditions on columns, beside DuckDB filtering the same rows."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from tests.services.results.random_rows import NUMERIC, random_buffer, random_table
from tests.tui.grid_pilot import buffer_of
from tusk.core.errors import UsageError
from tusk.core.render.arrays import without_null
from tusk.core.result import ResultBuffer
from tusk.core.schema import make_field
from tusk.services.results.filters import OneOf, RowFilter, compile_condition, parse_condition
from tusk.services.results.matching import Matcher, match_steps

SEED = 7


def rows_with(text: str, column: str, seed: int = SEED) -> list[int]:
    buffer = random_buffer(seed)
    number = buffer.schema.get_field_index(column)
    condition = parse_condition(text, buffer.schema.field(number))
    assert condition is not None
    wanted = RowFilter(conditions={number: condition})
    return matching(buffer, wanted)


def matching(buffer: ResultBuffer, wanted: RowFilter) -> list[int]:
    return [row for step in match_steps(buffer, wanted) for row in without_null(step.rows)]


def rows_in_duckdb(condition: str, seed: int = SEED) -> list[int]:
    table = random_table(seed)
    table = table.append_column("row", pa.array(range(table.num_rows)))
    with duckdb.connect() as connection:
        connection.register("arrow", table)
        # A filter on Arrow's table itself would be Arrow's, for which NaN is smaller than nothing.
        connection.execute("CREATE TABLE rows AS FROM arrow")
        found = connection.execute(f"SELECT row FROM rows WHERE {condition} ORDER BY row")
        return [row for (row,) in found.fetchall()]


@pytest.mark.parametrize(
    ("column", "text", "sql"),
    [
        ("i", "7", "i = 7"),
        ("i", "> 0.5 and < 8", "i > 0.5 AND i < 8"),
        ("i", "!= 1", "i <> 1"),
        ("i", "null or >= 4611686018427387904", "i IS NULL OR i >= 4611686018427387904"),
        ("i", "<= -1", "i <= -1"),
        ("i", "> 99999999999999999999", "i > 99999999999999999999"),
        ("i", "0..7", "i BETWEEN 0 AND 7"),
        ("f", "> 0.1", "f > 0.1"),
        ("f", "= nan", "f = 'nan'::DOUBLE"),
        ("f", "< inf", "f < 'inf'::DOUBLE"),
        ("f", "= 0", "f = 0"),
        ("f", "!= 0.1 and !null", "f <> 0.1"),
        ("d", ">= -1.255", "d >= -1.255"),
        ("d", "-1 .. 1.5", "d BETWEEN -1 AND 1.5"),
        ("t", "= a", "t = 'a'"),
        ("t", "= ''", "t = ''"),
        ("t", ">= ab", "t >= 'ab'"),
        ("t", "a", "lower(t) LIKE '%a%'"),
        ("t", "A", "t LIKE '%A%'"),
        ("t", "!a", "NOT lower(t) LIKE '%a%'"),
        ("t", "~^[0-9]+$", "regexp_matches(t, '^[0-9]+$')"),
        ("t", "!~^[0-9]+$", "NOT regexp_matches(t, '^[0-9]+$')"),
        ("t", "50%", "contains(t, '50%')"),
        ("t", "!null", "t IS NOT NULL"),
        ("b", "= true", "b"),
        ("b", "!= t", "NOT b"),
        ("day", ">= 2024-05", "day >= DATE '2024-05-01'"),
        ("day", "2023..2024-06-30", "day BETWEEN DATE '2023-01-01' AND DATE '2024-06-30'"),
        ("moment", "< 2025-01-01 12:00", "moment < TIMESTAMP '2025-01-01 12:00'"),
        ("l", "= [1, 2]", "l = [1, 2]"),
        ("l", "null", "l IS NULL"),
        (NUMERIC, "= 1", f"TRY_CAST({NUMERIC} AS DECIMAL(38, 5)) = 1"),
        (NUMERIC, "> 1.2", f"TRY_CAST({NUMERIC} AS DECIMAL(38, 5)) > 1.2"),
        (NUMERIC, "12345678901234567890.5", f"{NUMERIC} = '12345678901234567890.5'"),
        (NUMERIC, "< 12345678901234567890.4", f"TRY_CAST({NUMERIC} AS DECIMAL(38, 5)) < 2"),
    ],
)
def test_conditions_find_the_rows_that_duckdb_finds(column: str, text: str, sql: str) -> None:
    for seed in (SEED, SEED + 1):
        wanted = rows_in_duckdb(sql, seed)
        assert rows_with(text, column, seed) == wanted
        assert 0 < len(wanted) < 400 or "99999999999" in text


def test_conditions_of_many_columns_and_a_text_are_all_met() -> None:
    buffer = random_buffer(SEED)
    fields = [buffer.schema.field(number) for number in range(len(buffer.schema))]
    names = buffer.schema.names
    conditions = {names.index("i"): "!null", names.index("t"): "!= a", names.index("f"): "> 0"}
    wanted = RowFilter(
        Matcher("日"),
        {n: c for n, text in conditions.items() if (c := parse_condition(text, fields[n]))},
    )
    found = matching(buffer, wanted)
    sql = "i IS NOT NULL AND t <> 'a' AND f > 0 AND (contains(t, '日') OR contains(s.y, '日'))"
    assert found == rows_in_duckdb(sql) != []


def test_a_choice_of_values_has_what_is_shown() -> None:
    field = make_field(NUMERIC, pa.string(), engine="postgres", db_type="numeric")
    values = pa.array(["1", "1.0", "2", None])
    only = OneOf(frozenset({"1"}))
    assert compile_condition(only, field)(values).to_pylist() == [True, True, False, False]
    others = OneOf(frozenset({"1"}), with_null=True, is_negated=True)
    assert compile_condition(others, field)(values).to_pylist() == [False, False, True, False]
    days = pa.array([0, 1, None], pa.date32())
    chosen = OneOf(frozenset({"1970-01-02"}), with_null=True)
    mask = compile_condition(chosen, pa.field("d", pa.date32()))(days)
    assert mask.to_pylist() == [False, True, True]


def test_a_column_of_a_type_for_each_value_compares_as_sqlite_does() -> None:
    union = pa.UnionArray.from_dense(
        pa.array([0, 1, 0, 1], pa.int8()),
        pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([5, 10]), pa.array(["7", None])],
    )
    field = make_field("m", union.type, engine="sqlite", db_type="")
    for text, found in [("> 6", [False, True, True, False]), ("= '7'", [False] * 4)]:
        condition = parse_condition(text, field)
        assert condition is not None
        assert compile_condition(condition, field)(union).to_pylist() == found
    text_condition = parse_condition(">= 6a", field)
    assert text_condition is not None
    assert compile_condition(text_condition, field)(union).to_pylist() == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "type_", "message"),
    [
        ("> abc", pa.int32(), "'abc' is no number"),
        ("~(", pa.string(), "no regular expression"),
        (">= soon", pa.date32(), "'soon' is no date"),
        ("> 25:00", pa.time64("us"), "'25:00' is no time"),
        ("= maybe", pa.bool_(), "neither true nor false"),
        ("= null", pa.string(), "nothing compares with NULL"),
        (">", pa.string(), "no value after >"),
    ],
)
def test_nonsense_is_refused_with_a_reason(text: str, type_: pa.DataType, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_condition(text, pa.field("c", type_))


@pytest.mark.parametrize(
    "text",
    ["> 5", "null", "!null", "> 1 and < 5 or = 9", "~^a", "!~^a", "!b", "not in text", "= a b"],
)
def test_a_condition_is_shown_as_it_can_be_written(text: str) -> None:
    field = pa.field("c", pa.string())
    condition = parse_condition(text, field)
    assert parse_condition(str(condition), field) == condition


def test_moments_without_an_offset_are_in_the_columns_zone() -> None:
    type_ = pa.timestamp("us", "Europe/Berlin")
    field = pa.field("z", type_)
    values = pa.array([0, 3_600_000_000], type_)
    for text, found in [
        ("= 1970-01-01 01:00", [True, False]),
        ("> 1970-01-01 00:30Z", [False, True]),
    ]:
        condition = parse_condition(text, field)
        assert condition is not None
        assert compile_condition(condition, field)(values).to_pylist() == found


def test_a_column_may_have_other_types_in_later_batches() -> None:
    field = make_field("n", pa.int64(), engine="sqlite", db_type="INTEGER")
    buffer = buffer_of(pa.Table.from_arrays([pa.array([1, 20])], schema=pa.schema([field])))
    buffer.append(pa.record_batch([pa.array([1.5, 30.5])], ["n"]))
    condition = parse_condition("> 1.2", field)
    assert condition is not None
    assert matching(buffer, RowFilter(conditions={0: condition})) == [1, 2, 3]
