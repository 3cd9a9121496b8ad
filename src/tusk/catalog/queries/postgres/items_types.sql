-- Types that are not enumerated: domains, composite, range and base types.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    '' as relation,
    t.typname as name,
    case t.typtype
        when 'd' then 'domain'
        when 'c' then 'composite type'
        when 'r' then 'range type'
        else 'base type'
    end as kind,
    case t.typtype
        when 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
            || case when t.typnotnull then ' not null' else '' end
        when 'c' then (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    '%s %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
                ),
                ', ' order by a.attnum
            )
            from pg_catalog.pg_attribute a
            where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        )
        when 'r' then (
            select pg_catalog.format_type(r.rngsubtype, null)
            from pg_catalog.pg_range r
            where r.rngtypid = t.oid
        )
    end as detail,
    pg_catalog.obj_description(t.oid, 'pg_type') as comment,
    t.oid::bigint as oid
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
where (:schema::text is null or n.nspname = :schema)
  and (t.typtype in ('b', 'd', 'r') or c.relkind = 'c')
  -- Arrays come with their elements.
  and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)
order by t.typname;
