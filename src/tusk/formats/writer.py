"""What every format gives: a writer of one result set to a binary stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa  # listing formats must not load it


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """What a user may choose. A format ignores what does not apply to it.

    Args:
        header: Write column names, in formats that can do without (csv, tsv, table, markdown).
        null: Text for NULL; None for the format's own.
        width: Columns of the terminal, to which tables are cut; None never cuts anything.
        table: Table that INSERT statements go to, as it is written in SQL without quotes;
            empty for one named after the file, or `result`.
        dialect: Engine whose literals INSERT statements use; empty for the result's own.
        for_terminal: Show control characters instead of sending them.
        ascii: Draw tables without box characters.
        index: Number of result sets that came before in the same stream.
    """

    header: bool = True
    null: str | None = None
    width: int | None = None
    table: str = ""
    dialect: str = ""
    for_terminal: bool = False
    ascii: bool = False
    index: int = 0


class Writer(Protocol):
    """Writes one result set: `open`, any number of `write`, then `close` or `discard`."""

    def open(self, schema: pa.Schema) -> None:
        """Begin. The fields carry the engine's metadata."""
        ...

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows. A column's type may be wider than the schema says."""
        ...

    def close(self) -> None:
        """End the result set; the stream stays open."""
        ...

    def discard(self) -> None:
        """Give up: free what is held, write nothing more."""
        ...
