-- Enumerated types with their labels in the order in which they compare.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    t.typname as name,
    pg_catalog.to_json(array(
        select e.enumlabel::text
        from pg_catalog.pg_enum e
        where e.enumtypid = t.oid
        order by e.enumsortorder
    ))::text as labels,
    t.oid::bigint as oid
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e'
  and (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
order by n.nspname, t.typname;
