-- Rewrite rules of a relation; the one that makes a view is its definition.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as relation,
    r.rulename as name,
    'rule' as kind,
    pg_catalog.concat_ws(' ',
        'on',
        case r.ev_type
            when '1' then 'select' when '2' then 'update' when '3' then 'insert' else 'delete'
        end,
        case when r.is_instead then 'instead' end,
        case when r.ev_enabled = 'D' then '(disabled)' end
    ) as detail,
    pg_catalog.obj_description(r.oid, 'pg_rewrite') as comment,
    r.oid::bigint as oid
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'
  and n.nspname = :schema
  and c.relname = :relation
order by r.rulename;
