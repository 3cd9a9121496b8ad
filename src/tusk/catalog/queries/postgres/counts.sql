-- What a schema holds. Partitions are shown below their parents, so they do not count.
select
    count(*) filter (where c.relkind in ('r', 'p')) as tables,
    count(*) filter (where c.relkind = 'v') as views,
    count(*) filter (where c.relkind = 'm') as materialized_views,
    count(*) filter (where c.relkind = 'f') as foreign_tables,
    count(*) filter (where c.relkind = 'S') as sequences,
    (select count(*) from pg_catalog.pg_proc p where p.pronamespace = n.oid) as functions,
    (
        select count(*)
        from pg_catalog.pg_type t
        left join pg_catalog.pg_class r on r.oid = t.typrelid
        where t.typnamespace = n.oid
          and (t.typtype in ('b', 'd', 'e', 'r') or r.relkind = 'c')
          -- Arrays come with their elements.
          and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)
    ) as types,
    (select count(*) from pg_catalog.pg_collation l where l.collnamespace = n.oid) as collations,
    (select count(*) from pg_catalog.pg_conversion v where v.connamespace = n.oid) as conversions,
    (select count(*) from pg_catalog.pg_operator o where o.oprnamespace = n.oid) as operators,
    (
        (select count(*) from pg_catalog.pg_opclass o where o.opcnamespace = n.oid)
        + (select count(*) from pg_catalog.pg_opfamily f where f.opfnamespace = n.oid)
    ) as operator_classes,
    (
        (select count(*) from pg_catalog.pg_ts_dict d where d.dictnamespace = n.oid)
        + (select count(*) from pg_catalog.pg_ts_config f where f.cfgnamespace = n.oid)
        + (select count(*) from pg_catalog.pg_ts_parser p where p.prsnamespace = n.oid)
        + (select count(*) from pg_catalog.pg_ts_template t where t.tmplnamespace = n.oid)
    ) as text_search
from pg_catalog.pg_namespace n
left join pg_catalog.pg_class c on c.relnamespace = n.oid and not c.relispartition
where n.nspname = :schema
  and (:database::text is null or :database = pg_catalog.current_database())
group by n.oid;
