-- Defaults that CREATE does not write: of views, of inherited columns, and of the tables in
-- `apart`; and NOT NULL that a table adds to an inherited column.
with wanted as (
    select w.classid, c.oid, c.relkind, c.relispartition,
        pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        c.oid = any (:apart::oid[]) as is_apart
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_class c
        on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid
        and c.relkind in ('r', 'p', 'f', 'v')
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
)
select t.classid::text as classid, t.oid::text as oid,
    pg_catalog.format(
        'ALTER %s %s ALTER COLUMN %I SET DEFAULT %s',
        case t.relkind when 'v' then 'VIEW' when 'f' then 'FOREIGN TABLE ONLY' else 'TABLE ONLY' end,
        t.name, a.attname, pg_catalog.pg_get_expr(d.adbin, t.oid)
    ) as sql
from wanted t
join pg_catalog.pg_attribute a on a.attrelid = t.oid and not a.attisdropped
join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
where a.attgenerated = ''
  and (t.relkind = 'v' or t.is_apart or not (a.attislocal or t.relispartition))
union all
select t.classid::text, t.oid::text,
    pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I SET NOT NULL', t.name, a.attname)
from wanted t
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
where t.relkind in ('r', 'p', 'f')
  and a.attnotnull
  and not (a.attislocal or t.relispartition)
  and not exists (
    select
    from pg_catalog.pg_inherits h
    join pg_catalog.pg_attribute p on p.attrelid = h.inhparent and p.attname = a.attname
    where h.inhrelid = t.oid and p.attnotnull
  )
order by 2, 3;
