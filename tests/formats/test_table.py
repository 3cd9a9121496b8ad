"""Tables and vertical output: widths, clipping, streaming."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from tests.formats.support import batch, hostile, texts, write
from tests.support.hostile import unsafe_characters
from tusk.core.text import cell_width
from tusk.formats.registry import find_format, make_writer
from tusk.formats.table import fit
from tusk.formats.writer import WriterOptions


def lines(name: str, rows: pa.RecordBatch, options: WriterOptions | None = None) -> list[str]:
    return write(name, [rows], options).decode().splitlines()


def test_every_line_of_a_table_is_equally_wide():
    for options in (WriterOptions(), WriterOptions(width=40), WriterOptions(ascii=True)):
        shown = lines("table", hostile(), options)
        assert len({cell_width(line) for line in shown}) == 1


@pytest.mark.parametrize("name", ["table", "vertical"])
def test_a_picture_is_safe_in_pipes_too(name: str):
    assert unsafe_characters(write(name, [hostile()]).decode()) == []


def test_a_table_fits_the_terminal_by_cutting_the_widest_columns():
    long = "x" * 10_000
    rows = batch(
        "duckdb", {n: ("VARCHAR", pa.array([v])) for n, v in (("a", "short"), ("b", long))}
    )
    shown = lines("table", rows, WriterOptions(width=80))
    assert {cell_width(line) for line in shown} == {80}
    assert "│ short │" in shown[3]
    assert shown[3].endswith("x… │")


def test_without_a_terminal_nothing_is_cut():
    long = "x" * 10_000
    assert long in "".join(lines("table", texts([long])))


def test_more_columns_than_fit_keep_a_readable_width():
    rows = batch("duckdb", {f"c{n}": ("VARCHAR", pa.array(["value" * 3])) for n in range(100)})
    shown = lines("table", rows, WriterOptions(width=80))
    assert "│ value… │" in shown[3]


def test_numbers_are_on_the_right_and_null_is_shown():
    rows = batch(
        "postgres", {"n": ("int8", pa.array([5, None])), "t": ("text", pa.array(["a", None]))}
    )
    assert lines("table", rows) == [
        "┌──────┬──────┐",
        "│    n │ t    │",
        "├──────┼──────┤",
        "│    5 │ a    │",
        "│ NULL │ NULL │",
        "└──────┴──────┘",
    ]
    assert lines("table", rows, WriterOptions(ascii=True, null="", header=False)) == [
        "+---+---+",
        "| 5 | a |",
        "|   |   |",
        "+---+---+",
    ]


def test_widths_come_from_the_first_rows_and_longer_values_stay_whole():
    rows = texts(["x"] * 10_500 + ["y" * 30] + ["x"] * 10)
    rows = rows.select(["t"])
    shown = lines("table", rows)
    assert len(shown) == 10_511 + 4
    assert "y" * 30 in shown[10_503]
    assert {cell_width(line) for line in shown} == {len(shown[0]), len(shown[10_503])}


def test_a_table_holds_no_more_than_its_sample():
    out = io.BytesIO()
    writer = make_writer(find_format("table"), out, WriterOptions())
    rows = texts(["value"] * 10_000)
    writer.open(rows.schema)
    writer.write(rows)
    written = out.tell()
    assert written > 100_000
    writer.write(rows.slice(0, 10))
    assert out.tell() > written


def test_a_huge_cell_does_not_widen_the_others():
    rows = texts(["x" * 5_000_000, "y"])
    shown = lines("table", rows)
    assert len(shown[4]) < 1000


def test_a_huge_cell_costs_little_where_it_is_cut():
    import time

    rows = texts(["x" * 30_000_000] * 2)
    began = time.perf_counter()
    shown = write("table", [rows], WriterOptions(width=80))
    cut_s = time.perf_counter() - began
    assert len(shown) < 2000
    began = time.perf_counter()
    write("table", [rows])
    assert cut_s < (time.perf_counter() - began) / 3


def test_result_sets_are_apart():
    rows = texts(["a"])
    for name in ("table", "vertical", "markdown"):
        assert write(name, [rows], WriterOptions(index=1)) == b"\n" + write(name, [rows])


def test_vertical_shows_lines_below_each_other():
    rows = batch(
        "postgres", {"name": ("text", pa.array(["one\ntwo\tthree"])), "n": ("int4", pa.array([1]))}
    )
    assert lines("vertical", rows) == [
        "-[ RECORD 1 ]------------------",
        "name | one+",
        "     | two␉three",
        "n    | 1",
    ]


def test_a_rule_has_a_cross_where_the_names_leave_room():
    name = "a_rather_long_name"
    rows = batch("postgres", {name: ("int4", pa.array([1]))})
    rule, value = lines("vertical", rows)
    assert rule.index("+") == value.index("|")


@pytest.mark.parametrize(
    ("widths", "room", "expected"),
    [
        ([5, 100, 40], None, [5, 100, 40]),
        ([5, 10], 100, [5, 10]),
        ([50, 50], 47, [20, 20]),
        ([3, 90], 30, [3, 20]),
        ([90] * 10, 30, [6] * 10),
        ([], 80, []),
    ],
)
def test_fitting(widths: list[int], room: int | None, expected: list[int]):
    assert fit(widths, room) == expected
