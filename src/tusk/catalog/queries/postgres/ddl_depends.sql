-- Which wanted objects must be there before which others. What is written as a part of an object
-- (defaults, checks, keys, a view's query, row and array types) counts as that object.
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
order by 1, 2, 3, 4;
