"""What the project says about itself is true in each place that says it."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tusk

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
README = ROOT / "README.md"

# Put together here, so that this file does not contain them.
FORBIDDEN = {
    "a package registry's host": [
        "pypi" + r"\.org",
        "python" + r"hosted\.org",
        "npm" + r"js\.org",
        "deb\\." + r"debian\.org",
        r"(?:extra-)?index" + r"-url\s*=",
    ],
    "one machine's path": [
        r"(?<![\w.~/])/" + r"root/",
        r"(?<![\w.~/])/" + r"work/",
        r"(?<![\w.~/])/" + r"Users/\w",
        "/tmp/" + "pytest-of-",
        r"file:///" + r"(?:opt|root|home|tmp)",
    ],
}


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads(PYPROJECT.read_text())


def test_the_version_is_the_same_everywhere() -> None:
    assert importlib.metadata.version("tusk") == tusk.__version__
    assert re.search(rf"^## \[{re.escape(tusk.__version__)}\]", _changelog(), re.MULTILINE)


def test_the_changelog_keeps_its_form() -> None:
    headings = re.findall(r"^## (.*)$", _changelog(), re.MULTILINE)
    assert headings
    for heading in headings:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - (unreleased|\d{4}-\d{2}-\d{2})", heading)
    kinds = set(re.findall(r"^### (.*)$", _changelog(), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_dependency_and_extra_has_a_comment() -> None:
    lines = PYPROJECT.read_text().splitlines()
    start = lines.index("dependencies = [")
    commented = False
    for line in lines[start + 1 :]:
        if line.startswith("[project.scripts]"):
            break
        if line.lstrip().startswith("#"):
            commented = True
        elif re.match(r'\w+ = \[|    "', line):
            # tree-sitter and its grammar share one comment.
            assert commented or "tree-sitter" in line, f"no comment above: {line}"
            commented = False


def test_all_holds_every_extra(pyproject: dict[str, Any]) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    assert extras["all"] == [f"tusk[{','.join(name for name in extras if name != 'all')}]"]


def test_the_readme_names_every_extra(pyproject: dict[str, Any]) -> None:
    text = README.read_text()
    for extra in pyproject["project"]["optional-dependencies"]:
        assert re.search(rf"`(?:tusk\[)?{extra}\]?`|tusk\[{extra}\]", text), extra


def test_the_readme_names_the_commands_that_make_has() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"demo", "test", "check", "bench", "format", "clean"}
    named = set(re.findall(r"\bmake ([a-z]+)\b`?", " ".join(_code(README.read_text()))))
    assert named >= {"demo", "test"}
    assert named <= targets


def test_no_file_names_a_registry_or_a_machine() -> None:
    found: list[str] = []
    for path in _project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        for what, patterns in FORBIDDEN.items():
            for match in re.finditer("|".join(patterns), text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}: {match[0]}")
    assert found == []


def _changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text()


def _code(markdown: str) -> list[str]:
    """The code in a Markdown text: blocks and spans."""
    return re.findall(r"```.*?```|`[^`\n]+`", markdown, re.DOTALL)


def _project_files() -> list[Path]:
    """What is in the repository, or would be with the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository")
    return [ROOT / name for name in listed.stdout.split("\0") if name]
