-- Schemas, system ones last, with their place on the session's search path from 1.
select
    n.nspname as name,
    n.nspname::text ~ '^pg_' or n.nspname = 'information_schema' as is_system,
    pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname) as place,
    pg_catalog.current_database() as database,
    true as is_current
from pg_catalog.pg_namespace n
where not pg_catalog.pg_is_other_temp_schema(n.oid)
  and n.nspname::text !~ '^pg_toast'
order by is_system, n.nspname;
