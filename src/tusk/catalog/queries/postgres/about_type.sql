-- A type in a few facts.
select f.fact, f.value
from pg_catalog.pg_type t
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(t.typowner)::text),
        (2, 'comment', pg_catalog.obj_description(t.oid, 'pg_type')),
        (3, 'base type', case when t.typbasetype <> 0::oid
            then pg_catalog.format_type(t.typbasetype, t.typtypmod) end),
        (4, 'default', t.typdefault),
        (5, 'not null', case when t.typnotnull then 'yes' end),
        (6, 'labels', (
            select pg_catalog.string_agg(e.enumlabel::text, ', ' order by e.enumsortorder)
            from pg_catalog.pg_enum e
            where e.enumtypid = t.oid
        )),
        (7, 'checks', (
            select pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ', ' order by k.conname)
            from pg_catalog.pg_constraint k
            where k.contypid = t.oid
        ))
) as f (place, fact, value)
where t.oid = :oid::oid and f.value <> ''
order by f.place;
