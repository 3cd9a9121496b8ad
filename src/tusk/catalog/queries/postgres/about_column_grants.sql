-- Rights on single columns.
select a.attname::text as "column",
    case g.grantee when 0::oid then 'PUBLIC' else pg_catalog.pg_get_userbyid(g.grantee)::text
        end as role,
    pg_catalog.string_agg(pg_catalog.lower(g.privilege_type), ', ' order by g.privilege_type)
        as privileges
from pg_catalog.pg_attribute a
cross join lateral pg_catalog.aclexplode(a.attacl) g
where a.attrelid = :oid::oid and (:column::text is null or a.attname = :column)
group by a.attnum, a.attname, g.grantee
order by a.attnum, 2;
