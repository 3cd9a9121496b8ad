"""Functions as candidates, with those that are syntax and that no catalogue lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tusk.catalog.names import written
from tusk.core.dialect import quote_identifier
from tusk.services.completion.candidates import CandidateKind, Completion
from tusk.services.completion.pool import Groups, Rank
from tusk.services.completion.region import words
from tusk.services.completion.snapshot import Function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.dialect import Dialect
    from tusk.services.completion.context import Context
    from tusk.services.completion.tree import Item, Name

_FOLDED = re.compile(r"[a-z_][a-z0-9_]*")
_KEPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def callable_name(name: str, dialect: Dialect) -> str:
    """A function's name in a call, where few words are reserved.

    >>> from tusk.core.dialect import POSTGRES
    >>> callable_name("left", POSTGRES), callable_name("My Func", POSTGRES)
    ('left', '"My Func"')
    """
    plain = _KEPT if dialect.name in {"duckdb", "sqlite"} else _FOLDED
    return name if plain.fullmatch(name) else quote_identifier(name)


def _special(text: str) -> tuple[Function, ...]:
    found: list[Function] = []
    for line in text.strip().splitlines():
        name, _, arguments = line.strip().partition("(")
        found.append(Function("", name, "function", tuple(arguments[:-1].split(", "))))
    return tuple(found)


_STANDARD = """
coalesce(value, …)
nullif(a, b)
greatest(value, …)
least(value, …)
extract(field FROM source)
substring(text FROM start FOR length)
position(part IN text)
trim(BOTH characters FROM text)
overlay(text PLACING new FROM start FOR length)
"""
SPECIAL_FUNCTIONS = {
    "postgres": _special(_STANDARD),
    "duckdb": _special("coalesce(value, …)\nextract(field FROM source)"),
    "datafusion": _special("extract(field FROM source)\nposition(part IN text)"),
}
"""Functions that are syntax: no catalogue lists them."""


_COMMON = words(
    "count sum avg min max coalesce round lower upper length now substring replace concat "
    "row_number string_agg array_agg date_trunc to_char extract cast abs nullif"
)


class FunctionOffers:
    """Offers functions and the options of table functions.

    Args:
        context: Of the spot.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def offer(
        self,
        group: int,
        *,
        kinds: set[str] | None = None,
        schema: Sequence[Name] | None = None,
    ) -> None:
        """Offer functions.

        Args:
            group: See `Groups`.
            kinds: Only those; without, all that can stand in an expression.
            schema: Only those of this schema.
        """
        if self._context.tree.quote:
            return
        is_few = not self._context.pool.typed and schema is None and kinds != {"procedure"}
        for name, first, more, places in self._context.snapshot.function_names:
            is_wanted = first.kind in kinds if kinds else first.kind not in {"table", "procedure"}
            if not is_wanted and not (kinds == {"table"} and first.returns_rows):
                continue
            if is_few and _is_rare(name, first):
                continue
            if schema is not None and self._context.resolver.key(schema[-1]) not in places:
                continue
            self._function(name, first, more, group)
        if kinds is None and schema is None:
            for function in SPECIAL_FUNCTIONS.get(self._context.dialect.name, ()):
                if is_few and _is_rare(function.name, function):
                    continue
                self._function(function.name, function, 0, group)

    def _function(self, name: str, function: Function, more: int, group: int) -> None:
        usage = f"function {name}"

        def make() -> Completion:
            detail = function.signature + (f"  +{more}" if more else "")
            insert, caret = self._call_text(name, function, more)
            return self._context.item(
                CandidateKind.FUNCTION, name, insert, detail, function.comment,
                usage=usage, caret=caret,
            )  # fmt: skip

        if not function.is_system:
            group = min(group, Groups.SECOND)
        order = 0 if not function.is_system else 1 if name in _COMMON else 2
        self._context.pool.offer(name, Rank(group, order), make, usage=usage)

    def _call_text(self, name: str, function: Function, more: int) -> tuple[str, int]:
        typed = self._context.pool.typed
        insert = callable_name(name, self._context.dialect)
        if typed.isupper() and len(typed) > 1 and insert.isidentifier():
            insert = insert.upper()
        if not self._context.spot.path and self._context.snapshot.is_off_path(function.schema):
            insert = f"{self._context.written(function.schema)}.{insert}"
        if self._context.text[self._context.tree.end : self._context.tree.end + 1] == "(":
            return insert, len(insert)
        text = f"{insert}()"
        return text, len(text) if not function.arguments and not more else len(text) - 1

    def offer_options(self, before: Sequence[Item], caller: str) -> None:
        """Names of a table function's options, behind its first argument."""
        if not (before and before[-1].text == ","):
            return
        found = self._context.snapshot.functions_by_name.get(caller.lower(), ())
        names = sorted({name for function in found for name in function.options})
        for order, name in enumerate(names):

            def make(name: str = name) -> Completion:
                insert = f"{written(name, self._context.dialect)} = "
                return self._context.item(CandidateKind.VARIABLE, name, insert, "option")

            self._context.pool.offer(name, Rank(Groups.FIRST, order), make)


def _is_rare(name: str, function: Function) -> bool:
    """Whether it waits until something is typed: engines have thousands."""
    return function.is_system and name not in _COMMON
