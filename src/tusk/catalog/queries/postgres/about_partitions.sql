-- Partitions of a table.
select c.oid::regclass::text as name, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
    case when c.reltuples > 0::real then pg_catalog.to_char(c.reltuples, 'FM999,999,999,999,999')
        end as "rows (estimate)",
    case when c.relkind = 'r' then pg_catalog.pg_size_pretty(pg_catalog.pg_total_relation_size(c.oid))
        end as size
from pg_catalog.pg_inherits h
join pg_catalog.pg_class c on c.oid = h.inhrelid
where h.inhparent = :oid::oid
order by 2, 1;
