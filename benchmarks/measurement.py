"""What a benchmark measured, beside its peer and what is promised, in one shape for all of them."""

from __future__ import annotations

import argparse
import compileall
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import tusk


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number.

    Args:
        benchmark: The module that measured it.
        what: What was done.
        value: The median, unless `what` names another figure.
        unit: Of `value`.
        peer: The other program or widget that did the same in the same run.
        ratio: `value` of that of the peer; below 1 tusk is the faster one.
        limit: The most that is promised.
        limits: What `limit` is about.
    """

    benchmark: str
    what: str
    value: float
    unit: str
    peer: str = ""
    ratio: float | None = None
    limit: float | None = None
    limits: Literal["value", "ratio"] = "value"

    @property
    def is_over(self) -> bool:
        """More than promised.

        >>> Measurement("rows", "csv", 2.0, "s", "psql", 1.3, limit=1.25, limits="ratio").is_over
        True
        """
        number = self.ratio if self.limits == "ratio" else self.value
        return self.limit is not None and number is not None and number > self.limit

    @property
    def promise(self) -> str:
        """The limit in words; empty without one.

        >>> Measurement("grid", "Page Down", 8.0, "ms", limit=50).promise
        '≤ 50 ms'
        """
        if self.limit is None:
            return ""
        return f"≤ {self.limit:g}{'×' if self.limits == 'ratio' else ' ' + self.unit}"

    @property
    def verdict(self) -> str:
        """`ok`, `OVER`, or nothing where nothing is promised."""
        if self.limit is None:
            return ""
        return "OVER" if self.is_over else "ok"


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has. Also compiles what is measured, as an installation does."""
    compileall.compile_dir(Path(tusk.__file__).parent, quiet=1)
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds, rough numbers")
    parser.add_argument("--json", type=Path, help="add the measurements to this file")
    return parser


def save(path: Path | None, measurements: Iterable[Measurement]) -> None:
    """Add measurements to a file, one JSON object a line; None keeps them nowhere."""
    if path is None:
        return
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(asdict(each))}\n" for each in measurements)


def load(path: Path) -> list[Measurement]:
    """What `save` has written; nothing without the file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Measurement(**json.loads(line)) for line in lines]
