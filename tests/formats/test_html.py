"""HTML pages, read back by Python's parser."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, hostile, own, texts, write
from tests.support.hostile import HOSTILE
from tusk.core.render import render_column
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions

VOID = {"meta"}


class Page(HTMLParser):
    """Tables, the title, and whether every element is closed in its turn."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.captions: list[str] = []
        self.classes: list[str] = []
        self.title = ""
        self.tags: set[str] = set()
        self._open: list[str] = []
        self.feed(content.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.classes.append(dict(attrs).get("class") or "")
        elif tag == "caption":
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in ("td", "th"):
            self.tables[-1][-1][-1] += data
        elif inside == "caption":
            self.captions[-1] += data
        elif inside == "title":
            self.title += data


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"no_columns", "hostile"}))
def test_the_cells_are_the_texts_of_the_engine(name: str):
    rows = SAMPLES[name]()
    (table,) = Page(write("html", [rows])).tables
    assert table[0] == rows.schema.names
    columns = [
        render_column(column, field)
        for column, field in zip(rows.columns, rows.schema, strict=True)
    ]
    expected = [
        ["NULL" if text is None else text for text in row] for row in zip(*columns, strict=True)
    ]
    assert [[escape_marks(cell) for cell in row] for row in table[1:]] == [
        [escape_marks(cell) for cell in row] for row in expected
    ]


def escape_marks(text: str) -> str:
    """A text with the marks that stand for what HTML forbids."""
    return text.translate(
        {code: chr(0x2400 + code) for code in range(0x20) if code not in (9, 10, 12, 13)}
    )


def test_hostile_texts_are_only_texts():
    values = [*HOSTILE.values(), "</td></table><script>alert(1)</script>", "<!--", "&lt;", "a\r\nb"]
    page = Page(write("html", [texts(values)], WriterOptions(table="</title><script>")))
    assert page.tags == {
        *("html", "head", "meta", "title", "style", "body"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert page.title == "</title><script>"
    assert page.tables[0][-1][1] == "a\r\nb"
    assert page.tables[0][-2][1] == "&lt;"


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_one_cell_and_comes_back_but_for_controls(text: str):
    (table,) = Page(write("html", [texts([text])])).tables
    found = table[1][1]
    assert len(found) == len(text)
    assert all(
        a == b or b in "␀␁␂␃␄␅␆␇␈␋␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡\ufffd"
        for a, b in zip(text, found, strict=True)
    )


def test_a_fragment_is_tables_alone():
    content = write(
        "html", [texts(["a", None])], own("html", "fragment=yes", "header=no", "null=-")
    )
    assert content.startswith(b"<table>\n<tbody>\n<tr>")
    assert content.endswith(b"</tbody>\n</table>\n")
    page = Page(content)
    assert page.tables == [[["0", "a"], ["1", "-"]]]
    assert page.classes == ["number", "", "number", "null"]


def test_several_results_are_tables_of_one_page_with_captions():
    out = io.BytesIO()
    writer: Any = make_writer(find_format("html"), out, own("html", "title=Report"))
    for name in ("one <&>", ""):
        writer.begin(name)
        writer.open(texts([]).schema)
        writer.write(texts(["a"]))
        writer.close()
    writer.finish()
    page = Page(out.getvalue())
    assert page.title == "Report"
    assert page.captions == ["one <&>"]
    assert page.tables == [[["n", "t"], ["0", "a"]]] * 2
    assert out.getvalue().count(b"<!DOCTYPE html>") == 1


def test_a_result_without_columns_is_rows_without_cells():
    assert Page(write("html", [SAMPLES["no_columns"]()])).tables == [[[], [], []]]


def test_a_page_is_declared_as_utf_8_and_has_no_outside_references():
    content = write("html", [hostile()]).decode()
    head = content[: content.index("<body>")]
    assert '<meta charset="utf-8">' in head
    assert "http" not in head
    assert "src=" not in head


def test_numbers_are_marked():
    rows = batch("duckdb", {"i": ("BIGINT", SAMPLES["duckdb"]().column(0))})
    assert Page(write("html", [rows])).classes == ["", "number", "null"]
