-- CREATE TYPE without more, for types that functions take or give before the type is made of them.
select w.classid::text as classid, w.oid::text as oid,
    pg_catalog.format('CREATE TYPE %I.%I', n.nspname, t.typname) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_type t
    on w.classid = 'pg_catalog.pg_type'::regclass and t.oid = w.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where not t.typisdefined
   or (
        t.typtype in ('b', 'r')
        and exists (
            select
            from pg_catalog.pg_depend d
            join pg_catalog.pg_depend back
                on back.classid = d.refclassid and back.objid = d.refobjid
                and back.refclassid = d.classid and back.refobjid = d.objid
            where d.classid = w.classid and d.objid = w.oid
              and d.refclassid = 'pg_catalog.pg_proc'::regclass
        )
      )
order by n.nspname, t.typname;
