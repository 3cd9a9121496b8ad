"""SQLite's values, whose types belong to each of them, look as in the sqlite3 program."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kits import Kit, Result, opened, sqlite_kit
from tusk.core.render import render_column, render_data, render_strings
from tusk.core.schema import db_type_of
from tusk.engines.base import BATCH_ROWS, FIRST_BATCH_ROWS, FetchMode

Value = int | float | str | bytes | None

needs_program = pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3 program")
ROW_END, NULL = b"\x1e", b"\x1fnull"

INVALID = "cast(x'636166e9' as text)"
EVERY_KIND = [
    "1", "null", "1.5", "'text'", "x'00ff61'", "9223372036854775807", "-9223372036854775808",
    "1e300", "9e999", "-9e999", "-0.0", "0.1 + 0.2", "1e15", "''", "x''", "'é日'", "'1'", "'1.0'",
    "x'c3a9'", INVALID, "'two' || char(10) || 'lines'", "true",
]  # fmt: skip
DECLARED = [
    "", "INTEGER", "INT", "BIGINT", "TEXT", "VARCHAR(10)", "CLOB", "BLOB", "REAL", "DOUBLE",
    "NUMERIC", "DECIMAL(10,2)", "BOOLEAN", "DATE", "DATETIME", "ANY", "FLOATING POINT", "odd type",
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database of the test is."""
    return tmp_path / "types.db"


@pytest.fixture
def kit(path: Path) -> Iterator[Kit]:
    """SQLite through tusk."""
    with opened(sqlite_kit(str(path))) as made:
        yield made


