-- Rights that new objects get.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    pg_catalog.concat(
        case o.defaclobjtype
            when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
            when 'T' then 'types' when 'n' then 'schemas' else 'large objects'
        end,
        ' of ', pg_catalog.pg_get_userbyid(o.defaclrole), ' in ' || n.nspname
    ) as name,
    'default privileges' as kind,
    pg_catalog.array_to_string(o.defaclacl, ', ') as detail,
    '' as comment,
    pg_catalog.concat(
        'FOR ROLE ', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.defaclrole)),
        ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname)
    ) as identity,
    o.oid::bigint as oid
from pg_catalog.pg_default_acl o
left join pg_catalog.pg_namespace n on n.oid = o.defaclnamespace
order by name, o.oid;
