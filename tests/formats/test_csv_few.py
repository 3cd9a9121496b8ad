"""Few rows are written one by one, many by Arrow's kernels: the bytes are the same."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from tests.support.hostile import HOSTILE_BYTES, HOSTILE_TEXTS
from tusk.formats import csv
from tusk.formats.writer import WriterOptions

TABLES = {
    "texts": pa.table({t[:30]: [t, None, "", "\\.", "NULL"] for t in HOSTILE_TEXTS}),
    "one column": pa.table({"\\.": ["\\.", None, "", "x,y"]}),
    "bytes": pa.table({"b": list(HOSTILE_BYTES.values()), "n": range(len(HOSTILE_BYTES))}),
    "plain": pa.table({"i": [1, None], "f": [1.5, float("nan")], "b": [True, None]}),
    "nested": pa.table({"l": [["a,b", None], None], "s": [{"x": 'q"'}, None]}),
    "no columns": pa.table({"x": [1, 2]}).select([]),
}


def written(table: pa.Table, options: WriterOptions) -> bytes:
    out = io.BytesIO()
    writer = csv.CsvWriter(out, options)
    writer.open(table.schema)
    for batch in table.to_batches() or [pa.RecordBatch.from_arrays([], names=[])]:
        writer.write(batch)
    writer.close()
    return out.getvalue()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("null", [None, "NULL", "1", ";"])
@pytest.mark.parametrize("for_terminal", [False, True])
def test_both_ways_give_the_same_bytes(
    name: str, null: str | None, for_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = WriterOptions(null=null, for_terminal=for_terminal)
    few = written(TABLES[name], options)
    monkeypatch.setattr(csv, "FEW_ROWS", -1)
    assert few == written(TABLES[name], options)
