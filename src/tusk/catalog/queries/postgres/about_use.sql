-- How a table was used since the statistics were reset.
select f.fact, f.value
from pg_catalog.pg_stat_all_tables s
cross join lateral (
    values
        (1, 'live rows', pg_catalog.to_char(s.n_live_tup, 'FM999,999,999,999,990')),
        (2, 'dead rows', pg_catalog.to_char(s.n_dead_tup, 'FM999,999,999,999,990')),
        (3, 'sequential scans', pg_catalog.to_char(s.seq_scan, 'FM999,999,999,999,990')),
        (4, 'index scans', pg_catalog.to_char(s.idx_scan, 'FM999,999,999,999,990')),
        (5, 'inserted', pg_catalog.to_char(s.n_tup_ins, 'FM999,999,999,999,990')),
        (6, 'updated', pg_catalog.to_char(s.n_tup_upd, 'FM999,999,999,999,990')),
        (7, 'deleted', pg_catalog.to_char(s.n_tup_del, 'FM999,999,999,999,990')),
        (8, 'last vacuum',
            pg_catalog.date_trunc('second', greatest(s.last_vacuum, s.last_autovacuum))::text),
        (9, 'last analyze',
            pg_catalog.date_trunc('second', greatest(s.last_analyze, s.last_autoanalyze))::text)
) as f (place, fact, value)
where s.relid = :oid::oid and f.value is not null
order by f.place;
