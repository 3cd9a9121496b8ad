"""From the rows of an EXPLAIN to a judged `Plan`, for each engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tusk.services.plans.datafusion import read_datafusion
from tusk.services.plans.duckdb import read_duckdb
from tusk.services.plans.judging import judge
from tusk.services.plans.model import Plan
from tusk.services.plans.postgres import read_postgres
from tusk.services.plans.sqlite import read_sqlite
from tusk.services.plans.values import UnreadablePlanError, as_list, as_object, load

Row = Mapping[str, object]


def plan_of_rows(engine: str, rows: Sequence[Row]) -> Plan:
    """The plan in what EXPLAIN answered.

    An answer that is no plan as we know it becomes a plan without nodes, whose `document` can be
    read all the same and whose `note` says what is wrong.

    Args:
        engine: Registered engine name.
        rows: In the order they came, by column name.
    """
    document = _document(engine, rows)
    return plan_of_document(engine, document)


def plan_of_document(engine: str, document: str) -> Plan:
    """The plan in a `Plan.document`, as `plan_of_rows` gives it."""
    try:
        plan = _read(engine, document)
    except UnreadablePlanError as exc:
        return Plan(engine, (), document, note=str(exc))
    return replace(plan, nodes=judge(plan.nodes))


def _document(engine: str, rows: Sequence[Row]) -> str:
    """An engine's answer as one text: its own JSON, or the rows as JSON where it has none."""
    if engine in ("postgres", "duckdb"):
        return "\n".join(str(list(row.values())[-1]) for row in rows if row)
    kept = [{name: value for name, value in row.items() if name != "notused"} for row in rows]
    return json.dumps(kept, ensure_ascii=False, indent=1, default=str)


def _read(engine: str, document: str) -> Plan:
    match engine:
        case "postgres":
            return read_postgres(document)
        case "duckdb":
            return read_duckdb(document)
        case "sqlite":
            return read_sqlite([as_object(row) for row in as_list(load(document))], document)
        case "datafusion":
            return read_datafusion([as_object(row) for row in as_list(load(document))], document)
        case _:
            raise UnreadablePlanError(f"there is no reader for plans of {engine}")
