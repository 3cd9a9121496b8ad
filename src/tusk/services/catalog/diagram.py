"""A table's foreign keys as text: what it refers to and what refers to it.

shop.purchase
├─→ shop.customer        customer_id → id
│   └─→ shop.region      region_id → id
└─← shop.delivery        purchase_id → id
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.catalog.objects import KeyKind
from tusk.core.text import cell_width, safe

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader, Key, Relation

# A table of a database may have thousands of others around it.
MOST_LINES = 2_000
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    branch: str
    name: str
    note: str


class ForeignKeys:
    """The foreign keys of a database, read once.

    Args:
        keys: All of them; other constraints are left out.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self._out: dict[_Place, list[Key]] = defaultdict(list)
        self._in: dict[_Place, list[Key]] = defaultdict(list)
        for key in keys:
            if key.kind is KeyKind.FOREIGN:
                self._out[key.schema, key.relation].append(key)
                self._in[key.referenced_schema, key.referenced].append(key)

    def diagram(self, relation: Relation, depth: int = 1) -> str:
        """Draw the keys around a relation.

        `→` leads to what is referred to, `←` to what refers; a table that was drawn before ends
        in `…`.

        Args:
            relation: Where to begin.
            depth: How many keys away from it to go.
        """
        start = (relation.schema, relation.name)
        lines = [_Line("", _shown(start), "")]
        for line in self._around(start, "", depth, {start}, None):
            if len(lines) >= MOST_LINES:
                lines.append(_Line("", "… and more", ""))
                break
            lines.append(line)
        if len(lines) == 1:
            return f"{lines[0].name}\n\nNo foreign key leads to it or from it.\n"
        width = max(cell_width(line.branch + line.name) for line in lines) + 3
        return "".join(f"{_aligned(line, width)}\n" for line in lines)

    def _around(
        self, place: _Place, indent: str, depth: int, seen: set[_Place], came_by: Key | None
    ) -> Iterator[_Line]:
        """The lines below a table; `came_by` is the key that led here, which is not drawn again."""
        steps = [("→", key, (key.referenced_schema, key.referenced)) for key in self._out[place]]
        steps += [("←", key, (key.schema, key.relation)) for key in self._in[place]]
        steps = [
            (arrow, key, other)
            for arrow, key, other in steps
            # A key of a table to itself goes out and comes in: it is drawn once.
            if key is not came_by and not (arrow == "←" and other == place)
        ]
        for number, (arrow, key, other) in enumerate(steps):
            is_last = number == len(steps) - 1
            is_new = other not in seen
            has_more = is_new and depth > 1
            note = f"{_columns(key.columns)} → {_columns(key.referenced_columns)}"
            mark = "" if is_new else " …"
            branch = f"{indent}{'└' if is_last else '├'}─{arrow} "
            yield _Line(branch, _shown(other) + mark, note)
            seen.add(other)
            if has_more:
                below = indent + ("    " if is_last else "│   ")
                yield from self._around(other, below, depth - 1, seen, key)


def read_foreign_keys(reader: CatalogReader, relation: Relation) -> ForeignKeys:
    """The foreign keys of a relation's database.

    Raises:
        QueryError: The server refused.
    """
    keys = [k for k in reader.keys(database=relation.database) if k.kind is KeyKind.FOREIGN]
    parents = {
        (r.schema, r.name): (r.parent_schema, r.parent)
        for r in reader.relations(database=relation.database)
        if r.parent
    }
    known = {_signature(key, (key.schema, key.relation)) for key in keys}
    # A partition has its parent's keys too.
    own = [
        key
        for key in keys
        if _signature(key, parents.get((key.schema, key.relation), _NOWHERE)) not in known
    ]
    return ForeignKeys(own)


_NOWHERE = ("", "")


def _signature(key: Key, place: _Place) -> tuple[_Place, Sequence[str], _Place]:
    return place, tuple(key.columns), (key.referenced_schema, key.referenced)


def _shown(place: _Place) -> str:
    return safe(".".join(part for part in place if part))


def _columns(names: Sequence[str]) -> str:
    return safe(", ".join(names)) or "its key"


def _aligned(line: _Line, width: int) -> str:
    text = line.branch + line.name
    return f"{text}{' ' * (width - cell_width(text))}{line.note}".rstrip()
