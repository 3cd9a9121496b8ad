"""Every notification of the session, to be read and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tusk.tui.widgets.key_footer import KeyFooter

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.tui.notices import Notice, NoticeLog

_SIGNS = {
    "information": ("i", "$text-primary"),
    "warning": ("▲", "$text-warning"),
    "error": ("✗", "$text-error"),
}


class NoticesScreen(ModalScreen[None]):
    """Lists notifications, the newest first.

    Args:
        log: What was told.
    """

    CSS_PATH = ["dialogs.tcss", "notices.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q", "dismiss(None)", "Back", id="notices.leave", tooltip="Leave the notices"
        ),
        Binding("c,y", "copy", "Copy", id="notices.copy", tooltip="Copy the notice"),
        Binding("C,Y", "copy_all", "Copy all", id="notices.copy_all", tooltip="Copy all notices"),
    ]

    def __init__(self, log: NoticeLog) -> None:
        super().__init__()
        self._notices = log.newest_first

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog notices"):
            yield Static("Notices of this session", classes="dialog-title", markup=False)
            if self._notices:
                yield OptionList(*map(_option, self._notices), markup=False, compact=True)
            else:
                yield Static("Nothing was told yet.", classes="dialog-note", markup=False)
            yield KeyFooter()

    def on_mount(self) -> None:
        for options in self.query(OptionList):
            options.highlighted = 0
            options.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._notices) or action not in ("copy", "copy_all")

    def action_copy(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.app.copy_to_clipboard(self._notices[place].line)

    def action_copy_all(self) -> None:
        lines = [notice.line for notice in reversed(self._notices)]
        self.app.copy_to_clipboard("\n".join(lines) + "\n")


def _option(notice: Notice) -> Option:
    sign, style = _SIGNS.get(notice.severity, ("?", ""))
    again = f"  ×{notice.times}" if notice.times > 1 else ""
    return Option(
        Content.assemble(
            (f"{notice.at:%H:%M:%S} ", "$text-muted"), (f"{sign} ", style), notice.text, again
        )
    )
