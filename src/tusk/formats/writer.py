"""What every format gives: a writer of result sets to a binary stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa  # listing formats must not load it

O = TypeVar("O")  # noqa: E741 - options


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """How to write. A format ignores what does not apply to it.

    Args:
        header: Write column names, in formats that have such an option; False goes before what
            `own` says.
        null: Text for NULL, in formats that have such an option; goes before what `own` says.
        width: Columns of the terminal, to which tables are cut; None never cuts anything.
        table: Table, sheet or title that rows go to where neither `own` nor the result set has a
            name; empty for `result`.
        dialect: Engine whose literals INSERT statements use, where `own` names none; empty for
            the result's own.
        for_terminal: Show control characters instead of sending them.
        ascii: Draw tables without box characters.
        index: Number of result sets that came before in the same stream.
        is_continued: The stream goes on a file that has rows already: no header, no byte order
            mark.
        own: The format's own options, see `tusk.formats.options`; None for their defaults.
    """

    header: bool = True
    null: str | None = None
    width: int | None = None
    table: str = ""
    dialect: str = ""
    for_terminal: bool = False
    ascii: bool = False
    index: int = 0
    is_continued: bool = False
    own: object | None = None

    def of(self, kind: type[O]) -> O:
        """The format's own options, with those that every format may have put into them."""
        own: Any = self.own if isinstance(self.own, kind) else kind()
        names = {field.name for field in dataclasses.fields(own)}
        changes: dict[str, object] = {}
        if "header" in names and not self.header:
            changes["header"] = False
        if "null" in names and self.null is not None:
            changes["null"] = self.null
        changed: O = dataclasses.replace(own, **changes) if changes else own
        return changed


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


class BookWriter(Writer, Protocol):
    """Writes several result sets into one file: `open` … `close` for each, then `finish`."""

    def begin(self, name: str) -> None:
        """Say what the next result set is called, before it is opened."""
        ...

    def take_back(self) -> None:
        """Forget the result set that was opened last and not closed."""
        ...

    def finish(self) -> None:
        """All result sets are written; complete the file."""
        ...


def notes_of(writer: Writer) -> Sequence[str]:
    """What the user should know about what was written; most writers have nothing to say."""
    notes: Sequence[str] = getattr(writer, "notes", ())
    return notes
