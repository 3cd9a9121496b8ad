-- Indexes of a table, with size and use since the statistics were reset.
select
    i.relname::text as name,
    case when i.relkind = 'i' then pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(i.oid))
        end as size,
    pg_catalog.to_char(s.idx_scan, 'FM999,999,999,999,990') as scans,
    pg_catalog.concat_ws(', ',
        case when x.indisprimary then 'primary' when x.indisunique then 'unique' end,
        case when not x.indisvalid then 'INVALID' end
    ) as kind,
    pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.oid), '^.* USING ', '') as definition
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
left join pg_catalog.pg_stat_all_indexes s on s.indexrelid = i.oid
where x.indrelid = :oid::oid
order by i.relname;
