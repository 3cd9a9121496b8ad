"""`tusk query` on a terminal: what is shown, and that nothing acts on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.commands import TUSK, InTerminal, on_terminal, tusk
from tests.support.hostile import HOSTILE, HOSTILE_BYTES, unsafe_characters
from tusk.formats.registry import FORMATS

TEXT_FORMATS = [name for name, format_ in FORMATS.items() if not format_.is_binary]
# Longer ones only make the tables long.
TEXTS = [text for text in HOSTILE.values() if len(text) < 2000]


def test_a_table_is_the_default_and_fits_the_terminal() -> None:
    done = on_terminal("query", "select 1 as a, repeat('x', 500) as b")
    assert done.code == 0
    assert "│ a │" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "(1 row, " in done.out


def test_without_unicode_the_table_is_drawn_with_ascii() -> None:
    done = on_terminal("query", "select 1 as a", env={"PYTHONIOENCODING": "latin-1"})
    assert done.code == 0
    assert "| a |" in done.out
    assert done.out.isascii()


def test_in_a_pipe_it_is_csv_though_stderr_is_a_terminal() -> None:
    with InTerminal("query", "select 1 as a", to_pipe=True) as terminal:
        assert terminal.process.stdout is not None
        assert terminal.process.stdout.read() == b"a\n1\n"
        assert "(1 row, " in terminal.finish().out


@pytest.mark.parametrize("format_name", [n for n, f in FORMATS.items() if f.is_binary])
def test_binary_is_refused(format_name: str) -> None:
    done = on_terminal("query", "select 1", "-F", format_name)
    assert done.code == 2
    assert f"{format_name} is not for a terminal" in done.out


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A column for each hostile text, named and filled with it, as text and as bytes."""
    names = list(dict.fromkeys(TEXTS))
    columns = {f"{n} {name}": [name] for n, name in enumerate(names)}
    raw = b"".join(HOSTILE_BYTES.values())
    table = pa.table({**columns, "bytes": [raw], "list": [names], "map": [{"k": names[0]}]})
    path = tmp_path_factory.mktemp("hostile") / "t.parquet"
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("format_name", TEXT_FORMATS)
def test_names_and_values_never_act_on_the_terminal(format_name: str, hostile_file: Path) -> None:
    done = on_terminal("query", "from t", "-c", hostile_file, "-F", format_name, width=200)
    assert done.code == 0
    # Tabs between fields are what tsv is.
    assert unsafe_characters(done.out, allow="\n\t" if format_name == "tsv" else "\n") == []
    assert len(done.out) > 500


@pytest.mark.parametrize("format_name", ["csv", "json"])
def test_in_a_pipe_the_data_is_exact(format_name: str, hostile_file: Path) -> None:
    done = tusk("query", "select list from t", "-c", hostile_file, "-F", format_name)
    assert done.code == 0
    if format_name == "json":
        assert json.loads(done.out)[0]["list"] == list(dict.fromkeys(TEXTS))
    else:
        assert "\x1b[31mred" in done.out


def test_errors_never_act_on_the_terminal_not_even_in_a_pipe(tmp_path: Path) -> None:
    script = tmp_path / "errors.sql"
    quoted = [text.replace("'", "''") for text in TEXTS]
    script.write_text("".join(f"select error('{text}');\n" for text in quoted))
    words = ("query", "-f", script, "--on-error", "continue")
    for done in (tusk(*words), on_terminal(*words, width=200)):
        assert done.code == 1
        assert unsafe_characters(done.out + done.err, allow="\n\t") == []
        assert (done.out + done.err).count("Invalid Input") >= len(TEXTS)


def test_file_names_never_act_on_the_terminal(tmp_path: Path) -> None:
    name = HOSTILE["esc-clear-screen"] + HOSTILE["bidi-override"] + ".sql"
    (tmp_path / name).write_text("select nope")
    for arguments in (
        ("query", "-f", tmp_path / name),
        ("query", "-f", tmp_path / f"no {name}"),
        ("query", "select 1", "-c", tmp_path / f"no {name}.duckdb"),
        ("query", "select 1 as a", "-o", tmp_path / f"{name}.csv"),
        ("query", "select 1", "-o", tmp_path / "no" / name),
        ("query", "select 1", "-c", f"postgresql://127.0.0.1:1/{HOSTILE['esc-title']}"),
    ):
        done = on_terminal(*arguments)
        assert unsafe_characters(done.out) == [], arguments
        assert done.out


def test_notices_and_errors_of_a_server_never_act_on_the_terminal(pg_socket_dsn: str) -> None:
    script = "\n".join(_speak(kind, text) for text in TEXTS for kind in ("notice", "exception"))
    done = tusk("query", "-c", pg_socket_dsn, "--on-error", "continue", stdin=script)
    assert unsafe_characters(done.err, allow="\n\t") == []
    assert done.err.count("NOTICE") >= len(TEXTS)
    assert done.err.count("P0001") >= len(TEXTS)


def _speak(kind: str, text: str) -> str:
    """A statement with which the server says a text."""
    literal = f"$tag$say {text}$tag$"
    using = f"using message = {literal}, detail = {literal}, hint = {literal}"
    return f"do $do$ begin raise {kind} {using}; end $do$;"


def test_progress_is_shown_for_long_exports_and_leaves_nothing(tmp_path: Path) -> None:
    sql = "select i, hash(i) as h, repeat('x', 200) as r from range(6000000) t(i)"
    done = on_terminal("query", sql, "-o", tmp_path / "x.csv")
    assert done.code == 0
    shown = done.out.split("\r")
    assert any("rows/s" in part and " MB" in part for part in shown)
    last = done.out.rpartition("\r")[2]
    assert last.startswith("(6,000,000 rows, ")
    assert "wrote " in last
    assert "\x1b" not in done.out


def test_no_progress_for_short_work_quiet_or_pipes(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    assert "rows/s" not in on_terminal("query", "select 1", "-o", path).out
    sql = "select i, hash(i) as h, repeat('x', 200) as r from range(3000000) t(i)"
    assert on_terminal("query", sql, "-o", path, "-q").out == ""
    assert "\r" not in tusk("query", sql, "-o", path).err


def test_ctrl_c_ends_with_130() -> None:
    sql = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range) = 1"
    with InTerminal("query", f"select 7 as seven; {sql}", "-F", "markdown") as terminal:
        terminal.wait_for("(1 row, ")
        terminal.type("\x03")
        done = terminal.finish()
    assert done.code == 130
    assert "Traceback" not in done.out


def test_the_command_is_the_installed_one() -> None:
    assert Path(TUSK).exists()
