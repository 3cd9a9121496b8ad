"""`python -m tests`: everything on one PostgreSQL, and what needs PostgreSQL on another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import __main__ as runner
from tests.support.localpg import PgBinaries

OLD = PgBinaries(Path("/old"), "15.9", "system", ())
NEWER = PgBinaries(Path("/newer"), "15.11", "path", ())
NEW = PgBinaries(Path("/new"), "18.6", "wheel", ())

Runs = list[tuple[list[str], dict[str, str]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """What is run; nothing is."""
    seen: Runs = []

    def run(arguments: Sequence[str], env: dict[str, str] | None = None) -> int:
        seen.append((list(arguments), env or {}))
        return 0

    monkeypatch.setattr(runner, "run", run)
    for variable in ("CI", "TUSK_TEST_PG", "TUSK_TEST_PG_DSN"):
        monkeypatch.delenv(variable, raising=False)
    return seen


def find(monkeypatch: pytest.MonkeyPatch, *found: PgBinaries) -> None:
    monkeypatch.setattr(runner, "find_binaries", lambda: list(found))


def test_what_needs_postgresql_runs_on_the_next_major_version(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(monkeypatch, OLD, NEWER, NEW)
    assert runner.main(["-x"]) == 0
    (first, env), (second, second_env) = runs
    assert (first, env) == (["-x"], {})
    assert second == ["-x", "-m", "postgres"]
    assert second_env["TUSK_TEST_PG"] == "18"


@pytest.mark.parametrize("found", [[], [OLD, NEWER]], ids=["none", "one"])
def test_with_one_major_version_ci_fails_and_says_why(
    found: list[PgBinaries],
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    find(monkeypatch, *found)
    monkeypatch.setenv("CI", "true")
    assert runner.main([]) != 0
    assert runs == []
    words = ", ".join(f"{b.version} ({b.source})" for b in found) or "none"
    assert capsys.readouterr().err == (
        f"PostgreSQL of two major versions is wanted, found: {words}\n"
    )


def test_with_one_major_version_everything_runs_once_elsewhere(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find(monkeypatch, OLD)
    assert runner.main(["-x"]) == 0
    assert runs == [(["-x"], {})]
    assert "two major versions" in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["TUSK_TEST_PG", "TUSK_TEST_PG_DSN"])
def test_a_chosen_server_is_the_only_one(
    variable: str, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(monkeypatch, OLD)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(variable, "18")
    assert runner.main([]) == 0
    assert len(runs) == 1
