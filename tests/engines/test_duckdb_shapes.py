"""Every type of DuckDB inside every other looks as in DuckDB, and bears its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from tests.engines.kits import Kit, Result, duckdb_kit, opened
from tusk.core.errors import QueryError
from tusk.core.render import render_column, render_strings
from tusk.core.schema import db_type_of
from tusk.engines.base import FetchMode, Session

# By what is around the value; only NULL cannot be a key.
SHAPES = {
    "plain": "x",
    "list": "[x]",
    "list of lists": "[[x], null, []]",
    "array": "array_value(x, x)",
    "struct": "{'k': x}",
    "row": "row(x, 1)",
    "map value": "map {'k': x}",
    "map key": "map {x: 1}",
    "union": "union_value(k := x)",
    "struct of lists": "{'a b': [x, null]}",
}
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")
INT64_MAX = 2**63 - 1


@dataclass(frozen=True)
class Case:
    """Values of one type, as SQL expressions."""

    type: str
    values: tuple[str, ...]
    setup: str = ""

    @property
    def source(self) -> str:
        """A subquery with the values, and NULL, as x."""
        rows = " union all ".join(
            f"select {i} as i, ({value})::{self.type} as x"
            for i, value in enumerate([*self.values, "null"])
        )
        return f"(from ({rows}) order by i)"


def texts(*values: str) -> tuple[str, ...]:
    """Values as SQL strings."""
    return tuple("'" + value.replace("'", "''") + "'" for value in values)


ODD_TEXTS = texts("", " ", "a b", "it's", 'a"b', "a,b", "[x]", "{k: 1}", "null", "\\", "é日\u200b")
MOMENTS = texts(
    "infinity", "-infinity", "epoch", "2020-02-29 12:34:56.789012", "9999-12-31 23:59:59.999999",
    "0044-03-15 (BC) 01:02:03", "290308-12-22 (BC) 00:00:00", "200000-01-01 00:00:00.5",
)  # fmt: skip
FLOATS = texts("nan", "-nan", "inf", "-inf", "-0.0", "0.1", "1e16", "1e-5", "123456789", "1e-45")
NINES_38 = "9" * 38
CASES = [
    Case("BOOLEAN", ("true", "false")),
    Case("TINYINT", ("-128", "127")),
    Case("BIGINT", (f"(-{INT64_MAX} - 1)", f"{INT64_MAX}")),
    Case("UBIGINT", ("0", f"{2**64 - 1}")),
    Case("HUGEINT", texts(*map(str, (-(2**127), 2**127 - 1, 10**38, 10**38 - 1, -(10**38), 0)))),
    Case("HUGEINT", texts("7", f"-{NINES_38}", NINES_38)),
    Case("UHUGEINT", texts(*map(str, (0, 2**128 - 1, 2**127, 10**38, 10**38 - 1)))),
    Case("BIGNUM", texts("0", "-1", "9" * 100, "-" + "123456789" * 9)),
    Case("FLOAT", (*FLOATS, "'3.4028235e38'")),
    Case("DOUBLE", (*FLOATS, "'1.7976931348623157e308'", "'4.9e-324'", "'9007199254740993'")),
    Case("DECIMAL(4,1)", ("999.9", "-999.9", "0", "0.1")),
    Case("DECIMAL(4,4)", texts("0.1234", "-0.5", "0")),
    Case("DECIMAL(18,6)", texts("999999999999.999999", "-0.000001")),
    Case("DECIMAL(38,0)", texts(NINES_38, f"-{NINES_38}", "0")),
    Case("DECIMAL(38,10)", texts(f"{'9' * 28}.{'9' * 10}", "-0.0000000001", "12")),
    Case("DECIMAL(38,38)", texts(f"0.{NINES_38}", f"-0.{'0' * 37}1")),
    Case("DATE", texts(
        "infinity", "-infinity", "epoch", "0001-01-01", "0001-12-31 (BC)", "0044-03-15 (BC)",
        "5877642-06-25 (BC)", "5881580-07-10", "10000-01-01",
    )),
    Case("TIME", texts("00:00:00", "23:59:59.999999", "24:00:00", "01:02:03.5")),
    Case("TIME_NS", texts("00:00:00", "23:59:59.999999999", "24:00:00", "01:02:03.000000001")),
    Case("TIMETZ", texts("00:00:00+15:59:59", "24:00:00-15:59:59", "01:02:03.5+05:30", "1:2:3")),
    Case("TIMESTAMP", MOMENTS),
    Case("TIMESTAMP_S", MOMENTS),
    Case("TIMESTAMP_MS", MOMENTS),
    Case("TIMESTAMP_NS", texts(
        "infinity", "-infinity", "epoch", "2020-02-29 12:34:56.123456789",
        "2262-04-11 23:47:16.854775806", "1677-09-22 00:00:00",
    )),
    Case("TIMESTAMPTZ", MOMENTS),
    Case("INTERVAL", (
        "interval '0' second", "interval '14 months -3 days 4 hours'", "interval '-1' microsecond",
        "to_months(2147483647)", "to_months(-2147483648)", "to_days(2147483647)",
        "to_days(-2147483648)", f"to_microseconds({INT64_MAX})", f"to_microseconds(-{INT64_MAX})",
        "interval '-5 months 3 days -2 hours 0.000001 seconds'",
    )),
    Case("VARCHAR", ODD_TEXTS),
    Case("BLOB", (r"'\x00\xFF'", "'plain'", "''", r"'it''s \x22'", "'a b'", r"'\x0A'")),
    Case("BIT", texts("0", "1", "01" * 40, "000000000")),
    Case("UUID", texts("00000000-0000-0000-0000-000000000000", "f" * 32)),
    Case("JSON", texts('{"a":  1}', "[1, 2]", '"te\'xt"', "null", "1.50", '"é"')),
    Case("ENUM('a', '', 'it''s', 'a b', 'null', 'x,y')", texts("a", "", "it's", "a b", "x,y")),
    Case("odd_enum", texts("a", "b c"), "create type odd_enum as enum ('a', 'b c')"),
    Case("GEOMETRY", texts("POINT(1 2)", "LINESTRING (0 0, 1.5 -1e10)", "POLYGON EMPTY")),
    Case("VARIANT", (
        "1", "'it''s'", "[1, 2]", "{'a': [1, null], 'b': 'x y'}", "true", "1.50", "0.1::double",
        "date '0044-03-15 (BC)'", "interval '1' day", r"'\xFF'::blob", f"{2**127 - 1}",
    )),
    Case("INTEGER[]", ("[]", "[1, null]")),
    Case("VARCHAR[][]", ("[[]]", "[['a b', null, 'x,y'], null]")),
    Case("INTEGER[2]", ("[1, null]",)),
    Case("VARCHAR[2]", ("['a,b', '']",)),
    Case("JSON[]", ("""['{"a":  1}', 'null', null]""",)),
    Case("DATE[2]", ("['0044-03-15 (BC)', 'infinity']",)),
    Case('STRUCT("a b" INTEGER, "it\'s" VARCHAR)', ("row(1, 'x y')", "row(null, null)")),
    Case("""STRUCT("a, (b" JSON[], "c""d" ENUM('x)', 'y,'), j JSON)""", (
        "row(['null', null], 'x)', 'null')", "row(null, 'y,', '[1]')",
    )),
    Case("MAP(JSON, JSON[][])", ("map {'null': [['null', null]]}",)),
    Case("MAP(INTEGER, VARCHAR)", ("map {1: 'a b', 2: null}", "map {}")),
    Case("MAP(DATE, TIMESTAMP)", ("map {'0044-03-15 (BC)': '2020-01-01'}",)),
    Case("MAP(VARCHAR, DOUBLE[])", ("map {'x=y': ['nan', '-0.0'], '': []}",)),
    Case("UNION(n INTEGER, t VARCHAR, l INTEGER[])", ("1", "'it''s'", "[1]")),
    Case('"NULL"', ("null",)),
]  # fmt: skip


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """DuckDB through tusk."""
    with opened(duckdb_kit(str(tmp_path_factory.mktemp("types") / "types.duckdb"))) as made:
        yield made


@pytest.fixture(scope="module")
def session(kit: Kit) -> Session:
    """A session for all types of this file."""
    return kit.connect()


@pytest.fixture(scope="module")
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB by itself."""
    with duckdb.connect() as connection:
        yield connection


