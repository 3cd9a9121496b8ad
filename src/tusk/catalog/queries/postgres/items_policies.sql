-- Row security policies of a table.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as relation,
    p.polname as name,
    'policy' as kind,
    pg_catalog.concat_ws(' ',
        case when not p.polpermissive then 'restrictive' end,
        case p.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
            when 'd' then 'delete' else 'all'
        end,
        case when not c.relrowsecurity then '(row security is off)' end
    ) as detail,
    pg_catalog.obj_description(p.oid, 'pg_policy') as comment,
    p.oid::bigint as oid
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = :schema
  and c.relname = :relation
order by p.polname;
