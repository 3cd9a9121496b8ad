-- What a schema holds. Partitions are shown below their parents, so they do not count.
select
    count(*) filter (where c.relkind in ('r', 'p')) as tables,
    count(*) filter (where c.relkind = 'v') as views,
    count(*) filter (where c.relkind = 'm') as materialized_views,
    count(*) filter (where c.relkind = 'f') as foreign_tables,
    count(*) filter (where c.relkind = 'S') as sequences,
    (select count(*) from pg_catalog.pg_proc p where p.pronamespace = n.oid) as functions,
    (
        select count(*) from pg_catalog.pg_type t where t.typnamespace = n.oid and t.typtype = 'e'
    ) as types
from pg_catalog.pg_namespace n
left join pg_catalog.pg_class c on c.relnamespace = n.oid and not c.relispartition
where n.nspname = :schema
  and (:database::text is null or :database = pg_catalog.current_database())
group by n.oid;
