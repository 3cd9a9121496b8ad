-- Access methods, those that came with the server or the others.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.amname as name,
    'access method' as kind,
    case o.amtype when 't' then 'table' else 'index' end || ' → ' || o.amhandler::text as detail,
    pg_catalog.obj_description(o.oid, 'pg_am') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_am o
where (o.oid < 16384::oid) = :is_system::boolean
order by o.amname;
