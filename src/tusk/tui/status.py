"""What the status line says about a pane and its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.services.connections import ConnectionState
from tusk.tui.labels import STATE_SIGNS, engine_label
from tusk.tui.run_status import (
    Phase,
    RunStatus,
    activity,
    fetch_state,
    outcome,
    rows_words,
    times,
)
from tusk.tui.widgets.status_line import Field

if TYPE_CHECKING:
    from tusk.tui.connection_book import Entry
    from tusk.tui.widgets.result_grid.arrangement import ViewState

_TONES = {
    ConnectionState.IN_TRANSACTION: "warning",
    ConnectionState.FAILED_TRANSACTION: "error",
    ConnectionState.LOST: "error",
    ConnectionState.FAILED: "error",
}


def status_fields(
    entry: Entry | None,
    status: RunStatus,
    place: tuple[int, int] | None,
    *,
    is_plain: bool = False,
    view: ViewState | None = None,
) -> list[Field]:
    """The fields of the status line, most important ones with the lowest rank.

    Args:
        entry: The connection of the tab in front.
        status: Its run.
        place: Row and column of the caret, from 0.
        is_plain: Whether the text is too large to be coloured.
        view: How the grid in front shows its rows.
    """
    fields = _connection_fields(entry)
    fields += [
        Field(activity(status), 0, "busy"),
        Field(_cancel_hint(status), 4),
        Field(_rows(status, view), 2, "strong"),
        Field(times(status), 5),
        _fetch_field(status, is_server=entry is not None and entry.engine == "postgres"),
    ]
    if entry is not None and entry.info is not None:
        fields.append(Field(entry.info.encoding, 8))
    if is_plain:
        fields.append(Field("large text: no colours", 8))
    if place is not None:
        fields.append(Field(f"{place[0] + 1}:{place[1] + 1}", 7))
    return fields


def _connection_fields(entry: Entry | None) -> list[Field]:
    if entry is None:
        return [Field("no connection: F2 chooses one", 1, "warning")]
    state = entry.state
    label = engine_label(entry.engine)
    name = f"{STATE_SIGNS[state]} {label.icon} {entry.label}"
    product = f"{label.name} {entry.info.version}" if entry.info else label.name
    fields = [Field(name, 1, "strong"), Field(product, 9)]
    if entry.is_read_only:
        fields.append(Field("read-only", 3, "warning"))
    if state is ConnectionState.ONLINE:
        fields.append(Field("autocommit", 6))
    elif state is not ConnectionState.BUSY:
        words = {ConnectionState.LOST: "connection lost: F6 reopens"}.get(state, state.value)
        fields.append(Field(words, 1, _TONES.get(state, "plain")))
    return fields


def _cancel_hint(status: RunStatus) -> str:
    if status.phase is Phase.CANCELLING:
        return "Esc again gives the server up"
    return "Esc cancels" if status.phase.is_active else ""


def _rows(status: RunStatus, view: ViewState | None) -> str:
    if view is None or not view.filter_text:
        return outcome(status)
    total = rows_words(view.rows_total, has_more=status.phase is Phase.PAUSED)
    return f"{view.rows_shown:,} of {total}"


def _fetch_field(status: RunStatus, *, is_server: bool) -> Field:
    words = fetch_state(status, is_server=is_server)
    if status.phase is Phase.PAUSED:
        return Field(f"{words}: F9 fetches on, ⇧F9 all", 3, "busy", short="paused: F9 fetches on")
    tone = {Phase.FAILED: "error", Phase.CANCELLED: "warning"}.get(status.phase, "plain")
    return Field(words, 4, tone)
