-- What a schema holds that has a statement of its own. What an extension brought, and what another
-- object brings (row types, arrays, identity sequences), is left out.
with member as (
    select 'pg_catalog.pg_class'::regclass::oid as classid, c.oid, c.relname::text as name
    from pg_catalog.pg_class c
    where c.relnamespace = :oid::oid
      and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, t.typname
    from pg_catalog.pg_type t
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typnamespace = :oid::oid
      and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c')
        or (t.typtype = 'b' and t.typelem = 0::oid))
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid,
        p.proname || pg_catalog.pg_get_function_identity_arguments(p.oid)
    from pg_catalog.pg_proc p
    where p.pronamespace = :oid::oid
    union all
    select 'pg_catalog.pg_collation'::regclass, c.oid, c.collname
    from pg_catalog.pg_collation c
    where c.collnamespace = :oid::oid
    union all
    select 'pg_catalog.pg_operator'::regclass, o.oid, o.oid::regoperator::text
    from pg_catalog.pg_operator o
    where o.oprnamespace = :oid::oid
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, d.oid, d.dictname
    from pg_catalog.pg_ts_dict d
    where d.dictnamespace = :oid::oid
    union all
    select 'pg_catalog.pg_ts_config'::regclass, c.oid, c.cfgname
    from pg_catalog.pg_ts_config c
    where c.cfgnamespace = :oid::oid
)
select m.classid::text as classid, m.oid::text as oid
from member m
where not exists (
    select
    from pg_catalog.pg_depend d
    where d.classid = m.classid and d.objid = m.oid and d.objsubid = 0
      and d.deptype in ('e', 'i')
)
order by m.classid, m.name collate "C", m.oid;
