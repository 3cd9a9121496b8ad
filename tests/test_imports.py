"""What importing tusk loads. The contracts in pyproject.toml cannot see imports in functions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "tusk"

FRONT_END_LIBRARIES = ["textual", "rich", "typer", "click"]
DRIVERS = ["psycopg", "duckdb", "datafusion"]
HEAVY = [*DRIVERS, "sqlite3", "pyarrow", "textual", "tree_sitter", "keyring", "numpy", "pandas"]

# Which of sys.argv[1]'s modules are loaded after importing each of sys.argv[2]'s in turn.
IMPORT_EACH = """
import importlib, json, sys
unwanted, names = map(json.loads, sys.argv[1:])
found = {}
for name in names:
    importlib.import_module(name)
    for module in unwanted:
        if module in sys.modules:
            found.setdefault(module, name)
print(json.dumps(found))
"""

# The same after running the command with an argument list.
RUN_COMMAND = """
import contextlib, io, json, sys
unwanted, arguments = map(json.loads, sys.argv[1:])
sys.argv = ["tusk", *arguments]
output = io.StringIO()
code = 0
with contextlib.redirect_stdout(output):
    from tusk.cli.main import main
    try:
        main()
    except SystemExit as exit:
        code = exit.code or 0
loaded = [module for module in unwanted if module in sys.modules]
print(json.dumps({"code": code, "loaded": loaded, "output": output.getvalue()}))
"""


def in_new_process(program: str, *arguments: list[str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(json.dumps, arguments)],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def modules_of(package: str) -> list[str]:
    files = sorted((PACKAGE / package).rglob("*.py"))
    assert files, f"tusk.{package} has no modules"
    dotted = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in dotted]


def test_the_package_itself_loads_nothing_of_tusk() -> None:
    program = (
        "import json, sys, tusk\n"
        "print(json.dumps({'loaded': [m for m in sys.modules if m.startswith('tusk.')]}))"
    )
    assert in_new_process(program) == {"loaded": []}


@pytest.mark.parametrize(
    "package", ["core", "config", "store", "engines", "catalog", "formats", "services"]
)
def test_a_layer_below_the_front_ends_loads_no_front_end_library(package: str) -> None:
    assert in_new_process(IMPORT_EACH, FRONT_END_LIBRARIES, modules_of(package)) == {}


@pytest.mark.parametrize("package", ["core", "config", "store", "catalog", "formats", "services"])
def test_only_engines_load_drivers(package: str) -> None:
    assert in_new_process(IMPORT_EACH, DRIVERS, modules_of(package)) == {}


def test_the_command_loads_nothing_heavy() -> None:
    assert in_new_process(IMPORT_EACH, HEAVY, ["tusk.cli.main"]) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["query", "--help"],
        ["history", "list", "--help"],
        ["saved", "run", "--help"],
        ["doctor", "--help"],
    ],
)
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    answer = in_new_process(RUN_COMMAND, HEAVY, arguments)
    assert answer["code"] == 0
    assert answer["output"]
    assert answer["loaded"] == []
