"""What completion offers first, as a table of statements with the caret as `|`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.services.completion.shop import Desk

# A statement, then the first candidates; `!x` must not be among them at all, `…` ends the order:
# what follows must only be there.
EVERYWHERE = """
|                                                         → SELECT WITH
sel|                                                      → select
SEL|                                                      → SELECT
select|                                                   → select
select 1; sel|                                            → select
select | from orders                                      → id customer_id total status orders
select cus| from orders                                   → customer_id
select o.| from orders o                                  → id customer_id total status * !name
select o.st| from orders o                                → status
select o.| from orders as o, customers                    → id customer_id total status
select orders.| from orders                               → id customer_id total status
select * from |                                           → … orders customers big_orders
select * from cu|                                         → customers
select * from o|                                          → orders … order_items Odd!Name
select * from big|                                        → big_orders
select * from orders where |                              → id customer_id total status
select * from orders where st| and total > 1              → status
select * from orders where status |                       → … and is!null is!not!null in like
select * from orders where status = 'x' |                 → … and or group!by order!by limit !from !where
select * from orders where status = 'x' a|                → and
select * from orders order |                              → by
select * from orders group b|                             → by
select total from orders order by |                       → id customer_id total
select total * 2 as dbl from orders order by d|           → dbl
select total * 2 dbl, count(*) from orders group by d|    → dbl
select * from orders order by total |                     → asc desc
select * from orders o left |                             → join
select * from orders o |                                  → join left!join … where as !from
select * from orders o join customers c |                 → on using
select * from orders o cross join customers c |           → join … where !on
select * from (select id as x, total from orders) s where s.|    → x total
select * from (select id as x, total from orders) as s where |   → x total
select x.| from (select o.*, 1 as one from orders o) x    → id customer_id total status one
with a as (select id, total * 2 as dbl from orders) select | from a       → id dbl a
with a as (select 1 as one), b as (select one, 2 as two from a) select b.| from b   → one two *
with a (p, q) as (select 1, 2) select a.| from a          → p q *
with a as (select 1 as one) select * from |               → a
with a as (select | from orders) select 1                 → id customer_id total status
with a as (|                                              → select
with a as (select id from orders) sel|                    → select
select * from orders o where exists (select 1 from customers c where c.id = o.|)   → id customer_id
select * from orders o where exists (select 1 from customers c where |)   → c.id name email
select (select max(|) from orders) from customers         → orders.id customer_id total
select * from orders union select | from customers        → id name email
select id as k from orders union all select id from customers order by |  → k
insert |                                                  → into
insert into |                                             → … orders customers
insert into orders (|)                                    → … id customer_id total status
insert into orders (id, |)                                → customer_id total status !id
insert into orders (id, total) |                          → … values select
insert into orders (id, total) select | from customers    → id name email !status
select count(|) from orders                               → id customer_id
select coalesce(to| from orders                           → total
select case when total > 1 |                              → then
select case when total > 1 then 2 |                       → when else end
select * from orders limit |                              → !total
explain sel|                                              → select
select * from orders; select | from customers             → id name email
select 'it''s |' from orders                              →
select * from orders -- | from                            →
select * /* | */ from orders                              →
select 12| from orders                                    →
select * from orders as |                                 →
select max(to| from orders                                → total
select max(to| from orders where id = 1                   → total
select (select max(to| from orders) from customers        → total
select * from orders where coalesce(st| order by 1        → status
select * from orders where id in (1, | group by 1         → id customer_id
select total as | from orders                             →
select "cus| from orders                                  → customer_id
select "cus|" from orders                                 → customer_id
select * from "Od|                                        → Odd!Name
select o."We| from "Odd Name" o                           → Weird!col
select pl| from "Odd Name"                                → plain
select * from orders where id in (select |                → … distinct
select * from orders o join customers c on o.|            → o.customer_id!=!c.id id
"""

POSTGRES = """
select * from orders o join |                             → customers!c!on!o.customer_id!=!c.id order_items!oi!on!oi.order_id!=!o.id
select * from orders o join cust|                         → customers!c!on!o.customer_id!=!c.id customers
select * from orders o join customers c on |              → o.customer_id!=!c.id
select * from orders o join customers c on c.|            → id name email
select * from customers c join orders on |                → orders.customer_id!=!c.id
select * from sales.visit v join sales.visit_line l on |  → l.a!=!v.a!and!l.b!=!v.b
select * from staff s join staff b on |                   → b.boss_id!=!s.id s.boss_id!=!b.id
select * from orders o natural join cu|                   → customers
select * from orders o join customers c using (|)         → id
select * from sales.|                                     → … region shop visit visit_line
select * from sales.re|                                   → region
select * from reg|                                        → region
select sales.region.| from sales.region                   → region_id name mood
select region.| from sales.region                         → region_id name mood
update orders set |                                       → id customer_id total status !orders
update orders set total = |                               → id customer_id total
update orders set total = 1, |                            → id customer_id status !total
update orders o set total = 1 from customers c where c.|  → id name email
update orders set total = 1 |                             → where from returning
update orders set total = 1 where id = 1 returning |      → id customer_id total status
delete |                                                  → from
delete from orders |                                      → where using returning
delete from orders using customers c where c.|            → id name email
delete from orders where |                                → id customer_id
insert into orders values (1) on conflict (|)             → id customer_id
insert into orders values (1) on conflict (id) do |       → nothing update!set
insert into orders values (1) on conflict (id) do update set | → id customer_id
insert into orders values (1) on conflict (id) do update set total = excluded.| → id customer_id total
insert into orders (id) values (1) returning |            → id customer_id
with recursive t (n) as (select 1 union all select n + 1 from t where t.|) select 1  → n
select * from orders o, lateral (select * from customers c where c.id = o.|) x   → id customer_id
select * from orders o, (select * from customers c where c.id = o.|) x     →
select total::| from orders                               → mood integer bigint
select cast(total as num|                                 → numeric
select g from generate_series(1, 3) g where g|            → g
select s.| from shop_list(1) s                            → shop_id title *
select * from shop_list|                                  → shop_list
select pri|                                               → price
select sales.dis|                                         → discount
select sales.|                                            → … discount
call |                                                    → … tidy
select * from pg_stat_act|                                → pg_stat_activity
select * from pg_catalog.pg_cla|                          → pg_class
select a.relna| from pg_class a                           → relname
create table x (a |                                       → mood integer
create table x (a integer references |                    → … orders customers
create table x (a integer references cust|                → customers
create table x (a integer references customers (|         → id name email
alter table orders drop column |                          → id customer_id total
alter table |                                             → … orders customers
create table x (a int primary key, b int, foreign key (|) references orders   → a b
create table x (a int, check (|))                         → a
create table x (a int n|                                  → not!null
vacuum full ord|                                          → orders order_items
lock table ord|                                           → orders order_items
alter table orders alter column total type num|           → numeric
set search_path = sales; select r.| from region r         → region_id name mood
set search_path to "sales", public; select * from reg|    → region
set work_m|                                               → work_mem
show search_p|                                            → search_path
drop table if exists ord|                                 → orders order_items
truncate |                                                → … orders
create index on orders (|                                 → id customer_id total
create view v as sel|                                     → select
create table x as select | from orders                    → id customer_id
copy orders (|                                            → id customer_id
copy (select | from orders) to stdout                     → id customer_id
merge into orders o using customers c on |                → o.customer_id!=!c.id
grant select on ord|                                      → orders order_items
comment on column orders.|                                → … id customer_id
create temp table fresh (alpha int, beta text); select | from fresh   → alpha beta
create temp table fresh as select id as alpha from orders; select fresh.| from fresh   → alpha *
create temp table fresh (alpha int); select * from fr|    → fresh
select row_number() over (|                               → partition!by order!by
select row_number() over (partition by |) from orders     → id customer_id
select count(*) filter (|                                 → where
select ROW_N|                                             → row_number
select * from orders where id is |                        → null not!null
select * from orders where id is not distinct f|          → from
select distinct on (|) id from orders                     → id customer_id
select extract(year from cr|) from customers              → created_at
select id from orders for |                               → !id
table ord|                                                → orders order_items
values (1), (|                                            → !id
select * from unnest(array[1]) as u(elem) where u.|       → elem
select x.| from (values (1, 'a')) x(num, word)            → num word *
select *| from orders o join customers c on true          → o.id,!o.customer_id,!o.total,!o.status,!c.id,!c.name,!c.email,!c.created_at
select o.*| from orders o                                 → o.id,!o.customer_id,!o.total,!o.status
insert into sales.shop (|                                 → region_id,!manager,!twice shop_id
select e.| from orders o join customers e using (id)      → id name email
select o.| from orders "O", customers o                   → id name email
select "O".| from orders "O", customers o                 → id customer_id
select COUNT(*) from ORDERS where STA|                    → status
"""

DUCKDB = """
from |                                                    → … orders
from orders |                                             → select join
from orders select |                                      → id customer_id total status
from orders o select o.|                                  → id customer_id
select address.| from nested                              → street geo
select n.address.| from nested n                          → street geo
select n.address.geo.l| from nested n                     → lat lon
select * exclude (st|) from orders                        → status
with a as (select * exclude (status, total) from orders) select a.| from a   → id customer_id *
with a as (select * rename (total as sum_total) from orders) select a.| from a   → id customer_id sum_total status
select list_transform(tags, long_tag -> lo|) from nested  → long_tag
select list_transform(tags, lambda long_tag: lo|) from nested  → long_tag
select twi|                                               → twice
select * from sales.|                                     → … region
select * from main.or|                                    → orders order_items
select * from memory.main.or|                             → orders order_items
select * from rang|                                       → range
select * from duckdb_ta|                                  → duckdb_tables
select * from read_csv('x.csv', hea|                      → header
describe ord|                                             → orders order_items
summarize ord|                                            → orders order_items
select id::mo|                                            → mood
select * ex|                                              → exclude
select * | from orders                                    → … exclude replace where
select id, row_number() over () as rn from orders qualify r|   → rn
select * from orders o, (select * from customers c where c.id = o.|) x     → id customer_id
select v.| from (values (1, 2)) v                         → col0 col1 *
select * from orders o semi j|                            → join
set memory_l|                                             → memory_limit
use ma|                                                   → main
select Total from orders where TOT|                       → total
"""

SQLITE = """
select * from [Od|                                        → Odd!Name
select `We| from "Odd Name"                               → Weird!col
select * from orders o join customers c on |              → o.customer_id!=!c.id
select * from orders where status gl|                     → glob
replace |                                                 → into
pragma foreign_k|                                         → foreign_keys foreign_key_list foreign_key_check
select group_c|                                           → group_concat
select * from main.ord|                                   → orders order_items
insert into orders values (1) on conflict (id) do update set total = excluded.| → id customer_id total
explain query plan sel|                                   → select
"""

DATAFUSION = """
select * from orders o join customers c on |              → o.customer_id!=!c.id
select low|                                               → lower
select * from public.or|                                  → orders
select * from datafusion.public.or|                       → orders
select arrow_c|                                           → arrow_cast
"""


def _cases() -> list[tuple[str, str, str]]:
    groups = {"postgres": POSTGRES, "duckdb": DUCKDB, "sqlite": SQLITE, "datafusion": DATAFUSION}
    found = []
    for engine, own in groups.items():
        for line in (EVERYWHERE + own).strip().splitlines():
            statement, _, wanted = line.partition("→")
            if line and not (engine == "datafusion" and _beyond_datafusion(statement)):
                found.append((engine, statement.strip(), wanted.strip()))
    return found


def _beyond_datafusion(statement: str) -> bool:
    """What its shop does not have."""
    return "order_items" in statement or statement.startswith(("select * from o|", "insert |"))


@pytest.mark.parametrize(("engine", "statement", "wanted"), _cases())
def test_the_first_candidates(
    engine: str, statement: str, wanted: str, desk_of: Callable[[str], Desk]
) -> None:
    labels = desk_of(engine).ask(statement).labels
    is_in_order = True
    at = 0
    words = [w.replace("!", " ").strip('"') if not w.startswith("!") else w for w in wanted.split()]
    if not words:
        assert labels == []
    for word in words:
        if word == "…":
            is_in_order = False
        elif word.startswith("!"):
            assert word[1:] not in labels
        elif is_in_order:
            expected = word.rpartition(".")[2] if "=" not in word and "," not in word else word
            assert labels[at].lower() == expected.lower(), labels[:12]
            at += 1
        else:
            assert word.lower() in [label.lower() for label in labels], labels[:40]
