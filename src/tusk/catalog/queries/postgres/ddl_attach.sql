-- Partitions to their tables and their indexes to the tables' indexes; sequences to their columns.
with wanted as (
    select w.classid, c.*, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_class c
        on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
)
select t.classid::text as classid, t.oid::text as oid, 1 as place,
    pg_catalog.format(
        'ALTER TABLE ONLY %I.%I ATTACH PARTITION %s %s', pn.nspname, p.relname, t.name,
        pg_catalog.pg_get_expr(t.relpartbound, t.oid)
    ) as sql
from wanted t
join pg_catalog.pg_inherits h on h.inhrelid = t.oid
join pg_catalog.pg_class p on p.oid = h.inhparent
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where t.relispartition and t.relkind in ('r', 'p', 'f')
union all
select t.classid::text, t.oid::text, 2,
    pg_catalog.format(
        'ALTER INDEX %I.%I ATTACH PARTITION %I.%I', pn.nspname, p.relname, n.nspname, i.relname
    )
from wanted t
join pg_catalog.pg_index x on t.oid in (x.indrelid, x.indexrelid)
join pg_catalog.pg_class i on i.oid = x.indexrelid and i.relispartition
join pg_catalog.pg_namespace n on n.oid = i.relnamespace
join pg_catalog.pg_inherits h on h.inhrelid = i.oid
join pg_catalog.pg_class p on p.oid = h.inhparent
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
union all
select t.classid::text, t.oid::text, 3,
    pg_catalog.format(
        'ALTER SEQUENCE %s OWNED BY %I.%I.%I', t.name, n.nspname, c.relname, a.attname
    )
from wanted t
join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = t.oid and d.deptype = 'a'
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
join pg_catalog.pg_class c on c.oid = d.refobjid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
where t.relkind = 'S'
order by place, sql;
