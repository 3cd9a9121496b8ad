-- Roles of the server, those with reserved names or the others.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.rolname as name,
    'role' as kind,
    pg_catalog.concat_ws(', ',
        case when o.rolcanlogin then 'may log in' end,
        case when o.rolsuper then 'superuser' end,
        case when o.rolcreatedb then 'makes databases' end,
        case when o.rolcreaterole then 'makes roles' end,
        case when o.rolreplication then 'replicates' end,
        case when o.rolbypassrls then 'bypasses row security' end,
        case when o.rolvaliduntil < pg_catalog.now() then 'EXPIRED' end
    ) as detail,
    pg_catalog.shobj_description(o.oid, 'pg_authid') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_roles o
where (o.rolname ~ '^pg_') = :is_system::boolean
order by o.rolname;
