"""Every DuckDB type through the session: nothing raises, nothing is lost, all is shown as by DuckDB.

What is shown is compared with DuckDB's own cast to VARCHAR and with what its shell prints.
"""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tusk.core.render import render_column
from tusk.core.schema import db_type_of
from tusk.core.statement import Statement
from tusk.engines.base import FetchMode, Target
from tusk.engines.duckdb.engine import DuckDBEngine
from tusk.engines.duckdb.session import DuckDBSession

NULL = "‹null›"

# Expressions by the type they have. Each list is one column.
VALUES: dict[str, list[str]] = {
    "BOOLEAN": ["true", "false", "null"],
    "TINYINT": ["-128", "127"],
    "UTINYINT": ["0", "255"],
    "SMALLINT": ["-32768", "32767"],
    "USMALLINT": ["0", "65535"],
    "INTEGER": ["-2147483648", "2147483647", "null"],
    "UINTEGER": ["0", "4294967295"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807"],
    "UBIGINT": ["0", "18446744073709551615"],
    "HUGEINT": [
        "0", "-1", "1", "null", "99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999", "100000000000000000000000000000000000000",
        "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727",
    ],
    "UHUGEINT": [
        "0", "null", "99999999999999999999999999999999999999",
        "100000000000000000000000000000000000000", "170141183460469231731687303715884105728",
        "340282366920938463463374607431768211455",
    ],
    "BIGNUM": ["'123456789012345678901234567890123456789012345678901234567890'", "-5", "null"],
    "FLOAT": ["0", "1.5", "'-0.0'", "'nan'", "'inf'", "'-inf'", "3.4e38", "1e-45", "0.1", "1e10"],
    "DOUBLE": ["0", "1.5", "'-0.0'", "'nan'", "'inf'", "'-inf'", "1e308", "5e-324", "0.1", "1e17"],
    "DECIMAL(4,1)": ["-999.9", "999.9", "0", "null"],
    "DECIMAL(18,3)": ["-999999999999999.999", "0.001"],
    "DECIMAL(38,0)": ["99999999999999999999999999999999999999", "-1"],
    "DECIMAL(38,38)": ["0.00000000000000000000000000000000000001", "-0.1"],
    "DECIMAL(38,10)": ["9999999999999999999999999999.9999999999", "0"],
    "VARCHAR": [
        "''", "'NULL'", "null", "'a' || chr(10) || 'b'", "'🦆漢é'", "chr(0)", "'x' || chr(27)",
        "repeat('ab', 100000)",
    ],
    "BLOB": ["''", "'\\x00\\xFFab'", "null", "'\\x27\\x22\\x5C'"],
    "BIT": ["'0'", "'1'", "'101010101010101010101'", "null"],
    "UUID": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "DATE": [
        "'2024-02-29'", "'0001-01-01'", "'0044-03-15 (BC)'", "'infinity'", "'-infinity'",
        "'5877642-06-25 (BC)'", "'5881580-07-10'", "null",
    ],
    "TIME": ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'", "'12:00:00.5'", "null"],
    "TIME_NS": ["'00:00:00'", "'23:59:59.999999999'", "'12:00:00.000000001'", "null"],
    "TIMETZ": [
        "'00:00:00+00'", "'12:30:00.000001+02:30'", "'23:59:59.999999-15:59'",
        "'00:00:00+15:59:59'", "null",
    ],
    "TIMESTAMP": [
        "'2024-02-29 12:00:00'", "'0044-03-15 (BC) 01:02:03.000004'", "'infinity'", "'-infinity'",
        "'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'", "null",
    ],
    "TIMESTAMP_S": ["'2024-02-29 12:00:00'", "'infinity'", "'-infinity'", "'1500-01-01'"],
    "TIMESTAMP_MS": ["'2024-02-29 12:00:00.123'", "'infinity'", "'-infinity'"],
    "TIMESTAMP_NS": ["'2024-02-29 12:00:00.123456789'", "'infinity'", "'-infinity'", "'1677-09-22'"],
    "TIMESTAMPTZ": [
        "'2024-02-29 12:00:00+00'", "'2024-07-01 12:00:00.000001+05:30'", "'infinity'",
        "'-infinity'", "'0044-03-15 (BC) 00:00:00+00'", "null",
    ],
    "INTERVAL": [
        "'0 days'", "'1 year 2 months 3 days 04:05:06.000007'", "'-1 month 1 day'",
        "'-00:00:00.000001'", "to_microseconds(9223372036854775807)",
        "to_microseconds(-9223372036854775808)", "to_days(2147483647)", "to_months(-2147483648)",
        "null",
    ],
    "ENUM('a', 'it''s', '')": ["'a'", "'it''s'", "''", "null"],
    "JSON": ["'{\"a\": [1, null, \"é\"]}'", "'null'", "null"],
    "GEOMETRY": ["'POINT (1.5 -2)'", "'POLYGON ((0 0, 1 0, 1 1, 0 0))'", "'POINT EMPTY'", "null"],
    "VARIANT": ["1", "'text'", "[1, 2]", "{'a': null}", "1.5::DECIMAL(3,1)", "null"],
    "INTEGER[]": ["[]", "[1, null, 3]", "null"],
    "VARCHAR[]": ["['a', 'it''s', '', null, 'NULL', 'a, b', '[x]', 'new' || chr(10)]", "[]"],
    "INTEGER[][]": ["[[1], [], null, [2, null]]", "[]", "null"],
    "INTEGER[3]": ["[1, null, 3]", "null"],
    "HUGEINT[]": ["[170141183460469231731687303715884105727, null]", "[]", "null"],
    "DATE[]": ["['infinity', '0044-03-15 (BC)', null]"],
    "TIMESTAMP[]": ["['infinity', '2024-01-01']"],
    "DOUBLE[]": ["['nan'::double, 'inf'::double, 0.1, '-0.0'::double]"],
    "BLOB[]": ["['\\x00ab', null]"],
    "INTERVAL[]": ["['1 day', null]"],
    "STRUCT(a INTEGER, b VARCHAR)": ["{'a': 1, 'b': 'x'}", "{'a': null, 'b': null}", "null"],
    'STRUCT("a b" INTEGER, "c" STRUCT(d TIMETZ))': [
        "{'a b': 1, 'c': {'d': '12:00:00+02'}}", "null",
    ],
    "STRUCT(a INTEGER[], b UHUGEINT)": [
        "{'a': [1], 'b': 340282366920938463463374607431768211455}",
    ],
    "STRUCT(e ENUM('x', 'y'))[]": ["[{'e': 'x'}, null, {'e': null}]"],
    "MAP(VARCHAR, INTEGER)": ["map {'a': 1, 'b': null}", "map {}", "null"],
    "MAP(INTEGER, VARCHAR[])": ["map {1: ['a', null]}"],
    "MAP(HUGEINT, BIT)": ["map {1::HUGEINT: '101'::BIT}"],
    "UNION(num INTEGER, str VARCHAR)": ["1", "'a'", "null"],
    "UNION(t TIMETZ, l INTEGER[])": ["'12:00:00+01'::TIMETZ", "[1, 2]"],
    '"NULL"': ["null"],
}  # fmt: skip


def query(type_name: str, expressions: list[str]) -> str:
    rows = ", ".join(f"({i}, ({e})::{type_name})" for i, e in enumerate(expressions))
    return f"select v from (values {rows}) t(i, v) order by i"


@pytest.fixture(scope="module")
def session() -> Iterator[DuckDBSession]:
    session = DuckDBEngine().connect(
        Target("duckdb", "memory", {"path": ""}, startup_sql=["set timezone = 'Asia/Kolkata'"])
    )
    yield session
    session.close()


def shown(session: DuckDBSession, text: str, mode: FetchMode = FetchMode.PAGE) -> list[str | None]:
    cursor = session.execute(Statement(text), mode=mode)
    assert cursor.schema is not None
    texts: list[str | None] = []
    for batch in cursor.batches():
        field = cursor.schema.field(0)
        # A spilled result is written and read back.
        read = pa.ipc.read_record_batch(pa.py_buffer(batch.serialize()), batch.schema)
        texts += render_column(read.column(0), field)
    return texts


def cast_by_duckdb(text: str) -> list[str | None]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Kolkata'")
        rows = connection.execute(f"select v::varchar from ({text})").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("type_name", VALUES)
def test_values_are_shown_as_duckdb_casts_them(session: DuckDBSession, type_name: str):
    text = query(type_name, VALUES[type_name])
    assert shown(session, text) == cast_by_duckdb(text)


@pytest.mark.parametrize("type_name", VALUES)
def test_values_returned_by_dml_are_shown_the_same(session: DuckDBSession, type_name: str):
    expressions = VALUES[type_name]
    for command in ("drop table if exists t", f"create table t (v {type_name})"):
        session.execute(Statement(command)).close()
    rows = ", ".join(f"(({e})::{type_name})" for e in expressions)
    got = shown(session, f"insert into t values {rows} returning v")
    assert sorted(map(str, got)) == sorted(map(str, cast_by_duckdb(query(type_name, expressions))))


@pytest.mark.parametrize("type_name", VALUES)
def test_the_field_tells_the_type_in_the_words_of_duckdb(session: DuckDBSession, type_name: str):
    cursor = session.execute(Statement(query(type_name, VALUES[type_name])))
    with duckdb.connect() as connection:
        connection.execute(f"select null::{type_name} as v")
        assert connection.description is not None
        expected = str(connection.description[0][1])
    assert cursor.schema is not None
    told = db_type_of(cursor.schema.field(0))
    assert told == (expected if type_name != '"NULL"' else "INTEGER")
    cursor.close()


def test_the_shell_shows_the_same(session: DuckDBSession, tmp_path: Path):
    shell = Path(sysconfig.get_path("scripts"), "duckdb")
    # The shell ends a text at its first NUL.
    columns = {name: [e for e in es if e != "chr(0)"] for name, es in VALUES.items()}
    script = tmp_path / "script.sql"
    queries = [query(name, expressions) for name, expressions in columns.items()]
    script.write_text(
        f".mode list\n.nullvalue {NULL}\n.headers off\n.separator \x1f \x1e\n"
        "set timezone = 'Asia/Kolkata';\n" + "".join(f"{q};\nselect '\x1d';\n" for q in queries)
    )
    run = subprocess.run(
        [str(shell), "-no-init", "-batch", "-bail", ":memory:"],
        input=script.read_bytes(),
        capture_output=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    outputs = run.stdout.decode().split("\x1d\x1e")
    assert len(outputs) == len(queries) + 1
    for name, text, output in zip(columns, queries, outputs, strict=False):
        printed = [None if t == NULL else t for t in output.split("\x1e")[:-1]]
        assert shown(session, text) == printed, name


def test_a_wide_integer_keeps_its_type_in_batches_where_it_fits(session: DuckDBSession):
    text = "select (case when range = 5000 then 170141183460469231731687303715884105727 else range end)::hugeint as v"
    cursor = session.execute(Statement(f"{text} from range(10000)"))
    types = [batch.schema.field(0).type for batch in cursor.batches()]
    assert set(types) == {pa.decimal128(38, 0), pa.string()}
    assert types.count(pa.string()) == 1


def test_an_enum_of_thousands_of_labels_has_a_short_type_name(session: DuckDBSession):
    labels = ", ".join(f"'label {i}'" for i in range(5000))
    cursor = session.execute(Statement(f"select 'label 7'::enum({labels}) as v"))
    assert cursor.schema is not None
    assert db_type_of(cursor.schema.field(0)) == "ENUM"
    assert [b.column(0).to_pylist() for b in cursor.batches()] == [["label 7"]]
    nested = session.execute(Statement(f"select ['label 7'::enum({labels})] as v"))
    assert nested.schema is not None
    assert db_type_of(nested.schema.field(0)) == "ENUM[]"
    nested.close()


def test_columns_cast_to_text_keep_names_order_and_neighbours(session: DuckDBSession):
    cursor = session.execute(
        Statement('select 1 as a, interval 1 day as a, 2 as "q""x", \'1\'::bit from range(3)')
    )
    assert cursor.schema is not None
    assert cursor.schema.names[:3] == ["a", "a", 'q"x']
    batches = list(cursor.batches())
    assert [c.to_pylist()[0] for c in batches[0].columns] == [1, "1 day", 2, "1"]


def test_a_parameter_may_decide_that_a_column_is_cast_to_text(session: DuckDBSession):
    import datetime as dt

    cursor = session.execute(
        Statement("select :p as a, :q as a"), {"p": dt.timedelta(days=1), "q": 5}
    )
    assert cursor.schema is not None
    assert cursor.schema.names == ["a", "a"] or len(cursor.schema.names) == 2
    (batch,) = cursor.batches()
    assert [c.to_pylist() for c in batch.columns] == [["1 day"], [5]]


def test_an_error_while_a_column_is_cast_is_at_the_right_word(session: DuckDBSession):
    from tusk.core.errors import QueryError

    text = "select interval 1 day as a, case when range > 5 then 'x' else '1' end::int as b"
    with pytest.raises(QueryError) as caught:
        list(session.execute(Statement(f"{text} from range(100)")).batches())
    assert text[caught.value.position or 0 :].startswith("::int")
