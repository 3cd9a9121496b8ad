-- Foreign keys, for completion.
select
    n.nspname as schema,
    c.relname as relation,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
        order by key.position
    ))::text as columns,
    rn.nspname as referenced_schema,
    r.relname as referenced,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.confkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
        order by key.position
    ))::text as referenced_columns,
    pg_catalog.current_database() as database
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class r on r.oid = k.confrelid
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
-- A foreign key to a partitioned table has a copy for each partition of that table.
left join pg_catalog.pg_constraint original on original.oid = k.conparentid
where k.contype = 'f'
  and original.conrelid is distinct from k.conrelid
order by n.nspname, c.relname, k.conname;
