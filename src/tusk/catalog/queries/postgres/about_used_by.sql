-- What needs an object, or one column of it, and would go with it by CASCADE.
select distinct i.type as kind, i.identity as name
from pg_catalog.pg_depend d
left join pg_catalog.pg_rewrite r
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
left join pg_catalog.pg_constraint k
    on d.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = d.objid
left join pg_catalog.pg_attrdef a
    on d.classid = 'pg_catalog.pg_attrdef'::regclass and a.oid = d.objid
cross join lateral pg_catalog.pg_identify_object(
    case when r.oid is not null or a.oid is not null
        then 'pg_catalog.pg_class'::regclass::oid else d.classid end,
    coalesce(r.ev_class, a.adrelid, d.objid),
    case when a.oid is not null then a.adnum::int when r.oid is not null then 0 else d.objsubid end
) i
where d.refclassid = :class::regclass
  and d.refobjid = :oid::oid
  and (
        :column::text is null
        or d.refobjsubid = (
            select c.attnum
            from pg_catalog.pg_attribute c
            where c.attrelid = :oid::oid and c.attname = :column
        )
      )
  and d.deptype in ('n', 'a')
  and coalesce(r.ev_class, a.adrelid, k.conrelid, 0::oid) <> :oid::oid
  -- Shown with the table itself.
  and i.type not in ('index', 'trigger', 'policy', 'rule', 'toast table')
  and not (i.type like '% constraint' and d.deptype = 'a')
order by 1, 2;
