"""What is believed of a terminal, from its environment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tusk.services.doctor import Status, examine
from tusk.services.terminal import Terminal, color_depth

PLAIN = Terminal(
    is_terminal=True,
    name="xterm-256color",
    size=(120, 40),
    colors=256,
    no_color=False,
    encoding="UTF-8",
    environment={},
)


@pytest.mark.parametrize(
    ("environment", "colors"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, 1 << 24),
        ({"TERM": "xterm-direct"}, 1 << 24),
        ({"TERM": "tmux-256color"}, 256),
        ({"TERM": "linux"}, 8),
        ({"TERM": "screen"}, 8),
        ({"TERM": "no-such-terminal"}, 8),
        ({"TERM": "dumb"}, 0),
        ({}, 0),
    ],
)
def test_colours_are_told_from_the_environment(environment: dict[str, str], colors: int) -> None:
    assert color_depth(environment) == colors


@pytest.mark.parametrize(
    ("terminal", "words"),
    [
        (replace(PLAIN, environment={"TMUX": "/x"}), "set-clipboard on"),
        (replace(PLAIN, name="screen.xterm"), "usually drops it"),
        (replace(PLAIN, environment={"KITTY_WINDOW_ID": "1"}), "OSC 52, kitty"),
        (replace(PLAIN, environment={"VTE_VERSION": "7000"}), "allow applications"),
        (PLAIN, "assumed to work"),
    ],
)
def test_the_clipboard_is_told_with_what_to_do(terminal: Terminal, words: str) -> None:
    assert words in " ".join(terminal.clipboard())


@pytest.mark.parametrize(
    ("terminal", "label", "status", "words"),
    [
        (PLAIN, "Size", Status.OK, "120 columns, 40 lines"),
        (replace(PLAIN, size=(60, 18)), "Size", Status.WARN, "80x24"),
        (replace(PLAIN, encoding="ANSI_X3.4-1968"), "Encoding", Status.WARN, "LC_ALL=C.UTF-8"),
        (replace(PLAIN, encoding="utf8"), "Encoding", Status.OK, "utf8"),
        (replace(PLAIN, no_color=True), "Colours", Status.OK, "NO_COLOR"),
        (replace(PLAIN, colors=0), "Colours", Status.WARN, "none"),
        (replace(PLAIN, name=""), "Type", Status.WARN, "TERM not set"),
        (replace(PLAIN, is_terminal=False, size=None), "Terminal", Status.NOTE, "pipe"),
    ],
)
def test_the_doctor_judges_a_terminal(
    terminal: Terminal, label: str, status: Status, words: str
) -> None:
    (section,) = [s for s in examine(terminal) if s.title == "Terminal"]
    (item,) = [i for i in section.items if i.label == label]
    assert item.status is status
    assert words in f"{item.value} {item.advice}"
