-- What a wanted object has with it: sequences of a table's columns (serial; identity columns write
-- theirs), and the functions that a type is made of and that take or give it.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
owned as (
    select d.classid, d.objid as oid, s.relname::text as name
    from wanted w
    join pg_catalog.pg_depend d
        on d.refclassid = w.classid and d.refobjid = w.oid and d.deptype = 'a'
        and d.classid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    where w.classid = 'pg_catalog.pg_class'::regclass
    union
    select d.refclassid, d.refobjid, p.proname
    from wanted w
    join pg_catalog.pg_depend d
        on d.classid = w.classid and d.objid = w.oid
        and d.refclassid = 'pg_catalog.pg_proc'::regclass
    join pg_catalog.pg_depend back
        on back.classid = d.refclassid and back.objid = d.refobjid
        and back.refclassid = w.classid and back.refobjid = w.oid
    join pg_catalog.pg_proc p on p.oid = d.refobjid
    where w.classid = 'pg_catalog.pg_type'::regclass
)
select o.classid::text as classid, o.oid::text as oid
from owned o
order by o.name collate "C", o.oid;
