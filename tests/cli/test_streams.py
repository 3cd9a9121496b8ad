"""Standard streams that are closed or full, and outputs that are no files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import TIMEOUT_S, TUSK, Done


def shell(command: str, cwd: Path) -> Done:
    """Run a command line in which `tusk` is ours."""
    done = subprocess.run(
        ["bash", "-c", f'tusk() {{ {TUSK} "$@"; }}; {command}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=TIMEOUT_S,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_rows_for_a_closed_stdout_are_an_error_in_words(tmp_path: Path) -> None:
    done = shell("tusk query 'select 1' >&-", tmp_path)
    assert done.code == 1
    assert done.err == "tusk: cannot write the output: it is closed, or not open for writing\n"


def test_work_without_rows_does_not_need_stdout(tmp_path: Path) -> None:
    done = shell("tusk query 'create table t (a int)' >&-", tmp_path)
    assert (done.code, done.err.partition(",")[0]) == (0, "(CREATE")


def test_what_would_be_said_on_a_closed_stderr_does_not_get_among_the_rows(tmp_path: Path) -> None:
    done = shell("tusk query 'select 1 as a' 2>&-", tmp_path)
    assert (done.code, done.out) == (0, "a\n1\n")
    done = shell("tusk query 'select nonsense' 2>&-", tmp_path)
    assert (done.code, done.out) == (1, "")


def test_a_database_never_becomes_a_standard_stream(tmp_path: Path) -> None:
    url = f"duckdb://{tmp_path}/new.duckdb"
    closed = "<&- >&- 2>&-"
    assert (
        shell(
            f"tusk query 'create table t as select 7 as a' -c {url}?create=true {closed}", tmp_path
        ).code
        == 0
    )
    assert shell(f"tusk query 'select a from t' -c {url} {closed}", tmp_path).code == 1
    done = shell(f"tusk query 'select a from t' -c {url} <&- 2>&-", tmp_path)
    assert (done.code, done.out) == (0, "a\n7\n")


def test_a_closed_stdin_is_wrong_usage_where_it_is_to_be_read(tmp_path: Path) -> None:
    done = shell("tusk query <&-", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tusk: cannot read standard input: it is closed\nHINT: give SQL")
    assert shell("tusk query 'select 1 as a' <&-", tmp_path).out == "a\n1\n"
    done = shell("tusk connections add shop postgresql://db/shop --password <&-", tmp_path)
    assert (done.code, "no password was given" in done.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        "--version",
        "--help",
        "query --help",
        "doctor",
        "schema",
        "connections list",
        "config show",
        "config get query.timeout_s",
        "query 'select 1'",
        "query 'from range(100000)'",
        "query 'select 1' -F parquet",
    ],
)
@pytest.mark.parametrize("to", ["/dev/full", "&-"])
def test_every_command_says_that_its_output_cannot_be_written(
    words: str, to: str, tmp_path: Path
) -> None:
    done = shell(f"tusk {words} >{to}", tmp_path)
    assert done.code == 1
    assert done.err.count("tusk: cannot write the output: ") == 1
    assert "defect" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "output", ["-o /dev/stdout", "-o /dev/stdout -F csv", "-o /dev/fd/1 -F csv", "-o >(cat) -F csv"]
)
def test_an_output_that_is_no_file_is_written_to_as_it_is(output: str, tmp_path: Path) -> None:
    done = shell(f"tusk query 'select 1 as a; select 2 as a' {output} | cat", tmp_path)
    assert done.out == "a\n2\n"
    assert "cannot write" not in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "tusk"]


def test_rows_for_stdout_by_its_name_go_on_a_file(tmp_path: Path) -> None:
    shell("{ echo first; tusk query 'select 1 as a' -o /dev/stdout; echo last; } > out", tmp_path)
    assert (tmp_path / "out").read_text() == "first\na\n1\nlast\n"
