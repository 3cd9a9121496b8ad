-- Which user is whom on a foreign server.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    pg_catalog.format(
        '%s on %s', case o.umuser when 0::oid then 'PUBLIC' else o.usename end, o.srvname
    ) as name,
    'user mapping' as kind,
    '' as detail,
    '' as comment,
    pg_catalog.format(
        'FOR %s SERVER %I',
        case o.umuser when 0::oid then 'PUBLIC' else pg_catalog.quote_ident(o.usename) end, o.srvname
    ) as identity,
    o.umid::bigint as oid
from pg_catalog.pg_user_mappings o
order by o.srvname, o.usename;
