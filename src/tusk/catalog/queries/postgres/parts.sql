-- How much there is below one relation; keys as in keys.sql.
select
    (
        select count(*)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    (
        select count(*)
        from pg_catalog.pg_constraint k
        left join pg_catalog.pg_constraint original on original.oid = k.conparentid
        where k.conrelid = c.oid
          and k.contype in ('p', 'f', 'u', 'c', 'x')
          and original.conrelid is distinct from k.conrelid
    ) as keys,
    (select count(*) from pg_catalog.pg_index x where x.indrelid = c.oid) as indexes,
    (
        select count(*)
        from pg_catalog.pg_inherits i
        join pg_catalog.pg_class p on p.oid = i.inhrelid
        where i.inhparent = c.oid and p.relispartition
    ) as partitions,
    (
        select count(*) from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal
    ) as triggers,
    (
        select count(*)
        from pg_catalog.pg_rewrite r
        where r.ev_class = c.oid and r.rulename <> '_RETURN'
    ) as rules,
    (select count(*) from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies,
    (select count(*) from pg_catalog.pg_statistic_ext s where s.stxrelid = c.oid) as statistics
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = :schema
  and c.relname = :relation
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and (:database::text is null or :database = pg_catalog.current_database());