def make(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def insert(path: Path, values: Sequence[str], column: str = "x") -> None:
    """Add a row for each value."""
    rows = ", ".join(f"({value})" for value in values)
    make(path, f"insert into t ({column}) values {rows}")


def values_query(values: list[str]) -> str:
    """A query of one column with these values in order."""
    rows = " union all ".join(f"select {i} as i, {v} as x" for i, v in enumerate(values))
    return f"select x from ({rows}) order by i"


def program(path: Path, query: str) -> list[bytes | None]:
    """What the sqlite3 program writes for the only column of a query."""
    options = ["-list", "-noheader", "-newline", ROW_END.decode(), "-nullvalue", NULL.decode()]
    done = subprocess.run(
        ["sqlite3", "-init", "/dev/null", *options, path, query], capture_output=True, check=True
    )
    # A blob is written up to its first zero byte, as any string of C.
    return [None if cell == NULL else cell for cell in done.stdout.split(ROW_END)[:-1]]


def driver(path: Path, query: str) -> list[Value]:
    """The values themselves; a text that is not UTF-8 as bytes."""

    def text(raw: bytes) -> str | bytes:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw

    connection = sqlite3.connect(path)
    connection.text_factory = text
    values = [row[0] for row in connection.execute(query)]
    connection.close()
    return values


def texts(result: Result) -> list[str | None]:
    """The only column as it is shown."""
    assert result.schema is not None
    field = result.schema.field(0)
    found: list[str | None] = []
    for batch in result.batches:
        shown = render_column(batch.column(0), field)
        assert render_strings(batch.column(0), field).to_pylist() == shown
        found += shown
    return found


def file_bytes(result: Result) -> list[bytes | None]:
    """The only column as it is written to a file."""
    assert result.schema is not None
    field = result.schema.field(0)
    arrays = [render_data(batch.column(0), field) for batch in result.batches]
    cells = [cell for array in arrays for cell in array.to_pylist()]
    return [cell.encode() if isinstance(cell, str) else cell for cell in cells]


def differences(result: Result, values: Sequence[Value]) -> list[tuple[Value, Value]]:
    """Values of the only column that are not these, or not of the same type."""
    found: list[Value] = []
    wanted: list[Value] = []
    for batch in result.batches:
        part = values[len(wanted) : len(wanted) + batch.num_rows]
        if batch.schema.field(0).type == pa.binary():
            # Texts of which one is not UTF-8 all come as bytes.
            part = [value.encode() if isinstance(value, str) else value for value in part]
        wanted += part
        found += batch.column(0).to_pylist()
    assert len(found) == len(values)
    pairs = zip(found, wanted, strict=True)
    return [(a, b) for a, b in pairs if (type(a), a) != (type(b), b)]


def compare(kit: Kit, path: Path, query: str) -> Result:
    """Check a query's only column against the driver and the program."""
    session = kit.connect()
    values, expected = driver(path, query), program(path, query)
    readable = [None if e is None else e.decode("utf-8", "backslashreplace") for e in expected]
    for mode in FetchMode:
        result = kit.run(session, query, mode=mode)
        assert differences(result, values) == []
        assert [t and t.partition("\0")[0] for t in texts(result)] == readable
    # A file gets the program's own bytes, but more digits of a real.
    for cell, wanted, value in zip(file_bytes(result), expected, values, strict=True):
        assert isinstance(value, float) or (cell and cell.partition(b"\0")[0]) == wanted
    return result


def types_of(result: Result) -> list[pa.DataType]:
    """The Arrow type of each batch's only column, runs of the same one shortened to one."""
    found = [batch.schema.field(0).type for batch in result.batches]
    return [t for i, t in enumerate(found) if i == 0 or found[i - 1] != t]


@needs_program
def test_values_of_every_type_in_one_column(kit: Kit, path: Path):
    make(path, "")
    result = compare(kit, path, values_query(EVERY_KIND))
    assert [pa.types.is_union(t) for t in types_of(result)] == [True]
    compare(kit, path, values_query(EVERY_KIND[::-1]))


@needs_program
@pytest.mark.parametrize("value", EVERY_KIND)
def test_a_column_of_one_type(kit: Kit, path: Path, value: str):
    make(path, "")
    result = compare(kit, path, values_query([value, "null", value]))
    assert not any(pa.types.is_union(t) for t in types_of(result))


@needs_program
@pytest.mark.parametrize("declared", DECLARED)
def test_a_declared_type_converts_as_sqlite_does(kit: Kit, path: Path, declared: str):
    make(path, f"create table t (i integer primary key, x {declared})")
    insert(path, [*EVERY_KIND, "'12'", "'1.50'", "12.0", "'abc'", "'2020-01-01'", "'0x10'"])
    compare(kit, path, "select x from t order by i")


@needs_program
@pytest.mark.parametrize(
    ("declared", "type_"),
    [
        ("INTEGER", pa.int64()),
        ("REAL", pa.float64()),
        ("VARCHAR(10)", pa.string()),
        ("BLOB", pa.binary()),
        ("", pa.string()),
    ],
)
def test_a_first_batch_of_nulls_takes_the_declared_type(
    kit: Kit, path: Path, declared: str, type_: pa.DataType
):
    make(path, f"create table t (i integer primary key, x {declared}, y {declared})")
    nulls = FIRST_BATCH_ROWS + 50
    make(
        path,
        f"""with recursive r(n) as (select 1 union all select n + 1 from r
         where n < {nulls}) insert into t (x) select null from r""",
    )
    result = compare(kit, path, "select x from t order by i")
    assert result.schema is not None
    assert (result.schema.field(0).type, db_type_of(result.schema.field(0))) == (type_, declared)
    assert types_of(result) == [type_]
    insert(path, EVERY_KIND)
    result = compare(kit, path, "select x from t order by i")
    assert types_of(result)[0] == type_
    assert pa.types.is_union(types_of(result)[1])


@needs_program
@pytest.mark.parametrize("first", ["1", "1.5", "'text'", "x'00ff'"])
@pytest.mark.parametrize("later", ["2", "2.5", "'other'", INVALID, "x'ff'", "null"])
def test_a_change_of_type_beyond_the_first_batch(kit: Kit, path: Path, first: str, later: str):
    make(path, "create table t (i integer primary key, x)")
    many = BATCH_ROWS + FIRST_BATCH_ROWS
    make(
        path,
        f"""with recursive r(n) as (select 1 union all select n + 1 from r where n < {many})
        insert into t (x) select iif(n < {many} - 10, {first}, {later}) from r""",
    )
    result = compare(kit, path, "select x from t order by i")
    assert result.schema is not None
    assert types_of(result)[0] == result.schema.field(0).type
    assert not pa.types.is_union(result.schema.field(0).type)
    compare(kit, path, "select x from t order by i desc")


@needs_program
def test_text_that_is_not_utf8(kit: Kit, path: Path):
    make(path, "")
    for raw in ("ff", "636166e9", "c3", "eda080", "f8888080", "61c3a9ff62", "c0af", "edb3a9"):
        result = compare(kit, path, values_query([f"cast(x'{raw}' as text)", "'é'"]))
        assert types_of(result) == [pa.binary()]
        assert result.schema is not None
        assert db_type_of(result.schema.field(0)) == "TEXT"


def test_text_with_zero_bytes_is_whole(kit: Kit, path: Path):
    make(path, "")
    result = kit.run(kit.connect(), "select 'a' || char(0) || 'b' as x")
    assert texts(result) == ["a\0b"]
    assert file_bytes(result) == [b"a\0b"]


@needs_program
@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_a_database_in_utf16(kit: Kit, path: Path, encoding: str):
    make(path, f"pragma encoding = '{encoding}'; create table t (x)")
    # The program takes the bytes of a blob for a text in the database's encoding.
    insert(path, [value for value in EVERY_KIND if "x'" not in value])
    compare(kit, path, "select x from t order by rowid")


@needs_program
def test_generated_columns(kit: Kit, path: Path):
    make(
        path,
        """create table t (x, twice int as (x * 2) stored, kind text as (typeof(x)) virtual,
        mixed as (iif(typeof(x) = 'integer', 'text', x)))""",
    )
    insert(path, EVERY_KIND)
    for column in ("twice", "kind", "mixed"):
        compare(kit, path, f"select {column} from t order by rowid")


@needs_program
@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="SQLite has no strict tables")
def test_strict_tables(kit: Kit, path: Path):
    make(path, "create table t (a int, b integer, c real, d text, e blob, f any) strict")
    insert(path, EVERY_KIND, "f")
    make(
        path,
        "insert into t values (1, '2', 3, 4, x'05', '006'), (9223372036854775807, -1, "
        "'1e300', 'x', x'', 7)",
    )
    for column, declared in zip(
        "abcdef", ("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"), strict=True
    ):
        compare(kit, path, f"select {column} from t order by rowid")
        nothing = compare(kit, path, f"select {column} from t where false")
        assert nothing.schema is not None
        assert db_type_of(nothing.schema.field(0)).upper() in (declared, declared.lower(), "")


@given(
    st.lists(
        st.none()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.text(st.characters(exclude_categories=["Cs"]))
        | st.binary(),
        min_size=1,
    ),
    st.integers(1, FIRST_BATCH_ROWS + 1),
)
def test_whatever_is_stored_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[Value], copies: int
):
    path = tmp_path_factory.mktemp("values") / "values.db"
    connection = sqlite3.connect(path)
    connection.execute("create table t (i integer primary key, x)")
    stored = [value for value in values for _ in range(copies)]
    connection.executemany("insert into t (x) values (?)", [(value,) for value in stored])
    connection.commit()
    connection.close()
    with opened(sqlite_kit(str(path))) as kit:
        result = kit.run(kit.connect(), "select x from t order by i")
    assert differences(result, stored) == []
