"""The user's own keys, from the `app.keymap` setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.app import App


@runtime_checkable
class HasKeymap(Protocol):
    """An app that knows the user's keys."""

    user_keymap: Mapping[str, str]


def keymap_of(app: App[object]) -> Mapping[str, str]:
    """Binding id → keys, as the settings say; empty in an app without settings."""
    return app.user_keymap if isinstance(app, HasKeymap) else {}
