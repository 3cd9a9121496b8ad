-- Foreign servers with the wrapper they use.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    s.srvname as name,
    'foreign server' as kind,
    f.fdwname::text as detail,
    pg_catalog.obj_description(s.oid, 'pg_foreign_server') as comment,
    s.oid::bigint as oid
from pg_catalog.pg_foreign_server s
join pg_catalog.pg_foreign_data_wrapper f on f.oid = s.srvfdw
order by s.srvname;
