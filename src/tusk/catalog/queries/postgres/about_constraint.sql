-- A constraint in a few facts.
select f.fact, f.value
from pg_catalog.pg_constraint k
cross join lateral (
    values
        (1, 'table', k.conrelid::regclass::text),
        (2, 'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')),
        (3, 'definition', pg_catalog.pg_get_constraintdef(k.oid, true)),
        (4, 'references', nullif(k.confrelid, 0::oid)::regclass::text),
        (5, 'index', nullif(k.conindid, 0::oid)::regclass::text),
        (6, 'checked', case
            when k.condeferred then 'at the end of the transaction'
            when k.condeferrable then 'at once, or at the end of the transaction' end),
        (7, 'valid', case when not k.convalidated then 'NO: older rows may violate it' end),
        (8, 'inherited', case when k.coninhcount > 0 then 'yes' end)
) as f (place, fact, value)
where k.oid = :oid::oid and f.value <> ''
order by f.place;
