-- Sequences that belong to columns of the wanted tables (serial); identity columns write theirs.
select 'pg_catalog.pg_class'::regclass::oid::text as classid, s.oid::text as oid
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_depend d
    on d.refclassid = w.classid and d.refobjid = w.oid and d.deptype = 'a'
    and d.classid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
where w.classid = 'pg_catalog.pg_class'::regclass
order by s.relname, s.oid;
