-- Languages of functions, those that came with the server or the others.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.lanname as name,
    'language' as kind,
    case when o.lanpltrusted then 'trusted' when o.lanispl then 'untrusted' end as detail,
    pg_catalog.obj_description(o.oid, 'pg_language') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_language o
where (o.oid < 16384::oid) = :is_system::boolean
order by o.lanname;
