"""What the status line says about a pane and its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.search_path import write_search_path
from tusk.core.text import clip, clip_start, safe
from tusk.services.connections import ConnectionState
from tusk.tui.labels import STATE_SIGNS, colour_mark, engine_label
from tusk.tui.path_completion import shown_path
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
    from tusk.tui.tab_file import TabFile
    from tusk.tui.widgets.result_grid.arrangement import ViewState

_NOTE_WIDTH = 60
_REASON_WIDTH = 60
_MARK_WIDTH = 20
_PATH_WIDTH = 40
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
    note: str = "",
    view: ViewState | None = None,
    mode: str = "",
    file: TabFile | None = None,
) -> list[Field]:
    """The fields of the status line, most important ones with the lowest rank.

    Args:
        entry: The connection of the tab in front.
        status: Its run.
        place: Row and column of the caret, from 0.
        is_plain: Whether the text is too large to be coloured.
        note: What is to be said about the text in the editor.
        view: How the grid in front shows its rows.
        mode: What keys mean in the editor, where that changes.
        file: What the text is of.
    """
    fields = [Field(mode, 2, "busy"), *_connection_fields(entry)]
    fields += [
        Field(activity(status), 0, "busy"),
        Field(_cancel_hint(status), 4),
        Field(_rows(status, view), 2, "strong"),
        Field(times(status), 5),
        Field(_look(view), 6),
        _fetch_field(status, is_server=entry is not None and entry.engine == "postgres"),
    ]
    if entry is not None and entry.info is not None:
        fields.append(Field(entry.info.encoding, 8))
    if is_plain:
        fields.append(Field("large text: no colours", 8))
    if note:
        # Short, it makes room for what was run; the place is said in any case.
        fields.append(Field(f"✎ {clip(note, _NOTE_WIDTH)}", 3, "warning", short=_place_in(note)))
    if file is not None:
        fields += _file_fields(file)
    if place is not None:
        fields.append(Field(f"{place[0] + 1}:{place[1] + 1}", 7))
    return fields


def _file_fields(file: TabFile) -> list[Field]:
    path = clip_start(safe(shown_path(file.path)), _PATH_WIDTH)
    return [Field(file.words, 3, "warning"), Field(path, 8), Field(file.form.words, 8)]


def _place_in(note: str) -> str:
    """A note without what it says, where there is no room for that.

    >>> _place_in("line 3: syntax error")
    '✎ line 3'
    """
    return f"✎ {note.partition(':')[0]}"


def _connection_fields(entry: Entry | None) -> list[Field]:
    if entry is None:
        return [Field("no connection: F2 chooses one", 1, "warning")]
    state = entry.state
    label = engine_label(entry.engine)
    name = f"{STATE_SIGNS[state]} {label.icon} {entry.label}"
    product = f"{label.name} {entry.info.version}" if entry.info else label.name
    fields = [Field(name, 1, "strong"), Field(product, 9)]
    if mark := colour_mark(entry.profile):
        word = clip(mark.word, _MARK_WIDTH)
        fields.insert(1, Field(f" {word} ", 1, style=mark.style, short=f" {clip(word, 6)} "))
    if entry.is_read_only:
        fields.append(Field("read-only", 3, "warning"))
    if entry.profile is not None and entry.profile.search_path:
        # A statement may have set another one since.
        path = clip(write_search_path(entry.profile.search_path), _PATH_WIDTH)
        fields.append(Field(f"starts in {path}", 8))
    if state is ConnectionState.ONLINE:
        fields.append(Field("autocommit", 6))
    elif state is not ConnectionState.BUSY:
        fields.append(Field(_state_words(entry), 1, _TONES.get(state, "plain"), short=state.value))
    if entry.retry is not None:
        fields.append(Field("F6 now, Esc ends it" if entry.retry.left_s else "Esc ends it", 4))
        fields.append(Field(clip(entry.retry.reason, _REASON_WIDTH), 7))
    elif entry.has_lost_transaction:
        fields.append(Field("transaction lost", 2, "error"))
    return fields


def _state_words(entry: Entry) -> str:
    if entry.retry is not None:
        return f"connection lost: {entry.retry.words}"
    is_lost = entry.state is ConnectionState.LOST
    return "connection lost: F6 reopens" if is_lost else entry.state.value


def _cancel_hint(status: RunStatus) -> str:
    if status.phase is Phase.CANCELLING:
        return "Esc again gives the server up"
    return "Esc cancels" if status.phase.is_active else ""


def _rows(status: RunStatus, view: ViewState | None) -> str:
    if view is None or not view.is_filtered:
        return outcome(status)
    total = rows_words(view.rows_total, has_more=status.phase is Phase.PAUSED)
    return f"{view.rows_shown:,} of {total}"


def _look(view: ViewState | None) -> str:
    """What is not shown as it came."""
    words = []
    if view is not None and view.hidden_columns:
        words.append(
            "1 column hidden"
            if view.hidden_columns == 1
            else f"{view.hidden_columns:,} columns hidden"
        )
    if view is not None and view.is_readable:
        words.append("readable values")
    return " · ".join(words)


def _fetch_field(status: RunStatus, *, is_server: bool) -> Field:
    words = fetch_state(status, is_server=is_server)
    if status.phase is Phase.PAUSED:
        return Field(f"{words}: F9 fetches on, ⇧F9 all", 3, "busy", short="paused: F9 fetches on")
    tone = {Phase.FAILED: "error", Phase.CANCELLED: "warning"}.get(status.phase, "plain")
    return Field(words, 4, tone)
