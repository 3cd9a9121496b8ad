-- Sequences. Their last value is in their own storage, which may refuse to be read: without
-- permission; in older minor releases also in another session's temporary schema, and unlogged on
-- a standby. Reading waits behind an open ALTER or DROP SEQUENCE.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.format_type(s.seqtypid, null) as type,
    case
        when not pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') then null
        when pg_catalog.pg_is_other_temp_schema(n.oid) then null
        when c.relpersistence <> 'p' and pg_catalog.pg_is_in_recovery() then null
        when c.oid in (
            select l.relation
            from pg_catalog.pg_locks l
            where l.locktype = 'relation'
              and l.mode in (
                'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
              )
              and l.database = (
                select d.oid
                from pg_catalog.pg_database d
                where d.datname = pg_catalog.current_database()
              )
              and l.pid is distinct from pg_catalog.pg_backend_pid()
        ) then null
        else pg_catalog.pg_sequence_last_value(c.oid)
    end as last_value,
    c.oid::bigint as oid
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (:database::text is null or :database = pg_catalog.current_database())
  and case
        when :schema::text is not null then n.nspname = :schema
        else n.nspname::text !~ '^pg_' and n.nspname <> 'information_schema'
      end
order by n.nspname, c.relname;
