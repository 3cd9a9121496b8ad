-- What the planner knows of a column's values, of the table and of it with its heirs.
select f.fact, f.value
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join lateral (
    select *
    from pg_catalog.pg_stats s
    where s.schemaname = n.nspname and s.tablename = c.relname and s.attname = :column
    order by s.inherited desc
    limit 1
) s on true
cross join lateral (
    values
        (1, 'nulls', pg_catalog.to_char(s.null_frac * 100, 'FM990.0') || ' percent'),
        (2, 'distinct', case
            when s.n_distinct < 0::real
                then pg_catalog.to_char(-s.n_distinct * 100, 'FM990.0') || ' percent of the rows'
            else s.n_distinct::text end),
        (3, 'width', s.avg_width || ' bytes on average'),
        (4, 'most common', pg_catalog.left(s.most_common_vals::text, 500)),
        (5, 'their shares', pg_catalog.left(s.most_common_freqs::text, 500)),
        (6, 'order on disk', 'correlation ' || pg_catalog.round(s.correlation::numeric, 3))
) as f (place, fact, value)
where c.oid = :oid::oid and f.value is not null
order by f.place;
