"""Stored connections with their passwords, and targets from what a user types."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tusk.core.errors import ConfigError, ConnectError, UsageError
from tusk.services import connections
from tusk.services.connections import KEEP, Profile, Target
from tusk.services.settings import change_setting

SHOP = Profile("shop", "postgres", {"host": "db.example", "dbname": "shop"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "tusk"


def test_a_profile_and_its_password_come_back_apart(home: Path) -> None:
    connections.add_profile(SHOP, "s3cret")
    assert connections.list_profiles() == [SHOP]
    assert connections.get_profile("shop") == SHOP
    assert connections.has_password("shop")
    target = connections.target_of(SHOP)
    assert target == Target("postgres", "shop", dict(SHOP.parameters), "s3cret")
    assert "s3cret" not in repr(target) + (home / "connections.toml").read_text()


def test_a_changed_profile_keeps_its_password_unless_told(home: Path) -> None:
    connections.add_profile(SHOP, "s3cret")
    renamed = replace(SHOP, name="new", read_only=True)
    connections.replace_profile("shop", renamed, KEEP)
    assert connections.target_of(renamed).password == "s3cret"
    assert not connections.has_password("shop")
    connections.replace_profile("new", renamed, "n3w")
    assert connections.target_of(renamed).password == "n3w"
    connections.replace_profile("new", renamed, None)
    assert connections.target_of(renamed).password is None
    assert "n3w" not in (home / "secrets.toml").read_text()


def test_a_refused_change_touches_neither_file(home: Path) -> None:
    connections.add_profile(SHOP, "s3cret")
    connections.add_profile(Profile("other", "duckdb"))
    before = {p.name: p.read_bytes() for p in home.iterdir() if p.is_file()}
    with pytest.raises(UsageError):
        connections.add_profile(SHOP, "x")
    with pytest.raises(UsageError):
        connections.replace_profile("shop", replace(SHOP, name="other"), "x")
    with pytest.raises(UsageError):
        connections.remove_profile("none")
    assert {p.name: p.read_bytes() for p in home.iterdir() if p.is_file()} == before


def test_removing_forgets_both(home: Path) -> None:
    connections.add_profile(SHOP, "s3cret")
    connections.remove_profile("shop")
    assert connections.list_profiles() == []
    assert "s3cret" not in (home / "secrets.toml").read_text()


def test_a_readable_secrets_file_stops_the_adding_before_anything_is_stored(home: Path) -> None:
    connections.add_profile(SHOP, "s3cret")
    (home / "secrets.toml").chmod(0o644)
    with pytest.raises(ConfigError, match="0644"):
        connections.add_profile(replace(SHOP, name="two"), "x")
    with pytest.raises(ConfigError, match="0644"):
        connections.replace_profile("shop", replace(SHOP, name="two"))
    assert [p.name for p in connections.list_profiles()] == ["shop"]


def test_a_wrong_entry_is_logged(home: Path, caplog) -> None:
    home.mkdir()
    (home / "connections.toml").write_text("[x]\nengine = 'oracle'\n")
    with caplog.at_level(logging.WARNING):
        assert connections.list_profiles() == []
    assert "no engine 'oracle'" in caplog.text


# ── targets ──────────────────────────────────────────────────────────────────────────────────


def test_a_name_goes_before_a_file_and_nothing_is_duckdb_in_memory(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("a\n1\n")
    assert connections.resolve("").engine == "duckdb"
    assert connections.resolve("").parameters == {"path": ""}
    assert connections.resolve("sales.csv").parameters["files"] == str(tmp_path / "sales.csv")
    connections.add_profile(Profile("sales.csv", "sqlite", {"path": "/x.db"}))
    assert connections.resolve("sales.csv").engine == "sqlite"


def test_read_only_can_be_added_but_not_taken_away() -> None:
    connections.add_profile(Profile("a", "duckdb"))
    connections.add_profile(Profile("b", "duckdb", read_only=True))
    assert connections.resolve("a", read_only=True).read_only
    assert connections.resolve("b").read_only
    assert not connections.resolve("a").read_only
    assert connections.resolve("duckdb://", read_only=True).read_only


def test_the_general_time_limit_applies_where_there_is_no_other() -> None:
    connections.add_profile(Profile("a", "duckdb"))
    connections.add_profile(Profile("b", "duckdb", statement_timeout_s=5.0))
    assert connections.resolve("a").statement_timeout_s is None
    change_setting("query.timeout_s", "2.5")
    assert connections.resolve("a").statement_timeout_s == 2.5
    assert connections.resolve("b").statement_timeout_s == 5.0
    assert connections.resolve("duckdb://").statement_timeout_s == 2.5


def test_what_is_nothing_names_what_is_stored() -> None:
    connections.add_profile(SHOP)
    with pytest.raises(UsageError) as caught:
        connections.resolve("shpo")
    assert "shop" in caught.value.hint


def test_startup_sql_runs_on_each_session() -> None:
    profile = Profile("a", "duckdb", startup_sql=("create table t as select 7 as a",))
    connections.add_profile(profile)
    with pytest.raises(ConnectError):
        connections.open_session(
            connections.target_of(replace(profile, startup_sql=("select * from nowhere",)))
        )
    session = connections.open_session(connections.target_of(profile))
    session.close()


# ── profiles from elsewhere ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "profile", "password"),
    [
        (
            "postgresql://ann:s3cret@db.example:5433/shop?sslmode=require",
            Profile(
                "shop",
                "postgres",
                {
                    "user": "ann",
                    "host": "db.example",
                    "port": "5433",
                    "dbname": "shop",
                    "sslmode": "require",
                },
            ),
            "s3cret",
        ),
        ("service=reports", Profile("reports", "postgres", {"service": "reports"}), None),
        (
            "host=/tmp/x:y password='a b'",
            Profile("x-y", "postgres", {"host": "/tmp/x:y"}),
            "a b",
        ),
        (" duckdb:// \n", Profile("duckdb", "duckdb", {"path": ""}), None),
    ],
)
def test_a_pasted_url_becomes_a_profile_with_its_password_apart(
    text: str, profile: Profile, password: str | None
) -> None:
    assert connections.profile_from_url(text) == (profile, password)
    connections.check_profile(profile)


def test_a_file_becomes_a_profile_that_does_not_depend_on_the_folder(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("a\n1\n")
    profile, _ = connections.profile_from_url("sales.csv", "mine")
    assert profile.name == "mine"
    assert profile.parameters["files"] == str(tmp_path / "sales.csv")
    monkeypatch.chdir("/")
    info = connections.test_target(connections.target_of(profile))
    assert info.product == "DuckDB"


def test_services_become_profiles_that_refer_to_them(tmp_path: Path, caplog) -> None:
    own, system = tmp_path / "own.conf", tmp_path / "etc" / "pg_service.conf"
    system.parent.mkdir()
    own.write_text(
        "# mine\n[shop]\nhost=db\npassword=s3cret\n\n[a/b: c]\nhost=x\n[broken\n[]\n  [indented]\n"
    )
    system.write_text("[shop]\nhost=other\n[reports]\nhost=r\n")
    environment = {"PGSERVICEFILE": str(own), "PGSYSCONFDIR": str(system.parent)}
    with caplog.at_level(logging.WARNING):
        profiles = connections.profiles_from_pg_service(environment)
    assert [(p.name, p.parameters) for p in profiles] == [
        ("shop", {"service": "shop"}),
        ("a-b- c", {"service": "a/b: c"}),
        ("indented", {"service": "indented"}),
        ("reports", {"service": "reports"}),
    ]
    assert "line 8: not a section header" in caplog.text
    assert "s3cret" not in str(profiles) + caplog.text


def test_the_usual_service_file_is_in_the_home_folder(tmp_path: Path) -> None:
    assert connections.profiles_from_pg_service({}) == []
    (tmp_path / "home" / ".pg_service.conf").write_text("[shop]\nhost=db\n")
    assert [p.name for p in connections.profiles_from_pg_service({})] == ["shop"]


def test_variables_become_a_profile_and_a_password() -> None:
    environment = {
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGDATABASE": "shop",
        "PGUSER": "ann",
        "PGSSLMODE": "require",
        "PGPASSWORD": "s3cret",
        "PGTZ": "UTC",
    }
    found = connections.profile_from_pg_environment(environment)
    assert found is not None
    profile, password = found
    assert profile.parameters == {
        "host": "db",
        "port": "5433",
        "dbname": "shop",
        "user": "ann",
        "sslmode": "require",
    }
    assert (profile.name, password) == ("shop", "s3cret")


@pytest.mark.parametrize(
    "environment", [{}, {"PGPASSWORD": "x"}, {"PGSSLMODE": "require"}, {"PGHOST": ""}]
)
def test_variables_that_choose_no_server_are_no_profile(environment: dict[str, str]) -> None:
    assert connections.profile_from_pg_environment(environment) is None


def test_imported_profiles_reach_a_server(pg_db: str, tmp_path: Path, monkeypatch) -> None:
    parts = {k: str(v) for k, v in conninfo_to_dict(pg_db).items()}
    lines = "".join(f"{key}={value}\n" for key, value in parts.items())
    (tmp_path / "service.conf").write_text(f"[mine]\n{lines}")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "service.conf"))
    (profile,) = connections.profiles_from_pg_service()
    assert connections.test_target(connections.target_of(profile)).database == parts["dbname"]

    names = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER"}
    environment = {names[k]: v for k, v in parts.items() if k in names}
    found = connections.profile_from_pg_environment(environment)
    assert found is not None
    connections.add_profile(found[0], parts["password"])
    target = connections.target_of(found[0])
    assert connections.test_target(target).database == parts["dbname"]


def test_a_location_names_no_secret() -> None:
    profile = Profile("x", "postgres", {"host": "db", "user": "ann", "dbname": "shop"})
    assert connections.location_of(profile) == "postgresql://ann@db/shop"
    assert connections.location_of(Profile("x", "sqlite", {"path": "/x.db"})) == "/x.db"
    assert connections.location_of(Profile("x", "duckdb", {"path": ""})) == "duckdb://"
