-- CREATE SCHEMA.
select w.classid::text as classid, n.oid::text as oid,
    pg_catalog.format(
        -- Every new database has it.
        'CREATE SCHEMA %s%I', case when n.nspname = 'public' then 'IF NOT EXISTS ' end, n.nspname
    ) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_namespace n
    on w.classid = 'pg_catalog.pg_namespace'::regclass and n.oid = w.oid
order by n.nspname;
