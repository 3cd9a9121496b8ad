-- Indexes. Columns are those of the key; included ones are in the definition.
--
-- Expressions and definitions need a lock on the table, see columns.sql; the size is as of the
-- last VACUUM or ANALYZE.
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
    i.relname as name,
    pg_catalog.to_json(array(
        select
            case
                when a.attname is not null then a.attname::text
                when c.oid in (select l.oid from locked l) then '/* the table is locked */'
                else pg_catalog.pg_get_indexdef(x.indexrelid, key.position::int, true)
            end
        from pg_catalog.unnest(x.indkey::int2[]) with ordinality as key (attnum, position)
        left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = key.attnum
        where key.position <= x.indnkeyatts
        order by key.position
    ))::text as columns,
    x.indisunique as is_unique,
    x.indisprimary as is_primary,
    case
        when c.oid in (select l.oid from locked l) then '/* the table is locked */'
        else pg_catalog.pg_get_indexdef(x.indexrelid)
    end as definition,
    case when i.relkind = 'i' then i.relpages * pg_catalog.current_setting('block_size')::bigint
    end as size_bytes,
    i.oid::bigint as oid
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm', 'f')
  and (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
  and (:relation::text is null or c.relname = :relation)
order by n.nspname, c.relname, i.relname;
