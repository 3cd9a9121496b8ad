-- CREATE INDEX for indexes that no constraint makes, of wanted relations or asked for by
-- themselves; then what CREATE cannot say.
with wanted as (
    select w.classid, w.oid as wanted, x.*, i.relname, i.reloptions, i.reltablespace, i.relkind,
        pg_catalog.format('%I.%I', n.nspname, i.relname) as name,
        k.oid as constraint_oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_index x
        on w.classid = 'pg_catalog.pg_class'::regclass and w.oid in (x.indrelid, x.indexrelid)
    join pg_catalog.pg_class i on i.oid = x.indexrelid
    join pg_catalog.pg_namespace n on n.oid = i.relnamespace
    left join pg_catalog.pg_constraint k
        on k.conindid = i.oid and k.contype in ('p', 'u', 'x') and k.conrelid = x.indrelid
)
select x.classid::text as classid, x.wanted::text as oid, 1 as place,
    pg_catalog.pg_get_indexdef(x.indexrelid) as sql, x.relname::text as name
from wanted x
where x.constraint_oid is null
union all
-- An index asked for by itself that a constraint makes.
select x.classid::text, x.wanted::text, 1,
    pg_catalog.format(
        'ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname,
        pg_catalog.pg_get_constraintdef(k.oid)
    ), x.relname::text
from wanted x
join pg_catalog.pg_constraint k on k.oid = x.constraint_oid
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where x.wanted = x.indexrelid
union all
select x.classid::text, x.wanted::text, 2,
    pg_catalog.format(
        'ALTER INDEX %s SET (%s)', x.name,
        pg_catalog.string_agg(pg_catalog.format('%s=%L', o.option_name, o.option_value), ', ')
    ), x.relname::text
from wanted x
cross join pg_catalog.pg_options_to_table(x.reloptions) o
where x.constraint_oid is not null
group by x.classid, x.wanted, x.name, x.relname
union all
select x.classid::text, x.wanted::text, 3,
    pg_catalog.format('ALTER INDEX %s SET TABLESPACE %I', x.name, s.spcname), x.relname::text
from wanted x
join pg_catalog.pg_tablespace s on s.oid = x.reltablespace
union all
select x.classid::text, x.wanted::text, 4,
    pg_catalog.format(
        'ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', x.name, a.attnum,
        pg_catalog.to_jsonb(a) ->> 'attstattarget'
    ), x.relname::text
from wanted x
join pg_catalog.pg_attribute a on a.attrelid = x.indexrelid
where (pg_catalog.to_jsonb(a) ->> 'attstattarget')::int >= 0
union all
select x.classid::text, x.wanted::text, 5,
    pg_catalog.format(
        'ALTER %s %I.%I CLUSTER ON %I',
        case c.relkind when 'm' then 'MATERIALIZED VIEW' else 'TABLE' end,
        n.nspname, c.relname, x.relname
    ), x.relname::text
from wanted x
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where x.indisclustered
union all
select x.classid::text, x.wanted::text, 6,
    pg_catalog.format(
        'ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', n.nspname, c.relname, x.relname
    ), x.relname::text
from wanted x
join pg_catalog.pg_class c on c.oid = x.indrelid and c.relreplident = 'i'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where x.indisreplident
order by oid, name, place;
