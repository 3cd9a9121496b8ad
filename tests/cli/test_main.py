"""The command itself: help, version, exit codes, what is no command, defects."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
import typer
from typer.main import get_command

import tusk as package
from tests.cli.commands import TUSK, on_terminal, start, tusk
from tests.support.hostile import HOSTILE, unsafe_characters
from tusk.cli import main
from tusk.cli.exits import MEANINGS, ExitCode, exit_code_of
from tusk.core import errors
from tusk.core.installation import how_to_install

ROOT = Path(__file__).resolve().parents[2]


def test_version() -> None:
    done = tusk("--version")
    assert (done.code, done.out, done.err) == (0, f"tusk {package.__version__}\n", "")


def test_help_names_every_command_and_every_exit_code() -> None:
    done = tusk("--help")
    assert done.code == 0
    for name in main._COMMANDS:
        assert bool(re.search(rf"^  {name} ", done.out, re.MULTILINE)) is (name != "open")
    for code, meaning in MEANINGS.items():
        assert f"{code.value:<4} {meaning}" in done.out


def test_the_readme_documents_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE)
    documented = {int(code): meaning.replace("`", "").replace("\\|", "|") for code, meaning in rows}
    assert documented == {code.value: MEANINGS[code] for code in ExitCode}


def commands() -> list[tuple[str, object]]:
    """Every command with its words."""
    root = get_command(main.app)
    context = typer.Context(root)
    found: list[tuple[str, object]] = []
    for name in main._COMMANDS:
        command = root.get_command(context, name)  # type: ignore[attr-defined]
        if inner := getattr(command, "commands", None):
            found += [(f"{name} {inner_name}", inner[inner_name]) for inner_name in inner]
        else:
            found.append((name, command))
    return [(name, command) for name, command in found if name != "open"]


@pytest.mark.parametrize(("name", "command"), commands(), ids=str)
def test_every_command_has_help_with_an_example_that_is_itself(name: str, command: object) -> None:
    help_text = command.help  # type: ignore[attr-defined]
    assert re.search(r"\n\s*Examples?:\n", help_text)
    assert f"tusk {name}" in help_text or name == "config path"
    for parameter in command.params:  # type: ignore[attr-defined]
        assert parameter.help, f"{name}: {parameter.name} has no help"


def test_help_fits_a_terminal_of_80_columns() -> None:
    for words in (["--help"], ["query", "--help"], ["connections", "edit", "--help"]):
        text = tusk(*words, env={"COLUMNS": "80"}).out
        assert max(map(len, text.splitlines())) <= 80


def test_no_summary_of_a_command_is_cut_at_80_columns() -> None:
    groups = {name.partition(" ")[0] for name, _ in commands() if " " in name}
    for words in ([], *([group] for group in sorted(groups))):
        listed = tusk(*words, "--help", env={"COLUMNS": "80"}).out.partition("\nCommands:\n")[2]
        summaries = [line for line in listed.splitlines() if line.startswith("  ")]
        assert summaries
        assert [line for line in summaries if line.endswith(("...", "…"))] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["qurey", "select 1"], "Did you mean 'query'?"),
        (["query", "--nonsense"], "No such option"),
        (["query", "--limit", "many"], "--limit"),
        (["query", "--limit", "-1"], "--limit"),
        (["query", "--on-error", "ignore"], "--on-error"),
        (["query", "select 1", "select 2"], "select 2"),
        (["connections"], "Usage: tusk connections"),
        (["connections", "show"], "NAME"),
        (["nonsense"], "needs a terminal"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what(words: list[str], message: str) -> None:
    done = tusk(*words)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


@pytest.mark.parametrize("text", [HOSTILE["esc-title"], HOSTILE["bidi-override"], "x\x9b2Jy"])
def test_hostile_arguments_come_back_as_plain_text(text: str) -> None:
    for words in ([text], [text, "x"], ["query", f"--{text}"], ["connections", "show", text]):
        done = tusk(*words)
        assert done.code == 2
        assert unsafe_characters(done.err) == []


def test_without_a_terminal_the_app_names_the_command_that_needs_none() -> None:
    done = tusk()
    assert done.code == 2
    assert "needs a terminal" in done.err
    assert "tusk query" in done.err


def test_a_script_that_cannot_be_opened_is_said_before_the_app_opens(tmp_path: Path) -> None:
    (tmp_path / "b.sql").write_bytes(b"\0")
    for words, message in [
        (["none.sql"], "there is no file"),
        (["-f", "none.sql"], "there is no file"),
        ([":memory:", f"--file={tmp_path}"], "is a folder"),
        ([str(tmp_path / "b.sql")], "binary"),
        (["no-such-connection", "-f", str(tmp_path / "b.sql")], "binary"),
    ]:
        done = on_terminal(*words)
        assert done.code == 1
        assert message in done.out


def test_a_target_that_is_nothing_is_said_before_the_app_opens() -> None:
    done = on_terminal("no-such-connection")
    assert done.code == 2
    assert "no-such-connection" in done.out
    assert "\x1b[" not in done.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.QueryError("x"), 1),
        (errors.StorageError("x"), 1),
        (errors.QueryCancelled("x"), 1),
        (errors.UsageError("x"), 2),
        (errors.ConfigError("x"), 2),
        (errors.MissingExtraError("x", "y"), 2),
        (errors.ConnectError("x"), 3),
        (errors.ConnectionLost("x"), 3),
        (errors.QueryTimeout("x"), 4),
        (errors.QueryRefused("x"), 5),
        (errors.PermissionDenied("x"), 5),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: errors.TuskError, code: int) -> None:
    assert exit_code_of(error) == code


def test_an_extra_that_is_missing_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    # Every process started from here on finds no such package.
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['datafusion'] = None\n")
    env = {"PYTHONPATH": str(tmp_path)}
    done = tusk("query", "select 1", "-c", "datafusion://", env=env)
    assert (done.code, done.out) == (2, "")
    assert "the datafusion engine needs the 'datafusion' extra, which is not installed" in done.err
    assert f"HINT: {how_to_install('datafusion')}\n" in done.err
    assert tusk("query", "select 1 as a", env=env).out == "a\n1\n"


def test_a_defect_is_told_as_one_and_its_traceback_goes_to_the_private_log(
    tmp_path: Path,
) -> None:
    # A broken package stands in for a mistake of ours.
    (tmp_path / "tomllib.py").write_text("raise ZeroDivisionError('password=hunter2')")
    home = tmp_path / "home"
    (home / "tusk").mkdir(parents=True)
    (home / "tusk" / "config.toml").write_text("[query]\n")
    env = {"PYTHONPATH": str(tmp_path), "TUSK_HOME": str(home / "tusk")}
    done = tusk("config", "show", env=env)
    assert done.code == 1
    assert "defect of tusk: ZeroDivisionError" in done.err
    assert "Traceback" not in done.err
    log = home / "tusk" / "state" / "log" / "tusk.log"
    assert str(log) in done.err
    assert "Traceback" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "hunter2" not in done.err + log.read_text()


def test_completion_offers_commands_options_and_stored_connections() -> None:
    tusk("connections", "add", "shop", "duckdb://")
    env = {"_TUSK_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    first = tusk(env={**env, "COMP_WORDS": "tusk "}).out.split()
    assert {"query", "connections", "shop"} <= set(first)
    assert "open" not in first
    env["COMP_CWORD"] = "3"
    third = tusk(env={**env, "COMP_WORDS": "tusk query -c "}).out.split()
    assert third == ["shop"]
    third = tusk(env={**env, "COMP_WORDS": "tusk query -F pa", "COMP_CWORD": "3"}).out.split()
    assert third == ["parquet"]
    third = tusk(env={**env, "COMP_WORDS": "tusk config get query.f"}).out.split()
    assert third == ["query.fetch_limit"]


def test_a_closed_stderr_does_not_stop_the_work() -> None:
    process = start("query", "select 1 as a")
    assert process.stderr is not None
    process.stderr.close()
    assert process.stdout is not None
    assert process.stdout.read() == b"a\n1\n"
    process.stdout.close()
    assert process.wait() == 0


def test_installed_completion_completes_in_a_new_shell() -> None:
    done = tusk("--install-completion", "bash")
    assert (done.code, done.err) == (0, "")
    script = (
        ". ~/.bashrc; COMP_WORDS=(tusk conn); COMP_CWORD=1;"
        " read -r _ _ _ _ function _ <<< $(complete -p tusk); $function tusk;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(TUSK).parent}:{os.environ['PATH']}"
    shell = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert shell.stdout == "connections\n", shell.stderr
