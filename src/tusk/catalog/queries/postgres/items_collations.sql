-- Collations.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    '' as relation,
    c.collname as name,
    'collation' as kind,
    case c.collprovider
        when 'i' then 'ICU' when 'b' then 'builtin' when 'd' then 'default' else 'libc'
    end as detail,
    pg_catalog.obj_description(c.oid, 'pg_collation') as comment,
    c.oid::bigint as oid
from pg_catalog.pg_collation c
join pg_catalog.pg_namespace n on n.oid = c.collnamespace
where (:schema::text is null or n.nspname = :schema)
order by c.collname, c.oid;
