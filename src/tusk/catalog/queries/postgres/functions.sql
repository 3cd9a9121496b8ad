-- Functions, procedures and aggregates.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    p.proname as name,
    case p.prokind
        when 'f' then 'function'
        when 'p' then 'procedure'
        when 'a' then 'aggregate'
        when 'w' then 'window function'
    end as kind,
    pg_catalog.pg_get_function_arguments(p.oid) as arguments,
    pg_catalog.pg_get_function_result(p.oid) as result,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment,
    p.oid::bigint as oid
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
order by n.nspname, p.proname, pg_catalog.pg_get_function_arguments(p.oid);
