-- How types pass between SQL and languages.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    pg_catalog.format('%s FOR %s', pg_catalog.format_type(o.trftype, null), l.lanname) as name,
    'transform' as kind,
    pg_catalog.concat_ws(', ',
        'from SQL ' || nullif(o.trffromsql::oid, 0::oid)::regproc::text,
        'to SQL ' || nullif(o.trftosql::oid, 0::oid)::regproc::text
    ) as detail,
    pg_catalog.obj_description(o.oid, 'pg_transform') as comment,
    pg_catalog.format(
        'FOR %s LANGUAGE %I', pg_catalog.format_type(o.trftype, null), l.lanname
    ) as identity,
    o.oid::bigint as oid
from pg_catalog.pg_transform o
join pg_catalog.pg_language l on l.oid = o.trflang
order by name, o.oid;
