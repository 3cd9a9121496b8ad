"""Queries and Arrow batches → frozen dataclasses, by column name."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.catalog.sqlfiles import Query
    from tusk.engines.base import Session

T = TypeVar("T")

# A value as Arrow gives it: any Python type.
_Converter = Callable[[Any], Any]


def fetch(session: Session, query: Query, names: Mapping[str, str | None], cls: type[T]) -> list[T]:
    """Run a query and make an object of each row.

    Args:
        session: Where to run it.
        query: From an SQL file.
        names: Values for its parameters; those it does not have are left out, those that are
            missing are NULL.
        cls: A dataclass with the query's columns as fields.
    """
    parameters = {name: names.get(name) for name in query.parameters}
    cursor = session.execute(query.statement, parameters)
    try:
        return build(cls, cursor.batches())
    finally:
        cursor.close()


def build(cls: type[T], batches: Iterable[pa.RecordBatch]) -> list[T]:
    """Make one object per row; columns are matched to the dataclass's fields by name.

    Lists may come as Arrow lists or as JSON text, since not every engine has arrays. NULL in a
    text field is the empty text: an object may be dropped while its catalogue row is read.

    Args:
        cls: A dataclass.
        batches: Rows.

    Raises:
        TypeError: A column that is no field, or a field without default that is no column.
    """
    converters = _converters(cls)
    objects: list[T] = []
    for batch in batches:
        names = list(batch.schema.names)
        if unknown := set(names) - converters.keys():
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
        columns = [
            [converters[name](value) for value in column.to_pylist()]
            for name, column in zip(names, batch.columns, strict=True)
        ]
        objects += [cls(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return objects


def _converters(cls: type[Any]) -> dict[str, _Converter]:
    hints = typing.get_type_hints(cls)
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass")
    return {f.name: _converter(hints[f.name]) for f in dataclasses.fields(cls)}


def _converter(hint: Any) -> _Converter:
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        (inner,) = [_converter(arg) for arg in typing.get_args(hint) if arg is not types.NoneType]
        return lambda value: None if value is None else inner(value)
    if typing.get_origin(hint) is Sequence:
        return _texts
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return lambda value: hint(_text(value))
    if hint is str:
        return _text
    if hint in {int, bool}:
        return hint  # type: ignore[no-any-return]  # the types themselves convert
    raise TypeError(f"no conversion to {hint}")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        # Not valid UTF-8, see `Cursor.batches`. Surrogates keep the bytes, so that names stay
        # different and can be compared.
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str | bytes):
        value = json.loads(_text(value))
    return tuple(_text(item) for item in value or ())
