"""`kill -9` at any line of a write leaves the old or the new file, whole, and nothing set aside.

Killing from outside at random moments never hit the microseconds in which a file could be half
written; so the writer kills itself at its first line, at its second, and so on to its end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tusk.config import settings_file
from tusk.store.secrets import FileSecrets

# Reads "value line" and writes the value in a process that is killed at that line of tusk's
# code; answers with how that process ended.
WRITER = """
import os, signal, sys
from pathlib import Path
import tomlkit, tusk
{change}

def trace(frame, event, argument):
    global left
    if not frame.f_code.co_filename.startswith(tusk.__path__[0]):
        return None
    left -= event == "line"
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return trace

for request in sys.stdin:
    value, left = map(int, request.split())
    if not (child := os.fork()):
        sys.settrace(trace)
        change(Path(sys.argv[1]), value)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
SETTING = """
from tusk.config.settings_file import store
def change(path, value):
    store(path, "query.fetch_limit", value)
"""
PASSWORD = """
from tusk.store.secrets import FileSecrets
def change(path, value):
    FileSecrets(path).set("shop", str(value))
"""


def setting(path: Path) -> int:
    loaded = settings_file.load(path, {})
    assert loaded.problems == []
    return loaded.settings.query.fetch_limit


def password(path: Path) -> int:
    return int(FileSecrets(path).get("shop") or 0)


@pytest.mark.parametrize(
    ("name", "change", "read"),
    [("config.toml", SETTING, setting), ("secrets.toml", PASSWORD, password)],
    ids=["settings", "passwords"],
)
def test_a_killed_writer_leaves_the_old_or_the_new_file(
    name: str, change: str, read: Callable[[Path], int], tmp_path: Path
) -> None:
    path = tmp_path / "files" / name
    path.parent.mkdir()
    mine = "".join(f"# what I wrote {line}\n" for line in range(100))
    path.write_text(mine)
    path.chmod(0o600)
    before = read(path)
    kept: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITER.format(change=change), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        code = -signal.SIGKILL
        while code == -signal.SIGKILL:
            process.stdin.write(f"{before + 1} {len(kept) + 1}\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            found = read(path)
            assert found in (before, before + 1)
            kept.append("old" if found == before else "new")
            before = found
            assert path.read_text().startswith(mine)
            assert not list(path.parent.glob("*.corrupt-*"))
        process.stdin.close()
    assert code == os.EX_OK
    # Killed before the change and after it, not only at one side.
    assert kept.count("old") > 10
    assert kept[-3:] == ["new"] * 3
