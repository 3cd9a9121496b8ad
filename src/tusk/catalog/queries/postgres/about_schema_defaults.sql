-- Rights that new objects in a schema get.
select pg_catalog.pg_get_userbyid(d.defaclrole)::text as "made by",
    case d.defaclobjtype
        when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' else d.defaclobjtype::text
    end as objects,
    case g.grantee when 0::oid then 'PUBLIC' else pg_catalog.pg_get_userbyid(g.grantee)::text
        end as role,
    pg_catalog.string_agg(pg_catalog.lower(g.privilege_type), ', ' order by g.privilege_type)
        as privileges
from pg_catalog.pg_default_acl d
cross join lateral pg_catalog.aclexplode(d.defaclacl) g
where d.defaclnamespace = :oid::oid
group by d.defaclrole, d.defaclobjtype, g.grantee
order by 1, 2, 3;
