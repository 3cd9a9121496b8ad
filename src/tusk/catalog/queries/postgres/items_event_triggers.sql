-- Event triggers.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    e.evtname as name,
    'event trigger' as kind,
    e.evtevent::text || ' → ' || e.evtfoid::regproc::text
        || case when e.evtenabled = 'D' then ' (disabled)' else '' end as detail,
    pg_catalog.obj_description(e.oid, 'pg_event_trigger') as comment,
    e.oid::bigint as oid
from pg_catalog.pg_event_trigger e
order by e.evtname;
