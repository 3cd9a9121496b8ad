-- ALTER OPERATOR FAMILY ADD: operators and functions that belong to no class of a wanted family.
with wanted as (
    select w.classid, w.oid,
        pg_catalog.format('%I.%I USING %I', n.nspname, f.opfname, m.amname) as name
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_opfamily f
        on w.classid = 'pg_catalog.pg_opfamily'::regclass and f.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
    join pg_catalog.pg_am m on m.oid = f.opfmethod
),
member as (
    select w.classid, w.oid, w.name, 1 as place, o.amopstrategy as number, pg_catalog.format(
        'OPERATOR %s %s%s', o.amopstrategy, o.amopopr::regoperator,
        (
            select pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, s.opfname)
            from pg_catalog.pg_opfamily s
            join pg_catalog.pg_namespace sn on sn.oid = s.opfnamespace
            where s.oid = o.amopsortfamily
        )
    ) as sql
    from wanted w
    join pg_catalog.pg_depend d on d.refclassid = w.classid and d.refobjid = w.oid
    join pg_catalog.pg_amop o
        on d.classid = 'pg_catalog.pg_amop'::regclass and o.oid = d.objid and o.amopfamily = w.oid
    union all
    select w.classid, w.oid, w.name, 2, p.amprocnum, pg_catalog.format(
        'FUNCTION %s (%s, %s) %s', p.amprocnum,
        pg_catalog.format_type(p.amproclefttype, null),
        pg_catalog.format_type(p.amprocrighttype, null), p.amproc::oid::regprocedure
    )
    from wanted w
    join pg_catalog.pg_depend d on d.refclassid = w.classid and d.refobjid = w.oid
    join pg_catalog.pg_amproc p
        on d.classid = 'pg_catalog.pg_amproc'::regclass and p.oid = d.objid
)
select m.classid::text as classid, m.oid::text as oid, pg_catalog.format(
    'ALTER OPERATOR FAMILY %s ADD%s', m.name, pg_catalog.string_agg(
        E'\n    ' || m.sql, ',' order by m.place, m.number, m.sql
    )
) as sql
from member m
group by m.classid, m.oid, m.name;
