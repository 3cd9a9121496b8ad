-- Names and types of all columns, for completion.
select
    n.nspname as schema,
    c.relname as relation,
    a.attname as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    d.description as comment,
    a.attgenerated <> '' or a.attidentity = 'a' as is_generated,
    pg_catalog.current_database() as database
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d
    on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
    and d.objsubid = a.attnum
where a.attnum > 0
  and not a.attisdropped
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname::text !~ '^pg_toast'
  and not pg_catalog.pg_is_other_temp_schema(n.oid)
order by n.nspname, c.relname, a.attnum;
