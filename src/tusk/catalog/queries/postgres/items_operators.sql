-- Operators.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    '' as relation,
    pg_catalog.concat_ws(' ',
        pg_catalog.format_type(nullif(o.oprleft, 0::oid), null), o.oprname,
        pg_catalog.format_type(nullif(o.oprright, 0::oid), null)
    ) as name,
    'operator' as kind,
    '→ ' || pg_catalog.format_type(o.oprresult, null) as detail,
    pg_catalog.obj_description(o.oid, 'pg_operator') as comment,
    pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) as identity,
    o.oid::bigint as oid
from pg_catalog.pg_operator o
join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
where (:schema::text is null or n.nspname = :schema)
order by o.oprname, o.oid;
