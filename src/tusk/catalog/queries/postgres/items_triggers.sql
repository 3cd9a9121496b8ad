-- Triggers of a relation, but those that enforce foreign keys.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as relation,
    t.tgname as name,
    'trigger' as kind,
    pg_catalog.concat_ws(' ',
        case when t.tgtype & 2 <> 0 then 'before' when t.tgtype & 64 <> 0 then 'instead of'
            else 'after' end,
        pg_catalog.concat_ws(' or ',
            case when t.tgtype & 4 <> 0 then 'insert' end,
            case when t.tgtype & 16 <> 0 then 'update' end,
            case when t.tgtype & 8 <> 0 then 'delete' end,
            case when t.tgtype & 32 <> 0 then 'truncate' end
        ),
        case when t.tgtype & 1 <> 0 then 'each row' else 'each statement' end,
        '→ ' || t.tgfoid::regproc::text,
        case when t.tgenabled = 'D' then '(disabled)' end
    ) as detail,
    pg_catalog.obj_description(t.oid, 'pg_trigger') as comment,
    t.oid::bigint as oid
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal
  and n.nspname = :schema
  and c.relname = :relation
order by t.tgname;
