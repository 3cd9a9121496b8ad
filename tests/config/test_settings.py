"""Settings: the file, the environment, what is wrong with them, and changing them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.config import settings, settings_file
from tusk.config.settings import Settings
from tusk.core.errors import ConfigError, StorageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(path: Path, text: str | None = None, **environment: str) -> settings_file.LoadedSettings:
    if text is not None:
        path.write_text(text, "utf-8")
    return settings_file.load(path, environment)


def problem(loaded: settings_file.LoadedSettings) -> ConfigError:
    assert len(loaded.problems) == 1, loaded.problems
    return loaded.problems[0]


def test_without_a_file_the_defaults_apply(path: Path):
    assert load(path) == settings_file.LoadedSettings(Settings(), {}, [])


def test_the_file_changes_what_it_names_and_tells_the_source(path: Path):
    loaded = load(
        path, "[query]\nfetch_limit = 50\ntimeout_s = 3\n[app.keymap]\n'query.run' = 'f5'\n"
    )
    assert loaded.problems == []
    assert loaded.settings.query.fetch_limit == 50
    assert loaded.settings.query.timeout_s == 3.0
    assert isinstance(loaded.settings.query.timeout_s, float)
    assert loaded.settings.app.keymap == {"query.run": "f5"}
    assert loaded.settings.query.memory_mib == Settings().query.memory_mib
    assert loaded.sources["query.fetch_limit"] == str(path)


def test_the_environment_goes_before_the_file(path: Path):
    loaded = load(path, "[query]\nfetch_limit = 50\n", TUSK_QUERY_FETCH_LIMIT="70")
    assert loaded.settings.query.fetch_limit == 70
    assert loaded.sources["query.fetch_limit"] == "TUSK_QUERY_FETCH_LIMIT"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "[query]\n\nfetch_limt = 5\n",
            "line 3: unknown setting query.fetch_limt",
            "query.fetch_limit",
        ),
        (
            "[query]\nfetch_limit = 'x'\n",
            "line 2: query.fetch_limit must be a whole number",
            "10000",
        ),
        (
            "[query]\nfetch_limit = true\n",
            "line 2: query.fetch_limit must be a whole number",
            "10000",
        ),
        ("[query]\nfetch_limit = 0\n", "line 2: query.fetch_limit must be at least 1", "10000"),
        ("[query]\ntimeout_s = nan\n", "line 2: query.timeout_s must be at least 0", "0.0"),
        ("[secrets]\nstore = 'cloud'\n", "line 2: secrets.store must be one of auto", "auto"),
        ("[app]\nkeymap = ['x']\n", "line 2: app.keymap must be a table of texts", "{}"),
        ("[app.keymap]\na = 1\n", "line 1: app.keymap must be a table of texts", "{}"),
        ("zebra = 1\n", "line 1: unknown setting zebra", "config show"),
        ("[nonsense]\na = 1\n", "line 2: unknown setting nonsense.a", "config show"),
    ],
)
def test_a_wrong_setting_is_named_with_file_and_line_and_the_rest_applies(
    path: Path, text: str, message: str, hint: str
):
    loaded = load(path, text + "[log]\nlevel = 'debug'\n")
    found = problem(loaded)
    assert found.message.startswith(f"{path}, {message}")
    assert hint in found.hint
    assert loaded.settings.log.level == "debug"
    assert loaded.settings.query == Settings().query
    assert path.read_text() == text + "[log]\nlevel = 'debug'\n"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TUSK_QUERY_FETCH_LIMIT", "many", "query.fetch_limit must be a whole number, not 'many'"),
        ("TUSK_QUERY_FETCH_LIMT", "5", "TUSK_QUERY_FETCH_LIMT is no setting"),
    ],
)
def test_a_wrong_environment_variable_is_named(path: Path, name: str, value: str, message: str):
    loaded = load(path, **{name: value})
    assert message in problem(loaded).message
    assert name in problem(loaded).message
    assert loaded.settings == Settings()


def test_other_tusk_variables_are_none_of_the_settings_business(path: Path):
    assert load(path, TUSK_HOME="/x", TUSK_TEST_PG="15").problems == []


@pytest.mark.parametrize(
    "content", [b"[query\n", b"\xff\xfe\x00", b"a = 1\na = 2\n", b"\x00" * 100]
)
def test_a_file_that_is_no_toml_is_set_aside_and_never_overwritten(path: Path, content: bytes):
    path.write_bytes(content)
    loaded = settings_file.load(path, {})
    found = problem(loaded)
    aside = [p for p in path.parent.iterdir() if ".corrupt-" in p.name]
    assert loaded.settings == Settings()
    assert [p.read_bytes() for p in aside] == [content]
    assert not path.exists()
    assert str(path) in found.message
    assert str(aside[0]) in found.hint


def test_an_empty_file_and_one_with_a_byte_order_mark_are_fine(path: Path):
    path.write_bytes(b"")
    assert settings_file.load(path, {}).problems == []
    path.write_bytes(b"\xef\xbb\xbf[query]\nfetch_limit = 5\n")
    assert settings_file.load(path, {}).settings.query.fetch_limit == 5


def test_an_unreadable_file_is_an_error_and_no_default(path: Path):
    path.mkdir()
    with pytest.raises(StorageError):
        settings_file.load(path, {})


def test_changing_a_setting_keeps_comments_order_and_what_is_not_understood(path: Path):
    path.write_text("# mine\n[future]\nx = 1\n\n[query] # limits\nfetch_limit = 5 # few\n")
    settings_file.store(path, "query.fetch_limit", 7)
    settings_file.store(path, "query.timeout_s", 2.5)
    settings_file.store(path, "app.keymap", {"query.run": "f5"})
    text = path.read_text()
    assert text.startswith("# mine\n[future]\nx = 1\n\n[query] # limits\nfetch_limit = 7 # few\n")
    loaded = load(path)
    assert loaded.settings.query == settings.QuerySettings(fetch_limit=7, timeout_s=2.5)
    assert loaded.settings.app.keymap == {"query.run": "f5"}


def test_unsetting_goes_back_to_the_default_and_twice_is_fine(path: Path):
    settings_file.store(path, "query.fetch_limit", 7)
    settings_file.store(path, "query.fetch_limit", None)
    settings_file.store(path, "query.fetch_limit", None)
    assert load(path) == settings_file.LoadedSettings(Settings(), {}, [])


def test_changing_a_file_that_is_no_toml_refuses_and_leaves_it(path: Path):
    path.write_text("[query\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        settings_file.store(path, "query.fetch_limit", 7)
    assert path.read_text() == "[query\n"


def test_an_unknown_key_is_refused_with_the_nearest_one(path: Path):
    with pytest.raises(ConfigError, match="no setting"):
        settings_file.store(path, "query.limit", 7)
    with pytest.raises(ConfigError) as caught:
        settings.setting_info("query.fetchlimit")
    assert "query.fetch_limit" in caught.value.hint


@pytest.mark.parametrize("info", settings.describe(), ids=lambda info: info.key)
def test_every_setting_can_be_typed_stored_and_read_back(path: Path, info: settings.SettingInfo):
    yes_or_no = "no" if info.default is True else "yes"
    samples: dict[object, str] = {
        bool: yes_or_no,
        int: "12_000",
        float: "2.5",
        str: 'x y = "ü" \' #',
    }
    if info.type.startswith("one of "):
        text = info.type.removeprefix("one of ").split(", ")[-1]
    elif info.type == "a table of texts":
        text = "query.run=f5,ctrl+r; app.quit=ctrl+x"
    else:
        text = samples[info.annotation]
    value = settings.parse(info, text)
    assert value != info.default
    settings_file.store(path, info.key, value)
    from_file, from_variable = load(path), load(path.with_name("none"), **{info.variable: text})
    for loaded in (from_file, from_variable):
        assert loaded.problems == []
        assert settings.get(loaded.settings, info.key) == value


@pytest.mark.parametrize("info", settings.describe(), ids=lambda info: info.key)
def test_every_setting_is_documented(info: settings.SettingInfo):
    document = (ROOT / "docs" / "settings.md").read_text("utf-8")
    section = document.partition(f"\n### `{info.key}`\n")[2].partition("\n### ")[0]
    assert info.doc in section
    assert f"`{info.variable}`" in section
    assert info.type in section


def test_the_documentation_names_no_setting_that_is_gone():
    document = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = [line.strip("#` ") for line in document.splitlines() if line.startswith("### ")]
    assert named == [info.key for info in settings.describe()]


@given(st.text())
def test_no_typed_text_breaks_a_setting(text: str):
    for info in settings.describe():
        try:
            value = settings.parse(info, text)
        except ConfigError as exc:
            assert info.key in exc.message
        else:
            assert settings.check(info, value) == value
