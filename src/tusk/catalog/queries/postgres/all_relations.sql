-- Everything with columns, for completion: the system's too, no sizes, nothing that waits for a lock.
select
    n.nspname as schema,
    c.relname as name,
    case
        when c.relispartition then 'partition'
        when c.relkind = 'p' then 'partitioned table'
        when c.relkind = 'v' then 'view'
        when c.relkind = 'm' then 'materialized view'
        when c.relkind = 'f' then 'foreign table'
        else 'table'
    end as kind,
    pg_catalog.current_database() as database,
    d.description as comment,
    n.nspname::text ~ '^pg_' or n.nspname = 'information_schema' as is_system
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d
    on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
    and d.objsubid = 0
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname::text !~ '^pg_toast'
  and not pg_catalog.pg_is_other_temp_schema(n.oid)
order by n.nspname, c.relname;
