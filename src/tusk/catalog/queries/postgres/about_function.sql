-- A function in a few facts.
select f.fact, f.value
from pg_catalog.pg_proc p
join pg_catalog.pg_language l on l.oid = p.prolang
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(p.proowner)::text),
        (2, 'comment', pg_catalog.obj_description(p.oid, 'pg_proc')),
        (3, 'arguments', pg_catalog.pg_get_function_arguments(p.oid)),
        (4, 'result', pg_catalog.pg_get_function_result(p.oid)),
        (5, 'language', l.lanname::text),
        (6, 'volatility', case p.provolatile
            when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end),
        (7, 'rights of', case when p.prosecdef then 'its owner (security definer)' end),
        (8, 'on null', case when p.proisstrict then 'gives null' end),
        (9, 'parallel', case p.proparallel
            when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end),
        (10, 'settings', pg_catalog.array_to_string(p.proconfig, ', '))
) as f (place, fact, value)
where p.oid = :oid::oid and f.value <> ''
order by f.place;
