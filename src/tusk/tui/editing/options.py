"""What an app says about its editors, from the settings and the user's files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.app import App

    from tusk.services.snippets import Snippet


@runtime_checkable
class HasEditorOptions(Protocol):
    """An app that knows how its editors take keys, and their snippets."""

    editor_keys: str
    snippets: Mapping[str, Snippet]


def uses_vim(app: App[object]) -> bool:
    """Whether editors take keys as vim does."""
    return isinstance(app, HasEditorOptions) and app.editor_keys == "vim"


def use_snippets(app: App[object], snippets: Mapping[str, Snippet]) -> None:
    """Let editors know other snippets from now on."""
    if isinstance(app, HasEditorOptions):
        app.snippets = snippets


def snippets_of(app: App[object]) -> Mapping[str, Snippet]:
    """Snippets by trigger; none in an app without settings."""
    return app.snippets if isinstance(app, HasEditorOptions) else {}
