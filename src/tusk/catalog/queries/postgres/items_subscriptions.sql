-- Subscriptions of this database.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    o.subname as name,
    'subscription' as kind,
    pg_catalog.array_to_string(o.subpublications, ', ')
        || case when not o.subenabled then ' (disabled)' else '' end as detail,
    pg_catalog.obj_description(o.oid, 'pg_subscription') as comment,
    o.oid::bigint as oid
from pg_catalog.pg_subscription o
join pg_catalog.pg_database d on d.oid = o.subdbid
where d.datname = pg_catalog.current_database()
order by o.subname;
