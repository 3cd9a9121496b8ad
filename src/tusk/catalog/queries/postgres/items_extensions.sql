-- Installed extensions.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    e.extname as name,
    'extension' as kind,
    e.extversion || ' in ' || n.nspname::text as detail,
    pg_catalog.obj_description(e.oid, 'pg_extension') as comment,
    e.oid::bigint as oid
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by e.extname;
