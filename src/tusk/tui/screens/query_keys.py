"""Keys of the query screen. Footer, help, palette and keymap read them; ids are API.

Ctrl+Enter, Ctrl+Tab, Ctrl+/ and Alt with punctuation do not reach a program through every
terminal, and F1, F10 and F11 are kept by some desktops: each action has a key that passes
through plain SSH and tmux. They have priority, so that the editor does not take them as text.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tusk.tui.key_names import UNBOUND


def _key(
    name: str, keys: str, action: str, description: str, tooltip: str, *, show: bool = False
) -> Binding:
    return Binding(keys, action, description, show=show, priority=True, tooltip=tooltip, id=name)


BINDINGS: list[BindingType] = [
    _key(
        "query.run", "f5,ctrl+j,ctrl+enter", "run", "Run",
        "Run the selection, or the statement at the cursor", show=True,
    ),
    _key("query.run_all", "f8,alt+a", "run_all", "Run all", "Run every statement of the tab"),
    _key(
        "query.parameters", "alt+v", "run_with_values", "Run with values",
        "Give the :parameters of the statement at the cursor other values, and run it",
    ),
    _key(
        "query.explain", "f7", "explain", "Explain",
        "Show the plan of the statement at the cursor; there, measure and compare it", show=True,
    ),
    _key(
        "query.cancel", "escape,ctrl+c", "cancel", "Cancel",
        "Cancel what runs; once more gives up a server that does not answer", show=True,
    ),
    _key(
        "query.fetch_more", "f9,alt+m", "fetch(False)", "Fetch more",
        "Fetch the next rows of the result", show=True,
    ),
    _key(
        "query.fetch_all", "shift+f9,alt+l", "fetch(True)", "Fetch all",
        "Fetch all rows of the result",
    ),
    _key(
        "query.transaction", "ctrl+t", "transaction", "Transaction",
        "Begin, commit or roll back a transaction", show=True,
    ),
    _key(
        "query.history", "alt+y", "history", "History",
        "Find what was run before, to load it or run it again",
    ),
    _key(
        "query.saved", "alt+q", "saved", "Saved queries",
        "Find, run and arrange queries that are kept under a name",
    ),
    _key(
        "query.save", "ctrl+s", "save", "Save",
        "Write the tab's file; without one, keep the selection or the tab as a saved query",
    ),
    _key(
        "file.open", "ctrl+o", "open_file", "Open file",
        "Open a .sql file in a tab, or go to the tab that has it",
    ),
    _key(
        "file.save_as", "alt+shift+s", "save_as", "Save to a file",
        "Write the tab to a file, which belongs to it from then on",
    ),
    _key(
        "file.reload", "alt+shift+i", "reload_file", "Reload from disk",
        "Show what is in the tab's file now",
    ),
    _key(
        "query.first_steps", UNBOUND, "first_steps", "First steps",
        "Offer in an empty tab what one can begin with: sample data, a file, a connection",
    ),
    _key(
        "query.export", "alt+o", "export", "Export",
        "Write the result, or the query at the cursor, to a file; shows how far exports are",
    ),
    _key(
        "connection.reopen", "f6,alt+r", "reopen", "Reconnect",
        "Open a lost connection again; nothing is run again by itself", show=True,
    ),
    _key(
        "focus.explorer", "f2,alt+shift+c", "explorer", "Explorer",
        "Go to connections and catalogue; there, hide them", show=True,
    ),
    _key("focus.editor", "f3,alt+e", "focus_editor", "Editor", "Go to the editor"),
    _key("focus.results", "f4,alt+g", "focus_results", "Results", "Go to the results", show=True),
    _key("tab.new", "ctrl+n,alt+t", "new_tab", "New tab", "Open an empty editor tab"),
    _key("tab.close", "ctrl+f4,alt+x", "close_tab", "Close tab", "Close the editor tab"),
    _key("tab.next", "ctrl+pagedown,alt+n", "next_tab(1)", "Next tab", "Go to the next tab"),
    _key(
        "tab.previous", "ctrl+pageup,alt+shift+p", "next_tab(-1)", "Previous tab",
        "Go to the previous tab",
    ),
    _key("tab.rename", "alt+shift+r", "rename_tab", "Rename tab", "Give the tab another title"),
    _key(
        "tab.move_right", "alt+shift+n", "move_tab(1)", "Move tab right",
        "Change the tab with the next one",
    ),
    _key(
        "tab.move_left", "alt+shift+b", "move_tab(-1)", "Move tab left",
        "Change the tab with the one before",
    ),
    _key(
        "tab.reopen", "alt+shift+t", "reopen_tab", "Reopen tab",
        "Bring the tab back that was closed last",
    ),
    _key(
        "layout.explorer_narrower", "alt+left", "resize(-4, 0)", "Explorer narrower",
        "Give connections and catalogue less room",
    ),
    _key(
        "layout.explorer_wider", "alt+right", "resize(4, 0)", "Explorer wider",
        "Give connections and catalogue more room",
    ),
    _key(
        "layout.results_taller", "alt+up", "resize(0, 10)", "Results taller",
        "Give the results more room",
    ),
    _key(
        "layout.results_shorter", "alt+down", "resize(0, -10)", "Results shorter",
        "Give the results less room",
    ),
    _key(
        "layout.zoom", "f12,alt+z", "zoom", "Zoom",
        "Let the focused pane fill the screen, or go back",
    ),
]  # fmt: skip
