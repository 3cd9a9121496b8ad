-- Indexes of a table, or of one column, with size and use since the statistics were reset.
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
  and (
        :column::text is null
        or exists (
            -- In an expression, too.
            select
            from pg_catalog.pg_depend d
            join pg_catalog.pg_attribute a
                on a.attrelid = d.refobjid and a.attnum = d.refobjsubid and a.attname = :column
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.oid
              and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = x.indrelid
            union all
            -- Indexes of constraints depend on those.
            select
            from pg_catalog.pg_attribute a
            where a.attrelid = x.indrelid and a.attnum = any (x.indkey::int2[])
              and a.attname = :column
        )
      )
order by i.relname;
