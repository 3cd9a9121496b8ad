-- Names that start with pg_ are reserved by the server. Other sessions' temporary schemas, of
-- which a busy server has hundreds, are left out.
select
    pg_catalog.current_database() as database,
    n.nspname as name,
    pg_catalog.obj_description(n.oid, 'pg_namespace') as comment,
    n.nspname::text ~ '^pg_' or n.nspname = 'information_schema' as is_system,
    n.oid::bigint as oid
from pg_catalog.pg_namespace n
where not pg_catalog.pg_is_other_temp_schema(n.oid)
  and (:database::text is null or :database = pg_catalog.current_database())
order by n.nspname;
