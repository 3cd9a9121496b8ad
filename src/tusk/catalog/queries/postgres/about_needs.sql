-- What an object needs: what it cannot be without. A view needs what its query does, a table what
-- its defaults do.
select distinct i.type as kind, i.identity as name
from pg_catalog.pg_depend d
left join pg_catalog.pg_rewrite r
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
left join pg_catalog.pg_attrdef a
    on d.classid = 'pg_catalog.pg_attrdef'::regclass and a.oid = d.objid
cross join lateral pg_catalog.pg_identify_object(d.refclassid, d.refobjid, 0) i
where (
        (d.classid = :class::regclass and d.objid = :oid::oid)
        or (
            :class::regclass = 'pg_catalog.pg_class'::regclass
            and :oid::oid in (r.ev_class, a.adrelid)
        )
      )
  and d.deptype in ('n', 'a')
  and not (d.refclassid = :class::regclass and d.refobjid = :oid::oid)
order by 1, 2;
