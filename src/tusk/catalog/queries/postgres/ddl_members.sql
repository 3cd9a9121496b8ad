-- What a schema holds that has a statement of its own; without a schema, all but the system's with
-- what they hold. What an extension brought, and what another object brings (row types, arrays,
-- identity sequences), is left out.
with place as (
    select n.oid, n.nspname
    from pg_catalog.pg_namespace n
    where n.oid = :oid::oid
       or (
            :oid::oid is null
            and n.nspname !~ '^pg_'
            and n.nspname <> 'information_schema'
          )
),
member as (
    select 'pg_catalog.pg_namespace'::regclass::oid as classid, p.oid, p.oid as place,
        p.nspname::text as name
    from place p
    where :oid::oid is null
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, c.relnamespace, c.relname
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, t.typnamespace, t.typname
    from pg_catalog.pg_type t
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typtype in ('b', 'd', 'e', 'r') or c.relkind = 'c' or not t.typisdefined
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid, p.pronamespace,
        p.proname || pg_catalog.pg_get_function_identity_arguments(p.oid)
    from pg_catalog.pg_proc p
    where p.pronamespace in (select oid from place)
    union all
    select 'pg_catalog.pg_collation'::regclass, c.oid, c.collnamespace, c.collname
    from pg_catalog.pg_collation c
    union all
    select 'pg_catalog.pg_conversion'::regclass, c.oid, c.connamespace, c.conname
    from pg_catalog.pg_conversion c
    union all
    select 'pg_catalog.pg_operator'::regclass, o.oid, o.oprnamespace, o.oid::regoperator::text
    from pg_catalog.pg_operator o
    where o.oprnamespace in (select oid from place)
    union all
    select 'pg_catalog.pg_opfamily'::regclass, f.oid, f.opfnamespace, f.opfname || m.amname
    from pg_catalog.pg_opfamily f
    join pg_catalog.pg_am m on m.oid = f.opfmethod
    union all
    select 'pg_catalog.pg_opclass'::regclass, c.oid, c.opcnamespace, c.opcname || m.amname
    from pg_catalog.pg_opclass c
    join pg_catalog.pg_am m on m.oid = c.opcmethod
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, d.oid, d.dictnamespace, d.dictname
    from pg_catalog.pg_ts_dict d
    union all
    select 'pg_catalog.pg_ts_config'::regclass, c.oid, c.cfgnamespace, c.cfgname
    from pg_catalog.pg_ts_config c
    union all
    select 'pg_catalog.pg_ts_parser'::regclass, p.oid, p.prsnamespace, p.prsname
    from pg_catalog.pg_ts_parser p
    union all
    select 'pg_catalog.pg_ts_template'::regclass, t.oid, t.tmplnamespace, t.tmplname
    from pg_catalog.pg_ts_template t
)
select m.classid::text as classid, m.oid::text as oid
from member m
join place p on p.oid = m.place
where not exists (
    select
    from pg_catalog.pg_depend d
    where d.classid = m.classid and d.objid = m.oid and d.objsubid = 0
      and d.deptype in ('e', 'i')
)
order by m.classid, m.name collate "C", p.nspname collate "C", m.oid;
