"""The benchmarks' runner: what it judges, what it writes, and that it knows all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as runner
from benchmarks.measurement import Measurement, load, save

ROOT = Path(__file__).resolve().parents[1]
FAST = Measurement("grid", "Page Down", 8.25, "ms", "DataTable", 0.5, limit=50)
SLOW = Measurement("startup", "tusk query", 400.0, "ms", "python", 3.01, 3.0, "ratio")


def test_a_limit_is_of_the_ratio_or_of_the_number() -> None:
    assert (FAST.promise, FAST.verdict) == ("≤ 50 ms", "ok")
    assert (SLOW.promise, SLOW.verdict) == ("≤ 3×", "OVER")
    assert Measurement("grid", "Down", 1e9, "ms").verdict == ""


def test_measurements_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "measurements.jsonl"
    save(path, [FAST])
    save(path, [SLOW])
    assert load(path) == [FAST, SLOW]


@pytest.mark.parametrize(
    ("outcome", "exit_code"),
    [
        (runner.Outcome([FAST], 0, 1.0), 0),
        (runner.Outcome([FAST, SLOW], 0, 1.0), 1),
        (runner.Outcome([FAST], 2, 1.0), 1),
        (runner.Outcome([], 0, 1.0), 1),
    ],
    ids=["good", "over a limit", "ended early", "nothing measured"],
)
def test_what_is_not_as_promised_fails_the_run(outcome: runner.Outcome, exit_code: int) -> None:
    assert runner.report({"grid": outcome}) == exit_code


def test_the_document_has_each_number_with_its_promise() -> None:
    outcomes = {"grid": runner.Outcome([FAST], 0, 1.0), "startup": runner.Outcome([SLOW], 0, 1.0)}
    text = runner.document(outcomes, "", quick=False)
    assert "| Page Down | 8.25 ms | DataTable | 0.50 | ≤ 50 ms | ok |" in text
    assert "| tusk query | 400 ms | python | 3.01 | ≤ 3× | OVER |" in text


def test_a_benchmark_that_did_not_run_keeps_its_section() -> None:
    both = {"grid": runner.Outcome([FAST], 0, 1.0), "startup": runner.Outcome([SLOW], 0, 1.0)}
    before = runner.document(both, "", quick=False)
    faster = {"startup": runner.Outcome([FAST], 0, 1.0)}
    after = runner.document(faster, f"{before}\n## What nobody measures\n", quick=True)
    kept, new = runner.sections_of(before), runner.sections_of(after)
    assert list(new) == ["startup", "grid"]
    assert new["grid"] == kept["grid"]
    assert "--quick" in new["startup"]
    assert "400 ms" not in after
    assert runner.document({}, after, quick=False) == after


def test_the_document_has_every_benchmark_and_nothing_over_its_limit() -> None:
    sections = runner.sections_of(runner.DOCUMENT.read_text())
    assert list(sections) == list(runner.BENCHMARKS)
    for name, text in sections.items():
        # Against Harlequin it says what is aimed at.
        assert "| OVER |" not in text or name == "harlequin"
        assert "--quick" not in text
        assert "ended early" not in text


def test_every_benchmark_that_can_be_run_is_known_to_the_runner() -> None:
    texts = {path.stem: path.read_text() for path in (ROOT / "benchmarks").glob("*.py")}
    runnable = {name for name, text in texts.items() if "options(__doc__)" in text}
    assert runnable - {"__main__"} == set(runner.BENCHMARKS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nonsense"], "there is no nonsense"), (["--rounds"], "unrecognized arguments")],
)
def test_wrong_usage_says_so(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
