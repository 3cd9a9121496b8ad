"""Real statements typed from left to right: each name is offered before it is written out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.services.completion.shop import POSTGRES_MORE, TABLES, Desk
from tusk.core.dialect import POSTGRES
from tusk.core.statement import TokenKind, split, tokens
from tusk.services.completion import keywords
from tusk.services.completion.tree import unquoted

EVERYWHERE = """
select o.id, o.total, c.name from orders o join customers c on c.id = o.customer_id where c.email is not null;
select customers.name, orders.status from customers, orders where customers.id = orders.customer_id;
select status, count(*) as many, sum(total) as volume from orders group by status having count(*) > 1 order by volume desc;
with recent as (select id, customer_id from orders where total > 10), people as (select name, id from customers) select people.name from recent join people on people.id = recent.customer_id;
select name from customers where id in (select customer_id from orders where status = 'x');
select name, (select max(total) from orders where orders.customer_id = customers.id) as largest from customers;
select x.sum_total from (select customer_id, sum(total) as sum_total from orders group by customer_id) x where x.sum_total > 3;
select id from orders union all select id from customers order by id;
select case when total > 100 then status else 'small' end as size from orders where status like 'a%' or total between 1 and 2;
select "Odd Name"."Weird col", plain from "Odd Name" where "select" > 1;
select big_orders.total from big_orders left join orders on orders.id = big_orders.id where orders.status is null;
select o.status, coalesce(o.total, 0) from orders as o where o.status <> 'x' and not o.total > 1;
select distinct status from orders where total > (select avg(total) from orders) limit 10;
insert into customers (id, name, email) select id, status, status from orders where total > 5;
select row_number() over (partition by status order by total desc) as place, id from orders;
"""
POSTGRES_ONLY = """
update orders set total = total * 2, status = 'done' from customers where customers.id = orders.customer_id and customers.name = 'x' returning orders.id, orders.total;
delete from order_items using orders where orders.id = order_items.order_id and orders.status = 'gone' returning order_items.amount;
insert into orders (id, total) values (1, 2) on conflict (id) do update set total = excluded.total where orders.status = 'x' returning id;
with recursive tree (boss, depth) as (select id, 1 from staff where boss_id is null union all select id, depth + 1 from staff join tree on staff.boss_id = tree.boss) select depth, boss from tree;
select shop.manager, region.name from sales.shop join sales.region using (region_id) where region.mood = 'sad';
select c.name, l.total from customers c cross join lateral (select total from orders where orders.customer_id = c.id) l;
select listed.title, listed.shop_id from shop_list(1) listed;
merge into orders o using customers c on o.customer_id = c.id when matched then update set status = c.name;
create temporary table totals as select customer_id, total from orders; select totals.total from totals where totals.customer_id = 1;
select price(1, 2), sales.discount(manager) from sales.shop;
select count(*) filter (where status = 'x') as done, string_agg(status, ',' order by total) from orders;
"""
DUCKDB_ONLY = """
from orders select status, total where total > 1;
select nested.address.geo.lat, address.street from nested where address.street = 'x';
select * exclude (status, total) from orders where customer_id = 1;
with parts as (select * rename (total as renamed) from orders) select renamed, parts.status from parts;
select id, total from orders qualify row_number() over (partition by status order by total) = 1;
select orders.total from orders semi join customers on orders.customer_id = customers.id;
"""
# Before it, a whole statement has to run on the real engine; behind it, names are looked for.
_LETTERS, _MOST_ROWS = 2, 5


@dataclass(frozen=True)
class Typed:
    """A name in a script, typed so far."""

    script: str
    start: int
    name: str


def _names(script: str) -> Iterator[Typed]:
    """Every name in a script, but new ones: aliases, and what is being made."""
    code = [
        t for t in tokens(script, POSTGRES) if t.kind not in {TokenKind.SPACE, TokenKind.COMMENT}
    ]
    known = keywords.all_words(POSTGRES) | {
        "TEMPORARY",
        "IS",
        "FILTER",
        "USING",
        "MATCHED",
        "LATERAL",
    }
    for number, (kind, start, end) in enumerate(code):
        text = script[start:end]
        name = unquoted(text) if kind is TokenKind.IDENTIFIER else text
        if kind not in {TokenKind.WORD, TokenKind.IDENTIFIER} or len(name) <= _LETTERS:
            continue
        if text.upper() in known and kind is TokenKind.WORD:
            continue
        before = script[code[number - 1].start : code[number - 1].end].lower()
        if before in {"as", "with", "lateral", "recursive", "temporary"} or name in NEW_NAMES:
            continue
        yield Typed(script, start, name)


NEW_NAMES = {"recent", "people", "tree", "boss", "depth", "listed", "totals", "parts", "renamed"}


def _scripts(own: str) -> list[str]:
    return (EVERYWHERE + own).strip().splitlines()


def _misses(desk: Desk, script: str, *, has_rest: bool) -> list[str]:
    """The names that are not among the first candidates when two letters are typed."""
    missed = []
    begun = script.lower().find(" from ")
    for typed in _names(script):
        if not has_rest and typed.start < begun:
            continue  # nobody knows yet what it will be about
        is_qualifier = typed.script[typed.start + len(typed.name) :].startswith(".")
        if not has_rest and is_qualifier and typed.name not in typed.script[: typed.start]:
            continue
        quote = typed.script[typed.start] == '"'
        at = typed.start + quote + _LETTERS
        rest = typed.script[typed.start + len(typed.name) + 2 * quote :] if has_rest else ""
        text = typed.script[:at]
        found = desk.ask(f"{text}|{rest}")
        labels = [label.partition("(")[0].lower() for label in found.labels[:_MOST_ROWS]]
        wholes = [item.insert.split(" ")[0].lower() for item in found.found.items[:_MOST_ROWS]]
        if typed.name.lower() not in labels + wholes:
            missed.append(f"{typed.name}: {text}| → {labels}")
    return missed


@pytest.mark.parametrize("has_rest", [False, True], ids=["at the end", "in the middle"])
@pytest.mark.parametrize("script", _scripts(POSTGRES_ONLY))
def test_names_are_found_in_postgres(script: str, has_rest: bool, postgres_desk: Desk) -> None:
    assert _misses(postgres_desk, script, has_rest=has_rest) == []


@pytest.mark.parametrize("has_rest", [False, True], ids=["at the end", "in the middle"])
@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_names_are_found_in_others(
    engine: str, has_rest: bool, desk_of: Callable[[str], Desk]
) -> None:
    scripts = _scripts(DUCKDB_ONLY if engine == "duckdb" else "")
    found = [m for s in scripts for m in _misses(desk_of(engine), s, has_rest=has_rest)]
    assert "\n".join(found) == ""


def test_the_statements_are_real(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(TABLES + POSTGRES_MORE)
        for script in _scripts(POSTGRES_ONLY):
            is_new = "merge into" in script
            if is_new and connection.info.server_version < 150000:
                continue
            for statement in split(script, POSTGRES):
                connection.execute(statement.text)
