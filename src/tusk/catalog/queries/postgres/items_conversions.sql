-- Conversions between encodings.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    '' as relation,
    o.conname as name,
    'conversion' as kind,
    pg_catalog.format(
        '%s → %s%s', pg_catalog.pg_encoding_to_char(o.conforencoding),
        pg_catalog.pg_encoding_to_char(o.contoencoding),
        case when o.condefault then ' (default)' end
    ) as detail,
    pg_catalog.obj_description(o.oid, 'pg_conversion') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_conversion o
join pg_catalog.pg_namespace n on n.oid = o.connamespace
where (:schema::text is null or n.nspname = :schema)
order by o.conname;
