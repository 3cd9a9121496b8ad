"""Foreign keys as text, and statements made from columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.support import HOSTILE_NAMES, open_duckdb, open_postgres, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import Column, Key, KeyKind, Relation, RelationKind
from tusk.core.dialect import DUCKDB, quote_identifier
from tusk.core.params import UntypedText
from tusk.core.statement import parameter_names, split
from tusk.services.catalog import ForeignKeys, Template, read_foreign_keys, template
from tusk.services.catalog.templates import fill

SHOP = """
create table region (id int primary key, parent int references region);
create table customer (id int primary key, region int references region);
create table purchase (id int primary key, customer int references customer);
create table delivery (purchase int references purchase, customer int references customer);
create table parted (id int, customer int references customer) partition by list (id);
create table part_1 partition of parted for values in (1);
create table alone (id int);
"""


def relation(name: str) -> Relation:
    return Relation("d", "s", name, RelationKind.TABLE)


def key(table: str, other: str) -> Key:
    return Key("d", "s", table, "k", KeyKind.FOREIGN, ("a",), "", "s", other, ("b",))


def test_the_keys_around_a_table(pg_db: str) -> None:
    session = open_postgres(pg_db)
    run(session, SHOP)
    reader = open_catalog(session)
    (customer,) = [r for r in reader.relations() if r.name == "customer"]
    (alone,) = [r for r in reader.relations() if r.name == "alone"]
    keys = read_foreign_keys(reader, customer)

    assert keys.diagram(customer).splitlines() == [
        "public.customer",
        "├─→ public.region     region → id",
        "├─← public.delivery   customer → id",
        "├─← public.parted     customer → id",
        "└─← public.purchase   customer → id",
    ]
    deep = keys.diagram(customer, 3)
    assert "│   └─→ public.region …" in deep, deep
    assert deep.count("…") == deep.count(" …  "), deep
    assert "part_1" not in deep
    assert "No foreign key" in keys.diagram(alone)
    session.close()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20), st.integers(1, 9))
def test_every_diagram_ends_and_draws_each_key_of_the_table(
    pairs: list[tuple[int, int]], depth: int
) -> None:
    keys = ForeignKeys([key(f"t{a}", f"t{b}") for a, b in pairs])

    lines = keys.diagram(relation("t0"), depth).splitlines()

    around = [line for line in lines[1:] if line.startswith(("├", "└"))]
    assert len(around) == sum(0 in pair for pair in pairs)


def test_a_hub_of_thousands_is_cut_off() -> None:
    keys = ForeignKeys([key(f"t{n}", "hub") for n in range(10_000)])

    lines = keys.diagram(relation("hub")).splitlines()

    assert len(lines) < 2_100
    assert lines[-1] == "… and more"


def test_templates_run_with_hostile_names() -> None:
    assert len(HOSTILE_NAMES) == 29
    session = open_duckdb()
    columns = ", ".join(f"{quote_identifier(name)} integer" for name in HOSTILE_NAMES)
    run(session, f'create table "t x" (id integer primary key, {columns}, "ID 2" integer)')
    reader = open_catalog(session)
    (table,) = reader.relations()

    for kind in Template:
        text = template(reader, table, '"t x"', kind)
        (statement,) = split(text, DUCKDB)
        given = dict.fromkeys(parameter_names(statement.text, DUCKDB), UntypedText("1"))
        cursor = session.execute(statement, given or None)
        for _ in cursor.batches():
            pass
        # A value of its own for each: names that look alike are told apart.
        wanted = {Template.SELECT: 0, Template.INSERT: 31, Template.UPDATE: 31, Template.DELETE: 1}
        assert len(given) == wanted[kind]
    session.close()


def test_rows_without_a_key_are_found_by_all_their_columns() -> None:
    columns = [
        Column("d", "s", "t", 1, "a", "int", True),
        Column("d", "s", "t", 2, "g", "int", True, default="generated always as (a)"),
    ]

    assert fill(Template.UPDATE, "t", columns, DUCKDB) == (
        "UPDATE t\nSET a = :a\nWHERE a = :a\n  AND g = :g;\n"
    )
    assert fill(Template.INSERT, "t", columns, DUCKDB) == (
        "INSERT INTO t (\n    a\n)\nVALUES (\n    :a\n);\n"
    )
    assert fill(Template.INSERT, "t", columns[1:], DUCKDB) == "INSERT INTO t DEFAULT VALUES;\n"
