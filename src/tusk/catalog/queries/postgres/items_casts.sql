-- Casts, those that came with the server or the others.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    pg_catalog.format(
        '%s AS %s', pg_catalog.format_type(o.castsource, null),
        pg_catalog.format_type(o.casttarget, null)
    ) as name,
    'cast' as kind,
    pg_catalog.concat_ws(' ',
        case o.castmethod
            when 'b' then 'the same bytes' when 'i' then 'through text'
            else '→ ' || o.castfunc::regproc::text
        end,
        case o.castcontext when 'i' then '(implicit)' when 'a' then '(on assignment)' end
    ) as detail,
    pg_catalog.obj_description(o.oid, 'pg_cast') as comment,
    pg_catalog.format(
        '(%s AS %s)', pg_catalog.format_type(o.castsource, null),
        pg_catalog.format_type(o.casttarget, null)
    ) as identity,
    o.oid::bigint as oid
from pg_catalog.pg_cast o
where (o.oid < 16384::oid) = :is_system::boolean
order by name, o.oid;
