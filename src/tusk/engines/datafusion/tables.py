"""Files as DataFusion tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.engines.datafiles import data_format, table_name

if TYPE_CHECKING:
    from pathlib import Path

    from datafusion import SessionContext


def register_path(context: SessionContext, path: Path) -> dict[str, str]:
    """Make a table of a data file, or of each one in a folder.

    A folder below the given one is one table of all Parquet files in it.

    Returns:
        What could not be read, by name: the reason. (A single file that cannot be read raises.)
    """
    if not path.is_dir():
        _register(context, path, table_name(path))
        return {}
    failures: dict[str, str] = {}
    taken: set[str] = set()
    for entry in sorted(path.iterdir()):
        if data_format(entry) is None and not _has_parquet(entry):
            continue
        name = _free_name(table_name(entry), taken)
        try:
            _register(context, entry, name)
        except Exception as exc:  # noqa: BLE001 - DataFusion raises plain Exception
            failures[entry.name] = str(exc)
        else:
            taken.add(name)
    return failures


def _has_parquet(path: Path) -> bool:
    return path.is_dir() and next(path.rglob("*.parquet"), None) is not None


def _free_name(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _register(context: SessionContext, path: Path, name: str) -> None:
    format_ = data_format(path)
    # Quoted: DataFusion would fold the name to lower case.
    table = '"' + name.replace('"', '""') + '"'
    if path.is_dir() or format_ is None or format_.kind == "parquet":
        context.register_parquet(table, path, file_extension=".parquet" if path.is_dir() else "")
        return
    compression = format_.compression or None
    if format_.kind in {"csv", "tsv"}:
        context.register_csv(
            table,
            path,
            delimiter="\t" if format_.kind == "tsv" else ",",
            file_extension=format_.suffix,
            file_compression_type=compression,
        )
        return
    context.register_json(
        table, path, file_extension=format_.suffix, file_compression_type=compression
    )
