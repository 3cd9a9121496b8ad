"""Which keywords may stand at a spot: behind a value, behind a table, where a value begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.services.completion import keywords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.services.completion.context import Context
    from tusk.services.completion.tree import Item


class ClauseOffers:
    """Chooses keywords by the clause.

    Args:
        context: Of the spot.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def operand_keywords(self, before: Sequence[Item], word: str, caller: str) -> None:
        """Offer what a value, or a part of one, may begin with."""
        words = list(keywords.operands(self._context.dialect))
        if word == "SELECT":
            words += ["DISTINCT", "ALL"]
        if not before and self._context.spot.callers:
            words = ["SELECT", *words]
            words += (
                ["DISTINCT"] if caller.lower() in self._context.snapshot.functions_by_name else []
            )
        if self._context.spot.clause in {"LIMIT", "FETCH"}:
            words = ["ALL"] if self._context.dialect.name in {"postgres", "duckdb"} else []
        if self._context.spot.clause == "VALUES" or (
            self._context.spot.clause == "SET" and word != ","
        ):
            words.append("DEFAULT")
        if word == "CASE":
            words = ["WHEN", *words]
        self._context.offer_keywords(words)

    def behind_value(self) -> list[str]:
        """Keywords that may follow a finished part of an expression."""
        spot, dialect = self._context.spot, self._context.dialect
        operators = list(keywords.operators(dialect))
        opened = _open_case(spot.before)
        if opened:
            return [*opened, *operators]
        if spot.callers:
            caller = self._context.caller()
            inner = {"CAST": ["AS"], "TRY_CAST": ["AS"], "EXTRACT": ["FROM"]}.get(caller, [])
            return [*inner, *operators, "ORDER BY", *(["AS"] if spot.clause == "FROM" else [])]
        match spot.clause:
            case "SELECT":
                return ["FROM", "AS", *operators, *keywords.later_clauses("FROM", dialect)]
            case "RETURNING":
                return ["AS", *operators]
            case "ORDER":
                return [*keywords.sorts(), *keywords.later_clauses("ORDER", dialect), *operators]
            case "SET":
                return [*self._after_set(), *operators]
            case "ON" | "USING":
                return [
                    *operators[:2],
                    *keywords.joins(dialect),
                    *self._next_clauses(),
                    *operators[2:],
                ]
            case "FROM":
                return self.after_relation()
            case "LIMIT" | "OFFSET":
                return list(keywords.later_clauses(spot.clause, dialect))
            case "FETCH":
                return ["ROWS ONLY", "ROW ONLY"]
            case "VALUES":
                return ["ON CONFLICT", "RETURNING"]
            case "INTO":
                return ["VALUES", "SELECT", "DEFAULT VALUES"]
            case "":
                return []
            case _:
                return [*operators, *self._next_clauses()]

    def _next_clauses(self) -> list[str]:
        query, dialect = self._context.spot.query, self._context.dialect
        if query.kind == "DELETE" or query.kind == "UPDATE":
            return [*(["WHERE"] if self._context.spot.clause != "WHERE" else []), "RETURNING"]
        return list(keywords.later_clauses(self._context.spot.clause, dialect))

    def _after_set(self) -> list[str]:
        if self._context.spot.query.kind == "INSERT":
            return ["WHERE", "RETURNING"]
        return ["WHERE", "FROM", "RETURNING"]

    def after_relation(self) -> list[str]:
        """Keywords behind an item of FROM, or behind the table of a statement."""
        spot, query = self._context.spot, self._context.spot.query
        if spot.clause == "INTO":
            first = ["VALUES", "SELECT", "DEFAULT VALUES", "AS"]
            return ["USING", "AS"] if query.kind == "MERGE" else first
        if spot.clause == "UPDATE":
            return ["SET", "AS"]
        if spot.clause == "TARGET":
            return self.behind_target()
        words = [*keywords.joins(self._context.dialect), "AS", *self._next_clauses()]
        if query.kind == "DELETE":
            words = ["WHERE", "USING", "RETURNING", "AS"] if len(query.sources) < 2 else words
        if query.kind == "FROM":
            words = ["SELECT", *words]
        return ["ON", "USING", *words] if self._needs_condition() else words

    def _needs_condition(self) -> bool:
        """Whether the last join has no ON or USING yet."""
        items = self._context.spot.items[: self._context.spot.index]
        for at in range(len(items) - 1, -1, -1):
            if items[at].word in {"ON", "USING", "FROM"} or items[at].text == ",":
                return items[at].word == "USING" and self._context.spot.query.kind == "MERGE"
            if items[at].word == "JOIN":
                return at == 0 or items[at - 1].word not in {"CROSS", "NATURAL", "POSITIONAL"}
        return False

    def behind_target(self) -> list[str]:
        """Keywords behind the table that a statement is about."""
        words = {
            "ALTER": "ADD COLUMN,DROP COLUMN,ALTER COLUMN,RENAME TO,RENAME COLUMN,ADD CONSTRAINT,"
            "DROP CONSTRAINT,OWNER TO,SET SCHEMA",
            "DROP": "CASCADE,RESTRICT",
            "TRUNCATE": "CASCADE,RESTART IDENTITY",
            "COPY": "TO,FROM",
            "COMMENT": "IS",
            "GRANT": "TO",
            "REVOKE": "FROM",
        }
        query = self._context.spot.query
        if query.kind == "CREATE":
            is_defined = query.target is None
            return list(keywords.column_constraints()) if is_defined else ["USING", "WHERE"]
        return words.get(query.kind, "").split(",") if query.kind in words else []


def _open_case(before: Sequence[Item]) -> list[str]:
    """What goes on with a CASE that has no END yet; nothing without one."""
    depth = 0
    for item in reversed(before):
        if item.word == "END":
            depth += 1
        elif item.word == "CASE":
            if depth == 0:
                return ["WHEN"]
            depth -= 1
        elif depth == 0 and item.word in {"WHEN", "THEN", "ELSE"}:
            return {"WHEN": ["THEN"], "THEN": ["WHEN", "ELSE", "END"], "ELSE": ["END"]}[item.word]
    return []
