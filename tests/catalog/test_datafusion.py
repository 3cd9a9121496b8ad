"""The catalogue of DataFusion: what its information_schema tells."""

from __future__ import annotations

from tests.catalog.support import HOSTILE_NAMES, counting, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import (
    Column,
    Database,
    Relation,
    RelationKind,
    RelationParts,
    Schema,
    SchemaCounts,
)
from tusk.core.dialect import quote_identifier
from tusk.engines.base import Session

SHOP = """
create table customer (id int not null, "full ""name" varchar) as values (1, 'Ann');
create view adult as select id from customer;
create schema archive;
create table archive.old (a bigint) as values (1);
"""


def test_tables_and_views_are_listed(datafusion: Session) -> None:
    run(datafusion, SHOP)
    catalog = open_catalog(datafusion)

    assert catalog.databases() == [Database("datafusion", is_current=True, is_open=True)]
    assert [s for s in catalog.schemas() if not s.is_system] == [
        Schema("datafusion", "archive"),
        Schema("datafusion", "public"),
    ]
    assert catalog.relations() == [
        Relation("datafusion", "archive", "old", RelationKind.TABLE),
        Relation("datafusion", "public", "adult", RelationKind.VIEW),
        Relation("datafusion", "public", "customer", RelationKind.TABLE),
    ]
    assert catalog.relations("public", database="another") == []


def test_columns_are_listed_in_order_with_their_types(datafusion: Session) -> None:
    run(datafusion, SHOP)
    place = ("datafusion", "public", "customer")

    first, second = open_catalog(datafusion).columns("public", "customer")

    assert first == Column(*place, 1, "id", "Int32", is_nullable=False)
    assert (second.name, second.position, second.is_nullable) == ('full "name', 2, True)
    assert second.type in {"Utf8", "Utf8View"}


def test_counts_agree_with_the_lists_and_other_kinds_are_empty(datafusion: Session) -> None:
    run(datafusion, SHOP)
    catalog = open_catalog(datafusion)

    assert catalog.counts("public", database="datafusion") == SchemaCounts(tables=1, views=1)
    customer = catalog.relations("public")[1]
    assert catalog.parts(customer) == RelationParts(columns=2)
    assert catalog.keys() == []
    assert catalog.indexes() == []
    assert catalog.functions() == []
    assert catalog.sequences() == []
    assert catalog.enums() == []
    assert catalog.partitions(customer) == []


def test_the_information_schema_can_be_looked_at_by_name_only(datafusion: Session) -> None:
    catalog = open_catalog(datafusion)

    assert catalog.relations() == []
    assert {"tables", "columns"} <= {r.name for r in catalog.relations("information_schema")}


def test_hostile_names_come_back_exactly_and_can_be_asked_for(datafusion: Session) -> None:
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(datafusion, f"create table {quoted} ({quoted} int) as values (1)")
    catalog = open_catalog(datafusion)

    assert [r.name for r in catalog.relations()] == sorted(HOSTILE_NAMES)
    for name in HOSTILE_NAMES:
        assert [c.name for c in catalog.columns("public", name)] == [name]


def test_each_kind_is_one_statement(datafusion: Session) -> None:
    run(datafusion, SHOP)
    session, sent = counting(datafusion)
    catalog = open_catalog(session)

    catalog.databases()
    catalog.schemas()
    catalog.relations()
    catalog.columns()
    catalog.keys()

    assert len(sent) == 4
