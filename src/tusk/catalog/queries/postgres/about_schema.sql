-- A schema in a few facts.
select f.fact, f.value
from pg_catalog.pg_namespace n
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(n.nspowner)::text),
        (2, 'comment', pg_catalog.obj_description(n.oid, 'pg_namespace')),
        (3, 'relations', (
            select pg_catalog.count(*)::text
            from pg_catalog.pg_class c
            where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
        )),
        (4, 'size (estimate)', (
            select pg_catalog.pg_size_pretty(
                pg_catalog.sum(c.relpages::bigint)
                * pg_catalog.current_setting('block_size')::bigint
            )
            from pg_catalog.pg_class c
            where c.relnamespace = n.oid
        ))
) as f (place, fact, value)
where n.oid = :oid::oid and f.value <> ''
order by f.place;
