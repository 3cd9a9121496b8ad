-- Foreign-data wrappers.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.fdwname as name,
    'foreign-data wrapper' as kind,
    '→ ' || nullif(o.fdwhandler, 0::oid)::regproc::text as detail,
    pg_catalog.obj_description(o.oid, 'pg_foreign_data_wrapper') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_foreign_data_wrapper o
order by o.fdwname;
