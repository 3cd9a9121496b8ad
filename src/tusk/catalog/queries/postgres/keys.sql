-- Constraints of tables; NOT NULL ones (in the catalogue from 18 on) belong to their columns.
--
-- The definitions of CHECK and EXCLUDE need a lock on the table, see columns.sql.
with locked as materialized (
    select l.relation as oid
    from pg_catalog.pg_locks l
    where l.locktype = 'relation'
      and l.mode = 'AccessExclusiveLock'
      and l.database = (
        select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
      )
      and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as relation,
    k.conname as name,
    case k.contype
        when 'p' then 'primary key'
        when 'f' then 'foreign key'
        when 'u' then 'unique'
        when 'c' then 'check'
        when 'x' then 'exclude'
    end as kind,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
        order by key.position
    ))::text as columns,
    case
        when k.contype in ('c', 'x') and c.oid in (select l.oid from locked l)
            then '/* the table is locked */'
        else pg_catalog.pg_get_constraintdef(k.oid, true)
    end as definition,
    rn.nspname as referenced_schema,
    r.relname as referenced,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.confkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
        order by key.position
    ))::text as referenced_columns,
    k.oid::bigint as oid
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class r on r.oid = k.confrelid
left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
-- A foreign key to a partitioned table has a copy for each partition of that table.
left join pg_catalog.pg_constraint original on original.oid = k.conparentid
where k.contype in ('p', 'f', 'u', 'c', 'x')
  and original.conrelid is distinct from k.conrelid
  and (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
  and (:relation::text is null or c.relname = :relation)
order by n.nspname, c.relname, k.conname;
