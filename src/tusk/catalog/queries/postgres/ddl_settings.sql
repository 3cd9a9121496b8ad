-- Settings of tables and their columns that CREATE TABLE does not take.
with wanted as (
    select w.classid, c.*, pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        case c.relkind
            when 'f' then 'FOREIGN TABLE ONLY'
            when 'm' then 'MATERIALIZED VIEW'
            else 'TABLE ONLY'
        end as kind
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_class c
        on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid
        and c.relkind in ('r', 'p', 'f', 'm')
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
),
-- Compression is there from 14 on.
attribute as (
    select t.classid, t.oid, t.name, t.kind, t.relkind, a.*,
        b.typstorage,
        pg_catalog.to_jsonb(a) ->> 'attcompression' as compression,
        (pg_catalog.to_jsonb(a) ->> 'attstattarget')::int as target
    from wanted t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type b on b.oid = a.atttypid
),
setting as (
    select a.classid, a.oid, a.attnum::int as place, pg_catalog.format(
        'ALTER %s %s ALTER COLUMN %I SET STATISTICS %s', a.kind, a.name, a.attname, a.target
    ) as sql
    from attribute a
    where a.target >= 0
    union all
    select a.classid, a.oid, a.attnum::int, pg_catalog.format(
        'ALTER %s %s ALTER COLUMN %I SET STORAGE %s', a.kind, a.name, a.attname,
        case a.attstorage
            when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'x' then 'EXTENDED' else 'MAIN'
        end
    )
    from attribute a
    where a.attstorage <> a.typstorage
    union all
    select a.classid, a.oid, a.attnum::int, pg_catalog.format(
        'ALTER %s %s ALTER COLUMN %I SET COMPRESSION %s', a.kind, a.name, a.attname,
        case a.compression when 'p' then 'pglz' else 'lz4' end
    )
    from attribute a
    where a.compression <> ''
    union all
    select a.classid, a.oid, a.attnum::int, pg_catalog.format(
        'ALTER %s %s ALTER COLUMN %I SET (%s)', a.kind, a.name, a.attname,
        (
            select pg_catalog.string_agg(
                pg_catalog.format('%s=%L', o.option_name, o.option_value), ', '
            )
            from pg_catalog.pg_options_to_table(a.attoptions) o
        )
    )
    from attribute a
    where a.attoptions is not null
    union all
    select t.classid, t.oid, 10000, pg_catalog.format(
        'ALTER TABLE ONLY %s REPLICA IDENTITY %s', t.name,
        case t.relreplident when 'f' then 'FULL' else 'NOTHING' end
    )
    from wanted t
    where t.relreplident in ('f', 'n') and t.relkind in ('r', 'p')
    union all
    select t.classid, t.oid, 10001,
        pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)
    from wanted t
    where t.relrowsecurity
    union all
    select t.classid, t.oid, 10002,
        pg_catalog.format('ALTER TABLE ONLY %s FORCE ROW LEVEL SECURITY', t.name)
    from wanted t
    where t.relforcerowsecurity
)
select s.classid::text as classid, s.oid::text as oid, s.sql
from setting s
order by s.oid, s.place, s.sql;
