-- What the database has that belongs to no schema, but what came with the server, an extension or
-- another object (casts to multiranges). Subscriptions are only for those who may read them.
with member as (
    select 'pg_catalog.pg_extension'::regclass::oid as classid, e.oid
    from pg_catalog.pg_extension e
    union all
    select 'pg_catalog.pg_language'::regclass, l.oid
    from pg_catalog.pg_language l
    union all
    select 'pg_catalog.pg_am'::regclass, m.oid
    from pg_catalog.pg_am m
    union all
    select 'pg_catalog.pg_cast'::regclass, c.oid
    from pg_catalog.pg_cast c
    union all
    select 'pg_catalog.pg_transform'::regclass, t.oid
    from pg_catalog.pg_transform t
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, f.oid
    from pg_catalog.pg_foreign_data_wrapper f
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, s.oid
    from pg_catalog.pg_foreign_server s
    union all
    select 'pg_catalog.pg_user_mapping'::regclass, u.umid
    from pg_catalog.pg_user_mappings u
    union all
    select 'pg_catalog.pg_publication'::regclass, p.oid
    from pg_catalog.pg_publication p
    union all
    select 'pg_catalog.pg_subscription'::regclass, s.oid
    from pg_catalog.pg_subscription s
    join pg_catalog.pg_database d on d.oid = s.subdbid
    where d.datname = pg_catalog.current_database()
      and pg_catalog.has_column_privilege(
        'pg_catalog.pg_subscription'::regclass, 'subconninfo', 'SELECT'
      )
    union all
    select 'pg_catalog.pg_event_trigger'::regclass, e.oid
    from pg_catalog.pg_event_trigger e
    union all
    select 'pg_catalog.pg_default_acl'::regclass, a.oid
    from pg_catalog.pg_default_acl a
    where a.defaclnamespace = 0::oid
)
select m.classid::text as classid, m.oid::text as oid
from member m
cross join lateral pg_catalog.pg_identify_object(m.classid, m.oid, 0) i
where m.oid >= 16384::oid
  and not exists (
    select
    from pg_catalog.pg_depend d
    where d.classid = m.classid and d.objid = m.oid and d.objsubid = 0
      and d.deptype in ('e', 'i')
  )
order by m.classid = 'pg_catalog.pg_extension'::regclass desc, m.classid, i.identity collate "C",
    m.oid;
