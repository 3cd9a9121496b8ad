-- What an object needs: what it cannot be without.
select distinct i.type as kind, i.identity as name
from pg_catalog.pg_depend d
left join pg_catalog.pg_rewrite r
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
cross join lateral pg_catalog.pg_identify_object(d.refclassid, d.refobjid, 0) i
where (
        (d.classid = 'pg_catalog.pg_class'::regclass and d.objid = :oid::oid)
        or r.ev_class = :oid::oid
        or (d.classid = 'pg_catalog.pg_attrdef'::regclass and exists (
            select from pg_catalog.pg_attrdef a where a.oid = d.objid and a.adrelid = :oid::oid
        ))
      )
  and d.deptype in ('n', 'a')
  and not (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = :oid::oid)
order by 1, 2;
