"""What tusk takes for a data file, by its name, and what its table is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_TEXT_KINDS = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
SUFFIXES = (".parquet", *_TEXT_KINDS)
"""The endings of data files; text may have `.gz` or `.zst` behind it."""


@dataclass(frozen=True, slots=True)
class DataFormat:
    """How a data file is read.

    Args:
        kind: `parquet`, `csv`, `tsv`, `json` (any layout) or `jsonl` (one object per line).
        compression: `gzip`, `zstd` or empty.
        suffix: The part of the file's name that says so.
    """

    kind: str
    compression: str
    suffix: str


def data_format(path: PurePath) -> DataFormat | None:
    """The format of a data file, None for any other name.

    >>> from pathlib import Path
    >>> data_format(Path("a/b.CSV.gz"))
    DataFormat(kind='csv', compression='gzip', suffix='.CSV.gz')
    """
    suffixes = [s.lower() for s in path.suffixes[-2:]]
    if suffixes[-1:] == [".parquet"]:
        return DataFormat("parquet", "", path.suffix)
    compression = _COMPRESSIONS.get(suffixes[-1], "") if len(suffixes) == 2 else ""
    if compression:
        suffixes.pop()
    kind = _TEXT_KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        return None
    suffix = "".join(path.suffixes[-2 if compression else -1 :])
    return DataFormat(kind, compression, suffix)


def table_name(path: PurePath) -> str:
    """A name for a file's table that needs no quotes (unless it is a key word).

    >>> from pathlib import Path
    >>> table_name(Path("/data/Sales 2024-01.csv.gz")), table_name(Path("/data/2024.parquet"))
    ('Sales_2024_01', '_2024')
    """
    format_ = data_format(path)
    name = path.name.removesuffix(format_.suffix) if format_ else path.name
    name = re.sub(r"\W+", "_", name).strip("_") or "data"
    return f"_{name}" if name[0].isdigit() else name
