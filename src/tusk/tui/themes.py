"""Our themes: calm, and with at least 4.5:1 between text and what it stands on.

`tusk-16` uses the terminal's own sixteen colours, for terminals that have no more.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="tusk-dark",
    primary="#7aa2d6",
    secondary="#a99ad6",
    accent="#d9a45b",
    warning="#d9a45b",
    error="#e27a7a",
    success="#8cbf88",
    foreground="#d8dbe0",
    background="#15171b",
    surface="#1a1d22",
    panel="#23272e",
    dark=True,
    variables={
        "border": "#4c5a70",
        "border-blurred": "#2b3038",
        "scrollbar": "#3a414c",
        "scrollbar-hover": "#4c5664",
        "scrollbar-active": "#7aa2d6",
        "scrollbar-background": "#1a1d22",
        "scrollbar-background-hover": "#1a1d22",
        "scrollbar-background-active": "#1a1d22",
        "scrollbar-corner-color": "#1a1d22",
        "input-selection-background": "#7aa2d6 30%",
        "block-cursor-background": "#33415a",
        "block-cursor-foreground": "#f2f4f7",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#262c36",
        "block-cursor-blurred-foreground": "#d8dbe0",
        "footer-background": "#1a1d22",
        "footer-key-foreground": "#d9a45b",
        "footer-description-foreground": "#a3abb8",
    },
)

LIGHT = Theme(
    name="tusk-light",
    primary="#2a5fa5",
    secondary="#6247aa",
    accent="#8a5200",
    warning="#8a5200",
    error="#b3261e",
    success="#2c6e2f",
    foreground="#24282e",
    background="#f4f4f1",
    surface="#fbfbf9",
    panel="#e9e9e4",
    dark=False,
    variables={
        "border": "#9aa7b8",
        "border-blurred": "#d9d9d3",
        "scrollbar": "#c6c8c6",
        "scrollbar-hover": "#a9adad",
        "scrollbar-active": "#2a5fa5",
        "scrollbar-background": "#f0f0ec",
        "scrollbar-background-hover": "#f0f0ec",
        "scrollbar-background-active": "#f0f0ec",
        "scrollbar-corner-color": "#f0f0ec",
        "input-selection-background": "#2a5fa5 22%",
        "block-cursor-background": "#cfdcee",
        "block-cursor-foreground": "#14181d",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#e3e6ea",
        "block-cursor-blurred-foreground": "#24282e",
        "footer-background": "#e9e9e4",
        "footer-key-foreground": "#8a5200",
        "footer-description-foreground": "#4c535c",
    },
)

# For terminals with sixteen colours: theirs, on whatever background they have.
SIXTEEN = Theme(
    name="tusk-16",
    primary="ansi_cyan",
    secondary="ansi_magenta",
    accent="ansi_yellow",
    warning="ansi_yellow",
    error="ansi_bright_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    ansi=True,
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_white",
        "scrollbar-active": "ansi_cyan",
        "block-cursor-background": "ansi_blue",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-blurred-background": "ansi_bright_black",
        "block-cursor-blurred-foreground": "ansi_bright_white",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_bright_white",
        "footer-key-foreground": "ansi_yellow",
    },
)

THEMES = (DARK, LIGHT, SIXTEEN)