def shown(result: Result, mistakes: list[str]) -> list[str | None]:
    """The texts of the only column; short and long arrays must give the same ones."""
    assert result.schema is not None
    field = result.schema.field(0)
    found: list[str | None] = []
    for batch in result.batches:
        found += render_column(batch.column(0), field)
        if render_strings(batch.column(0), field).to_pylist() != found[-batch.num_rows :]:
            mistakes.append(f"render_strings differs: {field}")
    return found


def compare(kit: Kit, session: Session, plain: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """What differs between tusk and DuckDB for x of a source, in every shape."""
    mistakes: list[str] = []
    for shape, expression in SHAPES.items():
        where = "x is not null" if shape == "map key" else "true"
        query = f"select {expression} as y from {source} where {where}"
        try:
            rows = plain.execute(f"select y::varchar from ({query})").fetchall()
            ((_, db_type, *_),) = plain.execute(f"describe {query}").fetchall()
        except duckdb.Error:
            # DuckDB cannot nest this type so.
            with pytest.raises(QueryError):
                kit.run(session, query)
            continue
        expected = [right(row[0]) for row in rows]
        for mode in FetchMode if shape == "plain" else [FetchMode.PAGE]:
            result = kit.run(session, query, mode=mode)
            found = [right(text) for text in shown(result, mistakes)]
            if found != expected:
                pairs = [p for p in zip(found, expected, strict=True) if p[0] != p[1]]
                mistakes.append(f"{shape} {mode}: {pairs}")
            assert result.schema is not None
            name = db_type_of(result.schema.field(0))
            if name != expected_name(db_type):
                mistakes.append(f"{shape}: type {name!r} instead of {db_type!r}")
    return mistakes


def right(text: str | None) -> str | None:
    """A text with the last moment that a TIMESTAMPTZ holds as it is.

    DuckDB 1.5 shows it a millisecond late: it takes it through a double, which is too short.
    """
    return text and text.replace("04:00:54.776806", "04:00:54.775806")


def expected_name(db_type: str) -> str:
    """DuckDB's name of a type; hundreds of labels of an enum are left out."""
    return db_type if len(db_type) <= 1000 else re.sub(r"ENUM\(.*'\)", "ENUM", db_type)


def all_types() -> list[str]:
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute("describe from test_all_types()").fetchall()]


