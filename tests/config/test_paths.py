"""Where files are."""

from __future__ import annotations

from pathlib import Path

from tusk.config.paths import Paths


def test_tusk_home_decides_about_every_file(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "own"))
    paths = Paths.find()
    files = [
        paths.settings_file,
        paths.connections_file,
        paths.secrets_file,
        paths.workspace_file,
        paths.log_file,
        paths.cache_dir,
    ]
    assert paths.is_own_home
    assert all(file.is_relative_to(tmp_path / "own") for file in files)
    assert len(set(files)) == len(files)
    assert not (tmp_path / "own").exists()


def test_a_relative_tusk_home_becomes_absolute(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUSK_HOME", "here")
    assert Paths.find().settings_file == tmp_path / "here" / "config.toml"


def test_without_tusk_home_the_system_decides(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("TUSK_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    paths = Paths.find()
    assert not paths.is_own_home
    assert paths.settings_file == tmp_path / "config" / "tusk" / "config.toml"
    assert paths.workspace_file == tmp_path / "state" / "tusk" / "workspace.db"
