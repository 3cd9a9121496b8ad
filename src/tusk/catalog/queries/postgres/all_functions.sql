-- Signatures of all functions that SQL can call, for completion.
select
    n.nspname as schema,
    p.proname as name,
    case p.prokind
        when 'p' then 'procedure'
        when 'a' then 'aggregate'
        when 'w' then 'window'
        else 'function'
    end as kind,
    pg_catalog.pg_get_function_arguments(p.oid) as arguments,
    pg_catalog.pg_get_function_result(p.oid) as result,
    d.description as comment,
    n.nspname::text ~ '^pg_' or n.nspname = 'information_schema' as is_system
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join pg_catalog.pg_description d
    on d.objoid = p.oid and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
    and d.objsubid = 0
-- Types are compared as oids, and arrays by the server's own operator: what users have put into
-- public must not fit better.
where p.prorettype not in (
        'pg_catalog.internal'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.cstring'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.trigger'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.event_trigger'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.language_handler'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.index_am_handler'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.table_am_handler'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.tsm_handler'::pg_catalog.regtype::pg_catalog.oid,
        'pg_catalog.fdw_handler'::pg_catalog.regtype::pg_catalog.oid
    )
  and not (
        p.proargtypes::pg_catalog.oid[] operator(pg_catalog.&&) array[
            'pg_catalog.internal'::pg_catalog.regtype::pg_catalog.oid,
            'pg_catalog.cstring'::pg_catalog.regtype::pg_catalog.oid
        ]
    )
order by n.nspname, p.proname, p.oid;
