-- What an extension brought.
select i.type as kind, i.identity as name
from pg_catalog.pg_depend d
cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = :oid::oid
  and d.deptype = 'e'
order by 1, 2;
