"""What the terminal can do, as far as its environment tells."""

from __future__ import annotations

import contextlib
import locale
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_TRUECOLOR = 1 << 24
_USUAL_COLORS = 8

# Terminals by the variables they set, and whether they take OSC 52 without being asked to.
_CLIPBOARD = (
    ("KITTY_WINDOW_ID", "kitty", True),
    ("WEZTERM_PANE", "WezTerm", True),
    ("ALACRITTY_WINDOW_ID", "Alacritty", True),
    ("GHOSTTY_RESOURCES_DIR", "Ghostty", True),
    ("WT_SESSION", "Windows Terminal", True),
    ("KONSOLE_VERSION", "Konsole", True),
    ("ITERM_SESSION_ID", "iTerm2", False),
    ("VTE_VERSION", "a VTE terminal (GNOME and others)", False),
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, described.

    Args:
        is_terminal: Whether stdout and stdin are one.
        name: TERM.
        size: Columns and lines; None without a terminal.
        colors: Colours it can show, 0 for none.
        no_color: NO_COLOR is set.
        encoding: Of stdout.
        environment: What the rest is told from.
    """

    is_terminal: bool
    name: str
    size: tuple[int, int] | None
    colors: int
    no_color: bool
    encoding: str
    environment: Mapping[str, str]

    @classmethod
    def find(cls) -> Terminal:
        """The terminal of this process."""
        name = os.environ.get("TERM", "")
        return cls(
            is_terminal=sys.stdin.isatty() and sys.stdout.isatty(),
            name=name,
            size=_size(),
            colors=color_depth(os.environ),
            no_color=bool(os.environ.get("NO_COLOR")),
            encoding=(sys.stdout.encoding or locale.getpreferredencoding(False)).upper(),
            environment=dict(os.environ),
        )

    @property
    def is_utf8(self) -> bool:
        """Whether it is believed to show UTF-8."""
        return self.encoding.upper().replace("-", "").replace("_", "") == "UTF8"

    def clipboard(self) -> tuple[str, str]:
        """What is assumed about copying by OSC 52, and what to do where it does not work."""
        advice = "if nothing arrives, copy to a file instead"
        if "TMUX" in self.environment:
            return "OSC 52 through tmux", "tmux passes it on after: set -g set-clipboard on"
        if self.name.startswith("screen"):
            return "OSC 52 through screen, which usually drops it", advice
        for variable, name, is_on in _CLIPBOARD:
            if variable in self.environment:
                allow = "" if is_on else f"allow applications to use the clipboard in {name}"
                return f"OSC 52, {name}", allow
        return "OSC 52, assumed to work", advice


def _size() -> tuple[int, int] | None:
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        with contextlib.suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(stream.fileno())
            if columns and lines:
                return columns, lines
    return None


def color_depth(environment: Mapping[str, str]) -> int:
    """Colours that the terminal of an environment can show.

    >>> color_depth({"TERM": "xterm", "COLORTERM": "truecolor"})
    16777216
    >>> color_depth({"TERM": "screen-256color"}), color_depth({"TERM": "dumb"})
    (256, 0)
    """
    name = environment.get("TERM", "")
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return _TRUECOLOR
    if name.endswith("-direct"):
        return _TRUECOLOR
    if name.endswith("-256color"):
        return 256
    if name in {"", "dumb", "unknown"}:
        return 0
    return _terminfo_colors(name)


def _terminfo_colors(name: str) -> int:
    """What the terminfo database says; the usual number where it knows no such terminal."""
    try:
        import curses
    except ImportError:
        return _USUAL_COLORS  # some builds of Python have none
    descriptor = os.open(os.devnull, os.O_WRONLY)
    try:
        curses.setupterm(name, descriptor)
        return max(0, curses.tigetnum("colors"))
    except curses.error:
        return _USUAL_COLORS
    finally:
        os.close(descriptor)
