-- Databases that this role may connect to. Their objects cannot be seen from here.
select
    d.datname as name,
    d.datname = pg_catalog.current_database() as is_current,
    d.datname = pg_catalog.current_database() as is_open,
    pg_catalog.shobj_description(d.oid, 'pg_database') as comment,
    d.oid::bigint as oid
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
   or (
        d.datallowconn
        and not d.datistemplate
        and pg_catalog.has_database_privilege(d.oid, 'CONNECT')
      )
order by d.datname;
