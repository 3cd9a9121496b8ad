-- An object of any of the smaller kinds in a few facts.
with owned as (
    select 'pg_catalog.pg_type'::regclass as classid, oid, typowner as owner
    from pg_catalog.pg_type
    union all
    select 'pg_catalog.pg_collation'::regclass, oid, collowner
    from pg_catalog.pg_collation
    union all
    select 'pg_catalog.pg_conversion'::regclass, oid, conowner
    from pg_catalog.pg_conversion
    union all
    select 'pg_catalog.pg_operator'::regclass, oid, oprowner
    from pg_catalog.pg_operator
    union all
    select 'pg_catalog.pg_opclass'::regclass, oid, opcowner
    from pg_catalog.pg_opclass
    union all
    select 'pg_catalog.pg_opfamily'::regclass, oid, opfowner
    from pg_catalog.pg_opfamily
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, oid, dictowner
    from pg_catalog.pg_ts_dict
    union all
    select 'pg_catalog.pg_ts_config'::regclass, oid, cfgowner
    from pg_catalog.pg_ts_config
    union all
    select 'pg_catalog.pg_statistic_ext'::regclass, oid, stxowner
    from pg_catalog.pg_statistic_ext
    union all
    select 'pg_catalog.pg_extension'::regclass, oid, extowner
    from pg_catalog.pg_extension
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, fdwowner
    from pg_catalog.pg_foreign_data_wrapper
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, oid, srvowner
    from pg_catalog.pg_foreign_server
    union all
    select 'pg_catalog.pg_language'::regclass, oid, lanowner
    from pg_catalog.pg_language
    union all
    select 'pg_catalog.pg_event_trigger'::regclass, oid, evtowner
    from pg_catalog.pg_event_trigger
    union all
    select 'pg_catalog.pg_publication'::regclass, oid, pubowner
    from pg_catalog.pg_publication
    union all
    select 'pg_catalog.pg_default_acl'::regclass, oid, defaclrole
    from pg_catalog.pg_default_acl
    union all
    select 'pg_catalog.pg_tablespace'::regclass, oid, spcowner
    from pg_catalog.pg_tablespace
)
select f.fact, f.value
from pg_catalog.pg_identify_object(:class::regclass, :oid::oid, 0) i
join pg_catalog.pg_class c on c.oid = :class::regclass
cross join lateral (
    values
        (1, 'kind', i.type),
        (2, 'name', i.identity),
        (3, 'owner', (
            select pg_catalog.pg_get_userbyid(o.owner)::text
            from owned o
            where o.classid = :class::regclass and o.oid = :oid::oid
        )),
        (4, 'comment', coalesce(
            pg_catalog.obj_description(:oid::oid, c.relname),
            pg_catalog.shobj_description(:oid::oid, c.relname)
        )),
        (5, 'of extension', (
            select e.extname::text
            from pg_catalog.pg_depend d
            join pg_catalog.pg_extension e on e.oid = d.refobjid
            where d.classid = c.oid and d.objid = :oid::oid and d.deptype = 'e'
              and d.refclassid = 'pg_catalog.pg_extension'::regclass
        )),
        (6, 'size', case
            when c.relname <> 'pg_tablespace' then null
            when pg_catalog.has_tablespace_privilege(:oid::oid, 'CREATE')
              or pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
            then pg_catalog.pg_size_pretty(pg_catalog.pg_tablespace_size(:oid::oid))
            else 'unknown: needs CREATE on it or membership in pg_read_all_stats' end)
) as f (place, fact, value)
where f.value <> ''
order by f.place;
