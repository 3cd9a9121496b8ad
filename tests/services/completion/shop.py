"""One small shop in each dialect, and completion at a caret written as `|`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tusk.core.dialect import Dialect
from tusk.services.completion import Completion, Completions, FileCatalog, Snapshot, Usage, complete

TABLES = """
create table customers (id integer primary key, name text, email text, created_at timestamp);
create table orders (
    id integer primary key, customer_id integer references customers (id), total numeric(10, 2),
    status text
);
create table order_items (
    order_id integer references orders (id), product_id integer, amount integer,
    primary key (order_id, product_id)
);
create view big_orders as select id, total from orders where total > 100;
create table "Odd Name" ("Weird col" integer, "select" integer, "a""b" integer, plain integer);
"""
POSTGRES_MORE = """
create schema sales;
create type mood as enum ('sad', 'glad');
create table sales.region (region_id integer primary key, name text, mood mood);
create table sales.shop (
    shop_id integer generated always as identity primary key,
    region_id integer references sales.region, manager integer, twice integer
);
create table sales.visit (
    a integer, b integer, note text, unique (a, b)
);
create table sales.visit_line (
    a integer, b integer, line integer, foreign key (a, b) references sales.visit (a, b)
);
create table staff (id integer primary key, boss_id integer references staff, name text);
create function price(item integer, rate numeric default 1.5) returns numeric
    language sql as 'select 1.0';
create function shop_list(wanted integer) returns table (shop_id integer, title text)
    language sql as 'select 1, ''x''';
create function sales.discount(x integer) returns integer language sql as 'select 1';
create procedure tidy(inout done integer) language sql as 'select 1';
comment on column customers.email is 'where to write to';
"""
DUCKDB_MORE = """
create schema sales;
create table sales.region (region_id integer primary key, name text);
create table nested (id integer, address struct(street varchar, geo struct(lat double, lon double)),
    tags varchar[]);
create macro twice(a) as a * 2;
create type mood as enum ('sad', 'glad');
"""
DATAFUSION_TABLES = """
create table customers (id int, name varchar, email varchar);
create table orders (id int, customer_id int, total double, status varchar);
create table "Odd Name" ("Weird col" int, "select" int, plain int);
create view big_orders as select id, total from orders where total > 100;
"""


@dataclass(frozen=True)
class Asked:
    """What completion said."""

    found: Completions
    text: str
    caret: int

    @property
    def labels(self) -> list[str]:
        return [item.label for item in self.found.items]

    def item(self, label: str) -> Completion:
        """The first candidate of a label."""
        return next(item for item in self.found.items if item.label == label)

    def taken(self, label: str) -> str:
        """The text after a candidate was taken, with the caret as `|`."""
        item = self.item(label)
        head = self.text[: item.start] + item.insert[: item.caret]
        return head + "|" + item.insert[item.caret :] + self.text[item.end :]


@dataclass(frozen=True)
class Desk:
    """A catalogue to complete with."""

    snapshot: Snapshot
    dialect: Dialect
    files: FileCatalog | None = field(default=None)

    def ask(self, marked: str, *, usage: Usage | None = None, limit: int = 100) -> Asked:
        """Complete at the `|`; a `¦` stands for a pipe of the text."""
        caret = marked.index("|")
        text = (marked[:caret] + marked[caret + 1 :]).replace("¦", "|")
        found = complete(
            text, caret, self.snapshot, self.dialect, usage=usage, files=self.files, limit=limit
        )
        return Asked(found, text, caret)
