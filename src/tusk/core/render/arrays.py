"""Arrow's arrays and kernels under names that type checkers can follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, cast

import pyarrow as pa

Array: TypeAlias = "pa.Array[Any]"
Field: TypeAlias = "pa.Field[Any]"


_LARGE = (pa.large_string(), pa.large_binary())


class _Kernels:
    """Arrow's functions from arrays and plain values to an array.

    Plain values get their types here. Arrow would look for numpy each time it has to find one
    out, which takes longer than most kernels do for a batch; and pyarrow's stubs know neither
    plain values nor many types as arguments.
    """

    def __getattr__(self, name: str) -> Callable[..., Array]:
        import pyarrow.compute  # 45 ms, and few rows need none of it

        kernel = getattr(pyarrow.compute, name)
        # A number, or an ellipsis for any number, which the stubs do not know.
        arity: Any = pyarrow.compute.get_function(name.rstrip("_")).arity

        def call(*arguments: Any, **options: Any) -> Array:
            # What follows the values are options, such as a pattern.
            count = len(arguments) if arity is Ellipsis else arity
            values = _typed(arguments[:count])
            return cast("Array", kernel(*values, *arguments[count:], **options))

        # From now on it is found without coming here.
        setattr(self, name, call)
        return call


def _typed(values: Sequence[Any]) -> list[Any]:
    """The values with plain ones as scalars, of large types where an array has one."""
    is_large = any(getattr(value, "type", None) in _LARGE for value in values)
    types: dict[type, pa.DataType] = {
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        str: pa.large_string() if is_large else pa.string(),
        bytes: pa.large_binary() if is_large else pa.binary(),
    }
    return [pa.scalar(v, types[type(v)]) if type(v) in types else v for v in values]


kernels = _Kernels()


def any_true(mask: Array) -> bool:
    """Whether one of the booleans is true."""
    import pyarrow.compute

    return bool(pyarrow.compute.any(mask).as_py())


def all_true(mask: Array) -> bool:
    """Whether all of the booleans are true, or NULL."""
    import pyarrow.compute

    return bool(pyarrow.compute.all(mask, min_count=0).as_py())


def replace_where(texts: Array, mask: Array, replacements: Array) -> Array:
    """The texts with those that the mask points at replaced, in order."""
    return kernels.replace_with_mask(texts, mask.fill_null(False), replacements.cast(texts.type))


def without_null(array: Array) -> list[Any]:
    """The values of an array that has no NULL, which its type does not say."""
    return cast("list[Any]", array.to_pylist())


def timestamp(unit: str) -> pa.DataType:
    """The type of timestamps without a zone in a unit that is not known beforehand."""
    return pa.timestamp(cast("Any", unit))


def nulls(size: int, type_: pa.DataType) -> Array:
    """That many NULLs of a type that is not known beforehand."""
    return cast("Array", pa.nulls(size, cast("Any", type_)))


def byte_array(values: Iterable[bytes | None]) -> Array:
    """An array of byte strings, with offsets large enough for any of them."""
    return cast("Array", pa.array(list(values), pa.large_binary()))


def size_of(values: Array) -> int:
    """Bytes that values take, without a dictionary that they share."""
    if isinstance(values, pa.DictionaryArray):
        return values.indices.nbytes
    return values.nbytes
