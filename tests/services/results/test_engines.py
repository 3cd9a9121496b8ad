"""Filters, statistics and comparisons of what real engines send."""

from __future__ import annotations

from pathlib import Path

import pytest

from tusk.core.events import Failed, ResultOpened
from tusk.core.render.arrays import without_null
from tusk.core.result import ResultBuffer
from tusk.services.connections import Connection, resolve
from tusk.services.results.charts import ChartKind, drawable_columns, make_chart
from tusk.services.results.comparison import common_columns, compare
from tusk.services.results.filters import RowFilter, parse_condition
from tusk.services.results.job import Job
from tusk.services.results.matching import match_steps
from tusk.services.results.statistics import column_statistics, value_counts

POSTGRES = """
select n, (n * 1.10)::numeric as numeric, (n || ' days')::interval as interval,
       timestamptz '2024-01-01 00:00+00' + n * interval '1 hour' as at, array[n, null] as list,
       jsonb_build_object('n', n) as doc, ('{red,green}'::text[])[1 + n % 2] as colour,
       int4range(n, n + 2) as range, decode(lpad(to_hex(n), 2, '0'), 'hex') as bytes, n::money as money,
       case when n = 3 then 'infinity'::date else date '2024-01-01' + n end as day,
       case n when 2 then 'NaN'::float8 when 4 then null else n end as float
from generate_series(0, 5) n
"""
SQLITE = """
with t(n, mixed) as (values (0, 1), (1, '1'), (2, 2.5), (3, null), (4, x'00ff'), (5, 'abc'))
select * from t
"""


async def rows_of(target: str, sql: str) -> ResultBuffer:
    connection = Connection(resolve(target))
    connection.open()
    found: ResultBuffer | None = None
    async with connection.run(sql) as run:
        async for event in run:
            match event:
                case ResultOpened(buffer=buffer):
                    found = buffer
                case Failed(error=error):
                    raise error
    connection.close()
    assert found is not None
    return found


def places(buffer: ResultBuffer, column: str, text: str) -> list[int]:
    number = buffer.schema.names.index(column)
    condition = parse_condition(text, buffer.schema.field(number))
    assert condition is not None
    steps = match_steps(buffer, RowFilter(conditions={number: condition}))
    return [row for step in steps for row in without_null(step.rows)]


async def test_postgres(pg_db: str) -> None:
    buffer = await rows_of(pg_db, POSTGRES)
    for column, text, wanted in [
        ("numeric", ">= 2.2", [2, 3, 4, 5]),
        ("numeric", "= 3.3", [3]),
        ("interval", "> 3 days 01:00:00", [4, 5]),
        ("at", "<= 2024-01-01 02:00+00", [0, 1, 2]),
        ("list", "= {2,NULL}", [2]),
        ("doc", '"n": 4', [4]),
        ("colour", "= red", [0, 2, 4]),
        ("range", "[1", [1]),
        ("bytes", "04", [4]),
        ("day", "> 2024-01-04", [3, 4, 5]),
        ("float", "> 4", [2, 5]),
        ("float", "null or = nan", [2, 4]),
    ]:
        assert places(buffer, column, text) == wanted, (column, text)
    for number in range(buffer.num_columns):
        found = column_statistics(buffer, number, Job())
        assert found.rows == 6
        values, distinct = value_counts(buffer, number, Job(), most=100)
        assert distinct == found.distinct
        assert sum(value.count for value in values) == 6
    interval = column_statistics(buffer, buffer.schema.names.index("interval"), Job())
    assert (interval.smallest, interval.largest) == ("00:00:00", "5 days")
    for number in drawable_columns(buffer.schema):
        if buffer.schema.field(number).name != "money":
            assert make_chart(buffer, range(6), ChartKind.LINE, number, 3, Job()).ys
    other = await rows_of(pg_db, POSTGRES.replace("1.10", "case n when 5 then 1 else 1.1 end"))
    pairs = common_columns(buffer.schema, other.schema)
    differences = compare(buffer, other, pairs[:1], pairs[1:], Job())
    assert (differences.changed, differences.same) == (1, 5)
    (batch,) = differences.rows.batches()
    assert batch.column("numeric").to_pylist() == ["5.50 → 5"] or "→ 5" in str(
        batch.column("numeric")
    )


async def test_sqlite_columns_of_many_types(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    path.touch()
    buffer = await rows_of(f"sqlite://{path}", SQLITE)
    assert places(buffer, "mixed", "> 1.5") == [1, 2, 4, 5]  # texts and bytes come after numbers
    assert places(buffer, "mixed", "null") == [3]
    assert places(buffer, "mixed", "abc") == [5]
    found = column_statistics(buffer, 1, Job())
    assert (found.rows, found.null_count) == (6, 1)
    pairs = common_columns(buffer.schema, buffer.schema)
    assert compare(buffer, buffer, pairs[:1], pairs[1:], Job()).same == 6


@pytest.mark.parametrize("text", ["1", "'1'"])
async def test_a_number_becoming_a_text_is_a_change_in_sqlite(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.db"
    path.touch()
    target = f"sqlite://{path}"
    before = await rows_of(target, "select 1 as k, 1 as v union all select 2, 'x'")
    after = await rows_of(target, f"select 1 as k, {text} as v union all select 2, 'x'")
    pairs = common_columns(before.schema, after.schema)
    assert compare(before, after, pairs[:1], pairs[1:], Job()).changed == (text == "'1'")
