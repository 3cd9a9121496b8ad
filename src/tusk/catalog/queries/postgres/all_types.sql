-- Types that are not the system's own: enumerated, composite, domains, ranges.
select
    n.nspname as schema,
    t.typname as name
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
where n.nspname::text !~ '^pg_'
  and n.nspname <> 'information_schema'
  and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
order by n.nspname, t.typname;
