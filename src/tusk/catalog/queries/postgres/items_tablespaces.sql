-- Tablespaces of the server.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.spcname as name,
    'tablespace' as kind,
    pg_catalog.pg_tablespace_location(o.oid) as detail,
    pg_catalog.shobj_description(o.oid, 'pg_tablespace') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_tablespace o
order by o.spcname;
