-- A relation in a few facts.
select f.fact, f.value
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(c.relowner)::text),
        (2, 'comment', pg_catalog.obj_description(c.oid, 'pg_class')),
        (3, 'rows (estimate)',
            case when c.reltuples > 0::real then pg_catalog.to_char(c.reltuples, 'FM999,999,999,999,999') end),
        (4, 'size', case when c.relkind in ('r', 'm') then
            pg_catalog.pg_size_pretty(pg_catalog.pg_total_relation_size(c.oid)) end),
        (5, 'table', case when c.relkind in ('r', 'm') then
            pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(c.oid)) end),
        (6, 'indexes', case when c.relkind in ('r', 'm') then
            pg_catalog.pg_size_pretty(pg_catalog.pg_indexes_size(c.oid)) end),
        (7, 'TOAST', case when c.reltoastrelid <> 0::oid then
            pg_catalog.pg_size_pretty(pg_catalog.pg_total_relation_size(c.reltoastrelid)) end),
        (8, 'storage', case when c.relpersistence = 'u' then 'unlogged'
            when c.relpersistence = 't' then 'temporary' end),
        (9, 'access method', m.amname::text),
        (10, 'tablespace', s.spcname::text),
        (11, 'options', pg_catalog.array_to_string(c.reloptions, ', ')),
        (12, 'partition key', pg_catalog.pg_get_partkeydef(c.oid)),
        (13, 'partition of', (
            select h.inhparent::regclass::text || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid)
            from pg_catalog.pg_inherits h
            where h.inhrelid = c.oid and c.relispartition
        )),
        (14, 'inherits', (
            select pg_catalog.string_agg(h.inhparent::regclass::text, ', ' order by h.inhseqno)
            from pg_catalog.pg_inherits h
            where h.inhrelid = c.oid and not c.relispartition
        )),
        (15, 'row security', case
            when c.relforcerowsecurity then 'on, for the owner too'
            when c.relrowsecurity then 'on' end),
        (16, 'filled', case when c.relkind = 'm' and not c.relispopulated then 'no' end),
        (17, 'server', (
            select v.srvname::text
            from pg_catalog.pg_foreign_table f
            join pg_catalog.pg_foreign_server v on v.oid = f.ftserver
            where f.ftrelid = c.oid
        ))
) as f (place, fact, value)
where c.oid = :oid::oid and f.value <> ''
order by f.place;