@pytest.mark.parametrize("column", all_types())
def test_a_column_of_test_all_types_looks_as_in_duckdb(
    kit: Kit, session: Session, plain: duckdb.DuckDBPyConnection, column: str
) -> None:
    source = f'(select "{column}" as x from test_all_types())'
    assert compare(kit, session, plain, source) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_the_extremes_of_a_type_look_as_in_duckdb(
    kit: Kit, session: Session, plain: duckdb.DuckDBPyConnection, case: Case
) -> None:
    if case.setup:
        kit.run(session, case.setup)
        plain.execute(case.setup)
    assert compare(kit, session, plain, case.source) == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_zone_shows_its_local_times(
    kit: Kit, session: Session, plain: duckdb.DuckDBPyConnection, zone: str
) -> None:
    kit.run(session, f"set timezone = '{zone}'")
    plain.execute(f"set timezone = '{zone}'")
    case = Case("TIMESTAMPTZ", (*MOMENTS, "'2020-10-25 00:59:59+00'", "'2020-10-25 01:00:00+00'"))
    assert compare(kit, session, plain, case.source) == []


def test_the_last_moment_of_a_time_zone_is_right(kit: Kit, session: Session) -> None:
    kit.run(session, "set timezone = 'UTC'")
    result = kit.run(session, f"select make_timestamptz({INT64_MAX - 1}) as x")
    assert shown(result, []) == ["294247-01-10 04:00:54.775806+00"]
