-- Who may do what, the owner's and everybody's rights by default included.
with granted as (
    select 'pg_catalog.pg_class'::regclass as classid, oid, relowner as owner, relacl as acl, case relkind when 'S' then 's' else 'r' end::"char" as kind
    from pg_catalog.pg_class
    union all
    select 'pg_catalog.pg_proc'::regclass, oid, proowner, proacl, 'f'
    from pg_catalog.pg_proc
    union all
    select 'pg_catalog.pg_type'::regclass, oid, typowner, typacl, 'T'
    from pg_catalog.pg_type
    union all
    select 'pg_catalog.pg_namespace'::regclass, oid, nspowner, nspacl, 'n'
    from pg_catalog.pg_namespace
    union all
    select 'pg_catalog.pg_database'::regclass, oid, datdba, datacl, 'd'
    from pg_catalog.pg_database
    union all
    select 'pg_catalog.pg_language'::regclass, oid, lanowner, lanacl, 'l'
    from pg_catalog.pg_language
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, fdwowner, fdwacl, 'F'
    from pg_catalog.pg_foreign_data_wrapper
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, oid, srvowner, srvacl, 'S'
    from pg_catalog.pg_foreign_server
    union all
    select 'pg_catalog.pg_tablespace'::regclass, oid, spcowner, spcacl, 't'
    from pg_catalog.pg_tablespace
)
select
    case g.grantee when 0::oid then 'PUBLIC' else pg_catalog.pg_get_userbyid(g.grantee)::text
        end as role,
    pg_catalog.string_agg(
        pg_catalog.lower(g.privilege_type) || case when g.is_grantable then ' (may grant)' else '' end,
        ', ' order by g.privilege_type
    ) as privileges,
    pg_catalog.pg_get_userbyid(g.grantor)::text as "granted by"
from granted o
cross join lateral pg_catalog.aclexplode(
    coalesce(o.acl, pg_catalog.acldefault(o.kind, o.owner))
) g
where o.classid = :class::regclass and o.oid = :oid::oid
group by g.grantee, g.grantor
order by g.grantee <> 0::oid, 1;
