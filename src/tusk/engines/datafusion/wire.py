"""Messages between tusk and the process in which DataFusion runs.

A message is a line of JSON and, after it, bytes that belong to it. Each request gets one
reply, except `cancel`, which gets none.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import pyarrow as pa

from tusk.core.errors import TuskError

Header: TypeAlias = dict[str, Any]  # Any: JSON


def pack(header: Header, payload: bytes | memoryview = b"") -> bytes:
    r"""Put a message together.

    >>> pack({"do": "next"}, b"abc")
    b'{"do":"next"}\nabc'
    """
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + payload


def unpack(message: bytes) -> tuple[Header, memoryview]:
    """Take a message apart; the payload is not copied."""
    end = message.index(b"\n")
    return json.loads(message[:end]), memoryview(message)[end + 1 :]


def pack_schema(schema: pa.Schema) -> bytes:
    """A schema as a payload."""
    return schema.serialize().to_pybytes()


def unpack_schema(payload: memoryview) -> pa.Schema:
    """The schema of a payload."""
    return pa.ipc.read_schema(pa.py_buffer(payload))


def pack_batch(batch: pa.RecordBatch) -> memoryview:
    """A batch, without its schema, as a payload."""
    return memoryview(batch.serialize())


def unpack_batch(payload: memoryview, schema: pa.Schema) -> pa.RecordBatch:
    """The batch of a payload, which it keeps alive."""
    return pa.ipc.read_record_batch(pa.py_buffer(payload), schema)


def pack_row(row: pa.RecordBatch) -> bytes:
    """Parameters, with their types, as a payload."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, row.schema) as writer:
        writer.write_batch(row)
    return sink.getvalue().to_pybytes()


def unpack_row(payload: memoryview) -> dict[str, pa.Scalar[Any]]:
    """The parameters of a payload, by name."""
    if not payload:
        return {}
    table = pa.ipc.open_stream(pa.py_buffer(payload)).read_all()
    return {name: table.column(name)[0] for name in table.column_names}


class WorkerLost(TuskError):
    """The process ended, or was ended."""
