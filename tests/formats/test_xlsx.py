"""Excel workbooks, read back by openpyxl."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from tests.formats.support import SAMPLES, batch, hostile, own, texts, write, written
from tusk.core.errors import StorageError, UsageError
from tusk.core.render import render_column
from tusk.core.schema import make_field
from tusk.formats import xlsx
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions

MICROSECONDS_2024 = 1_704_067_200_000_000


def book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def column(content: bytes, number: int = 1) -> list[Any]:
    """The values of a column below its name."""
    return [plain(cell.value) for cell in next(book(content).active.iter_cols(number, number))][1:]


def plain(value: Any) -> Any:
    """A value with its control characters, which Excel writes as _x000D_ and openpyxl leaves so."""
    return unescape(value) if isinstance(value, str) else value


def one(type_: str, array: Any, engine: str = "duckdb") -> pa.RecordBatch:
    return batch(engine, {"x": (type_, array)})


# ── types ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("type_", "array", "expected"),
    [
        ("BIGINT", pa.array([1, -5, None]), [1, -5, None]),
        ("BOOLEAN", pa.array([True, False, None]), [True, False, None]),
        ("DOUBLE", pa.array([0.1 + 0.2, -1e300, 5e-324, None]), [0.1 + 0.2, -1e300, 5e-324, None]),
        ("FLOAT", pa.array([0.1, None], pa.float32()), [0.1, None]),
        (
            "DECIMAL(12,2)",
            pa.array([Decimal("1.10"), None], pa.decimal128(12, 2)),
            [1.1, None],
        ),
        (
            "DATE",
            pa.array([dt.date(2024, 2, 29), dt.date(1900, 3, 1), None]),
            [dt.datetime(2024, 2, 29), dt.datetime(1900, 3, 1), None],
        ),
        ("TIME", pa.array([dt.time(12, 30, 5), None]), [dt.time(12, 30, 5), None]),
        (
            "TIMESTAMP",
            pa.array([dt.datetime(2024, 1, 1, 12, 0, 0, 123_000), None]),
            [dt.datetime(2024, 1, 1, 12, 0, 0, 123_000), None],
        ),
    ],
)
def test_types_are_kept(type_: str, array: Any, expected: list[Any]):
    content, notes = written("xlsx", [one(type_, array)])
    assert column(content) == expected
    assert notes == []


def test_numbers_that_excel_would_round_are_texts_and_said():
    values = [10**15 - 1, 10**15, 2**63 - 1, None]
    content, notes = written("xlsx", [one("BIGINT", pa.array(values))])
    assert column(content) == [10**15 - 1, "1000000000000000", "9223372036854775807", None]
    assert notes == ["column 'x': 2 values that Excel cannot hold exactly are texts"]
    exact = [Decimal("123456789012345.67"), Decimal("1.50")]
    rows = one("DECIMAL(20,2)", pa.array(exact, pa.decimal128(20, 2)))
    assert column(write("xlsx", [rows])) == ["123456789012345.67", 1.5]
    rows = one("numeric", pa.array(["1.000000000000000000001", "NaN", "2.5", None]), "postgres")
    assert column(write("xlsx", [rows])) == ["1.000000000000000000001", "NaN", 2.5, None]
    rows = one("DOUBLE", pa.array([float("nan"), float("-inf"), 1.5]))
    assert column(write("xlsx", [rows])) == ["nan", "-inf", 1.5]


def test_days_that_excel_does_not_count_are_texts():
    days = [dt.date(1, 1, 1), dt.date(1899, 12, 31), dt.date(1900, 1, 1), dt.date(9999, 12, 31)]
    content, notes = written("xlsx", [one("DATE", pa.array(days))])
    found = column(content)
    assert found[:2] == ["0001-01-01", "1899-12-31"]
    # Excel's first days, before a 29th of February that never was, are those of openpyxl less one.
    assert found[2:] == [dt.datetime(1900, 1, 1), dt.datetime(9999, 12, 31)]
    assert "2 values" in notes[0]
    infinity = pa.array([2**31 - 1], pa.int32()).cast(pa.date32())
    assert column(write("xlsx", [one("date", infinity, "postgres")])) == ["infinity"]
    midnight = pa.array([86_400_000_000], pa.int64()).view(pa.time64("us"))
    assert column(write("xlsx", [one("time", midnight, "postgres")])) == ["24:00:00"]


def test_timestamps_with_a_zone_are_local_or_texts():
    moments = pa.array([MICROSECONDS_2024], pa.int64()).cast(pa.timestamp("us", "Europe/Berlin"))
    rows = one("timestamptz", moments, "postgres")
    assert column(write("xlsx", [rows])) == [dt.datetime(2024, 1, 1, 1)]
    assert column(write("xlsx", [rows], own("xlsx", "zoned=text"))) == ["2024-01-01 01:00:00+01"]


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"hostile", "no_columns"}))
def test_whatever_is_no_number_or_day_is_the_text_of_the_engine(name: str):
    rows = SAMPLES[name]()
    sheet = book(write("xlsx", [rows])).active
    for number, field in enumerate(rows.schema):
        shown = render_column(rows.column(number), field)
        cells = [plain(cell.value) for cell in next(sheet.iter_cols(number + 1, number + 1))]
        assert cells[0] == field.name
        for text, value in zip(shown, cells[1:], strict=True):
            if isinstance(value, str):
                assert value == text
            if text is None:
                assert value is None


def test_dates_and_numbers_have_formats():
    rows = batch(
        "duckdb",
        {
            "d": ("DATE", pa.array([dt.date(2024, 1, 1)])),
            "t": ("TIMESTAMP", pa.array([dt.datetime(2024, 1, 1, 12)])),
            "p": ("DECIMAL(9,3)", pa.array([Decimal("1.5")], pa.decimal128(9, 3))),
        },
    )
    cells = book(write("xlsx", [rows])).active[2]
    formats = [cell.number_format for cell in cells]
    assert formats == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0.000"]


# ── texts ────────────────────────────────────────────────────────────────────────────────────


def test_hostile_texts_are_texts_and_come_back():
    values = [
        *hostile().column("t").to_pylist(),
        "=1+1",
        "http://example.invalid",
        "_x0041_",
        "007",
    ]
    sheet = book(write("xlsx", [texts(values)])).active
    cells = [row[1] for row in sheet.iter_rows(2)]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}
    # Excel cannot tell an empty text from no text, and XML has no noncharacters.
    assert [plain(cell.value) or "" for cell in cells] == [value or "" for value in values]
    assert not any(cell.hyperlink for cell in cells)


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="￾￿"), min_size=1)))
def test_any_text_comes_back(values: list[str]):
    if values:
        assert column(write("xlsx", [texts(values)]), 2) == values


@pytest.mark.parametrize("text", ["x" * 32_768, "😀" * 16_384], ids=["letters", "emoji"])
def test_a_text_too_long_for_a_cell_is_named_or_cut(text: str):
    rows = texts(["ok", text])
    with pytest.raises(StorageError, match=r"row 2, column 't': a text of 32,768 characters"):
        write("xlsx", [rows])
    content, notes = written("xlsx", [rows], own("xlsx", "long_text=truncate"))
    cut = column(content, 2)[1]
    assert text.startswith(cut)
    assert 32_766 <= len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert notes == ["1 texts were cut to 32,767 characters"]


# ── sheets ───────────────────────────────────────────────────────────────────────────────────


def test_the_header_is_bold_in_view_and_filtered():
    sheet = book(write("xlsx", [texts(["a", "b"])])).active
    assert [cell.value for cell in sheet[1]] == ["n", "t"]
    assert all(cell.font.bold for cell in sheet[1])
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    without = book(write("xlsx", [texts(["a"])], own("xlsx", "header=no"))).active
    assert without["A1"].value == 0
    assert without.freeze_panes is None


def test_null_may_have_a_text():
    assert column(write("xlsx", [texts(["a", None])], own("xlsx", "null=NULL")), 2) == ["a", "NULL"]


def test_rows_go_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 101)
    rows = texts([str(n) for n in range(250)])
    content = write("xlsx", [rows.slice(0, 60), rows.slice(60)], WriterOptions(table="t"))
    sheets = book(content).worksheets
    assert [sheet.title for sheet in sheets] == ["t", "t (2)", "t (3)"]
    assert [sheet.max_row for sheet in sheets] == [101, 101, 51]
    found = [row[1].value for sheet in sheets for row in sheet.iter_rows(2)]
    assert found == rows.column("t").to_pylist()
    assert [cell.value for cell in sheets[2][1]] == ["n", "t"]
    with pytest.raises(StorageError, match="more than 101 rows"):
        write("xlsx", [rows], own("xlsx", "too_many_rows=error"))
    full = write("xlsx", [rows.slice(0, 100)], own("xlsx", "too_many_rows=error"))
    assert len(book(full).worksheets) == 1


def test_the_limit_is_that_of_excel():
    assert (xlsx.MOST_ROWS, xlsx.MOST_COLUMNS) == (2**20, 2**14)


def test_more_columns_than_a_sheet_has_are_refused():
    schema = pa.schema([make_field(f"c{n}", pa.int8(), engine="duckdb", db_type="TINYINT")
                        for n in range(xlsx.MOST_COLUMNS + 1)])  # fmt: skip
    writer = make_writer(find_format("xlsx"), io.BytesIO(), WriterOptions())
    with pytest.raises(UsageError, match="16,385 columns"):
        writer.open(schema)
    writer.discard()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b[c]:*?\\", "a_b_c_____"),
        ("History", "History_"),
        ("'quoted'", "quoted"),
        ("x" * 40, "x" * 31),
        ("😀" * 20, "😀" * 15),
        ("", "result"),
        ("\x1b[2J", "␛_2J"),
    ],
)
def test_sheet_names_are_such_as_excel_takes(name: str, expected: str):
    content = write("xlsx", [texts(["a"])], WriterOptions(table=name))
    (sheet,) = book(content).worksheets
    assert sheet.title.casefold() == expected.casefold()


def test_several_results_are_several_sheets_and_a_failed_one_is_taken_back():
    out = io.BytesIO()
    writer: Any = make_writer(find_format("xlsx"), out, WriterOptions(table="file"))
    for name in ("orders", "", "Orders"):
        writer.begin(name)
        writer.open(texts([]).schema)
        writer.write(texts([name]))
        writer.close()
    writer.begin("failed")
    writer.open(texts([]).schema)
    writer.write(texts(["partial"]))
    writer.take_back()
    writer.begin("last")
    writer.open(texts([]).schema)
    writer.close()
    writer.finish()
    writer.discard()
    found = book(out.getvalue())
    assert found.sheetnames == ["orders", "file", "Orders (2)", "last"]
    assert [sheet["B2"].value for sheet in found.worksheets] == ["orders", "", "Orders", None]
    assert b"partial" not in zipfile.ZipFile(out).read("xl/worksheets/sheet4.xml")


def test_the_same_rows_make_the_same_bytes():
    assert write("xlsx", [texts(["a"])]) == write("xlsx", [texts(["a"])])
