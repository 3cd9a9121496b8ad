"""The sample data: ferries of an archipelago that does not exist, made by tusk itself."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from tusk.core.dialect import quote_identifier, quote_text
from tusk.engines.base import Target

DEMO_NAME = "demo"

FIRST_QUERY = """\
-- A year of ferries. Which routes earn the most, and which suffer from the weather?
select a.name || ' → ' || b.name as route,
       count(*) as crossings,
       sum(passengers) as passengers,
       sum(takings) as takings,
       round(avg(delay_min), 1) as late_min,
       count(*) - count(arrived) as cancelled
from crossings
join ports a on a.id = from_port
join ports b on b.id = to_port
group by all
order by takings desc;
"""


def demo_files() -> list[Path]:
    """The files that come with tusk."""
    folder = Path(str(importlib.resources.files("tusk"))) / "demo"
    return sorted(p for p in folder.iterdir() if p.suffix in {".csv", ".parquet"})


def demo_connection() -> Target:
    """Where the demo leads: DuckDB in memory with a view for each file."""
    views = tuple(
        f"create or replace view {quote_identifier(path.stem)} as from {quote_text(str(path))}"
        for path in demo_files()
    )
    return Target("duckdb", DEMO_NAME, {"path": ""}, startup_sql=views)
