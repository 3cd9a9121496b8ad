-- Which wanted objects must be there before which others. What is written as a part of an object
-- (defaults, checks, keys, a view's query, row and array types, what an operator class is made of,
-- what an extension brings) counts as that object.
with recursive wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
part as (
    select w.classid, w.oid, w.classid as whole_class, w.oid as whole
    from wanted w
    union
    select d.classid, d.objid, p.whole_class, p.whole
    from part p
    join pg_catalog.pg_depend d on d.refclassid = p.classid and d.refobjid = p.oid
    left join pg_catalog.pg_constraint k
        on d.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = d.objid
    left join pg_catalog.pg_rewrite r
        on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
    where (d.deptype = 'i' and d.classid in (
                'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_class'::regclass
            ))
       or (d.deptype in ('a', 'i') and d.classid = 'pg_catalog.pg_attrdef'::regclass)
       or (d.deptype = 'a' and k.contype in ('c', 'p', 'u', 'x') and k.convalidated)
       or (d.deptype = 'i' and r.rulename = '_RETURN')
       or (d.refclassid = 'pg_catalog.pg_opclass'::regclass
            and d.classid in ('pg_catalog.pg_amop'::regclass, 'pg_catalog.pg_amproc'::regclass))
       or (d.deptype = 'e' and p.whole_class = 'pg_catalog.pg_extension'::regclass)
)
select distinct
    u.whole_class::text as classid,
    u.whole::text as oid,
    n.whole_class::text as needs_class,
    n.whole::text as needs
from part u
join pg_catalog.pg_depend d on d.classid = u.classid and d.objid = u.oid
join part n on n.classid = d.refclassid and n.oid = d.refobjid
left join pg_catalog.pg_class s
    on d.classid = 'pg_catalog.pg_class'::regclass and s.oid = d.objid and s.relkind = 'S'
where (u.whole_class, u.whole) <> (n.whole_class, n.whole)
  -- A sequence belongs to a column only after the table, whose default needs it, is there.
  and not (s.oid is not null and d.deptype in ('a', 'i'))
  -- Its shell is enough for the functions that a type is made of (ddl_shells.sql).
  and not (
    u.whole_class = 'pg_catalog.pg_proc'::regclass
    and n.whole_class = 'pg_catalog.pg_type'::regclass
    and exists (
        select
        from pg_catalog.pg_depend b
        join pg_catalog.pg_type t on t.oid = n.whole and t.typtype in ('b', 'r')
        where b.classid = n.whole_class and b.objid = n.whole
          and b.refclassid = u.whole_class and b.refobjid = u.whole
    )
  )
order by 1, 2, 3, 4;
