"""A disk that is full while a result is spilled: a message, the rows so far, and a living app."""

from __future__ import annotations

import shlex
import sys

from tests.support.terminal import Terminal
from tusk.services.settings import change_setting

# Files may not grow over some 8 MB, which the workspace does not need: the result does.
LIMITED = "ulimit -f 16000; exec {} -m tusk :memory:"
SQL = "select i, repeat('x', 400) || i as t from range(400000) r(i)"


def test_a_full_disk_is_told_and_the_rows_so_far_can_be_read() -> None:
    change_setting("query.memory_mib", "1")
    change_setting("query.fetch_limit", "1000000")
    command = ["sh", "-c", LIMITED.format(shlex.quote(sys.executable))]
    with Terminal(command, width=100, height=30) as terminal:
        terminal.wait_for("autocommit")
        terminal.send_text(SQL)
        terminal.send_keys("F5")
        terminal.wait_for("✗ cannot keep more rows")
        terminal.wait_for("partial")
        # What came before it is in its tab, from the first row to the last one.
        terminal.send_keys("F4", "[")
        terminal.wait_for("▸ +1 +0 ")
        terminal.send_keys("C-End")
        terminal.wait_for(r"▸ *\d{4,} +\d{4,}  x")
        # The session goes on.
        terminal.send_keys("C-n")
        terminal.wait_for("Query 2")
        terminal.send_text("select 41 + 1 as answer")
        terminal.send_keys("F5")
        terminal.wait_for("▸ +1 +42$")
