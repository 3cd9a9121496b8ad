"""Arrow types as tusk passes them on: the plain layout of each.

Dictionaries and string views save space inside an engine. Outside they cost: a spilled batch
would have to carry its dictionaries, and few writers know views.
"""

from __future__ import annotations

import pyarrow as pa


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The same type without dictionaries and views, also inside nested types.

    >>> plain_type(pa.list_(pa.dictionary(pa.int8(), pa.string())))
    ListType(list<item: string>)
    """
    if isinstance(type_, pa.DictionaryType):
        return plain_type(type_.value_type)
    if pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_binary_view(type_):
        return pa.binary()
    if isinstance(type_, pa.MapType):
        return pa.map_(plain_type(type_.key_type), plain_type(type_.item_type))
    if isinstance(type_, pa.StructType):
        return pa.struct([field.with_type(plain_type(field.type)) for field in type_.fields])
    if isinstance(type_, pa.FixedSizeListType):
        item = type_.value_field.with_type(plain_type(type_.value_type))
        return pa.list_(item, type_.list_size)
    if isinstance(type_, pa.LargeListType):
        return pa.large_list(type_.value_field.with_type(plain_type(type_.value_type)))
    if isinstance(type_, pa.ListType):
        return pa.list_(type_.value_field.with_type(plain_type(type_.value_type)))
    return type_
