-- PostgreSQL 13. Differs from relations.140000.sql in the condition of `stored` only.
--
-- Relations with estimates that cost no look at the files: relpages and reltuples as of the last
-- VACUUM, ANALYZE or CREATE INDEX. pg_total_relation_size would lock each table, and so wait
-- behind somebody's open ALTER TABLE.
--
-- A partitioned table has what its partitions have; unknown as long as one of them is unknown.
with recursive leaf as (
    select i.inhparent as root, i.inhrelid as oid
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition
    union all
    select l.root, i.inhrelid
    from leaf l
    join pg_catalog.pg_inherits i on i.inhparent = l.oid
),
-- Pages of each relation's indexes, TOAST tables' ones too.
index_pages as (
    select x.indrelid as oid, pg_catalog.sum(c.relpages)::bigint as pages
    from pg_catalog.pg_index x
    join pg_catalog.pg_class c on c.oid = x.indexrelid
    group by x.indrelid
),
stored as (
    select
        c.oid,
        c.reltuples::bigint as estimated_rows,
        (
            c.relpages::bigint
            + coalesce(own.pages, 0)
            + coalesce(t.relpages, 0)
            + coalesce(toast.pages, 0)
        ) * pg_catalog.current_setting('block_size')::bigint as size_bytes
    from pg_catalog.pg_class c
    left join index_pages own on own.oid = c.oid
    left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
    left join index_pages toast on toast.oid = t.oid
    -- Before 14, no rows and no pages is what a table has that was never looked at.
    where c.relkind in ('r', 'm', 'f') and (c.reltuples > 0::real or c.relpages > 0)
),
partitioned as (
    select
        l.root as oid,
        pg_catalog.bool_and(s.oid is not null) as is_known,
        pg_catalog.sum(s.estimated_rows)::bigint as estimated_rows,
        pg_catalog.sum(s.size_bytes)::bigint as size_bytes
    from leaf l
    join pg_catalog.pg_class c on c.oid = l.oid and c.relkind <> 'p'
    left join stored s on s.oid = l.oid
    group by l.root
)
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as name,
    case c.relkind
        when 'r' then case when c.relispartition then 'partition' else 'table' end
        when 'p' then 'partitioned table'
        when 'v' then 'view'
        when 'm' then 'materialized view'
        when 'f' then 'foreign table'
    end as kind,
    coalesce(s.estimated_rows, p.estimated_rows) as estimated_rows,
    case when c.relkind <> 'f' then coalesce(s.size_bytes, p.size_bytes) end as size_bytes,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    pn.nspname as parent_schema,
    pc.relname as parent,
    case when not c.relispartition then
        pg_catalog.to_json(array(
            select i.inhparent::pg_catalog.regclass::text
            from pg_catalog.pg_inherits i
            where i.inhrelid = c.oid
            order by i.inhseqno
        ))::text
    end as inherits,
    c.oid::bigint as oid
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join stored s on s.oid = c.oid
left join partitioned p on p.oid = c.oid and p.is_known
left join pg_catalog.pg_inherits pi on pi.inhrelid = c.oid and c.relispartition
left join pg_catalog.pg_class pc on pc.oid = pi.inhparent
left join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
  and (:parent::text is null or (pn.nspname = :parent_schema and pc.relname = :parent))
order by n.nspname, c.relname;
