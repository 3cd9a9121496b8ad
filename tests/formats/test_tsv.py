"""Tab-separated values: the bytes of PostgreSQL's COPY in text format."""

from __future__ import annotations

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import hostile, texts, write
from tusk.formats.writer import WriterOptions

VALUES = st.none() | st.text(st.sampled_from("ab\\\t\n\r\b\f\v\x01Né"), max_size=6)


def test_texts_are_escaped_as_the_server_does_and_come_back(pg_db: str):
    @settings(max_examples=40)
    @given(st.lists(VALUES, max_size=20))
    def compare(values: list[str | None]) -> None:
        content = write("tsv", [texts(values)], WriterOptions(header=False))
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists t; create temp table t (n bigint, t text)")
            with cursor.copy("copy t from stdin") as copy:
                copy.write(content)
            with cursor.copy("copy t to stdout") as copy:
                assert b"".join(bytes(data) for data in copy) == content
            rows = cursor.execute("select t from t order by n").fetchall()
        assert [row[0] for row in rows] == values

    with psycopg.connect(pg_db, autocommit=True) as connection:
        compare()


def test_each_row_is_a_line_and_each_tab_ends_a_value():
    rows = hostile()
    lines = write("tsv", [rows]).split(b"\n")
    assert len(lines) == rows.num_rows + 2
    assert {line.count(b"\t") for line in lines[:-1]} == {1}


def test_null_is_marked_as_asked():
    rows = texts([None, "\\N"])
    assert write("tsv", [rows], WriterOptions(header=False)) == b"0\t\\N\n1\t\\\\N\n"
    assert write("tsv", [rows], WriterOptions(header=False, null="")) == b"0\t\n1\t\\\\N\n"
