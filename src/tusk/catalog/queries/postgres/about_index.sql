-- An index in a few facts, with its use since the statistics were reset.
select f.fact, f.value
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
left join pg_catalog.pg_stat_all_indexes s on s.indexrelid = i.oid
cross join lateral (
    values
        (1, 'table', x.indrelid::regclass::text),
        (2, 'comment', pg_catalog.obj_description(i.oid, 'pg_class')),
        (3, 'definition', pg_catalog.pg_get_indexdef(i.oid)),
        (4, 'size', pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(i.oid))),
        (5, 'scans', pg_catalog.to_char(s.idx_scan, 'FM999,999,999,999,990')),
        (6, 'entries read', pg_catalog.to_char(s.idx_tup_read, 'FM999,999,999,999,990')),
        (7, 'rows fetched', pg_catalog.to_char(s.idx_tup_fetch, 'FM999,999,999,999,990')),
        (8, 'unique', case when x.indisunique then 'yes' end),
        (9, 'valid', case when not x.indisvalid then 'NO: it is not used' end),
        (10, 'constraint', (
            select k.conname::text
            from pg_catalog.pg_constraint k
            where k.conindid = i.oid and k.conrelid = x.indrelid
            order by k.conname
            limit 1
        ))
) as f (place, fact, value)
where i.oid = :oid::oid and f.value <> ''
order by f.place;
