-- CREATE OPERATOR, CREATE OPERATOR FAMILY, and CREATE OPERATOR CLASS with what belongs to it. What a
-- family has by itself comes later (ddl_family_members.sql).
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.format(
        'CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname,
        pg_catalog.concat_ws(',',
            E'\n    FUNCTION = ' || o.oprcode::text,
            E'\n    LEFTARG = ' || pg_catalog.format_type(nullif(o.oprleft, 0::oid), null),
            E'\n    RIGHTARG = ' || pg_catalog.format_type(nullif(o.oprright, 0::oid), null),
            (
                select pg_catalog.format(E'\n    COMMUTATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprcom
            ),
            (
                select pg_catalog.format(E'\n    NEGATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprnegate
            ),
            E'\n    RESTRICT = ' || nullif(o.oprrest::oid, 0::oid)::regproc::text,
            E'\n    JOIN = ' || nullif(o.oprjoin::oid, 0::oid)::regproc::text,
            case when o.oprcanhash then E'\n    HASHES' end,
            case when o.oprcanmerge then E'\n    MERGES' end
        ) || E'\n'
    ) as sql
    from wanted w
    join pg_catalog.pg_operator o
        on w.classid = 'pg_catalog.pg_operator'::regclass and o.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    where o.oprcode <> 0::oid
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, m.amname
    )
    from wanted w
    join pg_catalog.pg_opfamily f
        on w.classid = 'pg_catalog.pg_opfamily'::regclass and f.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
    join pg_catalog.pg_am m on m.oid = f.opfmethod
    union all
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format(
            E'CREATE OPERATOR CLASS %I.%I%s\n    FOR TYPE %s USING %I FAMILY %I.%I AS',
            n.nspname, c.opcname, case when c.opcdefault then ' DEFAULT' end,
            pg_catalog.format_type(c.opcintype, null), m.amname, fn.nspname, f.opfname
        ),
        pg_catalog.concat_ws(',',
            -- A class that is made of nothing must say something.
            case when c.opckeytype <> 0::oid or members.list is null then
                E'\n    STORAGE ' || pg_catalog.format_type(
                    coalesce(nullif(c.opckeytype, 0::oid), c.opcintype), null
                ) end,
            members.list
        )
    )
    from wanted w
    join pg_catalog.pg_opclass c
        on w.classid = 'pg_catalog.pg_opclass'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.opcnamespace
    join pg_catalog.pg_am m on m.oid = c.opcmethod
    join pg_catalog.pg_opfamily f on f.oid = c.opcfamily
    join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
    cross join lateral (
        select pg_catalog.string_agg(
            E'\n    ' || member.sql, ',' order by member.place, member.number, member.sql
        ) as list
        from (
            select 1 as place, o.amopstrategy as number, pg_catalog.format(
                'OPERATOR %s %s%s', o.amopstrategy, o.amopopr::regoperator,
                (
                    select pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, s.opfname)
                    from pg_catalog.pg_opfamily s
                    join pg_catalog.pg_namespace sn on sn.oid = s.opfnamespace
                    where s.oid = o.amopsortfamily
                )
            ) as sql
            from pg_catalog.pg_depend d
            join pg_catalog.pg_amop o
                on d.classid = 'pg_catalog.pg_amop'::regclass and o.oid = d.objid
            where d.refclassid = w.classid and d.refobjid = w.oid
            union all
            select 2, p.amprocnum, pg_catalog.format(
                'FUNCTION %s (%s, %s) %s', p.amprocnum,
                pg_catalog.format_type(p.amproclefttype, null),
                pg_catalog.format_type(p.amprocrighttype, null), p.amproc::oid::regprocedure
            )
            from pg_catalog.pg_depend d
            join pg_catalog.pg_amproc p
                on d.classid = 'pg_catalog.pg_amproc'::regclass and p.oid = d.objid
            where d.refclassid = w.classid and d.refobjid = w.oid
        ) member
    ) members
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
