"""The catalogue of PostgreSQL: every kind of object, with all that psql tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.catalog.support import POSTGRES_SHOP, counting, rows, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import (
    CatalogReader,
    Column,
    EnumType,
    Function,
    Index,
    Key,
    KeyKind,
    Relation,
    RelationKind,
    RelationParts,
    Schema,
    SchemaCounts,
    SequenceInfo,
)
from tusk.engines.base import Session

PARTS = """
create schema parts;
create schema other;
create table parts.events (day date, kind text, primary key (day, kind)) partition by range (day);
create table parts.y2024 partition of parts.events
    for values from ('2024-01-01') to ('2025-01-01') partition by list (kind);
create table other.y2024_a partition of parts.y2024 for values in ('a');
create table parts.y2025 partition of parts.events
    for values from ('2025-01-01') to ('2026-01-01');
create table parts.log (day date, kind text, foreign key (day, kind) references parts.events);
create table parts.base (a integer check (a > 0));
create table parts."Base 2" (b integer);
create table parts.heir (c integer) inherits (parts.base, parts."Base 2");
"""


@pytest.fixture
def shop(postgres: Session) -> CatalogReader:
    run(postgres, POSTGRES_SHOP)
    run(postgres, "reset search_path")
    return open_catalog(postgres)


@pytest.fixture
def database(pg_db: str) -> str:
    return str(conninfo_to_dict(pg_db)["dbname"])


@pytest.fixture
def version(postgres: Session) -> int:
    ((number,),) = rows(postgres, "select current_setting('server_version_num')::int")
    assert isinstance(number, int)
    return number


def test_the_connected_database_is_the_open_one(
    postgres: Session, database: str, make_pg_db: Callable[..., str]
) -> None:
    other = str(conninfo_to_dict(make_pg_db())["dbname"])
    run(postgres, f"comment on database {database} is 'mine'")

    found = {d.name: d for d in open_catalog(postgres).databases()}

    assert found[database].is_current
    assert found[database].is_open
    assert found[database].comment == "mine"
    assert not found[other].is_open
    assert "template0" not in found


def test_schemas_are_listed_with_the_system_ones_marked(shop: CatalogReader, database: str) -> None:
    found = shop.schemas()

    assert Schema(database, "shop", comment="what we sell") in found
    assert {s.name for s in found if not s.is_system} == {"public", "shop"}
    assert {"pg_catalog", "information_schema"} <= {s.name for s in found if s.is_system}
    assert shop.schemas("another database") == []


def test_relations_of_every_kind_are_listed(shop: CatalogReader, database: str) -> None:
    place = (database, "shop")

    assert [(r.name, r.kind, r.comment) for r in shop.relations("shop")] == [
        ("adult", RelationKind.VIEW, ""),
        ("ages", RelationKind.MATERIALIZED_VIEW, ""),
        ("booking", RelationKind.TABLE, ""),
        ("customer", RelationKind.TABLE, "who büys"),
    ]
    assert {(r.database, r.schema) for r in shop.relations()} == {place}


def test_foreign_tables_are_listed(
    postgres: Session, needs_extension: Callable[[str], None]
) -> None:
    needs_extension("file_fdw")
    run(
        postgres,
        """create extension file_fdw;
        create server files foreign data wrapper file_fdw;
        create foreign table far (a integer not null) server files options (filename '/none')""",
    )
    catalog = open_catalog(postgres)

    (far,) = catalog.relations("public")

    assert (far.name, far.kind, far.size_bytes) == ("far", RelationKind.FOREIGN_TABLE, None)
    assert not catalog.columns("public", "far")[0].is_nullable
    assert catalog.counts("public").foreign_tables == 1


def test_rows_and_sizes_are_unknown_until_somebody_looked(postgres: Session) -> None:
    run(postgres, "create table t (a integer primary key, b text) with (autovacuum_enabled = off)")
    # Stored out of line, in the TOAST table.
    run(postgres, "alter table t alter b set storage external")
    run(postgres, "create table empty () with (autovacuum_enabled = off)")
    run(postgres, "insert into t select n, repeat('x', 3000) from generate_series(1, 10000) n")
    catalog = open_catalog(postgres)
    before = catalog.relations("public")

    run(postgres, "vacuum analyze t")

    assert [(r.estimated_rows, r.size_bytes) for r in before] == [(None, None), (None, None)]
    (empty, t) = catalog.relations("public")
    assert (empty.estimated_rows, empty.size_bytes) == (None, None)
    assert t.estimated_rows == 10_000
    ((exact,),) = rows(postgres, "select pg_total_relation_size('t')")
    assert isinstance(exact, int)
    assert t.size_bytes is not None
    assert t.size_bytes == pytest.approx(exact, rel=0.1)


def test_an_analysed_empty_table_has_no_rows_where_the_server_can_tell(
    postgres: Session, version: int
) -> None:
    run(postgres, "create table empty (a integer); analyze empty")

    (empty,) = open_catalog(postgres).relations("public")

    assert empty.estimated_rows == (None if version < 140_000 else 0)


def test_columns_tell_all_that_psql_tells(shop: CatalogReader, database: str) -> None:
    place = (database, "shop", "customer")

    assert shop.columns("shop", "customer") == [
        Column(
            *place, 1, "id", "integer", is_nullable=False, is_primary_key=True,
            default="generated always as identity",
        ),
        Column(
            *place, 2, 'full "name', "character varying(40)", is_nullable=False,
            default="'x'::character varying",
        ),
        Column(*place, 3, "age", "integer", is_nullable=True, comment="in years"),
        Column(
            *place, 4, "twice", "integer", is_nullable=True,
            default="generated always as ((age * 2)) stored",
        ),
        Column(*place, 5, "mood", "shop.mood", is_nullable=True, default="'glad'::shop.mood"),
        Column(
            *place, 7, "number", "bigint", is_nullable=False,
            default="generated by default as identity",
        ),
    ]  # fmt: skip


def test_virtual_columns_are_told_from_stored_ones(postgres: Session, version: int) -> None:
    if version < 180_000:
        pytest.skip("PostgreSQL has virtual columns from 18 on")
    run(postgres, "create table t (a integer, b integer generated always as (a + 1) virtual)")

    assert open_catalog(postgres).columns()[1].default == "generated always as ((a + 1)) virtual"


def test_a_column_included_in_the_primary_keys_index_is_no_part_of_it(postgres: Session) -> None:
    run(postgres, "create table t (a integer, b integer, primary key (a) include (b))")
    catalog = open_catalog(postgres)

    assert [c.is_primary_key for c in catalog.columns()] == [True, False]
    assert catalog.keys()[0].columns == ("a",)
    assert catalog.indexes()[0].columns == ("a",)


def test_keys_of_every_kind_are_listed(shop: CatalogReader, database: str) -> None:
    place = (database, "shop")

    assert shop.keys("shop") == [
        Key(
            *place, "booking", "booking_customer_fkey", KeyKind.FOREIGN, ("customer",),
            "FOREIGN KEY (customer) REFERENCES shop.customer(id) ON DELETE CASCADE",
            referenced_schema="shop", referenced="customer", referenced_columns=("id",),
        ),
        Key(
            *place, "booking", "booking_room_excl", KeyKind.EXCLUDE, ("room",),
            "EXCLUDE USING gist (room WITH &&)",
        ),
        Key(*place, "customer", "customer_pkey", KeyKind.PRIMARY, ("id",), "PRIMARY KEY (id)"),
        Key(*place, "customer", "grown", KeyKind.CHECK, ("age",), "CHECK (age > 17)"),
        Key(
            *place, "customer", "person", KeyKind.UNIQUE, ("age", 'full "name'),
            'UNIQUE (age, "full ""name")',
        ),
    ]  # fmt: skip


def test_indexes_tell_columns_expressions_and_size(shop: CatalogReader, database: str) -> None:
    found = {index.name: index for index in shop.indexes("shop")}

    assert set(found) == {
        "ages_age_idx", "booking_room_excl", "by_name", "customer_pkey", "person",
    }  # fmt: skip
    assert found["by_name"] == Index(
        database, "shop", "customer", "by_name", ('lower("full ""name"::text)', "age"),
        is_unique=False, is_primary=False,
        definition="CREATE INDEX by_name ON shop.customer USING btree "
        '(lower(("full ""name")::text), age DESC) INCLUDE (twice) WHERE (age > 20)',
        size_bytes=found["by_name"].size_bytes,
    )  # fmt: skip
    assert found["by_name"].size_bytes == 8192
    assert found["customer_pkey"].is_primary
    assert found["ages_age_idx"].relation == "ages"


def test_functions_tell_apart_what_has_the_same_name(shop: CatalogReader, database: str) -> None:
    most, *prices, tidy = shop.functions("shop")

    assert (most.kind, most.arguments) == ("aggregate", "integer")
    assert (tidy.kind, tidy.arguments) == ("procedure", "INOUT done integer")
    assert prices == [
        Function(
            database, "shop", "price", "function",
            "item integer, rate numeric DEFAULT 1.5", "numeric",
        ),
        Function(database, "shop", "price", "function", "item text", "numeric", "by name"),
    ]  # fmt: skip


def test_enums_have_their_labels_in_order(shop: CatalogReader, database: str) -> None:
    assert shop.enums() == [
        EnumType(database, "shop", "mood", ("sad", 'it\'s "so"', "so-so", "glad"))
    ]


def test_sequences_tell_their_last_value(
    postgres: Session, shop: CatalogReader, database: str
) -> None:
    run(postgres, "select setval('shop.numbers', 41), nextval('shop.numbers')")

    found = {s.name: s for s in shop.sequences("shop")}

    assert found["numbers"] == SequenceInfo(database, "shop", "numbers", "smallint", 42)
    assert found["customer_id_seq"].last_value is None


def test_counts_agree_with_the_lists(shop: CatalogReader) -> None:
    assert shop.counts("shop") == SchemaCounts(
        tables=2, views=1, materialized_views=1, functions=4, sequences=3, types=1
    )
    for relation in shop.relations("shop"):
        place = (relation.schema, relation.name)
        assert shop.parts(relation) == RelationParts(
            len(shop.columns(*place)), len(shop.keys(*place)), len(shop.indexes(*place))
        )
    assert shop.counts("no such schema") == SchemaCounts()


def test_partitions_name_their_parents_in_whichever_schema(
    postgres: Session, database: str
) -> None:
    run(postgres, PARTS)
    catalog = open_catalog(postgres)

    found = {r.name: r for r in catalog.relations()}

    assert found["events"].kind is RelationKind.PARTITIONED_TABLE
    assert found["events"].parent == ""
    assert found["y2024"].kind is RelationKind.PARTITIONED_TABLE
    assert (found["y2024"].parent_schema, found["y2024"].parent) == ("parts", "events")
    assert found["y2024_a"].kind is RelationKind.PARTITION
    assert found["y2024_a"].schema == "other"
    assert (found["y2024_a"].parent_schema, found["y2024_a"].parent) == ("parts", "y2024")
    assert [r.name for r in catalog.partitions(found["events"])] == ["y2024", "y2025"]
    assert [r.name for r in catalog.partitions(found["y2024"])] == ["y2024_a"]
    assert catalog.partitions(found["log"]) == []
    assert catalog.counts("parts").tables == 5
    assert catalog.parts(found["events"]).partitions == 2


def test_a_partitioned_table_has_the_rows_of_its_partitions_once_all_are_known(
    postgres: Session,
) -> None:
    run(postgres, PARTS)
    run(
        postgres,
        """alter table other.y2024_a set (autovacuum_enabled = off);
        alter table parts.y2025 set (autovacuum_enabled = off);
        insert into parts.events select '2024-01-01'::date + n, 'a' from generate_series(1, 200) n;
        insert into parts.events select '2025-01-01'::date + n, 'b' from generate_series(1, 100) n;
        analyze other.y2024_a""",
    )
    catalog = open_catalog(postgres)
    known = {r.name: r.estimated_rows for r in catalog.relations()}
    assert (known["events"], known["y2024"], known["y2025"]) == (None, 200, None)

    run(postgres, "analyze parts.y2025")

    found = {r.name: r for r in catalog.relations()}
    assert found["events"].estimated_rows == 300
    sizes = [found[name].size_bytes for name in ("events", "y2024_a", "y2025")]
    assert None not in sizes
    assert sizes[0] == sum(size for size in sizes[1:] if size is not None)


def test_inheritance_without_partitions_is_told(postgres: Session) -> None:
    run(postgres, PARTS)

    found = {r.name: r for r in open_catalog(postgres).relations("parts")}

    assert found["heir"].inherits == ("parts.base", 'parts."Base 2"')
    assert (found["heir"].kind, found["heir"].parent) == (RelationKind.TABLE, "")
    assert found["base"].inherits == found["y2024"].inherits == ()


def test_a_foreign_key_to_a_partitioned_table_is_one_key(postgres: Session) -> None:
    run(postgres, PARTS)
    catalog = open_catalog(postgres)

    keys = catalog.keys("parts", "log")

    assert [(key.referenced_schema, key.referenced) for key in keys] == [("parts", "events")]
    (log,) = [r for r in catalog.relations("parts") if r.name == "log"]
    assert catalog.parts(log).keys == 1


def test_another_database_has_nothing_here(shop: CatalogReader) -> None:
    assert shop.relations(database="another") == []
    assert shop.columns("shop", database="another") == []
    assert shop.keys(database="another") == []
    assert shop.indexes(database="another") == []
    assert shop.functions(database="another") == []
    assert shop.sequences(database="another") == []
    assert shop.enums(database="another") == []
    assert shop.counts("shop", database="another") == SchemaCounts()
    nowhere = Relation("another", "shop", "customer", RelationKind.TABLE)
    assert shop.parts(nowhere) == RelationParts()


@pytest.mark.slow
def test_each_kind_of_a_large_database_is_one_statement(postgres: Session) -> None:
    columns = ", ".join(f"c{n} integer" for n in range(10))
    for schema in range(10):
        run(
            postgres,
            f"""create schema s{schema};
            do $$ begin for n in 1..500 loop
                execute format('create table s{schema}.t%s ({columns})', n);
            end loop; end $$""",
        )
    session, sent = counting(postgres)
    catalog = open_catalog(session)

    assert len(catalog.relations()) == 5_000
    assert len(catalog.columns()) == 50_000
    assert catalog.keys() == []
    assert catalog.indexes() == []
    assert len(catalog.columns("s3", "t17")) == 10
    # One more than there were calls: the version decides which file is run.
    assert len(sent) == 6
    assert "server_version_num" in sent[0]
