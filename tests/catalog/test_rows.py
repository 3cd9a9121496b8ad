"""From Arrow batches to objects, by column name."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tusk.catalog.objects import Column, EnumType, Key, KeyKind, Relation, RelationKind
from tusk.catalog.rows import build


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: pa.array(v) for name, v in columns.items()})


RELATION: dict[str, Any] = {
    "database": ["d"],
    "schema": ["s"],
    "name": ["n"],
    "kind": ["materialized view"],
}


def test_columns_are_matched_by_name_not_by_position() -> None:
    reordered = dict(reversed(RELATION.items()))

    (relation,) = build(Relation, [batch(**reordered, estimated_rows=[7])])

    assert relation == Relation("d", "s", "n", RelationKind.MATERIALIZED_VIEW, estimated_rows=7)


def test_a_misspelt_column_fails() -> None:
    with pytest.raises(TypeError, match="Relation has no field coment"):
        build(Relation, [batch(**RELATION, coment=["x"])])


def test_a_missing_column_fails() -> None:
    without_kind = {name: values for name, values in RELATION.items() if name != "kind"}

    with pytest.raises(TypeError, match="kind"):
        build(Relation, [batch(**without_kind)])


def test_an_unknown_kind_fails() -> None:
    with pytest.raises(ValueError, match="heap"):
        build(Relation, [batch(**{**RELATION, "kind": ["heap"]})])


def test_lists_come_as_arrow_lists_or_as_json() -> None:
    place: dict[str, Any] = {"database": ["d"], "schema": ["s"], "name": ["n"]}
    labels = ['a"b', "ü", ""]

    as_list = build(EnumType, [batch(**place, labels=[labels])])
    as_json = build(EnumType, [batch(**place, labels=['["a\\"b","ü",""]'])])

    assert as_list == as_json == [EnumType("d", "s", "n", tuple(labels))]


def test_no_value_is_an_empty_text_or_list_but_none_for_a_number() -> None:
    empty = batch(**RELATION, comment=[None], size_bytes=[None], inherits=[None])

    (relation,) = build(Relation, [empty])

    assert (relation.comment, relation.size_bytes, relation.inherits) == ("", None, ())


def test_bytes_that_are_no_utf8_stay_different_names() -> None:
    wide = batch(**{**RELATION, "name": [b"caf\xe9"]})
    other = batch(**{**RELATION, "name": [b"caf\xe8"]})

    first, second = build(Relation, [wide, other])

    assert first.name != second.name
    assert first.name.encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_bytes_in_json_lists_are_read_too() -> None:
    row = batch(
        database=["d"], schema=["s"], relation=["r"], name=["n"], kind=["unique"],
        columns=[b'["caf\xe9"]'], definition=["UNIQUE"],
    )  # fmt: skip

    (key,) = build(Key, [row])

    assert key.kind is KeyKind.UNIQUE
    assert key.columns == ("caf\udce9",)


def test_numbers_stand_for_truth_where_an_engine_has_no_booleans() -> None:
    row = batch(
        database=["d"], schema=["s"], relation=["r"], position=[1], name=["n"], type=["INT"],
        is_nullable=[0], is_primary_key=[1],
    )  # fmt: skip

    (column,) = build(Column, [row])

    assert column.is_nullable is False
    assert column.is_primary_key is True


def test_no_batches_give_no_objects() -> None:
    assert build(Relation, []) == []
