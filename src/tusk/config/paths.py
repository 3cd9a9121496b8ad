"""Where tusk keeps its files: the system's usual places, or all below `TUSK_HOME`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "TUSK_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders tusk uses and the files in them. Nothing is created by asking.

    Args:
        config_dir: What a user may edit: settings and connections; also secrets.
        state_dir: What tusk remembers by itself.
        log_dir: Log files.
        cache_dir: What may be deleted at any time.
        is_own_home: True when `TUSK_HOME` decided.
    """

    config_dir: Path
    state_dir: Path
    log_dir: Path
    cache_dir: Path
    is_own_home: bool = False

    @classmethod
    def find(cls) -> Paths:
        """The folders for this process, by its environment."""
        if own := os.environ.get(HOME_VARIABLE):
            home = Path(own).expanduser().absolute()
            state = home / "state"
            return cls(home, state, state / "log", home / "cache", is_own_home=True)
        # 25 ms, and not needed under TUSK_HOME.
        import platformdirs

        return cls(
            platformdirs.user_config_path("tusk", appauthor=False),
            platformdirs.user_state_path("tusk", appauthor=False),
            platformdirs.user_log_path("tusk", appauthor=False),
            platformdirs.user_cache_path("tusk", appauthor=False),
        )

    @property
    def settings_file(self) -> Path:
        """Settings, TOML."""
        return self.config_dir / "config.toml"

    @property
    def connections_file(self) -> Path:
        """Connections, TOML; holds no password."""
        return self.config_dir / "connections.toml"

    @property
    def snippets_file(self) -> Path:
        """The user's snippets for the editor, TOML."""
        return self.config_dir / "snippets.toml"

    @property
    def keymap_file(self) -> Path:
        """The user's own keys, TOML."""
        return self.config_dir / "keymap.toml"

    @property
    def themes_dir(self) -> Path:
        """The user's own themes: one TOML file each."""
        return self.config_dir / "themes"

    @property
    def secrets_file(self) -> Path:
        """Passwords, TOML, where no keyring works."""
        return self.config_dir / "secrets.toml"

    @property
    def workspace_file(self) -> Path:
        """Tabs, sizes and the like: an SQLite database."""
        return self.state_dir / "workspace.db"

    @property
    def history_file(self) -> Path:
        """Statements that were run: an SQLite database."""
        return self.state_dir / "history.db"

    @property
    def plans_file(self) -> Path:
        """Saved query plans: an SQLite database."""
        return self.state_dir / "plans.db"

    @property
    def saved_dir(self) -> Path:
        """Saved queries: `.sql` files in folders, made to be put under version control."""
        return self.config_dir / "queries"

    @property
    def log_file(self) -> Path:
        """The log of the terminal app."""
        return self.log_dir / "tusk.log"
