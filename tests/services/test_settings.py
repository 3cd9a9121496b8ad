"""Settings as front ends see them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tusk.core.errors import ConfigError
from tusk.services.settings import (
    Settings,
    change_setting,
    load_settings,
    settings_path,
    show_settings,
)


def test_a_changed_setting_is_in_effect_and_shows_its_source(monkeypatch) -> None:
    assert load_settings() == Settings()
    assert change_setting("query.fetch_limit", "500") == 500
    assert load_settings().query.fetch_limit == 500
    shown = {s.key: s for s in show_settings()[0]}
    assert shown["query.fetch_limit"].source == str(settings_path())
    assert shown["query.timeout_s"].source == ""
    monkeypatch.setenv("TUSK_QUERY_FETCH_LIMIT", "7")
    assert load_settings().query.fetch_limit == 7
    assert {s.key: s for s in show_settings()[0]}["query.fetch_limit"].source == (
        "TUSK_QUERY_FETCH_LIMIT"
    )


def test_going_back_to_the_default_returns_it() -> None:
    change_setting("query.fetch_limit", "500")
    assert change_setting("query.fetch_limit", None) == 10_000
    assert load_settings() == Settings()


def test_what_is_wrong_is_logged_and_shown(caplog) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("[query]\nfetch_limit = 'x'\n")
    with caplog.at_level(logging.WARNING):
        assert load_settings() == Settings()
    assert "line 2: query.fetch_limit must be a whole number" in caplog.text
    _, problems = show_settings()
    assert len(problems) == 1


def test_a_wrong_value_changes_nothing() -> None:
    change_setting("query.fetch_limit", "500")
    before = Path(settings_path()).read_bytes()
    with pytest.raises(ConfigError):
        change_setting("query.fetch_limit", "many")
    with pytest.raises(ConfigError):
        change_setting("query.nonsense", "1")
    assert Path(settings_path()).read_bytes() == before
