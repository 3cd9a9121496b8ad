"""CSV with options: read back by PostgreSQL, Python's csv module and DuckDB."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, hostile, own, texts, write, written
from tusk.core.errors import StorageError, UsageError
from tusk.formats import csv as csv_module

ODD = st.text(st.sampled_from("ab;,|'\"!\\\n\r\t.é日 =+-@"), max_size=6)
TEXTS = st.lists(st.one_of(st.none(), ODD, st.text(st.characters(codec="utf-8"), max_size=4)))
MARKS = st.sampled_from([",", ";", "|", "\t", "a", "\\"])
QUOTES = st.sampled_from(['"', "'", "|", "b"])


def read(content: bytes, encoding: str = "utf-8", **form: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), **form))


@settings(max_examples=60)
@given(TEXTS, MARKS, QUOTES, st.sampled_from(["minimal", "all", "nonnumeric"]), st.booleans())
def test_python_reads_what_was_written(
    values: list[str | None], delimiter: str, quote: str, quoting: str, is_crlf: bool
):
    if delimiter == quote:
        return
    options = own(
        "csv",
        *(f"delimiter={delimiter}", f"quote={quote}", f"quoting={quoting}"),
        f"line_end={'crlf' if is_crlf else 'lf'}",
    )
    content = write("csv", [texts(values)], options)
    found = read(content, delimiter=delimiter, quotechar=quote)
    assert found == [["n", "t"], *([str(n), v or ""] for n, v in enumerate(values))]


@settings(max_examples=40)
@given(st.lists(st.text(st.sampled_from('ab;,"!\\\n\r'), max_size=5)), MARKS)
def test_python_reads_what_was_escaped_instead_of_quoted(values: list[str], delimiter: str):
    if delimiter == "\\":
        return
    options = own("csv", "quoting=none", f"delimiter={delimiter}")
    found = read(
        write("csv", [texts(values)], options),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE,
        escapechar="\\",
    )
    assert found[1:] == [[str(n), v] for n, v in enumerate(values)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["delimiter=;"],
        ["delimiter=tab", "quoting=all"],
        ["quote='", "null=NULL"],
        ["escape=\\", "quoting=all"],
        ["escape=!", "null=-"],
        ["delimiter=|", "quote=~", "header=no"],
        ["delimiter=\\", "null='x'"],
    ],
)
def test_the_server_writes_the_same_bytes_and_reads_them(pg_db: str, arguments: list[str]):
    chosen = own("csv", *arguments).own
    assert isinstance(chosen, csv_module.CsvOptions)
    assert chosen.is_copy
    rows = hostile()
    content = write("csv", [rows], own("csv", *arguments))
    form = f"format csv, header {chosen.header}, delimiter {_literal(chosen.delimiter)}, "
    form += f"quote {_literal(chosen.quote)}, escape {_literal(chosen.escape or chosen.quote)}, "
    form += f"null {_literal(chosen.null)}"
    force = ", force_quote *" if chosen.quoting == "all" else ""
    with psycopg.connect(pg_db) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (n int8, t text)")
        with cursor.copy(f"copy t from stdin ({form})") as copy:
            copy.write(content)
        cursor.execute("select t from t order by n")
        assert [row[0] for row in cursor.fetchall()] == rows.column("t").to_pylist()
        with cursor.copy(f"copy (table t order by n) to stdout ({form}{force})") as copy:
            copied = b"".join(bytes(data) for data in copy)
    if force:
        # All but the header, which COPY leaves without quotes.
        copied, content = copied.split(b"\n", 1)[1], content.split(b"\n", 1)[1]
    assert copied == content


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("arguments", [[], ["quoting=all"], ["delimiter=;", "quoting=nonnumeric"]])
@pytest.mark.parametrize("sample", SAMPLES)
def test_few_rows_and_many_give_the_same_bytes(
    sample: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
):
    cases = [
        [*arguments],
        [*arguments, "decimal=,"],
        [*arguments, "formulas=guard", "null=1.5"],
        ["quoting=none", "delimiter=."],
        ["delimiter=1", "escape=0"],
    ]
    few = [write("csv", [SAMPLES[sample]()], own("csv", *case)) for case in cases]
    monkeypatch.setattr(csv_module, "FEW_ROWS", -1)
    assert few == [write("csv", [SAMPLES[sample]()], own("csv", *case)) for case in cases]


def test_numbers_are_not_quoted_where_only_others_are():
    rows = SAMPLES["sqlite"]()
    content = write("csv", [rows], own("csv", "quoting=nonnumeric")).decode("latin-1")
    lines = content.splitlines()
    assert lines[0] == '"id","real","mixed",""'
    assert lines[1].startswith("1,0.30000000000000004,5,")
    assert lines[2] == '2,1.0,0.30000000000000004,"a"'
    assert lines[5] == "5,,,"


def test_a_decimal_comma_is_quoted_beside_comma_delimiters_and_read_back(tmp_path: Path):
    path = tmp_path / "a.csv"
    rows = batch(
        "duckdb",
        {"x": ("DOUBLE", pa.array([1.5, -0.25, None])), "t": ("VARCHAR", pa.array(["1.5"] * 3))},
    )
    assert write("csv", [rows], own("csv", "decimal=,")) == (b'x,t\n"1,5",1.5\n"-0,25",1.5\n,1.5\n')
    content = write("csv", [rows], own("csv", "decimal=,", "delimiter=;"))
    with duckdb.connect() as connection:
        path.write_bytes(content)
        found = connection.read_csv(str(path), sep=";", decimal=",").fetchall()
    assert [row[0] for row in found] == [1.5, -0.25, None]


# ── encodings ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"]
)
@pytest.mark.parametrize("count", [1, 200])
def test_encodings_that_hold_everything(encoding: str, count: int):
    values = ["é", "日本", "😀", "a,b", None] * count
    rows = texts(values)
    parts = [rows.slice(start, 70) for start in range(0, rows.num_rows, 70)]
    content = write("csv", parts, own("csv", f"encoding={encoding}"))
    assert [row[1] for row in read(content, encoding)[1:]] == [v or "" for v in values]
    assert content.decode(encoding).count("\ufeff") == 0


@pytest.mark.parametrize("count", [10, 500])
def test_a_character_that_does_not_fit_is_an_error_that_names_the_cell(count: int):
    values = ["fünf"] * count
    values[count - 2] = "5 €"
    rows = texts(values)
    with pytest.raises(StorageError, match=rf"row {count - 1}, column 't' holds '€' \(U\+20AC\)"):
        write("csv", [rows.slice(0, 5), rows.slice(5)], own("csv", "encoding=latin-1"))
    options = own("csv", "encoding=latin-1", "errors=replace")
    assert write("csv", [rows], options).decode("latin-1").splitlines()[count - 1][-3:] == "5 ?"
    assert "5 €" in write("csv", [rows], own("csv", "encoding=cp1252")).decode("cp1252")


def test_a_column_name_that_does_not_fit_is_named():
    rows = batch("duckdb", {"日": ("INTEGER", pa.array([1]))})
    with pytest.raises(StorageError, match=r"the column name '日' holds '日' \(U\+65E5\)"):
        write("csv", [rows], own("csv", "encoding=ascii"))


def test_bytes_that_are_no_text_are_named():
    rows = batch("postgres", {"t": ("text", pa.array([b"ok", b"caf\xe9"], pa.binary()))})
    with pytest.raises(StorageError, match="row 2, column 't' is not UTF-8"):
        write("csv", [rows], own("csv", "encoding=latin-1"))


@pytest.mark.parametrize("name", ["utf9", "idna", "rot13", "hex", "unicode_escape", "punycode"])
def test_what_is_no_encoding_is_refused(name: str):
    with pytest.raises(UsageError, match="such as utf-8"):
        own("csv", f"encoding={name}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["delimiter=;", "quote=;"], "cannot be its quote"),
        (["null=a,b"], "cannot hold its delimiter"),
        (["null=a\nb"], "cannot hold a line break"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        write("csv", [texts(["a"])], own("csv", *arguments))


# ── formulas ─────────────────────────────────────────────────────────────────────────────────

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("count", [1, 100])
def test_formulas_are_guarded_when_asked_for(count: int):
    rows = texts([*FORMULAS, "a=1", "", None] * count)
    content, notes = written("csv", [rows], own("csv", "formulas=guard"))
    found = [row[1] for row in read(content)[1:]]
    assert found == [*(f"'{text}" for text in FORMULAS), "a=1", "", ""] * count
    assert notes == []


@pytest.mark.parametrize("count", [1, 100])
def test_formulas_are_kept_and_said_once_by_default(count: int):
    values = ["a", *FORMULAS] * count
    rows = texts(values)
    content, notes = written("csv", [rows, rows])
    assert [row[1] for row in read(content)[1:]] == values * 2
    (note,) = notes
    assert note.startswith("row 2, column 't' begins with a character")
    assert written("csv", [texts(["a", "1=1", None])])[1] == []


def test_numbers_dates_and_the_like_are_no_formulas():
    for name in ("postgres", "duckdb", "datafusion"):
        rows = SAMPLES[name]()
        plain, notes = written("csv", [rows])
        assert notes == []
        assert write("csv", [rows], own("csv", "formulas=guard")) == plain


def test_numbers_among_texts_are_no_formulas():
    mixed = pa.UnionArray.from_dense(
        pa.array([0, 1, 2] * 40, pa.int8()),
        pa.array([n // 3 for n in range(120)], pa.int32()),
        [pa.array([-5] * 40), pa.array([-1.5] * 40), pa.array(["-x"] * 40)],
        ["integer", "real", "text"],
    )
    rows = batch("sqlite", {"m": ("", mixed)})
    for part in (rows, rows.slice(0, 3)):
        found = write("csv", [part], own("csv", "formulas=guard")).decode().splitlines()
        assert found[1:4] == ["-5", "-1.5", "'-x"]


def test_a_column_name_may_be_a_formula_too():
    rows = batch("postgres", {"=1+1": ("integer", pa.array([1]))})
    assert write("csv", [rows], own("csv", "formulas=guard")) == b"'=1+1\n1\n"
    assert "the column name '=1+1'" in written("csv", [rows])[1][0]
