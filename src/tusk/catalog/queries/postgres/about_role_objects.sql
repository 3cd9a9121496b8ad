-- What is a role's, here, in the server or in other databases: what is in the way of DROP ROLE.
select
    case d.deptype
        when 'o' then 'owns' when 'a' then 'has rights' when 'r' then 'in a policy'
        else 'is named'
    end as how,
    coalesce(i.type, 'objects in ' || b.datname) as kind,
    coalesce(i.identity, pg_catalog.count(*)::text) as name
from pg_catalog.pg_shdepend d
left join pg_catalog.pg_database b
    on b.oid = d.dbid and b.datname <> pg_catalog.current_database()
left join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
    on b.oid is null
where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = :oid::oid
group by d.deptype, b.datname, i.type, i.identity
order by 1 desc, b.datname nulls first, 2, 3
limit 500;
